import { LeadsError } from "../../core/errors.js";

/** More than any answer with its protocol around it. */
const most_bytes = 16 * 2 ** 20;
const mostOfError_bytes = 64 * 2 ** 10;
/** A server that drips must come to an end as well: this many silences in all. */
const silences = 10;

/** What the bytes of one request tell; the SDK above sees the protocol only. */
export interface Wire {
  readonly fetch: typeof globalThis.fetch;
  /** Media type of the latest answer; "" before one came. */
  mediaType: string;
  /** True from the moment the latest request was answered with 2xx. */
  answered: boolean;
  /** Called for each piece that arrives. */
  onBytes: () => void;
}

/** A fetch with bounded answers, which follows no redirection: keys go to one host only. */
export function createWire(): Wire {
  const wire: Wire = {
    mediaType: "",
    answered: false,
    onBytes: () => undefined,
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, { ...init, redirect: "manual" });
      wire.mediaType = (response.headers.get("content-type") ?? "").split(";")[0].trim();
      wire.answered = response.ok;
      wire.onBytes();
      if (!response.body) return response;
      const { status, statusText, headers } = response;
      const body = response.body.pipeThrough(bounded(wire));
      return new Response(body, { status, statusText, headers });
    },
  };
  return wire;
}

function bounded(wire: Wire): TransformStream<Uint8Array, Uint8Array> {
  const { answered } = wire;
  const limit = answered ? most_bytes : mostOfError_bytes;
  let received = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      wire.onBytes();
      received += chunk.length;
      if (received <= limit) controller.enqueue(chunk);
      else if (answered) controller.error(tooLong(`more than ${most_bytes / 2 ** 20} MB`));
      else controller.terminate();
    },
  });
}

export const tooLong = (size: string): LeadsError =>
  new LeadsError({
    code: "llm-too-long",
    message: `the answer was too long (${size}) and was cut off`,
  });

/** A signal that aborts when the server is silent for too long, or the time of the run is over. */
export interface Limit {
  readonly signal: AbortSignal;
  /** A sign of life. */
  readonly touch: () => void;
  readonly abort: (reason: LeadsError) => void;
  readonly release: () => void;
}

export function createLimit(limits: {
  readonly silence_s: number;
  /** Seconds of the run's budget; Infinity: none. */
  readonly left_s: number;
}): Limit {
  const controller = new AbortController();
  const abort = (reason: LeadsError) => controller.abort(reason);
  const after = (seconds: number, reason: () => LeadsError) =>
    // Timers count in 32 bits; longer ones would fire at once.
    setTimeout(() => abort(reason()), Math.min(1000 * seconds, 2 ** 31 - 1));
  const silence = () => after(limits.silence_s, () => silent(limits.silence_s));
  let timer = silence();
  const total_s = silences * limits.silence_s;
  const whole = after(Math.min(total_s, limits.left_s), () =>
    limits.left_s < total_s ? outOfTime() : silent(total_s),
  );
  return {
    signal: controller.signal,
    abort,
    touch: () => {
      clearTimeout(timer);
      if (!controller.signal.aborted) timer = silence();
    },
    release: () => {
      clearTimeout(timer);
      clearTimeout(whole);
    },
  };
}

const silent = (seconds: number): LeadsError =>
  new LeadsError({ code: "llm-silent", message: `no answer within ${seconds} s` });

/** Not a failure: the agent turns it into the end of the run. */
export const outOfTime = (): LeadsError =>
  new LeadsError({ code: "out-of-time", message: "the time ran out while the model was asked" });
