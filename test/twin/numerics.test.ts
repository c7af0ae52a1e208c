import { describe, expect, test } from "vitest";
import type { Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { sheet } from "../../src/mesh/generators.js";
import { compileTwin } from "../../src/twin/compile.js";
import { laneOf, lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type Numerics, numericsFor, type TwinSpec } from "../../src/twin/spec.js";
import { safeStep_ms, stableStep_ms, stepBound } from "../../src/twin/stability.js";

const mesh = sheet({ width_mm: 8, height_mm: 7, spacing_mm: 0.5 });
const base = { stepFraction: 0.72, refinements: 0 };

function build(numerics: Partial<Numerics>, diffusion = "finite-element") {
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: diffusion, options: {} },
    numerics: { ...defaultSpec.numerics, ...numerics },
  };
  const compiled = compileTwin(catalog, spec, mesh);
  const declared = Object.entries(compiled.declared).map(([name, p]) => [name, p.value] as const);
  const scalars = { ...Object.fromEntries(declared), "reaction.time_scale": 4, "diffusion.D": 0.3 };
  const values = { scalars, fields: {}, network: new Float64Array(0), sites: {} };
  return { compiled, values };
}

const corner = Array.from({ length: mesh.points.length / 3 }, (_, i) => i).filter(
  (i) => mesh.points[3 * i] < 1.5,
);
const recording: Recording = {
  id: "pace",
  beat: "pace",
  stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: corner, value: 1 }] },
};

/** Activation at the nodes, and the potential at the end. */
function wave(numerics: Partial<Numerics>, backEnd: "js-float64" | "wasm-f32x4" = "js-float64") {
  const { compiled, values } = build(numerics);
  const grid = timeGrid(1, 41, stableStep_ms(compiled, values));
  const simulation = simulate(compiled, [{ values, recording }], { grid, backEnd });
  const activation_ms = laneOf(simulation.result.activation_ms, simulation, 0);
  return { grid, activation_ms, potential: lanePotential(simulation, 0) };
}
const apart = (a: Float64Array, b: Float64Array) =>
  Math.max(...a.map((x, i) => (x === b[i] ? 0 : Math.abs(x - b[i]))));

const strang = { scheme: "strang", diffusion: "crank-nicolson" } as const;

describe("a wave over a sheet", () => {
  const reference = wave({ scheme: "rk4", dt_ms: 0.01 });

  test.each<[Partial<Numerics>, number]>([
    [{ scheme: "rush-larsen-2", dt_ms: 0.05 }, 0.01],
    [{ scheme: "godunov", dt_ms: 0.05 }, 0.3],
    [{ scheme: "godunov", diffusion: "backward-euler", dt_ms: 0.05 }, 0.3],
    [{ ...strang, dt_ms: 0.05 }, 0.01],
    [{ ...strang, dt_ms: 0.2 }, 0.1],
  ])("%j is that of rk4 at its own error", (numerics, tolerance_ms) => {
    const { activation_ms } = wave(numerics);
    expect(activation_ms.every(Number.isFinite)).toBe(true);
    expect(apart(activation_ms, reference.activation_ms)).toBeLessThan(tolerance_ms);
    const single = wave(numerics, "wasm-f32x4");
    expect(apart(single.activation_ms, activation_ms)).toBeLessThan(2e-3);
  });

  test("a consistent mass lets a coarse wave run faster, and is stepped as exactly", () => {
    const [coarse, fine] = [0.1, 0.05].map((dt_ms) =>
      wave({ ...strang, mass: "consistent", dt_ms }),
    );
    expect(apart(coarse.activation_ms, fine.activation_ms)).toBeLessThan(0.03);
    const last = ({ activation_ms }: typeof fine) => Math.max(...activation_ms);
    expect(last(reference) - last(fine)).toBeGreaterThan(0.2);
    expect(last(reference) - last(fine)).toBeLessThan(1);
  });

  test("what is left out is what was before there was a choice", () => {
    const before = wave({ scheme: "rk4" });
    const spelt = wave({ scheme: "rk4", diffusion: "explicit", mass: "lumped" });
    expect(spelt.potential).toEqual(before.potential);
  });
});

