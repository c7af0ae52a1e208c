import { expect, test } from "vitest";
import { noScore } from "../../src/fit/candidate.js";
import { answerOf } from "../../src/table/answer.js";
import { assemble } from "../../src/table/assemble.js";
import type { Cell } from "../../src/table/cell.js";
import { methods } from "../../src/table/methods.js";
import { configuration, everyCell, hash } from "./fixtures.js";

const names = ["expert", "halving", "leads-published"];
const full = {
  ...configuration,
  quick: false,
  methods: methods.filter(({ name }) => names.includes(name)),
};

/** The expert's figures are 1e-4 and 1 ms, give or take; the others' are given. */
function answer(halving: { mse: number; at_mae_ms: number }, change: Partial<Cell> = {}): string {
  const cells = everyCell(() => 1e-4, full).map((cell): Cell => {
    const score = { ...noScore, mse: 1e-4 * (1 + 0.01 * cell.seed), at_mae_ms: 1 };
    if (cell.method !== "halving") return { ...cell, score };
    return { ...cell, score: { ...score, ...halving }, ...change };
  });
  return answerOf(assemble({ configuration: full, hash, cells })).join("\n");
}

test.each([
  [{ mse: 1e-2, at_mae_ms: 3 }, "brings better twins."],
  [{ mse: 1e-6, at_mae_ms: 0.2 }, "brings worse twins."],
  [{ mse: 1e-2, at_mae_ms: 0.2 }, "brings better twins by one figure and worse ones by the other."],
  [{ mse: 1e-4, at_mae_ms: 1 }, "brings no better twins: theirs are as good."],
])("over exhaustive search with %j the expert %s", (halving, said) => {
  expect(answer(halving)).toContain(said);
});

test("fits, misses and published figures are those of the table", () => {
  const text = answer({ mse: 1e-4, at_mae_ms: 1 }, { trace: [1, 0.5] });
  expect(text).toContain(
    "within 10 % of its last misfit after 3 fits (median), exhaustive search to the same misfit after > 7 (6/6 miss)",
  );
  expect(text).toContain("Right reactions: the expert 6 of 6; successive halving 6 of 6.");
  expect(text).toMatch(/LEADS as published 0\.102 \(paper: 26\.7\)/);
});

test("one seed has differences and no verdict, and without the expert there is no answer", () => {
  const one = { ...full, seeds: [1] };
  const cells = everyCell((method) => (method === "expert" ? 1e-6 : 1e-2), one);
  const text = answerOf(assemble({ configuration: one, hash, cells })).join("\n");
  expect(text).toContain("brings nothing that so few pairs can show");
  expect(text).toContain("in MSE too few pairs for a verdict, factor");
  const rest = cells.filter(({ method }) => method !== "expert");
  expect(answerOf(assemble({ configuration: one, hash, cells: rest }))).toEqual([
    "The expert was not run: this table has no answer yet.",
  ]);
});
