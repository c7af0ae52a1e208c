import { expect, test } from "vitest";
import type { RunEntry } from "../../src/view/contract.js";
import { commandText } from "../../studio/src/discovery/command-text.js";
import { conductivityPanels } from "../../studio/src/heart/conductivity-panels.js";
import { beatPanel } from "../../studio/src/lab/lab-panels.js";
import { differing } from "../../studio/src/start/run-table.js";

test("conductivity: truth, twin and their difference; a twin that learnt none is uniform", () => {
  const logScale = Float64Array.of(0, Math.log(0.5), 0, 7);
  const panels = conductivityPanels({ nodes: 3, logScale, truth: [1, 0.4, 1] });
  expect(panels.map(({ title }) => title)).toEqual([
    "true conductivity",
    "twin: conductivity",
    "twin − truth",
  ]);
  expect(panels[2].values[1]).toBeCloseTo(0.1, 12);
  expect(panels[2].range).toEqual({ low: -0.1, high: 0.1 });
  const [only, ...others] = conductivityPanels({ nodes: 2, logScale: undefined, truth: undefined });
  expect([only.title, [...only.values], others]).toEqual([
    "twin: conductivity (uniform)",
    [1, 1],
    [],
  ]);
});

test("a changed budget is told with its names, a hint as it is", () => {
  expect(commandText({ command: "budget", evaluations: 3 })).toBe("budget evaluations 3");
  expect(commandText({ command: "hint", text: "fewer numbers" })).toBe("hint fewer numbers");
});

test("the range of a beat in the lab holds it, and moves by 50 ms", () => {
  expect(beatPanel([Number.NaN, Number.NaN]).range).toEqual({ low: 0, high: 50 });
  expect(beatPanel([3, Number.NaN, 51]).range).toEqual({ low: 0, high: 100 });
  expect(beatPanel([1312, 1350]).range).toEqual({ low: 1300, high: 1350 });
});

test("runs that cannot be read make no column differ", () => {
  const run = { ...({} as RunEntry), status: "finished", path: "a", agent: "expert", seed: 1 };
  const runs = [run, { ...run, path: "b", seed: 2 }, { ...run, status: "unreadable", agent: "" }];
  expect(differing(runs as RunEntry[]).map(({ name }) => name)).toEqual(["run", "seed"]);
});
