import { fail } from "../core/errors.js";
import type { CandidateResult } from "./candidate.js";

/** What the data say about one reaction, by its best candidate. */
export interface ReactionWeight {
  readonly reaction: string;
  readonly variant?: string;
  /** Index of its best candidate in the list. */
  readonly candidate: number;
  /** Mean squared validation residual, noise included; the unit of the candidates' `excess`. */
  readonly misfit: number;
  /** Relative to the best reaction, natural logarithm; 0 for the best. */
  readonly logEvidence: number;
  /** Posterior probability; all add up to 1. */
  readonly weight: number;
}

export interface ReactionPosterior {
  /** Heaviest first. */
  readonly reactions: readonly ReactionWeight[];
  /** Independent residuals that the weights rest on. */
  readonly effectiveSamples: number;
  /** exp(entropy): how many reactions are still in the running, 1 = one is left. */
  readonly plausible: number;
  /** Whether one reaction holds `decisive` of the weight. */
  readonly decided: boolean;
}

export interface PosteriorOptions {
  /** See `effectiveSamples`; the number of values when residuals are known to be independent. */
  readonly effectiveSamples: number;
  /** Probabilities before the data, up to a factor; 1 for reactions that are not named. */
  readonly prior?: Readonly<Record<string, number>>;
  /** What is weighed: reactions, or structures of reaction, variant and diffusion; reactions if absent. */
  readonly by?: "reaction" | "structure";
}

/** Share of the weight from which a reaction counts as decided: odds of 100 (Jeffreys). */
const decisive = 0.99;
/** Misfits below this are rounding and time steps, not evidence. */
const leastMisfit = 1e-8;

/**
 * Posterior over reactions from validation misfits. Residuals of a candidate are normal with an unknown
 * variance of its own (Jeffreys prior), which holds noise and model error alike; integrated out,
 *   p(data | reaction) ~ misfit^(-n_eff / 2),
 * with n_eff independent residuals. Validation data were not fitted, so no penalty for parameters
 * is due. A reaction is judged by its best fitted candidate, whatever its diffusion: an archive in
 * which one reaction was tried more often does not favour it by number. It is a statement about
 * these reactions on these recordings; all of them may be wrong. Errors: "no-candidates".
 */
export function reactionPosterior(
  candidates: readonly CandidateResult[],
  { effectiveSamples: samples, prior = {}, by = "reaction" }: PosteriorOptions,
): ReactionPosterior {
  const best = bestOfEach(candidates, keys[by]);
  if (best.length === 0)
    fail({
      code: "no-candidates",
      message: "No candidate was fitted, so nothing can be said about reactions.",
      fix: "Fit at least one candidate that passes the gates.",
    });
  const logs = best.map(
    ({ reaction, misfit }) => Math.log(prior[reaction] ?? 1) - (samples / 2) * Math.log(misfit),
  );
  const top = Math.max(...logs);
  const total = logs.reduce((sum, log) => sum + Math.exp(log - top), 0);
  const reactions = best
    .map((row, k) => ({
      ...row,
      logEvidence: logs[k] - top,
      weight: Math.exp(logs[k] - top) / total,
    }))
    .sort((a, b) => b.weight - a.weight || a.misfit - b.misfit);
  const entropy = reactions.reduce((s, { weight: w }) => (w > 0 ? s - w * Math.log(w) : s), 0);
  return {
    reactions,
    effectiveSamples: samples,
    plausible: Math.exp(entropy),
    decided: reactions[0].weight >= decisive,
  };
}

const keys = {
  reaction: ({ spec }: CandidateResult) => spec.reaction.name,
  structure: ({ spec }: CandidateResult) =>
    [spec.reaction.name, spec.reaction.variant ?? "", spec.diffusion.name].join("/"),
} as const;

function bestOfEach(
  candidates: readonly CandidateResult[],
  keyOf: (result: CandidateResult) => string,
): Omit<ReactionWeight, "logEvidence" | "weight">[] {
  const best = new Map<string, Omit<ReactionWeight, "logEvidence" | "weight">>();
  candidates.forEach((result, candidate) => {
    const { status, spec, excess, noiseFloor } = result;
    const misfit = Math.max(leastMisfit, excess + noiseFloor);
    if (status !== "fitted" || !Number.isFinite(misfit)) return;
    const { name: reaction, variant } = spec.reaction;
    const known = best.get(keyOf(result));
    if (!known || misfit < known.misfit)
      best.set(keyOf(result), { reaction, ...(variant ? { variant } : {}), candidate, misfit });
  });
  return [...best.values()];
}

/**
 * Number of independent values among residuals [T * K] (frame-major, NaN = missing) that are
 * correlated in time and between channels: T K / (tau * sigma). tau = 1 + 2 sum of the mean
 * autocorrelation up to its first negative pair (Geyer 1992); sigma = 1 + (K - 1) r with r the mean
 * correlation between channels, from the variance of the mean over channels. At least 1.
 */
export function effectiveSamples(residuals: ArrayLike<number>, channels: number): number {
  const frames = residuals.length / channels;
  const at = (f: number, c: number) => {
    const value = residuals[f * channels + c];
    return Number.isFinite(value) ? value : Number.NaN;
  };
  const covariance = (lag: number): number => {
    let [sum, count] = [0, 0];
    for (let f = 0; f + lag < frames; f++)
      for (let c = 0; c < channels; c++) {
        const product = at(f, c) * at(f + lag, c);
        if (Number.isNaN(product)) continue;
        sum += product;
        count++;
      }
    return count > 0 ? sum / count : 0;
  };
  const variance = covariance(0);
  if (!(variance > 0)) return 1;
  let tau = 1;
  for (let lag = 1; lag + 1 < frames; lag += 2) {
    const pair = (covariance(lag) + covariance(lag + 1)) / variance;
    if (pair <= 0) break;
    tau += 2 * pair;
  }
  const values = Array.from(residuals).filter(Number.isFinite).length;
  const spread = clamp((channels * meanSquareOfMeans(at, frames, channels)) / variance, channels);
  return Math.max(1, values / (tau * spread));
}

/** Mean over frames of the squared mean over channels: variance (1 + (K - 1) r) / K. */
function meanSquareOfMeans(
  at: (frame: number, channel: number) => number,
  frames: number,
  channels: number,
): number {
  let [sum, count] = [0, 0];
  for (let f = 0; f < frames; f++) {
    const row = Array.from({ length: channels }, (_, c) => at(f, c)).filter(
      (r) => !Number.isNaN(r),
    );
    if (row.length === 0) continue;
    sum += (row.reduce((a, b) => a + b, 0) / row.length) ** 2;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(1, value));
