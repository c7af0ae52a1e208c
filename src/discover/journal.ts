import { fail, LeadsError } from "../core/errors.js";
import { canonical, encode, type Json, sha256 } from "./canonical.js";

/** Raised when a reader of today could misunderstand a journal of tomorrow. */
export const journalFormat = 1;

/**
 * What a run consists of. "resumed" and "interrupted" are marks: they tell what happened to the
 * process, not to the run, so they leave the hash chain as it is, and an interrupted run that was
 * resumed ends with the same head hash as an undisturbed one.
 */
export type EventType =
  | ("run-started" | "observed" | "decided" | "refused")
  | ("candidate-finished" | "steered" | "stopped" | "finished")
  | ("resumed" | "interrupted");

const marks: readonly EventType[] = ["resumed", "interrupted"];
export const isMark = (type: EventType): boolean => marks.includes(type);

export interface JournalEvent {
  /** Number in the chain from 0; a mark carries the number of the event it follows. */
  readonly seq: number;
  readonly type: EventType;
  readonly data: Json;
  /** SHA-256 of the previous hash and of { seq, type, data } in canonical form. */
  readonly hash: string;
  /** Wall-clock facts, outside the hash. */
  readonly clock: EventClock;
}

export interface EventClock {
  /** ISO 8601. */
  readonly at: string;
  /** Seconds the run has worked, over all its sessions. */
  readonly elapsed_s: number;
  /** Seconds of one evaluation. */
  readonly seconds?: number;
}

/** Where lines live: a file (journal-file.ts), memory, or the studio's storage. */
export interface JournalStore {
  /** Named in error messages. */
  readonly name: string;
  read(): Promise<Uint8Array>;
  /** Drops everything behind the first `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Returns when the line is safe. */
  append(line: string): Promise<void>;
}

export interface Journal {
  readonly name: string;
  /** Events read when it was opened, marks included. */
  readonly recorded: readonly JournalEvent[];
  /** Hash of the last chained event: the fingerprint of the run so far. */
  head(): string;
  append(type: EventType, data: unknown, clock: EventClock): Promise<JournalEvent>;
}

export interface ReadJournal {
  readonly events: readonly JournalEvent[];
  /** Bytes of whole lines; what follows is one half-written line. */
  readonly length: number;
}

/**
 * Reads and verifies a journal. A last line without its line end is dropped (the process was
 * killed while writing). Errors: "journal-corrupt" anywhere else, "journal-newer".
 */
export async function readJournal(store: JournalStore): Promise<ReadJournal> {
  const bytes = await store.read();
  const length = bytes.lastIndexOf(10) + 1;
  const lines = decodeText(bytes.subarray(0, length), store.name).split("\n").slice(0, -1);
  const events: JournalEvent[] = [];
  let previous = "";
  let seq = 0;
  for (const [k, line] of lines.entries()) {
    const event = parseLine(line, k, store.name);
    if (k === 0) checkFormat(event, store.name);
    const mark = isMark(event.type);
    const expected = mark ? seq - 1 : seq;
    const hash = await chain(previous, { ...event, seq: expected });
    if (event.seq !== expected || event.hash !== hash)
      corrupt(store.name, k, "its hash does not follow from the line before");
    events.push(event);
    if (mark) continue;
    previous = hash;
    seq++;
  }
  return { events, length };
}

/** Opens for appending; a half-written last line is cut off. */
export async function openJournal(store: JournalStore): Promise<Journal> {
  const { events, length } = await readJournal(store);
  await store.truncate(length);
  const last = events.findLast((event) => !isMark(event.type));
  let head = last?.hash ?? "";
  let seq = (last?.seq ?? -1) + 1;
  return {
    name: store.name,
    recorded: events,
    head: () => head,
    append: async (type, data, clock) => {
      const mark = isMark(type);
      const content = { seq: mark ? seq - 1 : seq, type, data: encode(data) };
      const event = { ...content, hash: await chain(head, content), clock };
      await store.append(`${JSON.stringify(event)}\n`);
      if (!mark) {
        head = event.hash;
        seq++;
      }
      return event;
    },
  };
}

/** A journal in memory, for tests, replays and the browser. */
export function memoryStore(initial: Uint8Array | string = ""): JournalStore & {
  bytes(): Uint8Array;
} {
  let bytes: Uint8Array = typeof initial === "string" ? new TextEncoder().encode(initial) : initial;
  return {
    name: "memory",
    bytes: () => bytes,
    read: async () => bytes,
    truncate: async (length) => {
      bytes = bytes.slice(0, length);
    },
    append: async (line) => {
      const more = new TextEncoder().encode(line);
      const all = new Uint8Array(bytes.length + more.length);
      all.set(bytes);
      all.set(more, bytes.length);
      bytes = all;
    },
  };
}

const chain = (previous: string, event: Pick<JournalEvent, "seq" | "type" | "data">) => {
  const { seq, type, data } = event;
  return sha256(`${previous}\n${canonical({ seq, type, data })}`);
};

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail({
      code: "journal-corrupt",
      path: name,
      message: `${name}: this is not a journal (it is not UTF-8 text).`,
      fix: "Name the run's journal.jsonl, or restore it from a copy.",
    });
  }
}

const knownTypes: Readonly<Record<EventType, true>> = {
  "run-started": true,
  observed: true,
  decided: true,
  refused: true,
  "candidate-finished": true,
  steered: true,
  stopped: true,
  finished: true,
  resumed: true,
  interrupted: true,
};

function parseLine(line: string, index: number, name: string): JournalEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    corrupt(name, index, "it is not JSON");
  }
  if (typeof value !== "object" || value === null) corrupt(name, index, "it is not an event");
  const event = value as JournalEvent;
  const formatFirst = index === 0 && event.type === "run-started";
  if (!formatFirst && !Object.hasOwn(knownTypes, event.type))
    corrupt(name, index, `"${String(event.type)}" is not an event type`);
  if (typeof event.clock?.elapsed_s !== "number" || event.data === undefined)
    corrupt(name, index, "parts of the event are missing");
  return event;
}

function checkFormat(event: JournalEvent, name: string): void {
  if (event.type !== "run-started") corrupt(name, 0, "a journal begins with run-started");
  const format = (event.data as { format?: unknown } | null)?.format;
  if (typeof format !== "number") corrupt(name, 0, "it states no format");
  if (format > journalFormat)
    throw new LeadsError({
      code: "journal-newer",
      path: name,
      message: `${name}: written in journal format ${format}; this version reads up to ${journalFormat}.`,
      fix: "Use the version of leads that wrote it, or a newer one.",
    });
}

function corrupt(name: string, index: number, reason: string): never {
  return fail({
    code: "journal-corrupt",
    path: `${name}:${index + 1}`,
    message: `${name}: line ${index + 1} is damaged: ${reason}.`,
    fix: `Restore the journal from a copy, or keep its first ${index} lines and resume from there.`,
  });
}
