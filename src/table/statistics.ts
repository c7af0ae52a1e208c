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

/** A mean difference with its bootstrap interval; low and high are null where there is none. */
export interface Difference {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly pairs: number;
}

const resamples = 4000;

/**
 * Mean over cases of the mean over seeds of paired differences, with a 95 % percentile bootstrap
 * interval. `strata` holds the differences case by case: cases are what they are, seeds are drawn
 * with replacement within each, n - 1 out of n, whose variance is that of the mean without bias
 * (McCarthy and Snowden 1985). No interval where a case has a single seed. Seeded by `label`: the
 * same differences give the same interval.
 */
export function bootstrapMean(strata: readonly (readonly number[])[], label: string): Difference {
  const cases = strata.filter((differences) => differences.length > 0);
  const pairs = cases.reduce((sum, differences) => sum + differences.length, 0);
  const { mean } = spreadOf(cases.map((differences) => spreadOf(differences).mean!));
  if (pairs === 0 || cases.some(({ length }) => length < 2))
    return { mean, low: null, high: null, pairs };
  const random = createRandom(1, `bootstrap/${label}`);
  const means = Float64Array.from({ length: resamples }, () => {
    const drawn = cases.map((differences) => {
      let sum = 0;
      for (let i = 1; i < differences.length; i++)
        sum += differences[random.integer(differences.length)];
      return sum / (differences.length - 1);
    });
    return spreadOf(drawn).mean!;
  }).sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))];
  return { mean, low: at(0.025), high: at(0.975), pairs };
}

/** Differences of validation misfit below this are not told apart: the truth's own error in time. */
export const resolution = { potential: 1e-7, activation: 1e-3 } as const;

/**
 * The number of evaluations until the best candidate's misfit is within 10 % of the last one (and of
 * what the truth resolves) for the first time; null where nothing was scored.
 */
export function evaluationsToSettle(
  trace: readonly (number | null)[],
  measure: keyof typeof resolution,
): number | null {
  const last = trace.at(-1);
  return last === null || last === undefined ? null : evaluationsTo(trace, last, measure);
}

/** The first evaluation with a misfit within 10 % of `goal`; null where it is never reached. */
export function evaluationsTo(
  trace: readonly (number | null)[],
  goal: number,
  measure: keyof typeof resolution,
): number | null {
  const enough = 1.1 * goal + resolution[measure];
  const at = trace.findIndex((misfit) => misfit !== null && misfit <= enough);
  return at < 0 ? null : at + 1;
}
