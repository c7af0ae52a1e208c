import { LeadsError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { Decision } from "../actions.js";
import type { Observation } from "../observation.js";
import type { StopReason } from "../stops.js";
import type { Usage } from "../usage.js";

export type { Usage } from "../usage.js";

export type AgentDecision = Decision & {
  /** What the decision took from a budget of tokens or money. */
  readonly usage?: Usage;
  /** Instead of actions: the budget does not pay for a decision, so the run ends here. */
  readonly halt?: StopReason;
};

/**
 * Whatever drives the loop. An agent holds no memory: all it knows is in the observation, and
 * all its chance comes from `random`, so a resumed run goes on as if nothing had happened.
 */
export interface Agent {
  /** "expert", "llm:anthropic:claude-...": goes into the journal, so never a secret. */
  readonly name: string;
  decide(observation: Observation, random: Random, signal: AbortSignal): Promise<AgentDecision>;
}

/** A turn that came to no decision, and what it had taken by then: that is spent all the same. */
export class AgentError extends LeadsError {
  readonly usage: Usage;

  constructor(error: Error, usage: Usage) {
    const known = error instanceof LeadsError ? error : undefined;
    super({
      code: known?.code ?? "interrupted",
      message: error.message,
      path: known?.path,
      fix: known?.fix,
    });
    this.name = "AgentError";
    this.usage = usage;
  }
}
