import { LeadsError } from "../core/errors.js";
import type { Proposer } from "../discover/free-form/proposer.js";
import type { Budget } from "../discover/stops.js";
import { addUsage, noUsage, tokensOf } from "../discover/usage.js";
import type { ModelLimits } from "./configuration.js";

/** What the searches of a language model may cost, each. */
export const moneyOf = ({ maxUsd, maxTokens }: ModelLimits): Pick<Budget, "usd" | "tokens"> => ({
  ...(maxUsd === undefined ? {} : { usd: maxUsd }),
  ...(maxTokens === undefined ? {} : { tokens: maxTokens }),
});

/** The same for free form: nothing is asked any more once a limit is reached. */
export function withinLimits(proposer: Proposer, limits: ModelLimits): Proposer {
  const { maxUsd = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY } = limits;
  let spent = noUsage;
  return {
    ...proposer,
    propose: async (history, signal) => {
      if (tokensOf(spent) >= maxTokens)
        return { kind: "end", reason: `all ${maxTokens} tokens are spent` };
      if ((spent.usd ?? 0) >= maxUsd)
        return { kind: "end", reason: `all ${maxUsd} dollars are spent` };
      const answer = await inTime((both) => proposer.propose(history, both), signal, limits);
      spent = addUsage(spent, answer.usage ?? noUsage);
      return answer;
    },
  };
}

/** Errors: "llm-failed" where the server says nothing for longer than the limit. */
async function inTime<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  { requestTimeout_s }: ModelLimits,
): Promise<T> {
  if (requestTimeout_s === undefined) return ask(signal);
  const late = AbortSignal.timeout(1000 * requestTimeout_s);
  try {
    return await ask(AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    throw new LeadsError({
      code: "llm-failed",
      message: `The language model did not answer within ${requestTimeout_s} s.`,
      fix: "Raise --request-timeout, or look at its server.",
    });
  }
}