describe("the step", () => {
  test("of one's own is used, shortened to divide the interval between samples", () => {
    expect(wave({ scheme: "rk4", dt_ms: 0.1 }).grid.stepsPerSample).toBe(10);
    expect(wave({ ...strang, dt_ms: 0.3 }).grid.stepsPerSample).toBe(4);
  });

  test("implicit diffusion does not limit it, explicit diffusion does", () => {
    const bound = (numerics: Partial<Numerics>) => {
      const { compiled, values } = build(numerics);
      return stepBound(compiled, { ...values, scalars: { ...values.scalars, "diffusion.D": 20 } });
    };
    const explicit = bound({ scheme: "strang" });
    const implicit = bound(strang);
    expect(explicit.limitedBy).toBe("diffusion");
    expect(implicit.limitedBy).toBe("reaction");
    expect(implicit.step_ms).toBeGreaterThan(20 * explicit.step_ms);
    const spread = bound({ scheme: "strang", mass: "consistent" });
    expect(spread.step_ms).toBeCloseTo(explicit.step_ms / 4, 12);
    // Half steps of the reaction bear twice the step.
    expect(implicit.step_ms).toBeCloseTo(2 * bound({ ...strang, scheme: "godunov" }).step_ms, 12);
  });

  test.each<[string, Partial<Numerics>, number]>([
    ["explicit, lumped", { scheme: "godunov" }, 1],
    ["explicit, consistent", { scheme: "godunov", mass: "consistent" }, 4],
  ])("diffusion just below its bound decays, above it grows: %s", (_name, numerics, stiffer) => {
    const { compiled, values } = build(numerics);
    const scalars = { ...values.scalars, "diffusion.D": 20 };
    const { step_ms } = stepBound(compiled, { ...values, scalars });
    const range = (dt_ms: number) => {
      const grid = { interval_ms: dt_ms * 200, samples: 2, stepsPerSample: 200 };
      const start = [{ kind: "initial", nodes: [corner[5]], value: 1 }] as const;
      const recordings = { ...recording, stimuli: { kind: "given", stimuli: start } } as const;
      const input = { values: { ...values, scalars }, recording: recordings };
      const { result } = simulate(compiled, [input], { grid, backEnd: "js-float64" });
      return result.finite[0] ? Math.max(...result.range[0].map(Math.abs)) : Infinity;
    };
    expect(range(0.99 * step_ms)).toBeLessThanOrEqual(1);
    // The bound holds for every mesh; here it may be too careful by its margins.
    expect(range(1.1 * stiffer * step_ms)).toBeGreaterThan(1);
  });

  test("above the bound it is refused with the bound, its cause and a way out", () => {
    const fast = build({ scheme: "rk4", dt_ms: 0.1 });
    const scalars = { ...fast.values.scalars, "diffusion.D": 50 };
    expect(() => stableStep_ms(fast.compiled, { ...fast.values, scalars })).toThrow(
      expect.objectContaining({
        code: "unstable-step",
        path: "numerics.dt_ms",
        message: expect.stringMatching(
          /above 0\.00\d+ ms, .*rk4, limited by the diffusion, fastest at node \d+/,
        ),
        fix: expect.stringContaining("crank-nicolson"),
      }),
    );
    const slow = build({ ...strang, dt_ms: 5 });
    expect(() => stableStep_ms(slow.compiled, slow.values)).toThrow(/limited by the reaction's/);
    // Values on trial in a fit get a step that they bear.
    const trial = { ...fast.values, scalars };
    const { step_ms } = stepBound(fast.compiled, trial);
    expect(safeStep_ms(fast.compiled, trial)).toBeCloseTo(0.72 * step_ms, 12);
  });
});

describe("what does not go together", () => {
  test.each<[Partial<Numerics>, string | undefined, RegExp]>([
    [
      { scheme: "rk4", diffusion: "crank-nicolson" },
      undefined,
      /rk4 takes diffusion with the reaction/,
    ],
    [{ scheme: "rush-larsen-2", mass: "consistent" }, undefined, /it has no mass "consistent"/],
    [{ scheme: "strang" }, "neural-flux", /flux of neural-flux is not linear/],
    [{ scheme: "godunov" }, "graph-attention", /flux of graph-attention is not linear/],
    [{ ...strang, mass: "consistent" }, "graph-laplacian", /has no elements/],
    [{ ...strang, mass: "consistent" }, "inverse-distance", /has no elements/],
    [{ dt_ms: -1 }, undefined, /dt_ms = -1 is not a step/],
    [{ dt_ms: Number.NaN }, undefined, /not a step/],
    [{ stepFraction: 5 }, undefined, /stepFraction = 5 is no share/],
  ])("%j with %s", (numerics, diffusion, message) => {
    const problem = expect.objectContaining({
      code: "bad-option",
      path: expect.stringMatching(/^numerics\.(scheme|diffusion|mass|dt_ms|stepFraction)$/),
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/\w/),
    });
    expect(() => build(numerics, diffusion)).toThrow(problem);
  });

  test("a stiff reaction leaves a split scheme in place, and replaces another", () => {
    const stiff = {
      ...catalog.reactions["aliev-panfilov"],
      numerics: { scheme: "rush-larsen", step_ms: 0.02 },
    } as const;
    expect(numericsFor(stiff, { ...base, ...strang })).toEqual({ ...base, ...strang });
    expect(numericsFor(stiff, { ...base, scheme: "rk4" }).scheme).toBe("rush-larsen");
  });
});
