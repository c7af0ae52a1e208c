import { fail, lookUp } from "../core/errors.js";
import type { Agent } from "../discover/agents/agent.js";
import { banditAgent } from "../discover/agents/bandit.js";
import { exhaustiveAgent } from "../discover/agents/exhaustive.js";
import { expertAgent } from "../discover/agents/expert.js";
import { llmAgent } from "../discover/agents/llm.js";
import { nameModel } from "../discover/agents/llm-model.js";
import { randomAgent } from "../discover/agents/random.js";
import type { Tiers } from "../discover/agents/tiers.js";
import { checkSettings, type ModelSettings } from "./model-settings.js";
import { say } from "./terminal.js";

const agents: Readonly<Record<string, (options: { readonly tiers?: Tiers }) => Agent>> = {
  expert: expertAgent,
  random: randomAgent,
  exhaustive: exhaustiveAgent,
  bandit: banditAgent,
  "llm:<provider>:<model>": () =>
    fail({
      code: "usage",
      message: "--agent llm needs the name of a provider and of a model.",
      fix: "For example: --agent llm:openai-compatible:llama3.1 --base-url http://127.0.0.1:11434/v1",
    }),
};

export const agentNames = Object.keys(agents).join(", ");

/** Whether there is such an agent, and whether it heeds such settings; no key is looked for. */
export function checkAgent(name: string, settings: ModelSettings): void {
  if (name.startsWith("llm:")) nameModel(name);
  else lookUp("agent", agents, name);
  checkSettings(name, settings);
}

export interface AgentOptions {
  /** Hears what a language model says as it says it. */
  readonly onThought?: (piece: string) => void;
  /** Efforts that the agents of this package choose among; absent: their own. */
  readonly tiers?: Tiers;
}

/**
 * Errors: "unknown-name", and those of checkSettings and chooseModel; nothing is loaded or sent yet.
 */
export function createAgent(
  name: string,
  settings: ModelSettings = {},
  { onThought, tiers }: AgentOptions = {},
): Agent {
  checkAgent(name, settings);
  if (!name.startsWith("llm:")) return agents[name]({ tiers });
  const { baseUrl, price, requestTimeout_s } = settings;
  return llmAgent({
    name,
    baseUrl,
    price,
    requestTimeout_s,
    onThought,
    onWait: (why, pause_s) => say(`waiting ${pause_s.toPrecision(2)} s: ${why}`),
    environment: process.env,
  });
}
