import type { Candidate } from "./archive.js";
import type { UnrecordedSpan } from "./number-gate.js";

export interface Budget {
  readonly evaluations: number;
  readonly seconds: number;
  /** Refused decisions in a row after which the agent is taken to be stuck. */
  readonly refusals?: number;
}

export interface LoopState {
  readonly archive: readonly Candidate[];
  readonly elapsed_s: number;
  readonly refusedInARow: number;
  readonly budget: Budget;
}

/** Why a run ended. */
export interface StopReason {
  readonly code: "evaluations" | "seconds" | "refusals" | "agent" | (string & {});
  readonly detail: string;
  /** Numbers in an agent's reason that no result says. */
  readonly unrecorded?: readonly UnrecordedSpan[];
}

/** A reason to stop, or null to go on. */
export type StopPredicate = (state: LoopState) => StopReason | null;

const defaultRefusals = 12;

export const evaluationsSpent: StopPredicate = ({ archive, budget }) =>
  archive.length < budget.evaluations
    ? null
    : { code: "evaluations", detail: `all ${budget.evaluations} evaluations are spent` };

export const secondsSpent: StopPredicate = ({ elapsed_s, budget }) =>
  elapsed_s < budget.seconds
    ? null
    : { code: "seconds", detail: `all ${budget.seconds} seconds are spent` };

export const agentStuck: StopPredicate = ({ refusedInARow, budget }) => {
  const limit = budget.refusals ?? defaultRefusals;
  if (refusedInARow < limit) return null;
  return { code: "refusals", detail: `${limit} decisions in a row were refused` };
};

export const budgetStops: readonly StopPredicate[] = [evaluationsSpent, secondsSpent, agentStuck];

export const firstReason = (
  predicates: readonly StopPredicate[],
  state: LoopState,
): StopReason | null => {
  for (const predicate of predicates) {
    const reason = predicate(state);
    if (reason) return reason;
  }
  return null;
};
