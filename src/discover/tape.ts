import { fail } from "../core/errors.js";
import { decode } from "./canonical.js";
import type { Clock } from "./clock.js";
import { type EventType, isMark, type Journal, type JournalEvent } from "./journal.js";

/**
 * A journal that first plays what it holds and then records: the loop asks for its next event and
 * does not know which of the two it gets. That is the whole of resuming.
 */
export interface Tape {
  /** Type of the next recorded event; undefined when the recording is used up. */
  peek(): EventType | undefined;
  /** The next event: the recorded one, or `produce` run now and written down. */
  next<T>(
    type: EventType,
    produce: () => Promise<T> | T,
    seconds?: (data: T) => number,
  ): Promise<T>;
  /** A mark beside the chain. */
  mark(type: "resumed" | "interrupted", data: unknown): Promise<void>;
  /** Seconds of work, those of earlier sessions included. */
  elapsed_s(): number;
  /** Waits without counting the time as work. */
  rest(wait: () => Promise<void>): Promise<void>;
}

export type OnEvent = (event: JournalEvent, recorded: boolean) => void;

export function createTape(journal: Journal, clock: Clock, onEvent: OnEvent): Tape {
  const chained = journal.recorded.filter((event) => !isMark(event.type));
  const before_s = journal.recorded.at(-1)?.clock.elapsed_s ?? 0;
  const began_ms = clock.now_ms();
  let rested_ms = 0;
  let position = 0;
  // Reading a run that has ended is no work of it.
  const hasEnded = chained.some(({ type }) => type === "stopped");
  const elapsed_s = () =>
    hasEnded ? before_s : before_s + (clock.now_ms() - began_ms - rested_ms) / 1000;
  const write = async (type: EventType, data: unknown, seconds?: number) => {
    const now = { at: new Date(clock.now_ms()).toISOString(), elapsed_s: elapsed_s() };
    onEvent(
      await journal.append(type, data, seconds === undefined ? now : { ...now, seconds }),
      false,
    );
  };
  return {
    peek: () => chained[position]?.type,
    elapsed_s,
    mark: (type, data) => write(type, data),
    rest: async (wait) => {
      const since_ms = clock.now_ms();
      try {
        await wait();
      } finally {
        rested_ms += clock.now_ms() - since_ms;
      }
    },
    next: async <T>(
      type: EventType,
      produce: () => Promise<T> | T,
      seconds?: (data: T) => number,
    ) => {
      const recorded = chained[position];
      if (!recorded) {
        const data = await produce();
        await write(type, data, seconds?.(data));
        return data;
      }
      if (recorded.type !== type)
        fail({
          code: "journal-mismatch",
          path: journal.name,
          message: `${journal.name}: event ${recorded.seq} is "${recorded.type}" where this run comes to "${type}".`,
          fix: "Resume with the version of leads, the case and the catalog that the run began with.",
        });
      position++;
      onEvent(recorded, true);
      return withSeconds(decode(recorded.data), recorded) as T;
    },
  };
}

/** Seconds of an evaluation live outside the hashed part; put back where the result has them. */
function withSeconds(data: unknown, event: JournalEvent): unknown {
  if (event.clock.seconds === undefined) return data;
  const { result, ...rest } = data as { result: object };
  return { ...rest, result: { ...result, seconds: event.clock.seconds } };
}
