import { expect, test } from "vitest";
import type { JournalEvent } from "../../src/discover/journal.js";
import { continued, noHistory } from "../../src/view/history.js";
import { linesOf, readLines } from "../../studio/src/journal-lines.js";

const event = (type: JournalEvent["type"], data: object, seq: number) =>
  ({ seq, type, data, hash: "", clock: { at: "", elapsed_s: seq } }) as unknown as JournalEvent;

const events = [
  event("run-started", { agent: "random", seed: 2 }, 0),
  event("decided", { step: 0, thought: "first", actions: [] }, 1),
  event("candidate-finished", { id: 0, parent: null, result: { seconds: 1 } }, 2),
  event("observed", {}, 3),
  event("decided", { step: 1, thought: "second", actions: [], from: 0 }, 4),
  event("candidate-finished", { id: 1, parent: 0, result: { seconds: 1 } }, 5),
];

test("a history is the same in pieces, and what was known stays the same objects", () => {
  const whole = continued(noHistory, events);
  const half = continued(noHistory, events.slice(0, 5));
  const pieces = continued(half, events.slice(5));
  expect(pieces).toEqual(whole);
  expect(pieces.candidates.map(({ thought }) => thought)).toEqual(["first", "second"]);
  expect(pieces.items.map(({ kind }) => kind)).toEqual([
    ...["started", "thought", "candidate", "thought", "candidate"],
  ]);
  expect(pieces.candidates[0]).toBe(half.candidates[0]);
  for (const [k, item] of half.items.entries()) expect(pieces.items[k]).toBe(item);
  const quiet = continued(pieces, [event("observed", {}, 6)]);
  expect(quiet.candidates).toBe(pieces.candidates);
});

test("a damaged line is named by its number; a half-written one by what it is", () => {
  const [a, b] = events.map((one) => JSON.stringify(one));
  const half = readLines(linesOf(`${a}\n\n${b.slice(0, 20)}`));
  expect(half.events.length).toBe(1);
  expect(half.problem).toMatch(/^Line 3 .*half written/);
  const damaged = readLines(linesOf(`${a}\n{"seq"\n${b}\n`));
  expect(damaged.events.length).toBe(1);
  expect(damaged.problem).toMatch(/^Line 2 .*damaged/);
  expect(readLines(linesOf(`${a}\n${b}\n`))).toMatchObject({ problem: "" });
});
