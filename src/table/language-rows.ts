import type { Method, ModelLimits } from "./configuration.js";

/** A row for a language model: "llm:provider:model", asked through the loop like any agent. */
export const languageModel = (agent: string, model: ModelLimits = {}): Method => ({
  name: agent.replaceAll(/[^A-Za-z0-9.-]+/g, "-"),
  title: agent,
  kind: "language-model",
  agent,
  ...(Object.keys(model).length > 0 ? { model } : {}),
});

/** A row whose decisions are repeated from transcripts of that name. */
export const transcript = (name: string): Method => ({
  name,
  title: `${name}, transcript`,
  kind: "language-model",
  agent: name,
  recorded: true,
});

/** Stands where neither a language model nor a transcript is at hand: not run, and never zero. */
export const noLanguageModel: Method = {
  name: "language-model",
  title: "language model",
  kind: "language-model",
  agent: "llm:<provider>:<model>",
};

/** The row of whole equations: by a language model, by the transcript "table", or by nobody. */
export const freeForm = (agent: string, model: ModelLimits = {}): Method => ({
  name: agent === "table" ? "free-form" : `free-form-${languageModel(agent).name}`,
  title: agent === "table" ? "free form" : `free form, ${agent}`,
  kind: "free-form",
  agent,
  ...(Object.keys(model).length > 0 ? { model } : {}),
});
