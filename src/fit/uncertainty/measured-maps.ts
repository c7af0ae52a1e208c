import type { PotentialData } from "../../case/case.js";
import type { CompiledTwin } from "../../twin/compile.js";
import { observedFrames, shiftOf, timeMap } from "../../twin/observe.js";
import { laneOf, type Simulation, simulate } from "../../twin/simulate.js";
import type { TwinValues } from "../../twin/spec.js";
import { channelTimes } from "../../twin/times.js";
import { activationPart, gridOf, type Target } from "../targets.js";

/**
 * [sets][nodes] activation times of free roll-outs at the first `nodes` nodes, ms, taken as the
 * target's own times are: out of its frames where it has potentials. NaN = silent.
 */
export function measuredMaps(
  compiled: CompiledTwin,
  whole: Target,
  sets: readonly TwinValues[],
  { limit_ms, nodes }: { limit_ms: number; nodes: number },
): Float64Array[] {
  const target = activationPart(whole);
  const grid = gridOf(target, limit_ms);
  const maps: Float64Array[] = [];
  for (let first = 0; first < sets.length; first += 4) {
    const lanes = sets.slice(first, first + 4);
    const inputs = lanes.map((values) => ({ values, recording: target.recording }));
    const simulation = simulate(compiled, inputs, { grid });
    lanes.forEach((values, lane) => {
      if (target.potential && !target.potential.arbitraryScale)
        maps.push(frameActivation(target.potential, simulation, { lane, nodes }));
      else {
        const shift_ms = shiftOf(compiled.spec.observation, values, target.recording);
        const times = laneOf(simulation.result.activation_ms, simulation, lane).slice(0, nodes);
        maps.push(times.map((t) => (Number.isFinite(t) ? t + shift_ms : Number.NaN)));
      }
    });
  }
  return maps;
}

/** Out of the frames of every node, as measured times are: both share the frames' bias. */
export function frameActivation(
  potential: PotentialData,
  simulation: Simulation,
  { lane, nodes }: { lane: number; nodes: number },
): Float64Array {
  const map = timeMap(potential.times_ms, simulation.grid, { blur_ms: 0, shift_ms: 0 });
  const { result, lanes, nodes: simulated } = simulation;
  const all = Int32Array.from({ length: nodes }, (_, i) => i);
  const samples = { values: result.potential, lanes, lane, nodes: simulated };
  return channelTimes(potential, observedFrames(samples, all, map), nodes).activation_ms;
}
