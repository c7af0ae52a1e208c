import type { Action } from "../discover/actions.js";
import type { Candidate } from "../discover/archive.js";
import { decode } from "../discover/canonical.js";
import type { JournalEvent } from "../discover/journal.js";
import { type TimelineItem, timelineItem } from "./timeline.js";

interface Decided {
  readonly thought: string;
  readonly actions: readonly Action[];
}

/** An event's payload, arrays decoded. */
export const payloadOf = <T>(event: JournalEvent): T => decode(event.data) as T;

/** What a journal has said so far. */
export interface History {
  readonly events: readonly JournalEvent[];
  readonly candidates: readonly Candidate[];
  readonly items: readonly TimelineItem[];
  /** What the next candidates come from. */
  readonly decided: Decided;
}

export const noHistory: History = {
  events: [],
  candidates: [],
  items: [],
  decided: { thought: "", actions: [] },
};

/** The history and some more events: what was known stays the very same objects. */
export function continued(history: History, events: readonly JournalEvent[]): History {
  let { decided } = history;
  const [candidates, items]: [Candidate[], TimelineItem[]] = [[], []];
  for (const [k, event] of events.entries()) {
    const data = payloadOf(event);
    if (event.type === "decided") decided = data as Decided;
    if (event.type === "candidate-finished") candidates.push(candidateOf(event, data, decided));
    const item = timelineItem(event, data, history.events.length + k);
    if (item) items.push(item);
  }
  const appended = <T>(known: readonly T[], more: readonly T[]) =>
    more.length > 0 ? [...known, ...more] : known;
  return {
    events: appended(history.events, events),
    candidates: appended(history.candidates, candidates),
    items: appended(history.items, items),
    decided,
  };
}

/** The archive as the journal recorded it. */
export const candidatesOf = (events: readonly JournalEvent[]): readonly Candidate[] =>
  continued(noHistory, events).candidates;

function candidateOf(event: JournalEvent, data: unknown, decided: Decided): Candidate {
  const finished = data as Omit<Candidate, "thought" | "actions">;
  const seconds = finished.result.seconds ?? event.clock.seconds ?? 0;
  return { ...finished, ...decided, result: { ...finished.result, seconds } };
}
