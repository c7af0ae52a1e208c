import { LeadsError } from "../../core/errors.js";
import { AgentError } from "../agents/agent.js";
import type { LlmOptions } from "../agents/llm.js";
import { allowance, createMeter } from "../agents/llm-budget.js";
import { type ChosenModel, chooseModel } from "../agents/llm-model.js";
import {
  type Answer as Answered,
  type Ask,
  type LlmSession,
  openLlmSession,
} from "../agents/llm-request.js";
import { blackOut } from "../agents/llm-thought.js";
import { estimateTokens } from "../agents/llm-tokens.js";
import { askUntilAnswered, defaultTimeout_s, type Halted, type Turn } from "../agents/llm-turn.js";
import { systemClock } from "../clock.js";
import { addUsage, noUsage, tokensOf, type Usage } from "../usage.js";
import { systemPrompt, userPrompt } from "./prompt.js";
import { type Answer, type History, type Proposer, readAnswer } from "./proposer.js";

export interface LlmProposerOptions extends Omit<LlmOptions, "attempts" | "onThought"> {
  /** Most US dollars of all its answers together; none if absent. */
  readonly maxUsd?: number;
  /** Most input and output tokens, likewise. */
  readonly maxTokens?: number;
}

/**
 * A language model that writes equations; it ends the search where its limits do not pay for another
 * answer. Errors: those of chooseModel at once, those of llmAgent where a request fails for good,
 * with what the answer had taken.
 */
export function llmProposer(options: LlmProposerOptions): Proposer {
  const chosen = chooseModel(options);
  const { clock = systemClock, retries = 5 } = options;
  let session: Promise<LlmSession> | undefined;
  let spent = noUsage;
  return {
    name: `llm:${chosen.provider}:${chosen.model}`,
    propose: async (history, signal) => {
      session ??= openWithoutTools(chosen);
      const meter = createMeter(chosen.price);
      const rest = { clock, retries, deadline_ms: Number.POSITIVE_INFINITY };
      const turn = { session: await session, chosen, meter, signal, ...rest };
      const left = { spent, options };
      try {
        const answer = await askUntilAnswered(turn, (left_s) =>
          askFor(history, turn, { ...left, left_s }),
        );
        const read = "halt" in answer ? ended(answer) : readWhole(answer, chosen);
        if (read.kind === "unreadable") meter.mistake();
        return { ...read, usage: meter.usage() };
      } catch (error) {
        if (!signal.aborted && !(error instanceof LeadsError)) throw error;
        throw new AgentError(error as Error, meter.usage());
      } finally {
        spent = addUsage(spent, meter.usage());
      }
    },
  };
}

async function openWithoutTools(chosen: ChosenModel): Promise<LlmSession> {
  const session = await openLlmSession(chosen);
  session.withTools = false;
  return session;
}

interface Means {
  /** By earlier answers. */
  readonly spent: Usage;
  readonly options: LlmProposerOptions;
  readonly left_s: number;
}

function askFor(
  history: History,
  { session, chosen, meter, signal }: Turn,
  { spent, options, left_s }: Means,
): Ask | Halted {
  const { maxTokens, maxUsd } = options;
  const prompt = userPrompt(history);
  const promptTokens = estimateTokens(systemPrompt.length + prompt.length);
  const budget = {
    tokensLeft: maxTokens === undefined ? undefined : maxTokens - tokensOf(spent),
    usdLeft: maxUsd === undefined ? undefined : maxUsd - (spent.usd ?? 0),
  };
  const { price } = chosen;
  const allowed = allowance(budget, meter.usage(), { price, promptTokens });
  if (!allowed.ok) return { halt: allowed.halt };
  return {
    ...{ system: systemPrompt, prompt, promptTokens, left_s },
    outputTokens: Math.min(allowed.outputTokens, session.outputLimit),
    silence_s: options.requestTimeout_s ?? defaultTimeout_s,
    interrupt: signal,
    secrets: chosen.secrets,
  };
}

const ended = ({ halt }: Halted): Answer => ({ kind: "end", reason: halt.detail });

/** Of an answer that was cut off, what is missing is the cut's fault. */
function readWhole({ text, cutOff }: Answered, { secrets }: ChosenModel): Answer {
  const answer = readAnswer(blackOut(text, secrets));
  return answer.kind === "unreadable" && cutOff ? { ...answer, problem: cutOff } : answer;
}
