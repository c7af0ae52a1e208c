import { expect, test } from "vitest";
import type { TwinValues } from "../../src/twin/spec.js";
import type { RunEntry } from "../../src/view/contract.js";
import { commandText } from "../../studio/src/discovery/command-text.js";
import {
  conductivityPanels,
  twinConductivity,
} from "../../studio/src/heart/conductivity-panels.js";
import { beatPanel } from "../../studio/src/lab/lab-panels.js";
import { differing } from "../../studio/src/start/run-table.js";

const fitted = (values: Partial<TwinValues>) => ({
  status: "fitted" as const,
  values: { scalars: {}, fields: {}, network: new Float64Array(), sites: {}, ...values },
});

test("conductivity: truth, twin and their difference", () => {
  // A refined mesh has more nodes than the case's.
  const log_scale = Float64Array.of(0, Math.log(0.5), 0, 7);
  const twin = twinConductivity(fitted({ fields: { "diffusion.log_scale": log_scale } }), 3);
  const panels = conductivityPanels({ twin, truth: [1, 0.4, 1] });
  expect(panels.map(({ title }) => title)).toEqual([
    "true conductivity",
    "twin: conductivity",
    "twin − truth",
  ]);
  expect(panels[2].values[1]).toBeCloseTo(0.1, 12);
  expect(panels[2].range).toEqual({ low: -0.1, high: 0.1 });
});

test("a twin with one number for its tissue is uniform; of others nothing is claimed", () => {
  const one = twinConductivity(fitted({ scalars: { "diffusion.D": 0.3 } }), 2);
  expect(one).toEqual({ title: "twin: conductivity (uniform)", values: Float64Array.of(1, 1) });
  const regional = fitted({ scalars: { "diffusion.D_1": 0.3, "diffusion.D_2": 0.1 } });
  const network = fitted({ scalars: { "diffusion.D": 0.3 }, network: Float64Array.of(1) });
  const rejected = { ...fitted({ scalars: { "diffusion.D": 0.3 } }), status: "rejected" as const };
  for (const other of [regional, network, rejected, undefined]) {
    const twin = twinConductivity(other, 2);
    expect(twin).toBeUndefined();
    expect(conductivityPanels({ twin, truth: [1, 0.4] }).map(({ title }) => title)).toEqual([
      "true conductivity",
    ]);
    expect(conductivityPanels({ twin, truth: undefined })).toEqual([]);
  }
});

test("a changed budget is told with its names, a hint as it is", () => {
  expect(commandText({ command: "budget", evaluations: 3 })).toBe("budget evaluations 3");
  expect(commandText({ command: "budget", evaluations: 3, seconds: 60 })).toMatch(
    /evaluations 3.*seconds 60/,
  );
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
