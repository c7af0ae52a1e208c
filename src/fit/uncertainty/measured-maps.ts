import type { CompiledTwin } from "../../twin/compile.js";
import { shiftOf } from "../../twin/observe.js";
import { simulate } from "../../twin/simulate.js";
import type { TwinValues } from "../../twin/spec.js";
import { timesEverywhere } from "../../twin/times-everywhere.js";
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
      const shift_ms = shiftOf(compiled.spec.observation, values, target.recording);
      const times = timesEverywhere(target, simulation, { lane, nodes, shift_ms });
      maps.push(times.activation_ms);
    });
  }
  return maps;
}
