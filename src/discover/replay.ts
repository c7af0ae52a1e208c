import { fail } from "../core/errors.js";
import type { Catalog } from "../twin/spec.js";
import { replayAgent } from "./agents/replay.js";
import { decode, encode, type Json } from "./canonical.js";
import type { CaseSummary } from "./case-summary.js";
import type { Evaluate } from "./evaluate.js";
import { type JournalEvent, memoryStore, openJournal } from "./journal.js";
import { type DiscoverSetup, discover } from "./loop.js";
import type { RunStarted } from "./run.js";
import { replaySteering } from "./steer-run.js";

export interface ReplaySetup {
  readonly case: CaseSummary;
  readonly catalog: Catalog;
  readonly evaluate: Evaluate;
  readonly signal?: AbortSignal;
  readonly onProgress?: DiscoverSetup["onProgress"];
  readonly onEvent?: DiscoverSetup["onEvent"];
}

export interface ReplayReport {
  readonly identical: boolean;
  readonly candidates: readonly {
    readonly id: number;
    readonly identical: boolean;
    /** First place where the two results differ, "" when they do not. */
    readonly difference: string;
  }[];
}

/** Evaluates every recorded candidate again and compares the results bit for bit, but seconds. */
export async function replay(
  events: readonly JournalEvent[],
  setup: ReplaySetup,
): Promise<ReplayReport> {
  const started = events.find((event) => event.type === "run-started");
  if (!started)
    return fail({
      code: "journal-empty",
      message: "The journal holds no run.",
      fix: "Name the folder of a run that was started.",
    });
  const { seed, initialSpec, budget, parent } = decode(started.data) as RunStarted;
  const recorded = events.filter((event) => event.type === "candidate-finished");
  const journal = await openJournal(memoryStore());
  const again: JournalEvent[] = [];
  const outcome =
    recorded.length === 0
      ? undefined
      : await discover({
          ...setup,
          agent: replayAgent(events),
          budget: {
            ...budget,
            evaluations: recorded.length,
            seconds: Number.POSITIVE_INFINITY,
          },
          journal,
          seed,
          initialSpec,
          steering: replaySteering(events),
          seedOf: (id) => (id < (parent?.candidates ?? 0) ? seedIn(recorded[id]) : undefined),
          onEvent: (event, old) => {
            if (event.type === "candidate-finished") again.push(event);
            setup.onEvent?.(event, old);
          },
        });
  if (outcome?.status === "interrupted") setup.signal?.throwIfAborted();
  const candidates = recorded.map((event, id) => {
    const difference = firstDifference(event.data, again[id]?.data ?? null);
    return { id, identical: difference === "", difference };
  });
  return { identical: candidates.every((candidate) => candidate.identical), candidates };
}

const seedIn = ({ data }: JournalEvent): number => (data as { readonly seed: number }).seed;

/** Path of the first difference of two JSON values; "" when there is none. */
export function firstDifference(a: Json, b: Json, path = ""): string {
  if (a === b) return "";
  const bothObjects = typeof a === "object" && typeof b === "object" && a !== null && b !== null;
  if (!bothObjects) return path || "value";
  const [left, right] = [a, b] as [Record<string, Json>, Record<string, Json>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inner = firstDifference(
      left[key] ?? encode(null),
      right[key] ?? encode(null),
      path ? `${path}.${key}` : key,
    );
    if (inner) return inner;
  }
  return "";
}
