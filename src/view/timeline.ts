import type { Action } from "../discover/actions.js";
import type { JournalEvent } from "../discover/journal.js";

/** The run as a list that people read from the top. */
export type TimelineItem = {
  /** Place in the journal. */
  readonly key: number;
  /** Seconds of work so far. */
  readonly elapsed_s: number;
  readonly at: string;
} & (
  | { readonly kind: "started"; readonly agent: string; readonly seed: number }
  | {
      readonly kind: "thought";
      readonly step: number;
      readonly thought: string;
      readonly from: number | null;
      readonly actions: readonly Action[];
    }
  | { readonly kind: "refused"; readonly step: number; readonly reason: string }
  | { readonly kind: "candidate"; readonly id: number }
  | { readonly kind: "steered"; readonly command: Readonly<Record<string, unknown>> }
  | { readonly kind: "ended"; readonly code: string; readonly detail: string }
  | { readonly kind: "mark"; readonly text: string }
);

type Content = TimelineItem extends infer T
  ? T extends TimelineItem
    ? Omit<T, "key" | "elapsed_s" | "at">
    : never
  : never;

interface Payloads {
  readonly id: number;
  readonly agent: string;
  readonly seed: number;
  readonly step: number;
  readonly thought: string;
  readonly from: number;
  readonly actions: readonly Action[];
  readonly reason: string;
  readonly command: Readonly<Record<string, unknown>>;
  readonly code: string;
  readonly detail: string;
}

/** An event and its decoded payload; undefined for "observed" and "finished": hashes and counts. */
export function timelineItem(
  event: JournalEvent,
  data: unknown,
  key: number,
): TimelineItem | undefined {
  const content = contentOf(event.type, data as Payloads);
  const { elapsed_s, at } = event.clock;
  return content && ({ key, elapsed_s, at, ...content } as TimelineItem);
}

function contentOf(type: JournalEvent["type"], data: Payloads): Content | undefined {
  switch (type) {
    case "run-started":
      return { kind: "started", agent: data.agent, seed: data.seed };
    case "decided": {
      const { step, thought, from = null, actions } = data;
      return { kind: "thought", step, thought, from, actions };
    }
    case "refused":
      return { kind: "refused", step: data.step, reason: data.reason };
    case "candidate-finished":
      return { kind: "candidate", id: data.id };
    case "steered":
      return { kind: "steered", command: data.command };
    case "stopped":
      return { kind: "ended", code: data.code, detail: data.detail };
    case "interrupted":
      return { kind: "mark", text: `interrupted: ${data.reason}` };
    case "resumed":
      return { kind: "mark", text: "resumed" };
    default:
      return undefined;
  }
}
