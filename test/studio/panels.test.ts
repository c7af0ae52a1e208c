import { expect, test } from "vitest";
import { conductivityPanels } from "../../studio/src/heart/conductivity-panels.js";
import { beatPanel } from "../../studio/src/lab/lab-panels.js";
import { columns } from "../../studio/src/start/run-table.js";

test("conductivity: truth, twin and their difference; a twin that learnt none is uniform", () => {
  const logScale = Float64Array.of(0, Math.log(0.5), 0, 7);
  const panels = conductivityPanels({ nodes: 3, logScale, truth: [1, 0.4, 1] });
  expect(panels.map(({ title }) => title)).toEqual([
    "true conductivity",
    "twin: conductivity",
    "twin − truth",
  ]);
  expect(panels[2].values[1]).toBeCloseTo(0.1, 12);
  expect(panels[2].range.low).toBe(-panels[2].range.high);
  const [only, ...others] = conductivityPanels({ nodes: 2, logScale: undefined, truth: undefined });
  expect([only.title, [...only.values], others]).toEqual([
    "twin: conductivity (uniform)",
    [1, 1],
    [],
  ]);
});

test("the range of a beat in the lab holds it, and moves by 50 ms", () => {
  expect(beatPanel([Number.NaN, Number.NaN]).range).toEqual({ low: 0, high: 50 });
  expect(beatPanel([3, Number.NaN, 51]).range).toEqual({ low: 0, high: 100 });
  expect(beatPanel([1312, 1350]).range).toEqual({ low: 1300, high: 1350 });
});

test("a run that cannot be read has no seed", () => {
  const seed = columns.find(({ name }) => name === "seed")!;
  const entry = { seed: 0, status: "unreadable" } as Parameters<typeof seed.text>[0];
  expect([seed.text(entry), seed.text({ ...entry, status: "finished" })]).toEqual(["–", "0"]);
});
