import { LeadsError } from "../../core/errors.js";
import { plainText } from "../../core/plain-text.js";
import type { ChosenModel } from "./llm-model.js";
import { type LlmSession, rootMessage } from "./llm-request.js";
import { blackOut } from "./llm-thought.js";

/** A run is resumed by its own agent alone; a branch may have another. */
export const withoutModel =
  "without a model go on with: leads branch RUN --from STEP --out FOLDER --agent expert";

const backOff_ms = 2000;
const longestWait_ms = 60_000;
/** A silent server has cost enough time already. */
const retriesOfSilence = 2;

interface Server {
  readonly statusCode?: number;
  readonly isRetryable: boolean;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
  readonly message: string;
}

const refusalOf = ({ sdk }: LlmSession, error: unknown): Server | undefined =>
  sdk.APICallError.isInstance(error) ? error : undefined;

/** Something to leave out from now on: tools, streaming, or a large limit. True: ask again. */
export function adapt(session: LlmSession, error: unknown, outputTokens: number): boolean {
  const { answered, mediaType } = session.wire;
  if (session.streams && answered && mediaType === "application/json") {
    // Asked for a stream, some servers answer in one piece.
    session.streams = false;
    return true;
  }
  const refusal = refusalOf(session, error);
  if (!refusal || ![400, 404, 422, 501].includes(refusal.statusCode ?? 0)) return false;
  const said = `${refusal.message} ${refusal.responseBody ?? ""}`;
  if (session.withTools && /\b(tools?|function[ _-]?call\w*)\b/i.test(said)) {
    session.withTools = false;
    return true;
  }
  if (session.streams && /\bstream(s|ing|ed|_options)?\b/i.test(said)) {
    session.streams = false;
    return true;
  }
  const limit = /max_(completion_|output_)?tokens|maxOutputTokens|context (length|window)/i;
  if (Number.isFinite(outputTokens) && outputTokens > 512 && limit.test(said)) {
    session.outputLimit = Math.floor(outputTokens / 2);
    return true;
  }
  return false;
}

/** Milliseconds until the next try; null where trying again is useless. */
export function pauseAfter(
  session: LlmSession,
  error: unknown,
  { attempt, retries, now_ms }: { attempt: number; retries: number; now_ms: number },
): number | null {
  const silent = error instanceof LeadsError && error.code === "llm-silent";
  if (attempt >= (silent ? Math.min(retries, retriesOfSilence) : retries)) return null;
  const refusal = refusalOf(session, error);
  // An answer that cannot be read and a network that fails may both pass.
  if (refusal && !refusal.isRetryable && !session.wire.answered) return null;
  const asked_ms = retryAfter_ms(refusal?.responseHeaders?.["retry-after"], now_ms);
  return Math.min(longestWait_ms, asked_ms ?? backOff_ms * 2 ** attempt);
}

/** Seconds or a date. */
function retryAfter_ms(header: string | undefined, now_ms: number): number | undefined {
  if (header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  const wait_ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - now_ms;
  return Number.isFinite(wait_ms) ? Math.max(0, wait_ms) : undefined;
}

/** The error that ends the session; the run can be resumed after each of them. */
export function explain(session: LlmSession, chosen: ChosenModel, error: unknown): LeadsError {
  const refusal = refusalOf(session, error);
  const status = refusal?.statusCode;
  const name = `${chosen.provider} (${chosen.model})`;
  const said = blackOut(plainText(rootMessage(error)), chosen.secrets).slice(0, 240);
  if (error instanceof LeadsError && error.code === "llm-silent")
    return new LeadsError({
      code: "llm-silent",
      message: `${name} gave ${said}.`,
      fix: "Allow more with --request-timeout, or look after the server; then resume the run.",
    });
  if (session.wire.answered)
    return new LeadsError({
      code: "llm-garbled",
      message: `${name} gave no answer that can be read: ${said}`,
      fix: "Check --base-url and the server, then resume the run.",
    });
  if (status === undefined)
    return new LeadsError({
      code: "llm-unreachable",
      message: `${name} cannot be reached: ${said}`,
      fix: "Check the network and --base-url, then resume the run.",
    });
  return new LeadsError({
    code: "llm-refused",
    message: `${name} answered ${status}: ${said}`,
    fix: fixOf(status, chosen),
  });
}

function fixOf(status: number, { keyVariables }: ChosenModel): string {
  const keys = keyVariables.join(" or ");
  if (status >= 300 && status < 400) return "Check --base-url: the server sends elsewhere.";
  const fixes: Readonly<Record<number, string>> = {
    401: `Check the key in ${keys}.`,
    403: `Check the key in ${keys} and what it may use.`,
    404: "Check the model's name and --base-url.",
    429: "The rate limit or quota is used up: wait, then resume the run.",
  };
  return fixes[status] ?? `Resume the run to try again; ${withoutModel}`;
}
