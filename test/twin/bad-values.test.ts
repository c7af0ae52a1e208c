import { describe, expect, test } from "vitest";
import type { Stimulus } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { checkCase } from "../../src/io/case-check.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { grid, slab } from "../../src/mesh/structured.js";
import { type Diffusion, linearFlux, param } from "../../src/model/declare.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { requireWithinBounds } from "../../src/twin/require-values.js";
import { simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type TwinValues } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { errorOf } from "./problem.js";

const box = slab({ size_mm: [2, 2, 2], spacing_mm: 0.5, fibre: [1, 0, 0] });
const nodes = box.points.length / 3;
const pulse = { kind: "current", start_ms: 0, duration_ms: 2, strength_per_ms: 1 } as const;
const paced: Stimulus = { ...pulse, nodes: [0] };

interface Run {
  readonly mesh?: Mesh;
  readonly diffusion?: string;
  readonly diffusions?: Readonly<Record<string, Diffusion>>;
  readonly stimuli?: readonly Stimulus[];
  readonly change?: (values: TwinValues) => TwinValues;
}

function start(options: Run) {
  const { mesh = box, diffusion = "finite-element-fibre", stimuli = [paced] } = options;
  const compiled = compileTwin(
    { ...catalog, diffusions: { ...catalog.diffusions, ...options.diffusions } },
    {
      ...defaultSpec,
      reaction: { name: "aliev-panfilov" },
      diffusion: { name: diffusion, options: {} },
    },
    mesh,
  );
  const { declared, model } = compiled;
  const initial = initialValues(declared, model, mesh.points.length / 3, 1);
  const values = { ...initial, sites: {} };
  const recording = { id: "r", beat: "b", stimuli: { kind: "given", stimuli } } as const;
  const input = { values: options.change?.(values) ?? values, recording };
  return simulate(compiled, [input], { grid: timeGrid(1, 3, 0.05) });
}

const withScalar = (name: string, value: number) => (values: TwinValues) => ({
  ...values,
  scalars: { ...values.scalars, [name]: value },
});

test("sound input runs, on elements and on a grid", () => {
  expect(start({}).result.finite[0]).toBe(true);
  const mesh = grid({ size_mm: [4, 4, 0], spacing_mm: 0.5, fibre: [0, 1, 0] });
  for (const diffusion of ["finite-difference", "finite-difference-fibre", "graph-laplacian"])
    expect(start({ mesh, diffusion }).result.finite[0]).toBe(true);
  expect(errorOf(() => start({ mesh, diffusion: "finite-element" })).code).toBe("missing-elements");
  const differences = { diffusion: "finite-difference" };
  expect(errorOf(() => start(differences)).code).toBe("missing-grid");
});

describe("tensors that are not positive definite", () => {
  test.each([
    ["ratio", -4, "finite-element-fibre"],
    ["ratio", 0, "finite-element-fibre"],
    ["D_across", -0.1, "finite-element-fibre"],
    ["D", 0, "finite-element"],
    ["D_1", -1, "finite-element-regional"],
  ])("%s = %d", (name, value, diffusion) => {
    const problem = errorOf(() =>
      start({ diffusion, change: withScalar(`diffusion.${name}`, value) }),
    );
    expect(problem).toMatchObject({ code: "bad-tensor", path: `diffusion.${name}` });
    expect(problem.message).toContain(`${name} = ${value} makes`);
    expect(problem.fix).toMatch(/above 0/);
  });

  test("a number that is none", () => {
    const problem = errorOf(() => start({ change: withScalar("diffusion.ratio", Number.NaN) }));
    expect(problem).toMatchObject({ code: "bad-twin", path: "diffusion.ratio" });
  });

  test("a number that nothing reads is named", () => {
    const problem = errorOf(() => start({ change: withScalar("reaction.mu9", 1) }));
    expect(problem).toMatchObject({ code: "bad-twin", path: "reaction.mu9" });
    expect(problem.fix).toContain("reaction.mu1");
  });

  test("a field value that is none names its node", () => {
    const change = (values: TwinValues): TwinValues => {
      const log_scale = Float64Array.from(values.fields["diffusion.log_scale"]);
      log_scale[11] = Number.NaN;
      return { ...values, fields: { ...values.fields, "diffusion.log_scale": log_scale } };
    };
    const problem = errorOf(() => start({ diffusion: "conductivity-field", change }));
    expect(problem.message).toMatch(/log_scale is not a number at node 11/);
  });

  test("an entry of one's own whose conductances turn negative", () => {
    const hostile: Diffusion = {
      ...catalog.diffusions["finite-element"],
      name: "hostile",
      build: () => ({
        params: { D: param(0.3, "mm2/ms", [0.1, 1]) },
        fields: {},
        edge: "g = D * w * (x + 0.5)",
        ...linearFlux,
      }),
    };
    const problem = errorOf(() => start({ diffusion: "hostile", diffusions: { hostile } }));
    expect(problem.code).toBe("bad-tensor");
    expect(problem.message).toMatch(/conductances around node 0 add up to -/);
  });
});

