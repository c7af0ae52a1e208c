import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import { run } from "../../src/kernel/rollout.js";
import type { Reaction } from "../../src/model/declare.js";
import { reaction, reactionSystem } from "../../src/model/reaction-system.js";
import {
  programOf,
  published,
  quiet,
  setParameters,
  singleCell,
  startAll,
  workspaceOf,
} from "../kernel/simulation.js";
import { integrate, peakAndDuration, references } from "./reference.js";

/** Potential of one cell at every `spacing_ms`, through the project's own kernels (RK4). */
function cell(
  entry: Reaction,
  options: {
    start: number;
    spacing_ms: number;
    samples: number;
    perSample: number;
    backEnd: BackEnd;
    parameters?: Readonly<Record<string, number>>;
  },
) {
  const { backEnd, samples, perSample } = options;
  const system = reactionSystem(entry);
  const program = programOf(entry, catalog.diffusions["graph-laplacian"], "rk4");
  const steps = (samples - 1) * perSample;
  const workspace = workspaceOf(program, { backEnd, topology: singleCell, steps });
  const variant = references[entry.name].variant;
  const changed = Object.entries(variant ? entry.variants![variant].values : {});
  setParameters(workspace, {
    ...published(system.parameters, "reaction"),
    ...Object.fromEntries(changed.map(([name, value]) => [`reaction.${name}`, value])),
    ...options.parameters,
  });
  const { engine } = workspace;
  const mass = engine.placeOf("inverse_mass")!;
  engine.floats.fill(1, mass, mass + engine.lanes);
  startAll(
    workspace,
    system.states.map((s, k) => [k === 0 ? options.start : s.rest]),
  );
  const dt_ms = options.spacing_ms / perSample;
  const result = run(workspace, { ...quiet, dt_ms, steps, sampleEvery: perSample });
  return Array.from({ length: samples }, (_, k) => result.potential[k * engine.lanes]);
}

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((x, k) => Math.abs(x - b[k])));

/** Length of a beat and its recovery, own unit, and the spacing of samples. */
const sampling = (duration: number) => ({ spacing: duration / 200, samples: 321 });

/** The check of every entry, also applied to the mutants below. */
function deviation(entry: Reaction, backEnd: BackEnd): number {
  const reference = references[entry.name];
  const { spacing, samples } = sampling(reference.duration);
  const exact = integrate(reference, { start: 0.5, spacing, samples, substeps: 100 });
  const spacing_ms = spacing * reference.unit_ms;
  // Steps cross the switch of the two-gate models at first order only: many are needed.
  const fine = reference.switchAt === undefined ? 40 : 1500;
  const perSample = backEnd === "js-float64" ? fine : 40;
  const own = cell(entry, { start: 0.5, spacing_ms, samples, perSample, backEnd });
  return largestDifference(
    own,
    exact.map(([u]) => u),
  );
}

/** Entries with a reference trace; ionic-golden.test.ts sees to the others. */
const entries = Object.keys(references).map((name) => catalog.reactions[name]);

describe.each(entries)("$name", (entry) => {
  const reference = references[entry.name];
  const { spacing, samples } = sampling(reference.duration);

  test("the reference has the published peak and duration", () => {
    const trace = integrate(reference, { start: 0.5, spacing, samples, substeps: 100 });
    const { peak, duration } = peakAndDuration(
      trace.map(([u]) => u),
      spacing,
    );
    expect(Math.abs(peak / reference.peak - 1)).toBeLessThan(0.002);
    expect(Math.abs(duration / reference.duration - 1)).toBeLessThan(0.01);
  });

  test("the reference is converged", () => {
    const at = (substeps: number) =>
      integrate(reference, { start: 0.5, spacing, samples, substeps }).map(([u]) => u);
    expect(largestDifference(at(100), at(200))).toBeLessThan(1e-9);
  });

  test("the entry declares the reference's unit of time and rest", () => {
    expect(entry.timeScale?.value ?? 1).toBe(reference.unit_ms);
    expect(Object.values(entry.states).map((s) => s.rest)).toEqual(reference.rest);
  });

  test("float64 kernels reproduce the reference to 1e-6", () => {
    expect(deviation(entry, "js-float64")).toBeLessThan(1e-6);
  });

  test("WebAssembly kernels reproduce the reference to 1e-4", () => {
    expect(deviation(entry, "wasm-f32x4")).toBeLessThan(1e-4);
  });

  const trace = (start: number, backEnd: BackEnd, beats = 1) =>
    cell(entry, {
      start,
      spacing_ms: spacing * reference.unit_ms,
      samples: beats * samples,
      perSample: 40,
      backEnd,
    });

  test.each<BackEnd>(["js-float64", "wasm-f32x4"])("rest stays at rest (%s)", (backEnd) => {
    expect(trace(0, backEnd).every((u) => u === 0)).toBe(true);
  });

  test("a start below threshold returns", () => {
    const u = trace(0.04, "js-float64");
    expect(Math.max(...u)).toBeLessThan(0.06);
    expect(Math.abs(u.at(-1)!)).toBeLessThan(1e-3);
  });

  test("a start above threshold gives a beat within bounds that returns to rest", () => {
    const u = trace(0.5, "js-float64", 4);
    const [low, high] = Object.values(entry.states)[0].range;
    expect(Math.max(...u)).toBeGreaterThan(0.8);
    expect(Math.min(...u)).toBeGreaterThan(low);
    expect(Math.max(...u)).toBeLessThan(high);
    expect(Math.abs(u.at(-1)!)).toBeLessThan(0.01);
  });

  test("parameters marked as fixed by a symmetry say so", () => {
    for (const p of Object.values(entry.params))
      if (!p.fitted) expect(p.note).toContain("stays the same");
  });
});

