import type { Recording } from "../case/case.js";
import { observedFrames, timeMap } from "./observe.js";
import { laneOf, type Simulation } from "./simulate.js";
import { channelTimes } from "./times.js";

/** [nodes] ms each; NaN = silent. */
export interface TimesEverywhere {
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
}

/**
 * When the first `nodes` nodes of a simulated recording activate and recover. Where the recording has
 * frames the times come out of the same frames, as those of the measured nodes do: both share the bias
 * of the frames. Elsewhere `shift_ms` is added.
 */
export function timesEverywhere(
  { potential }: Pick<Recording, "potential">,
  simulation: Simulation,
  { nodes, lane = 0, shift_ms = 0 }: { nodes: number; lane?: number; shift_ms?: number },
): TimesEverywhere {
  const { result, lanes, nodes: simulated, grid } = simulation;
  if (potential && !potential.arbitraryScale) {
    const map = timeMap(potential.times_ms, grid, { blur_ms: 0, shift_ms: 0 });
    const all = Int32Array.from({ length: nodes }, (_, i) => i);
    const samples = { values: result.potential, lanes, lane, nodes: simulated };
    return channelTimes(potential, observedFrames(samples, all, map), nodes);
  }
  const times = (values: Float64Array) =>
    laneOf(values, simulation, lane)
      .slice(0, nodes)
      .map((t) => (Number.isFinite(t) ? t + shift_ms : Number.NaN));
  return { activation_ms: times(result.activation_ms), recovery_ms: times(result.recovery_ms) };
}