const strange: [string, Stimulus, RegExp][] = [
  ["no nodes", { ...pulse, nodes: [] }, /stimulus 1: names no node/],
  [
    "a node outside",
    { ...pulse, nodes: [0, nodes] },
    new RegExp(`node ${nodes} is not in the mesh`),
  ],
  ["a node twice", { ...pulse, nodes: [3, 3] }, /node 3 stands twice/],
  ["half a node", { ...pulse, nodes: [0.5] }, /node 0.5 is not/],
  ["no strength", { ...paced, strength_per_ms: Number.NaN } as Stimulus, /strength NaN/],
  ["no duration", { ...paced, duration_ms: 0 } as Stimulus, /duration 0 ms/],
  ["an initial NaN", { kind: "initial", nodes: [0], value: Number.NaN }, /value NaN/],
  ["an initial value nowhere", { kind: "initial", nodes: [], value: 1 }, /names no node/],
];

describe("stimuli that select nothing or are no numbers", () => {
  test.each(strange)("%s, in a simulation", (_, stimulus, why) => {
    const problem = errorOf(() => start({ stimuli: [stimulus] }));
    expect(problem.code).toBe("bad-case");
    expect(problem.message).toMatch(why);
    expect(problem.message).toContain('recording "r"');
  });

  test.each(strange)("%s, in a case", (_, stimulus, why) => {
    const activation = { nodes: Int32Array.of(0), times_ms: Float64Array.of(1) };
    const recording = (id: string, stimuli: readonly Stimulus[]) => ({
      id,
      beat: id,
      activation,
      stimuli: { kind: "given", stimuli } as const,
    });
    const problem = errorOf(() =>
      checkCase({
        name: "case",
        source: "test",
        mesh: box,
        recordings: [recording("a", [stimulus]), recording("b", [paced])],
        split: { train: ["a"], validation: [], test: ["b"] },
      }),
    );
    expect(problem.message).toMatch(why);
  });
});

test("a twin without one of its numbers is refused before its step is looked for", () => {
  const spec = {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: "finite-element", options: {} },
  };
  const compiled = compileTwin(catalog, spec, box);
  const values = initialValues(compiled.declared, compiled.model, nodes, 1);
  const { "reaction.k": _, ...scalars } = values.scalars;
  expect(() => stableStep_ms(compiled, { ...values, scalars })).toThrow(
    /no number for reaction\.k/,
  );
});

test("a fitted number outside its bounds is named with them, at its bounds it passes", () => {
  const compiled = compileTwin(
    catalog,
    {
      ...defaultSpec,
      reaction: { name: "aliev-panfilov" },
      diffusion: { name: "finite-element", options: {} },
    },
    box,
  );
  const values = initialValues(compiled.declared, compiled.model, nodes, 1);
  const [low, high] = compiled.declared["reaction.a"].bounds;
  for (const value of [low, high])
    expect(() =>
      requireWithinBounds(compiled, withScalar("reaction.a", value)(values)),
    ).not.toThrow();
  for (const value of [1e300, -5, Number.NaN]) {
    const moved = withScalar("reaction.a", value)(values);
    const problem = errorOf(() => requireWithinBounds(compiled, moved));
    expect(problem).toMatchObject({ code: "bad-twin", path: "reaction.a" });
    expect(problem.message).toContain(`${low} to ${high}`);
  }
});
