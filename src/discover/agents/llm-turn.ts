import { LeadsError } from "../../core/errors.js";
import type { Clock } from "../clock.js";
import type { StopReason } from "../stops.js";
import type { Meter } from "./llm-budget.js";
import type { ChosenModel } from "./llm-model.js";
import { type Answer, type Ask, type LlmSession, request } from "./llm-request.js";
import { adapt, explain, pauseAfter } from "./llm-retry.js";
import { outOfTime } from "./llm-wire.js";

/** Longest silence of a server, s, where nobody says another. */
export const defaultTimeout_s = 120;

/** Who is asked, who pays, and how long it may take. */
export interface Turn {
  readonly session: LlmSession;
  readonly chosen: ChosenModel;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Repeats of a request that failed on the way. */
  readonly retries: number;
  /** By the clock; Infinity: none. */
  readonly deadline_ms: number;
  /** Hears why a request is repeated, and after how many seconds. */
  readonly onWait?: (why: string, pause_s: number) => void;
}

/** Neither time nor budget allow another request. */
export interface Halted {
  readonly halt: StopReason;
}

/**
 * Requests until one is answered; failures on the way are repeated with growing pauses. `nextAsk`
 * makes each of them anew, since a server may turn out to know no tools. Errors: see explain.
 */
export async function askUntilAnswered(
  turn: Turn,
  nextAsk: (left_s: number) => Ask | Halted,
): Promise<Answer | Halted> {
  const { session, chosen, clock, retries, deadline_ms, signal, meter } = turn;
  for (let attempt = 0; ; attempt++) {
    const left_s = (deadline_ms - clock.now_ms()) / 1000;
    if (left_s <= 0) return noTime();
    const ask = nextAsk(left_s);
    if ("halt" in ask) return ask;
    const answer = await request(session, ask);
    meter.count(answer.tokens);
    if (!("error" in answer)) return answer;
    signal.throwIfAborted();
    if (isOutOfTime(answer.error)) return noTime();
    if (adapt(session, answer.error, ask.outputTokens)) {
      attempt--;
      continue;
    }
    const now_ms = clock.now_ms();
    const pause_ms = pauseAfter(session, answer.error, { attempt, retries, now_ms });
    if (pause_ms === null) throw explain(session, chosen, answer.error);
    const wait_ms = Math.min(pause_ms, deadline_ms - now_ms);
    turn.onWait?.(explain(session, chosen, answer.error).message, wait_ms / 1000);
    await clock.wait(wait_ms, signal);
  }
}

const isOutOfTime = (error: unknown): boolean =>
  error instanceof LeadsError && error.code === outOfTime().code;

const noTime = (): Halted => ({ halt: { code: "seconds", detail: outOfTime().message } });
