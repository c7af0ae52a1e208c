import { fail, lookUp } from "../core/errors.js";
import type { Agent } from "../discover/agents/agent.js";
import { banditAgent } from "../discover/agents/bandit.js";
import { exhaustiveAgent } from "../discover/agents/exhaustive.js";
import { expertAgent } from "../discover/agents/expert.js";
import { llmAgent } from "../discover/agents/llm.js";
import { randomAgent } from "../discover/agents/random.js";

const agents: Readonly<Record<string, () => Agent>> = {
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

/** Errors: "unknown-name", "usage", and those of chooseModel; nothing is loaded or sent yet. */
export function createAgent(name: string, baseUrl: string | undefined): Agent {
  if (name.startsWith("llm:")) return llmAgent({ name, baseUrl, environment: process.env });
  const create = lookUp("agent", agents, name);
  if (baseUrl !== undefined)
    fail({
      code: "usage",
      message: `--base-url is the address of a language model; "${name}" asks none.`,
      fix: "Leave it out, or choose --agent llm:<provider>:<model>.",
    });
  return create();
}