/** Scalings that leave the potential unchanged, as the notes of the entries state them. */
const symmetries: readonly { name: string; scale: Record<string, number>; recovery: number }[] = [
  { name: "aliev-panfilov", scale: { k: 1, e0: 1, time_scale: 1 }, recovery: 1 },
  { name: "rogers-mcculloch", scale: { c1: 1, c2: 1, b: 1, time_scale: 1 }, recovery: 0 },
  { name: "rogers-mcculloch", scale: { c2: 1, d: 1, b: -1 }, recovery: -1 },
  { name: "fitzhugh-nagumo", scale: { c1: 1, c2: 1, b: 1, time_scale: 1 }, recovery: 0 },
  { name: "fitzhugh-nagumo", scale: { c2: 1, d: 1, b: -1 }, recovery: -1 },
];

test.each(symmetries)("$name: the scaling of $scale is exact", ({ name, scale }) => {
  const entry = catalog.reactions[name];
  const { parameters } = reactionSystem(entry);
  const values = (s: number) =>
    Object.fromEntries(
      Object.entries(scale).map(([p, power]) => [
        `reaction.${p}`,
        parameters[p].value * s ** power,
      ]),
    );
  const trace = (s: number) =>
    cell(entry, {
      start: 0.5,
      spacing_ms: 2,
      samples: 200,
      perSample: 10,
      backEnd: "js-float64",
      parameters: values(s),
    });
  expect(largestDifference(trace(1), trace(1.7))).toBeLessThan(1e-12);
});

/** APD 10 of the siblings' constant-e form, own unit; a -> duration (reference table). */
test.each([
  [0.08, 275],
  [0.1, 212],
  [0.12, 170],
  [0.14, 140],
  [0.16, 118],
])("Aliev-Panfilov with constant e, a = %f", (a, published_duration) => {
  const entry = catalog.reactions["aliev-panfilov"];
  const { values } = entry.variants!["constant-e"];
  const parameters = { ...values, a, time_scale: 1 };
  const u = cell(entry, {
    start: 0.5,
    spacing_ms: 0.5,
    samples: 700,
    perSample: 20,
    backEnd: "js-float64",
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([k, v]) => [`reaction.${k}`, v]),
    ),
  });
  expect(peakAndDuration(u, 0.5).duration).toBeCloseTo(published_duration, -1);
});

describe("mutants are rejected", () => {
  const entry = catalog.reactions["mitchell-schaeffer"];
  const mutate = (from: string, to: string): Reaction => {
    expect(entry.equations).toContain(from);
    return { ...entry, equations: entry.equations.replace(from, to) };
  };
  test("a swapped branch", () => {
    const mutant = mutate("u < u_gate", "u > u_gate");
    expect(() => reaction(mutant)).toThrow(/not at rest/);
    expect(deviation(mutant, "wasm-f32x4")).toBeGreaterThan(1e-2);
  });
  test("swapped time constants", () => {
    const mutant = mutate(
      "(1 - h) / tau_open, -h / tau_close",
      "(1 - h) / tau_close, -h / tau_open",
    );
    expect(deviation(mutant, "wasm-f32x4")).toBeGreaterThan(1e-2);
  });
  test("a coefficient off by 1e-4", () => {
    expect(deviation(mutate("u^2", "1.0001 * u^2"), "js-float64")).toBeGreaterThan(1e-6);
  });
  test("a gate that the potential never reads", () => {
    const mutant = mutate("h * u^2", "u^2");
    expect(() => reaction(mutant)).toThrow(/no other state's rate reads it/);
  });
});
