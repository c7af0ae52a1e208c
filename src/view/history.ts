import type { Action } from "../discover/actions.js";
import type { Candidate } from "../discover/archive.js";
import { decode } from "../discover/canonical.js";
import type { JournalEvent } from "../discover/journal.js";

/** An event's payload, arrays decoded. */
export const payloadOf = <T>(event: JournalEvent): T => decode(event.data) as T;

/** The archive as the journal recorded it. */
export function candidatesOf(events: readonly JournalEvent[]): Candidate[] {
  let decided: { thought: string; actions: readonly Action[] } = { thought: "", actions: [] };
  const archive: Candidate[] = [];
  for (const event of events) {
    if (event.type === "decided") decided = payloadOf(event);
    if (event.type !== "candidate-finished") continue;
    const finished = payloadOf<Omit<Candidate, "thought" | "actions">>(event);
    const seconds = finished.result.seconds ?? event.clock.seconds ?? 0;
    archive.push({ ...finished, ...decided, result: { ...finished.result, seconds } });
  }
  return archive;
}
