import type { JournalEvent } from "../../../src/discover/journal.js";
import type { RunStarted } from "../../../src/discover/run.js";
import type { SteeringCommand } from "../../../src/discover/steering.js";
import { addUsage, noUsage, tokensOf, type Usage } from "../../../src/discover/usage.js";
import { payloadOf } from "../../../src/view/history.js";

export interface Spent {
  readonly evaluations: number;
  readonly seconds: number;
  /** Of a language model; 0 where none was asked. */
  readonly tokens: number;
  /** null: the price is not known. */
  readonly usd: number | null;
  readonly budget: RunStarted["budget"];
  readonly paused: boolean;
}

/** Budget, what is spent of it and whether the run is paused, out of the journal. */
export function spentOf(events: readonly JournalEvent[]): Spent | undefined {
  const started = events.find(({ type }) => type === "run-started");
  if (!started) return undefined;
  let { budget } = payloadOf<RunStarted>(started);
  let paused = false;
  let usage: Usage = noUsage;
  for (const event of events) {
    // A decision and a turn that broke off both have their price.
    const { usage: more } = Object(event.data) as { usage?: Partial<Usage> };
    if (more) usage = addUsage(usage, more);
    if (event.type !== "steered") continue;
    const { command } = payloadOf<{ command: SteeringCommand }>(event);
    if (command.command === "budget") {
      const { command: _, ...changes } = command;
      budget = { ...budget, ...changes };
    }
    if (command.command === "pause" || command.command === "resume")
      paused = command.command === "pause";
  }
  return {
    evaluations: events.filter(({ type }) => type === "candidate-finished").length,
    seconds: events.at(-1)?.clock.elapsed_s ?? 0,
    tokens: tokensOf(usage),
    usd: usage.usd,
    budget,
    paused,
  };
}
