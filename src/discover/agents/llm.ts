import { LeadsError } from "../../core/errors.js";
import { type Clock, systemClock } from "../clock.js";
import type { Observation } from "../observation.js";
import { type Agent, type AgentDecision, AgentError } from "./agent.js";
import { readAnswer } from "./llm-answer.js";
import { allowance, createMeter, type Meter } from "./llm-budget.js";
import { type ChosenModel, chooseModel, type ModelChoice } from "./llm-model.js";
import { type Mistake, systemPrompt, userPrompt } from "./llm-prompt.js";
import { type Ask, type LlmSession, openLlmSession, toolCharacters } from "./llm-request.js";
import { withoutModel } from "./llm-retry.js";
import { blackOut, blackOutAll, type Sink } from "./llm-thought.js";
import { estimateTokens } from "./llm-tokens.js";
import { askUntilAnswered, defaultTimeout_s, type Halted, type Turn } from "./llm-turn.js";

export interface LlmOptions extends ModelChoice {
  readonly clock?: Clock;
  /** Useless answers per turn before the session is given up; 4 if absent. */
  readonly attempts?: number;
  /** Repeats of a request that failed on the way; 5 if absent. */
  readonly retries?: number;
  /** Longest silence of the server, s; 120 if absent. A whole answer may take ten times as long. */
  readonly requestTimeout_s?: number;
  /** Pieces of thoughts as they arrive, without the key; nothing that the journal needs. */
  readonly onThought?: Sink;
  /** A request has failed, and is repeated after so many seconds. */
  readonly onWait?: Turn["onWait"];
}

/**
 * A language model behind the AI SDK. One tool per action; a model without tools answers in JSON.
 * Errors: "llm-unreachable", "llm-silent", "llm-garbled", "llm-refused" (key, model, quota),
 * "llm-bad-answers"; each says what the turn had taken, and leaves the run resumable.
 */
export function llmAgent(options: LlmOptions): Agent {
  const chosen = chooseModel(options);
  let session: Promise<LlmSession> | undefined;
  return {
    name: `llm:${chosen.provider}:${chosen.model}`,
    decide: async (observation, _random, signal) => {
      session ??= openLlmSession(chosen);
      const meter = createMeter(chosen.price);
      const turn = { session: await session, chosen, options, observation, signal, meter };
      try {
        return await decide(turn);
      } catch (error) {
        if (!signal.aborted && !(error instanceof LeadsError)) throw error;
        throw new AgentError(error as Error, meter.usage());
      }
    },
  };
}

/** What a decision is made with. */
interface Decided {
  readonly session: LlmSession;
  readonly chosen: ChosenModel;
  readonly options: LlmOptions;
  readonly observation: Observation;
  readonly signal: AbortSignal;
  readonly meter: Meter;
}

async function decide(turn: Decided): Promise<AgentDecision> {
  const { chosen, meter, options } = turn;
  const attempts = options.attempts ?? 4;
  const clock = options.clock ?? systemClock;
  const deadline_ms = clock.now_ms() + 1000 * turn.observation.budget.secondsLeft;
  const { onWait } = options;
  const patience = { clock, retries: options.retries ?? 5, deadline_ms, onWait };
  const mistakes: Mistake[] = [];
  while (mistakes.length < attempts) {
    const answer = await askUntilAnswered({ ...turn, ...patience }, (left_s) =>
      nextAsk(turn, mistakes, left_s),
    );
    if ("halt" in answer)
      return { thought: "", actions: [], halt: answer.halt, usage: meter.usage() };
    const read = readAnswer(answer);
    if (read.ok) return { ...blackOutAll(read.decision, chosen.secrets), usage: meter.usage() };
    meter.mistake();
    mistakes.push({ answer: read.answer.slice(0, 600), problem: read.reason.slice(0, 600) });
  }
  const last = blackOut(mistakes.at(-1)?.problem ?? "", chosen.secrets);
  throw new LeadsError({
    code: "llm-bad-answers",
    message: `${chosen.model} gave ${attempts} answers in a row that are no action: ${last}`,
    fix: `Resume the run to try again, or use a stronger model; ${withoutModel}`,
  });
}

/** The request as the budget allows it. */
function nextAsk(
  { session, chosen, options, observation, signal, meter }: Decided,
  mistakes: readonly Mistake[],
  left_s: number,
): Ask | Halted {
  const prompt = userPrompt(observation, mistakes, session.withTools);
  const characters =
    systemPrompt.length + prompt.length + (session.withTools ? toolCharacters() : 0);
  const promptTokens = estimateTokens(characters);
  const { price } = chosen;
  const allowed = allowance(observation.budget, meter.usage(), { price, promptTokens });
  if (!allowed.ok) return { halt: allowed.halt };
  return {
    system: systemPrompt,
    prompt,
    promptTokens,
    outputTokens: Math.min(allowed.outputTokens, session.outputLimit),
    silence_s: options.requestTimeout_s ?? defaultTimeout_s,
    left_s,
    interrupt: signal,
    secrets: chosen.secrets,
    onThought: options.onThought,
  };
}
