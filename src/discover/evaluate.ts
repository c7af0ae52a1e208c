import { LeadsError } from "../core/errors.js";
import { type CandidateResult, emptyResult, isNoVerdict } from "../fit/candidate.js";
import type { FirstStarts, Progress } from "../fit/context.js";
import type { TwinSpec } from "../twin/spec.js";
import type { Clock } from "./clock.js";

export interface EvaluationContext {
  /** From the run's seed and the structure alone. */
  readonly seed: number;
  /** When it aborts, `evaluate` must reject. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** From a memory of earlier patients. */
  readonly starts?: FirstStarts;
}

/** Fits and scores one structure. Same spec and seed, same result, bit for bit (but its seconds). */
export type Evaluate = (spec: TwinSpec, context: EvaluationContext) => Promise<CandidateResult>;

export interface EvaluationLimits {
  readonly seed: number;
  /** Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** Aborted here when the time is over. */
  readonly deadline: AbortController;
  /** Infinity: no deadline. */
  readonly left_ms: number;
  readonly clock: Clock;
  readonly onProgress: (progress: Progress) => void;
  readonly starts?: FirstStarts;
}

/** Runs the fit under Ctrl-C and, once there is a twin to return, under the run's deadline. */
export async function evaluateOnce(
  evaluate: Evaluate,
  spec: TwinSpec,
  limits: EvaluationLimits,
): Promise<CandidateResult> {
  const { seed, interrupt, deadline, left_ms, clock, onProgress, starts } = limits;
  const done = new AbortController();
  if (Number.isFinite(left_ms))
    clock.wait(Math.max(0, left_ms), done.signal).then(
      () => deadline.abort(new LeadsError({ code: "time-out", message: "The time is over." })),
      () => undefined,
    );
  const signal = AbortSignal.any([interrupt, deadline.signal]);
  try {
    const result = await evaluate(spec, {
      seed,
      signal,
      onProgress,
      ...(starts ? { starts } : {}),
    });
    // A fit that was cut short would not be reproduced by a replay.
    signal.throwIfAborted();
    return result;
  } catch (error) {
    if (signal.aborted || !(error instanceof LeadsError) || isNoVerdict(error)) throw error;
    return unfit(spec, error);
  } finally {
    done.abort(new Error("done"));
  }
}

/** A structure that cannot even be built is a rejected candidate: the agent reads why. */
const unfit = (spec: TwinSpec, error: LeadsError): CandidateResult => ({
  ...emptyResult(spec),
  reason: [error.message, error.fix].filter(Boolean).join(" "),
});
