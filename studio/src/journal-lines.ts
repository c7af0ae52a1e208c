import type { JournalEvent } from "../../src/discover/journal.js";

export interface Line {
  /** In the file, from 1. */
  readonly number: number;
  readonly text: string;
  /** False where the file ends before the line does. */
  readonly whole: boolean;
}

export function linesOf(text: string): Line[] {
  const parts = text.split("\n");
  return parts
    .map((part, k) => ({ number: k + 1, text: part, whole: k < parts.length - 1 }))
    .filter((line) => line.text.trim() !== "");
}

/** Events up to the first line that is none, and what is wrong with that. */
export function readLines(lines: readonly Line[]): { events: JournalEvent[]; problem: string } {
  const events: JournalEvent[] = [];
  for (const { number, text, whole } of lines) {
    const event = eventOf(text);
    if (!event) {
      const why = whole
        ? "it is damaged, and what follows it is left out"
        : "it is half written, and left out";
      return { events, problem: `Line ${number} of the journal cannot be read: ${why}.` };
    }
    events.push(event);
  }
  return { events, problem: "" };
}

function eventOf(text: string): JournalEvent | undefined {
  try {
    const event = JSON.parse(text) as JournalEvent;
    return typeof event?.type === "string" && event.clock ? event : undefined;
  } catch {
    return undefined;
  }
}
