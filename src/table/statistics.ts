import { createRandom } from "../core/random.js";

/** Mean and sample standard deviation; sd is null for a single value, both for none. */
export interface Spread {
  readonly mean: number | null;
  readonly sd: number | null;
  readonly n: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  if (n === 0) return { mean: null, sd: null, n };
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { mean, sd: null, n };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)), n };
}

/** A mean difference with its bootstrap interval; low and high are null below two pairs. */
export interface Difference {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly pairs: number;
}

const resamples = 4000;

/**
 * Mean of paired differences with a 95 % percentile bootstrap interval: pairs are drawn with
 * replacement, from a seed of its own, so that the same differences give the same interval.
 */
export function bootstrapMean(differences: readonly number[], label: string): Difference {
  const pairs = differences.length;
  const { mean } = spreadOf(differences);
  if (pairs < 2) return { mean, low: null, high: null, pairs };
  const random = createRandom(1, `bootstrap/${label}`);
  const means = new Float64Array(resamples);
  for (let k = 0; k < resamples; k++) {
    let sum = 0;
    for (let i = 0; i < pairs; i++) sum += differences[random.integer(pairs)];
    means[k] = sum / pairs;
  }
  means.sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))];
  return { mean, low: at(0.025), high: at(0.975), pairs };
}

/** Differences of validation misfit below this are not told apart: the truth's own error in time. */
const resolution = { potential: 1e-7, activation: 1e-3 } as const;

/**
 * The number of evaluations after which the best misfit stays within 10 % of the last one (and of what
 * the truth resolves); null where nothing was scored.
 */
export function evaluationsToSettle(
  trace: readonly (number | null)[],
  measure: keyof typeof resolution,
): number | null {
  const last = trace.at(-1);
  return last === null || last === undefined ? null : evaluationsTo(trace, last, measure);
}

/** The number of evaluations to a misfit within 10 % of `goal`; null where it is never reached. */
export function evaluationsTo(
  trace: readonly (number | null)[],
  goal: number,
  measure: keyof typeof resolution,
): number | null {
  const enough = 1.1 * goal + resolution[measure];
  const at = trace.findIndex((misfit) => misfit !== null && misfit <= enough);
  return at < 0 ? null : at + 1;
}
