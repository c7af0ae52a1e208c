import type { Random } from "../../core/random.js";
import type { Decision } from "../actions.js";
import type { Observation } from "../observation.js";

/** Tokens and requests that one decision took. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests to the model, retries after a useless answer among them. */
  readonly requests: number;
  /** Answers that broke the schema. */
  readonly schemaErrors: number;
}

export type AgentDecision = Decision & { readonly usage?: Usage };

/**
 * Whatever drives the loop. An agent holds no memory: all it knows is in the observation, and
 * all its chance comes from `random`, so a resumed run goes on as if nothing had happened.
 */
export interface Agent {
  /** "expert", "llm:anthropic:claude-...": goes into the journal, so never a secret. */
  readonly name: string;
  decide(observation: Observation, random: Random, signal: AbortSignal): Promise<AgentDecision>;
}
