import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import type { Reaction } from "../../src/model/declare.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import { rateError } from "../../src/verify/cell.js";
import type { BeatGolden, BeatTolerance } from "../../src/verify/goldens/golden.js";
import { goldens } from "../../src/verify/goldens/index.js";
import { figures, runCell } from "./cell-run.js";
import { references } from "./reference.js";

/** A network has no published curve; where it begins is checked in test/fit/all-neural.test.ts. */
const withoutPaper = ["neural-membrane"];

test("every reaction of the catalog has a reference or a golden", () => {
  const known = [...Object.keys(references), ...Object.keys(goldens), ...withoutPaper];
  expect(known.sort()).toEqual(Object.keys(catalog.reactions).sort());
});

/** The step of the production back end. */
const own = (entry: Reaction, beat: BeatGolden) =>
  entry.numerics
    ? { scheme: entry.numerics.scheme, dt_ms: entry.numerics.step_ms }
    : { scheme: "rk4" as const, dt_ms: beat.step_ms! };

function expectBeat(golden: BeatGolden, trace: ReturnType<typeof runCell>, allowed: BeatTolerance) {
  const { duration_ms, peak, upstroke_per_ms, at } = figures(golden, trace);
  const off = (value: number, exact: number) => Math.abs(value - exact);
  expect(off(duration_ms, golden.duration_ms), `duration ${duration_ms}`).toBeLessThan(
    allowed.duration_ms,
  );
  expect(off(peak, golden.peak), `peak ${peak}`).toBeLessThan(allowed.potential);
  for (const [time_ms, potential] of golden.trace)
    expect(off(at(time_ms), potential), `at ${time_ms} ms`).toBeLessThan(allowed.potential);
  if (golden.upstroke_per_ms !== undefined)
    expect(off(upstroke_per_ms / golden.upstroke_per_ms, 1), `${upstroke_per_ms}`).toBeLessThan(
      allowed.upstroke!,
    );
}

describe.each(Object.entries(goldens))("%s", (name, golden) => {
  const entry = catalog.reactions[name];
  const system = reactionSystem(entry);

  test("agents meet it only on request", () => {
    expect(entry.onRequest).toBe(true);
  });

  test("it rests where the source rests", () => {
    for (const [state, exact] of Object.entries(golden.rest.states))
      expect(Math.abs(entry.states[state].rest - exact), state).toBeLessThanOrEqual(
        golden.rest.tolerance * Math.max(1e-3, Math.abs(exact)),
      );
  });

  test("its rates are the source's, also at removable singularities", () => {
    for (const rate of golden.rates)
      expect(rateError(entry, rate), JSON.stringify(rate.states)).toBeLessThan(1);
  });

  test.each(golden.mutants)("the rates reject: $what", ({ from, to }) => {
    expect(entry.equations).toContain(from);
    const mutant = { ...entry, equations: entry.equations.replace(from, to) };
    expect(Math.max(...golden.rates.map((rate) => rateError(mutant, rate)))).toBeGreaterThan(10);
  });

  const beats = golden.beats.map((beat) => ({
    of: [beat.variant ?? "as published", ...Object.keys(beat.parameters ?? {})].join(", "),
    beat,
  }));
  test.each(beats)("float64 kernels give the source's beat ($of)", ({ beat }) => {
    const scheme = beat.fineScheme ?? "rk4";
    const how = { backEnd: "js-float64", scheme, dt_ms: beat.fine_ms } as const;
    expectBeat(beat, runCell(entry, beat, how), beat.tolerance.fine);
  });

  test.each(beats)("WebAssembly kernels do at the entry's own step ($of)", ({ beat }) => {
    const trace = runCell(entry, beat, { backEnd: "wasm-f32x4", ...own(entry, beat) });
    expectBeat(beat, trace, beat.tolerance.own);
  });

  test("single precision takes nothing from its first beat", () => {
    const [beat] = golden.beats;
    const [single, double] = (["wasm-f32x4", "js-float64"] as const).map(
      (backEnd) => runCell(entry, beat, { backEnd, ...own(entry, beat) }).potential,
    );
    const { scale } = system.stored[0];
    const off = single.map((v, k) => Math.abs(v - double[k]) / scale);
    expect(Math.max(...off)).toBeLessThan(1e-3);
  });

  /** Largest distance from the declared rest, in normalised potentials. */
  const distance = (lift: number, backEnd: BackEnd, end_ms = 200) => {
    const { offset, scale } = system.stored[0];
    const start = { [system.stateNames[0]]: offset + scale * (system.states[0].rest + lift) };
    const how = { backEnd, ...own(entry, golden.beats[0]) };
    const { potential } = runCell(entry, { start, end_ms }, how);
    return potential.map((v) => Math.abs((v - offset) / scale - system.states[0].rest));
  };

  test.each<BackEnd>([
    "js-float64",
    "wasm-f32x4",
  ])("rest drifts as in the source (%s)", (backEnd) => {
    const allowed = backEnd === "js-float64" ? 1e-6 : 1e-5;
    const { drift = 0 } = golden.rest;
    expect(Math.abs(Math.max(...distance(0, backEnd)) - drift)).toBeLessThan(allowed + drift / 100);
  });

  test("a start below threshold returns", () => {
    const d = distance(0.04, "wasm-f32x4", golden.rest.settle_ms);
    expect(Math.max(...d)).toBeLessThan(0.06);
    expect(d.at(-1)).toBeLessThan(0.01);
  });
});
