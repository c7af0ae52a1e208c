import { fail } from "../core/errors.js";
import type { Agent } from "../discover/agents/agent.js";
import { exhaustiveAgent } from "../discover/agents/exhaustive.js";
import { expertAgent } from "../discover/agents/expert.js";
import { llmAgent } from "../discover/agents/llm.js";
import { randomAgent } from "../discover/agents/random.js";

export const agentNames = "expert, random, exhaustive, llm:<provider>:<model>";

export function createAgent(name: string, baseUrl: string | undefined): Agent {
  if (name.startsWith("llm:")) return llmAgent({ name, baseUrl, environment: process.env });
  if (name === "expert") return expertAgent();
  if (name === "random") return randomAgent();
  if (name === "exhaustive") return exhaustiveAgent();
  return fail({
    code: "unknown-name",
    message: `"${name}" is not an agent.`,
    fix: `There are: ${agentNames}.`,
  });
}
