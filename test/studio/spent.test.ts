import { expect, test } from "vitest";
import { encode } from "../../src/discover/canonical.js";
import type { JournalEvent } from "../../src/discover/journal.js";
import { noUsage } from "../../src/discover/usage.js";
import { spentOf } from "../../studio/src/discovery/spent.js";

const journal = (...events: readonly [string, object][]) =>
  events.map(([type, data], k) => ({
    ...{ type, data: encode(data), clock: { elapsed_s: 10 * k } },
  })) as unknown as readonly JournalEvent[];
const started = { budget: { evaluations: 30, seconds: 1800, usd: 2 } };
const turn = (inputTokens: number, usd: number | null) => ({
  usage: { ...noUsage, inputTokens, outputTokens: 5, requests: 1, usd },
});

test("tokens and money of decisions and of broken turns, and the budget as it was changed", () => {
  const events = journal(
    ["run-started", started],
    ["decided", turn(100, 0.25)],
    ["candidate-finished", {}],
    ["interrupted", turn(50, 0.5)],
    ["steered", { command: { command: "budget", seconds: 60 } }],
    ["steered", { command: { command: "pause" } }],
  );
  expect(spentOf(events)).toEqual({
    ...{ evaluations: 1, seconds: 50, tokens: 160, usd: 0.75, paused: true },
    budget: { evaluations: 30, seconds: 60, usd: 2 },
  });
  expect(spentOf([])).toBeUndefined();
});

test("one decision without a price makes the sum unknown", () => {
  const events = journal(
    ["run-started", started],
    ["decided", turn(1, 1)],
    ["decided", turn(1, null)],
  );
  expect(spentOf(events)).toMatchObject({ tokens: 12, usd: null });
});
