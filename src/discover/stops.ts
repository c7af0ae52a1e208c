import type { Candidate } from "./archive.js";
import type { UnrecordedSpan } from "./number-gate.js";
import { tokensOf, type Usage } from "./usage.js";

export interface Budget {
  readonly evaluations: number;
  readonly seconds: number;
  /** Refused decisions in a row after which the agent is taken to be stuck. */
  readonly refusals?: number;
  /** Input and output tokens of a language model together. */
  readonly tokens?: number;
  /** Cost of a language model, USD. */
  readonly usd?: number;
}

export interface LoopState {
  readonly archive: readonly Candidate[];
  readonly elapsed_s: number;
  readonly refusedInARow: number;
  /** Taken by the language model so far, in earlier sessions as well. */
  readonly usage: Usage;
  readonly budget: Budget;
}

/** Why a run ended. */
export interface StopReason {
  readonly code:
    | "evaluations"
    | "seconds"
    | "tokens"
    | "usd"
    | "refusals"
    | "agent"
    | (string & {});
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

export const tokensSpent: StopPredicate = ({ usage, budget: { tokens } }) =>
  tokens === undefined || tokensOf(usage) < tokens
    ? null
    : { code: "tokens", detail: `all ${tokens} tokens are spent` };

/** A cost that is not known cannot be limited: agents refuse such a budget before they ask. */
export const usdSpent: StopPredicate = ({ usage, budget: { usd } }) =>
  usd === undefined || usage.usd === null || usage.usd < usd
    ? null
    : { code: "usd", detail: `all ${usd} dollars are spent` };

export const agentStuck: StopPredicate = ({ refusedInARow, budget }) => {
  const limit = budget.refusals ?? defaultRefusals;
  if (refusedInARow < limit) return null;
  return { code: "refusals", detail: `${limit} decisions in a row were refused` };
};

export const budgetStops: readonly StopPredicate[] = [
  evaluationsSpent,
  secondsSpent,
  tokensSpent,
  usdSpent,
  agentStuck,
];

/** Reasons to stop that are limits of the budget: the search might have gone on. */
export const isBudgetSpent = (code: StopReason["code"]): boolean =>
  ["evaluations", "seconds", "tokens", "usd"].includes(code);

/** Tokens and dollars that are left, where they are limited. */
export const moneyLeft = ({ tokens, usd }: Budget, spent: Usage) => ({
  ...(tokens === undefined ? {} : { tokensLeft: Math.max(0, tokens - tokensOf(spent)) }),
  ...(usd === undefined ? {} : { usdLeft: Math.max(0, usd - (spent.usd ?? 0)) }),
});

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
