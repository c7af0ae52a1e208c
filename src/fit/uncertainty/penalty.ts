import type { Quadratic } from "../levenberg-marquardt.js";
import { sumOfAll } from "../matrix.js";
import type { Directions } from "./directions.js";
import type { Linearised } from "./linearise.js";

export interface WeightedPenalty {
  readonly directions: Directions;
  /** The fit's factor for times, whose squares are larger than the potentials'. */
  readonly weight: number;
}

export const residualCount = (parts: readonly Linearised[]) =>
  parts.reduce((n, part) => n + part.count, 0);

/** The fit's penalty stands beside the mean loss, so here it is multiplied by the residuals. */
export function penaltyAt(
  { directions, weight }: WeightedPenalty,
  q: Float64Array,
  parts: readonly Linearised[],
): { cost: number; slope: Float64Array; factor: number } {
  const { smoothness, size } = directions;
  const { matrix, linear, constant } = smoothness;
  const factor = weight * residualCount(parts);
  const slope = Float64Array.from(linear);
  let cost = constant;
  for (let a = 0; a < size; a++) {
    let row = 0;
    for (let b = 0; b < size; b++) row += matrix[a * size + b] * q[b];
    slope[a] += row;
    cost += q[a] * (row + 2 * linear[a]);
  }
  return { cost: factor * cost, slope: slope.map((s) => factor * s), factor };
}

/** Normal equations of all recordings and the penalty. */
export function withPenalty(
  penalty: WeightedPenalty,
  q: Float64Array,
  parts: readonly Linearised[],
): Quadratic {
  const { size, smoothness } = penalty.directions;
  const { cost, slope, factor } = penaltyAt(penalty, q, parts);
  const curvature = smoothness.matrix.map((v) => factor * v);
  const own = parts.map((part) => (part.diverged ? Number.POSITIVE_INFINITY : part.cost));
  return {
    jtj: sumOfAll([curvature, ...parts.map(({ jtj }) => jtj)], size * size),
    jtr: sumOfAll([slope, ...parts.map(({ jtr }) => jtr)], size),
    cost: own.reduce((sum, v) => sum + v, cost),
    count: residualCount(parts),
  };
}
