import type { CompiledTwin } from "../twin/compile.js";
import { laneOf, simulate } from "../twin/simulate.js";
import type { TwinValues } from "../twin/spec.js";
import { guideOf } from "./guide.js";
import { activationPart, gridOf, type Target } from "./targets.js";

export interface MapOptions {
  readonly limit_ms: number;
  /** Weight of the interpolated map beside the measured times. */
  readonly mapWeight: number;
}

/** Activation-time errors of several parameter sets at the electrodes, then on the whole map. */
export interface MapResiduals {
  /** [sets][K + N] ms; NaN where nothing was measured. */
  readonly residuals: readonly Float64Array[];
  /** [K + N] sum K (1 + mapWeight). */
  readonly weights: Float64Array;
}

export function mapResiduals(
  compiled: CompiledTwin,
  target: Target,
  sets: readonly TwinValues[],
  { limit_ms, mapWeight }: MapOptions,
): MapResiduals {
  const guide = mapWeight > 0 ? guideOf(compiled, target) : undefined;
  const [known, all] = [target.timeNodes.length, guide?.nodes.length ?? 0];
  const share = (mapWeight * known) / Math.max(1, all);
  const weights = new Float64Array(known + all).fill(1);
  guide?.weights.forEach((w, i) => {
    weights[known + i] = share * w;
  });
  const residuals = activationMaps(compiled, target, sets, limit_ms).map((map) => {
    const out = new Float64Array(known + all);
    target.timeNodes.forEach((node, k) => {
      out[k] = map[node] - target.activation_ms[k];
    });
    guide?.times_ms.forEach((time, i) => {
      out[known + i] = map[i] - time;
    });
    return out;
  });
  return { residuals, weights };
}

/** [sets][N] activation times of free roll-outs, ms; nodes that stay silent come just after the end. */
export function activationMaps(
  compiled: CompiledTwin,
  target: Target,
  sets: readonly TwinValues[],
  limit_ms: number,
): Float64Array[] {
  const part = activationPart(target);
  const grid = gridOf(part, limit_ms);
  const { recording, end_ms } = part;
  const maps: Float64Array[] = [];
  for (let first = 0; first < sets.length; first += 4) {
    const lanes = sets.slice(first, first + 4);
    const inputs = lanes.map((values) => ({ values, recording }));
    const simulation = simulate(compiled, inputs, { grid });
    lanes.forEach((_, lane) => {
      const times = laneOf(simulation.result.activation_ms, simulation, lane);
      maps.push(times.map((t) => (Number.isFinite(t) ? t : 1.05 * end_ms)));
    });
  }
  return maps;
}
