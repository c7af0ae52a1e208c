import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { resultText } from "../../src/cli/commands/discover.js";
import { tellEvent, warner } from "../../src/cli/run-text.js";
import { createThoughts } from "../../src/cli/thoughts.js";
import { encode } from "../../src/discover/canonical.js";
import {
  type EventType,
  type JournalEvent,
  memoryStore,
  openJournal,
} from "../../src/discover/journal.js";
import { unrecordedLegend, unrecordedMark } from "../../src/discover/number-gate.js";
import { noScore } from "../../src/fit/candidate.js";
import type { Score } from "../../src/twin/spec.js";

let said = "";
beforeEach(() => {
  said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const event = (type: EventType, data: unknown): JournalEvent => ({
  ...{ seq: 0, type, data: encode(data), hash: "" },
  clock: { at: "", elapsed_s: 0 },
});

describe("numbers that no result says", () => {
  const thought = "It is 0.25, as 3 of 4 said.";
  const unrecorded = [
    { text: "0.25", start: 6, end: 10 },
    { text: "4", start: 20, end: 21 },
  ];
  const decided = event("decided", { step: 0, thought, actions: [], unrecorded });

  test("are marked where they stand in a thought that is shown whole", () => {
    tellEvent(decided, "run");
    expect(said).toContain(`It is 0.25${unrecordedMark}, as 3 of 4${unrecordedMark} said.\n`);
    expect(said).toContain(unrecordedLegend);
  });

  test("follow with their marks where the thought stands on the screen already", () => {
    const write = (text: string) => {
      said += text;
    };
    const thoughts = createThoughts({ live: true, write });
    thoughts.onThought?.(thought);
    tellEvent(decided, "run", thoughts);
    expect(said).toBe(
      `think   ${thought}\n        0.25${unrecordedMark}, 4${unrecordedMark}\n        (${unrecordedLegend})\n`,
    );
  });
});

test("warnings are about the budget as a person has left it", async () => {
  const journal = await openJournal(memoryStore());
  const { hear } = warner({ budget: { evaluations: 4, seconds: 1e6 }, journal });
  const fitted = event("candidate-finished", {});
  const more = (evaluations: number) =>
    event("steered", { step: 0, place: "step", command: { command: "budget", evaluations } });
  expect(hear(fitted)).toEqual([]);
  expect(hear(fitted)).toEqual(["50 % of the budget of evaluations is spent: 2 of 4"]);
  expect(hear(more(6))).toEqual([]);
  expect(hear(fitted)).toEqual(["50 % of the budget of evaluations is spent: 3 of 6"]);
  expect(hear(more(30))).toEqual([]);
  expect(hear(fitted)).toEqual([]);
});

describe("what a reader of the result must not overlook", () => {
  const score = { ...noScore, mse: 1e-3, activation_agreement: 1 };
  const text = (test: Partial<Score>, validation: Partial<Score>) =>
    resultText({
      ...{ run: "r", case: "c", evaluations: 1, seconds: 1, fingerprint: "" },
      ...{ stop: { reason: "agent", detail: "" }, posterior: null, model: null },
      best: {
        ...{ candidate: 0, reaction: "karma", diffusion: "mean", parameters: {}, units: {} },
        parameter_count: 1,
        validation: { ...score, ...validation },
        test: { ...score, ...test },
      },
      baselines: { nearest: { ...score, at_mae_ms: 5 } },
    });

  test("times far worse than on validation, silent nodes, better predictors", () => {
    const bad = text({ at_mae_ms: 9, activation_agreement: 0.4 }, { at_mae_ms: 2 });
    expect(bad).toContain("4.5 times worse than on validation (2.00 ms)");
    expect(bad).toContain("at 40 % of the nodes alone");
    expect(bad).toContain("Better at activation times than the twin: nearest");
  });

  test("nothing where there is nothing, and no factor of rounding", () => {
    for (const [test, validation] of [
      [3, 2],
      [0.004, 0.001],
    ])
      expect(text({ at_mae_ms: test }, { at_mae_ms: validation })).not.toMatch(
        /worse|alone|Better/,
      );
  });
});
