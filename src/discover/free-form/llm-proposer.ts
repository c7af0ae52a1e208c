import type { LanguageModel } from "ai";
import { LeadsError } from "../../core/errors.js";
import { chooseModel, type ModelChoice } from "../agents/llm-model.js";
import { systemPrompt, userPrompt } from "./prompt.js";
import { type Proposer, readAnswer } from "./proposer.js";

const retries = 4;

/**
 * A language model that writes equations. Errors: those of chooseModel at once; "llm-failed" where
 * a request fails for good, with keys blacked out.
 */
export function llmProposer(choice: ModelChoice): Proposer {
  const chosen = chooseModel(choice);
  let loaded: Promise<LanguageModel> | undefined;
  const clean = (text: string) =>
    chosen.secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  return {
    name: `llm:${chosen.provider}:${chosen.model}`,
    propose: async (history, signal) => {
      const sdk = await import("ai");
      // Only commands talk; the SDK would write its warnings to the console.
      globalThis.AI_SDK_LOG_WARNINGS ??= false;
      loaded ??= chosen.load();
      try {
        const { text, usage } = await sdk.generateText({
          model: await loaded,
          system: systemPrompt,
          prompt: userPrompt(history),
          maxRetries: retries,
          abortSignal: signal,
        });
        const answer = readAnswer(clean(text));
        return {
          ...answer,
          usage: {
            inputTokens: usage.inputTokens ?? 0,
            outputTokens: usage.outputTokens ?? 0,
            requests: 1,
            schemaErrors: answer.kind === "unreadable" ? 1 : 0,
          },
        };
      } catch (error) {
        signal.throwIfAborted();
        const said = error instanceof Error ? error.message : String(error);
        throw new LeadsError({
          code: "llm-failed",
          message: `${chosen.provider} (${chosen.model}): ${clean(said).slice(0, 240)}`,
          fix: `Check the network, --base-url and the key in ${chosen.keyVariables.join(" or ")}.`,
        });
      }
    },
  };
}
