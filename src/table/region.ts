import { diffusionName } from "../model/program.js";
import type { Twin } from "../twin/spec.js";

/** Conductivity below this share of the median counts as low: a rule that does not see the truth. */
export const lowShare = 0.5;

/** Nodes whose conductivity lies below half the median of all nodes. */
export function lowConductivity(conductivity: ArrayLike<number>): boolean[] {
  const sorted = Float64Array.from(conductivity).sort();
  const limit = lowShare * sorted[sorted.length >> 1];
  return Array.from(conductivity, (value) => value < limit);
}

/**
 * Dice overlap of the region that a twin holds for poorly conducting with the true one (core and
 * border zone). A twin without a field of conductivity has found no region: 0.
 */
export function diceOfLowConductivity({ values }: Twin, truth: readonly number[]): number {
  const field = values.fields[diffusionName("log_scale")];
  const found = field
    ? lowConductivity(field.subarray(0, truth.length).map(Math.exp))
    : truth.map(() => false);
  return dice(found, lowConductivity(truth));
}

/** 2 |A and B| / (|A| + |B|); two empty regions agree. */
export function dice(a: readonly boolean[], b: readonly boolean[]): number {
  const both = a.filter((inside, k) => inside && b[k]).length;
  const sizes = a.filter(Boolean).length + b.filter(Boolean).length;
  return sizes === 0 ? 1 : (2 * both) / sizes;
}
