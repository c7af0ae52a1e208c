import { fail } from "../../core/errors.js";
import { nelderMead } from "./nelder-mead.js";
import {
  condition,
  type Posterior,
  type ProcessData,
  type ProcessParameters,
} from "./trend-process.js";

/** Log-normal prior of a positive number: half its mass on each side of the median. */
export interface LogNormal {
  readonly median: number;
  /** Sd of the logarithm. */
  readonly spread: number;
}

export type ProcessPriors = Readonly<Record<keyof ProcessParameters, LogNormal>>;

export interface ProcessFit {
  readonly parameters: ProcessParameters;
  readonly posterior: Posterior;
}

const NAMES = ["length_mm", "signalSd", "noiseSd"] as const;
// Starts in units of the priors' spreads: the medians; short and noisy; long and clean.
const STARTS = [
  [0, 0, 0],
  [-1, 0, 1],
  [1, 0.5, -1],
] as const;

/**
 * Weak priors that only rule out the collapse of the field to a constant or of the noise to zero.
 * `size_mm` is the radius of gyration of the heart, `sd` the spread of the known values.
 */
export function weakPriors({ size_mm, sd }: { size_mm: number; sd: number }): ProcessPriors {
  return {
    length_mm: { median: 0.7 * size_mm, spread: 0.7 },
    signalSd: { median: sd, spread: 0.7 },
    noiseSd: { median: 0.2 * sd, spread: 0.7 },
  };
}

/**
 * Parameters at the maximum of marginal likelihood times priors (a density of the logarithms),
 * by Nelder-Mead from three fixed starts, the best of them polished. Parameters in `fixed` stay.
 */
export function fitProcess(
  data: ProcessData,
  priors: ProcessPriors,
  fixed: Partial<ProcessParameters> = {},
): ProcessFit {
  const free = NAMES.filter((name) => fixed[name] === undefined);
  const parametersAt = (z: readonly number[]) => {
    const fitted = free.map((name, i) => [
      name,
      priors[name].median * Math.exp(priors[name].spread * z[i]),
    ]);
    return { ...fixed, ...Object.fromEntries(fitted) } as ProcessParameters;
  };
  // z is the logarithm in prior sds from the median, so its log prior is -|z|^2 / 2.
  const objective = (z: readonly number[]) => {
    const posterior = condition(data, parametersAt(z));
    return posterior
      ? 0.5 * z.reduce((sum, x) => sum + x * x, 0) - posterior.logEvidence
      : Infinity;
  };
  const parameters = parametersAt(free.length === 0 ? [] : minimum(objective, free));
  const posterior = condition(data, parameters);
  return posterior ? { parameters, posterior } : singular(parameters);
}

function minimum(
  objective: (z: readonly number[]) => number,
  free: readonly (typeof NAMES)[number][],
): readonly number[] {
  const search = (start: readonly number[], step: number, tolerance: number) =>
    nelderMead(objective, start, {
      steps: free.map(() => step),
      tolerance,
      maxEvaluations: 80 * free.length,
    });
  const best = STARTS.map((start) => free.map((name) => start[NAMES.indexOf(name)]))
    .map((start) => search(start, 0.5, 0.1))
    .reduce((a, b) => (b.value < a.value ? b : a));
  return search(best.point, 0.1, 1e-3).point;
}

const singular = (parameters: ProcessParameters): never =>
  fail({
    code: "singular-system",
    message: `The covariance at ${JSON.stringify(parameters)} is singular.`,
    fix: "Let the signal or the noise be fitted, or leave out one of two nodes in one place.",
  });
