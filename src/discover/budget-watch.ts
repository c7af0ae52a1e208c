import type { Budget } from "./stops.js";
import { tokensOf, type Usage } from "./usage.js";

/** What a run has taken so far. */
export interface Spent {
  readonly evaluations: number;
  readonly seconds: number;
  readonly usage: Usage;
}

/** Shares of a budget at which people want to hear of it. */
const marks = [0.8, 0.5] as const;

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly limit: number | undefined;
  readonly spent: number | null;
}

const rowsOf = (budget: Budget, { evaluations, seconds, usage }: Spent): readonly Row[] => [
  { name: "evaluations", unit: "", limit: budget.evaluations, spent: evaluations },
  { name: "seconds", unit: " s", limit: budget.seconds, spent: seconds },
  { name: "tokens", unit: "", limit: budget.tokens, spent: tokensOf(usage) },
  { name: "money", unit: " USD", limit: budget.usd, spent: usage.usd },
];

/**
 * Sentences to say now, each once in the life of a limit: one a budget that has passed 50 or
 * 80 %. What is spent up altogether ends the run, which is said elsewhere.
 */
export function createBudgetWatch(): (budget: Budget, spent: Spent) => string[] {
  const said = new Map<string, { readonly limit: number; readonly mark: number }>();
  return (budget, spent) =>
    rowsOf(budget, spent).flatMap(({ name, unit, limit, spent: amount }) => {
      if (limit === undefined || amount === null || amount >= limit) return [];
      const mark = marks.find((share) => amount >= share * limit);
      const before = said.get(name);
      if (mark === undefined || (before?.limit === limit && mark <= before.mark)) return [];
      said.set(name, { limit, mark });
      const figures = `${round(amount)} of ${round(limit)}${unit}`;
      return [`${100 * mark} % of the budget of ${name} is spent: ${figures}`];
    });
}

/** Four significant digits are enough for a warning. */
const round = (value: number): number => Number(value.toPrecision(4));
