import type { CandidateResult } from "../fit/candidate.js";
import type { Score, TwinSpec } from "../twin/spec.js";
import type { Action } from "./actions.js";
import type { Measure } from "./case-summary.js";
import type { UnrecordedSpan } from "./number-gate.js";

/** One evaluated structure and how the agent came to it. */
export interface Candidate {
  /** 0, 1, 2, ... in the order of evaluation. */
  readonly id: number;
  /** The candidate whose structure was changed; null for the first ones. */
  readonly parent: number | null;
  readonly thought: string;
  /** Numbers in the thought that no result says. */
  readonly unrecorded?: readonly UnrecordedSpan[];
  readonly actions: readonly Action[];
  readonly seed: number;
  readonly result: CandidateResult;
  /** SHA-256 of the result without its seconds. */
  readonly resultHash: string;
}

/** The figure that is fitted: squared potential, or squared activation time in ms^2. */
export function misfitOf(score: Score, measure: Measure): number | null {
  if (measure === "potential") return score.mse;
  return score.at_rmse_ms === null ? null : score.at_rmse_ms ** 2;
}

/** Fitted candidates, lowest excess over the noise floor first; earlier ones win ties. */
export const ranked = (archive: readonly Candidate[]): Candidate[] =>
  archive
    .filter(({ result }) => result.status === "fitted" && Number.isFinite(result.excess))
    .sort((a, b) => a.result.excess - b.result.excess || a.id - b.id);

export const bestOf = (archive: readonly Candidate[]): Candidate | undefined => ranked(archive)[0];

/** A structure in one line: what a table row and a progress bar show. */
export function describeSpec(spec: TwinSpec): string {
  const reaction = [spec.reaction.name, spec.reaction.variant].filter(Boolean).join("/");
  const options = Object.entries(spec.diffusion.options)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  return `${reaction} + ${spec.diffusion.name}${options ? `(${options})` : ""}`;
}
