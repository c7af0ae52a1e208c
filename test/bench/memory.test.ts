import { expect, test } from "vitest";
import {
  type ArmFigures,
  marks,
  memoryTable,
  type PatientFigures,
  until,
  withMemoryTable,
} from "../../bench/memory.js";
import type { Candidate } from "../../src/discover/archive.js";
import { emptyResult, noScore } from "../../src/fit/candidate.js";
import { defaultSpec } from "../../src/twin/spec.js";

const arm = (reaction: string, evaluationsTo: number): ArmFigures => ({
  ...{ reaction, misfit: 1e-4, evaluations: 9, simulations: 900, test_at_mae_ms: 0.5 },
  ...{ evaluationsTo, simulationsTo: 100 * evaluationsTo },
});
const patient = (
  reaction: string,
  [without, with_]: readonly [number, number],
): PatientFigures => ({
  ...{ reaction, seed: 7, target: 1e-4 },
  arms: {
    "no memory": arm(reaction, without),
    "order alone": arm("rook", with_),
    memory: arm(reaction, with_),
  },
});

test("the table adds up membranes seen before apart from those that were not", () => {
  const taught = [{ reaction: "knight", seed: 1 }];
  const figures = [patient("knight", [5, 1]), patient("knight", [4, 2]), patient("queen", [3, 6])];
  const text = memoryTable(figures, { nodes: 300, taught });
  expect(text).toContain("earlier patients: 1 knight.");
  expect(text).toContain("| knight, seed 7 | 5 (500) | 1 (100) | 1 (100) | yes no yes |");
  expect(text).toContain(
    "| all 2 with a membrane seen before | 9 (900) | 3 (300) | 3 (300) | 2/2 0/2 2/2 |",
  );
  expect(text).toContain(
    "| all 1 with one never seen | 3 (300) | 6 (600) | 6 (600) | 1/1 0/1 1/1 |",
  );
});

test("it stands between its marks, and a document without them is refused", () => {
  const document = `before\n${marks.begin}\nold\n${marks.end}\nafter`;
  expect(withMemoryTable(document, "new")).toBe(`before\n${marks.begin}\nnew\n${marks.end}\nafter`);
  expect(() => withMemoryTable("nothing", "new")).toThrow(/has no "<!-- memory/);
});

test("counts candidates up to the first that reaches the score", () => {
  const spec = {
    ...defaultSpec,
    ...{ reaction: { name: "a" }, diffusion: { name: "b", options: {} } },
  };
  const archive = [3, 2, 1].map(
    (mse) =>
      ({
        result: { ...emptyResult(spec), status: "fitted", validation: { ...noScore, mse } },
      }) as Candidate,
  );
  expect(until(archive, 2)).toHaveLength(2);
  expect(until(archive, 0.5)).toHaveLength(3);
});
