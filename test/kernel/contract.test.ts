import { setFlagsFromString } from "node:v8";
import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { hasFused } from "../../src/kernel/engine.js";
import type { Diffusion, Reaction } from "../../src/model/declare.js";
import {
  reactionScheme,
  type SchemeName,
  type StageScheme,
  schemes,
} from "../../src/model/schemes.js";
import {
  bestTaylorSlopes,
  createProblem,
  createSimulation,
  gradientDifference,
  isExact,
  nodes,
  type Stepping,
  splitSteps,
} from "./contract.js";
import { isLinear } from "./diffusions.js";
import { degreesOf, irregularSurface, lattice } from "./irregular.js";

test("the surface has degrees from 3 to about 20", () => {
  const topology = irregularSurface(nodes, createRandom(1));
  const degrees = degreesOf(topology);
  expect(topology.edges).toBe(3 * nodes - 6);
  expect(Math.min(...degrees)).toBe(3);
  expect(Math.max(...degrees)).toBeGreaterThan(12);
});

/** Less than two states: everything is checkpointed and recomputed. */
const nothing_bytes = 1;

const schemeNames = Object.keys(schemes) as StageScheme[];
/**
 * A reaction meets the diffusion only in the rate of its potential. Those of many states take
 * seconds each: one diffusion.
 */
const large = (reaction: Reaction) => Object.keys(reaction.states).length > 8;
const partners = (reaction: Reaction) =>
  large(reaction) ? [catalog.diffusions["graph-laplacian"]] : Object.values(catalog.diffusions);

/**
 * Each scheme meets each of the usual reactions; those on request meet the one they are used with.
 * The gates of stiff reactions are far faster than their step: a scheme has to take them exactly.
 */
const suited = ({ onRequest, numerics }: Reaction) =>
  onRequest ? [reactionScheme(numerics?.scheme ?? "rk4")] : schemeNames;

/** In a split scheme reactions do not meet the diffusion: one with a gate, one without, will do. */
const splitReactions = ["mitchell-schaeffer", "aliev-panfilov"];

function check(reaction: Reaction, diffusion: Diffusion, stepping: SchemeName | Stepping): void {
  const problem = createProblem(reaction, diffusion, stepping);
  const { point, directions } = problem;
  const reference = createSimulation(problem, "js-float64");
  const gradient = reference.gradient(point);

  const slopes = bestTaylorSlopes(reference.loss, { point, directions, gradient });
  expect(isExact(slopes), `Taylor slopes ${slopes.map((s) => s.toFixed(3))}`).toBe(true);

  const frugal = createSimulation(problem, "js-float64", { memoryBudget_bytes: nothing_bytes });
  expect(frugal.workspace.capacity).toBeLessThan(reference.workspace.capacity);
  expect(frugal.gradient(point)).toEqual(gradient);

  const single = createSimulation(problem, "wasm-f32x4");
  const inSingle = single.gradient(point);
  // Sixty exponentials a step round more than a cubic.
  const allowed = large(reaction) ? 3e-4 : 1e-4;
  expect(gradientDifference(inSingle, gradient, point)).toBeLessThan(allowed);

  const both = createSimulation(problem, "wasm-f32x4", { memoryBudget_bytes: nothing_bytes });
  expect(both.gradient(point)).toEqual(inSingle);

  if (!problem.program.padded) return;
  const fourNodes = createSimulation(problem, "wasm-f32x4", { lanes: 1 });
  expect(gradientDifference(fourNodes.gradient(point), gradient, point)).toBeLessThan(allowed);
}

test("only messages that vanish without an edge can be computed for four nodes at once", () => {
  const problem = createProblem(
    catalog.reactions["aliev-panfilov"],
    catalog.diffusions["graph-attention"],
    "euler",
  );
  expect(() => createSimulation(problem, "wasm-f32x4", { lanes: 1 })).toThrow(/do not vanish/);
});

test("a structured mesh is read in rows, with the same gradient", () => {
  const { diffusions, reactions } = catalog;
  const topology = lattice(6, 7);
  for (const scheme of ["rk4", { scheme: "strang", diffusionStep: "crank-nicolson" }] as const) {
    const problem = createProblem(
      reactions["aliev-panfilov"],
      diffusions["finite-element"],
      scheme,
      { topology },
    );
    const [rows, reference] = (["wasm-f32x4", "js-float64"] as const).map((backEnd) =>
      createSimulation(problem, backEnd, { lanes: 1 }),
    );
    expect(rows.workspace.layout.kind).toBe("rows");
    const [a, b] = [rows, reference].map((s) => s.gradient(problem.point));
    expect(gradientDifference(a, b, problem.point)).toBeLessThan(1e-4);
  }
});

test("a roll-out that leaves the numbers leaves nothing behind for the next one", () => {
  const { diffusions, reactions } = catalog;
  const topology = lattice(6, 7);
  const problem = createProblem(reactions["aliev-panfilov"], diffusions["finite-element"], "rk4", {
    topology,
  });
  const { point, program } = problem;
  const [potential] = program.stateNames;
  const broken = { ...point, [`initial.${potential}`]: new Float64Array(nodes).fill(Number.NaN) };
  for (const lanes of [1, 4]) {
    // Checkpointed: what a segment is stored in was used before.
    const simulation = createSimulation(problem, "wasm-f32x4", { lanes, memoryBudget_bytes: 1 });
    const before = simulation.gradient(point);
    expect(simulation.loss(broken)).toBeNaN();
    simulation.gradient(broken);
    expect(simulation.gradient(point)).toEqual(before);
  }
});

test("gradients nobody asks for are left out, and the others stay the same", () => {
  const { diffusions, reactions } = catalog;
  const reaction = reactions["aliev-panfilov"];
  for (const name of ["graph-attention", "neural-flux", "finite-element"]) {
    const all = createProblem(reaction, diffusions[name], "rk4");
    const { program, point } = all;
    const asked = [
      "reaction.k",
      ...(program.reduced.includes("diffusion.n1") ? ["diffusion.n1"] : []),
    ];
    const some = createProblem(reaction, diffusions[name], "rk4", { wanted: new Set(asked) });
    expect(some.program.reduced).toEqual(asked);
    for (const backEnd of ["js-float64", "wasm-f32x4"] as const) {
      const [whole, part] = [all, some].map((p) =>
        createSimulation(all, backEnd, { program: p.program }).gradient(point),
      );
      expect(Object.keys(part).filter((key) => key.startsWith("edge."))).toEqual([]);
      // What several gradients share is added up in another order.
      const rounding = backEnd === "js-float64" ? 1e-13 : 1e-5;
      expect(gradientDifference(whole, part, point)).toBeLessThan(rounding);
    }
  }
});

/** Twelve units: more than one segment of a printed pass in both directions. */
const wide = Array.from({ length: 12 }, (_, k) => `tanh(${k - 5} * u_j - u_i + 0.1 * ${k} * a)`);
const costly = {
  plain: "flux = g * tanh(2 * u_j - u_i + u_i * u_j)",
  wide: `flux = g * (${wide.map((unit, k) => `b * 0.${k + 1} * ${unit}`).join(" + ")})`,
};

test.each(
  Object.keys(costly) as (keyof typeof costly)[],
)("costly messages (%s) are fetched from the other end of the edge in every layout", (kind) =>
  checkCostly(costly[kind]));

function checkCostly(message: string): void {
  const { diffusions, reactions } = catalog;
  const scale = { value: 0.7, unit: "", bounds: [0, 2] as const, fitted: true };
  const directed: Diffusion = {
    ...diffusions["finite-element"],
    physics: "message",
    build: (options, mesh) => {
      const model = diffusions["finite-element"].build(options, mesh);
      return { ...model, params: { ...model.params, a: scale, b: scale }, message };
    },
  };
  const meshes = { rows: lattice(6, 7), nodes: irregularSurface(nodes, createRandom(2)) };
  for (const [kind, topology] of Object.entries(meshes)) {
    const problem = createProblem(reactions["aliev-panfilov"], directed, "rk4", { topology });
    expect(problem.program.push).toBeDefined();
    const { point, directions } = problem;
    const reference = createSimulation(problem, "js-float64");
    const gradient = reference.gradient(point);
    expect(isExact(bestTaylorSlopes(reference.loss, { point, directions, gradient }))).toBe(true);
    for (const lanes of [1, 4]) {
      const single = createSimulation(problem, "wasm-f32x4", { lanes });
      expect(single.workspace.layout.kind).toBe(lanes === 1 ? kind : "trajectories");
      expect(gradientDifference(single.gradient(point), gradient, point)).toBeLessThan(1e-4);
    }
  }
}

test("products and sums rounded together give the same gradient, where there is relaxed SIMD", () => {
  const { diffusions, reactions } = catalog;
  const problem = createProblem(reactions["mitchell-schaeffer"], diffusions["neural-flux"], "rk4");
  const fused = () => createSimulation(problem, "wasm-f32x4-fused", { lanes: 1 });
  if (!hasFused()) {
    expect(fused).toThrow(/no relaxed SIMD/);
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
  expect(hasFused()).toBe(true);
  const { point } = problem;
  const exact = createSimulation(problem, "js-float64").gradient(point);
  expect(gradientDifference(fused().gradient(point), exact, point)).toBeLessThan(1e-4);
});

test("nodes may be stored in any order", () => {
  const { diffusions, reactions } = catalog;
  const problem = createProblem(reactions["aliev-panfilov"], diffusions["finite-element"], "rk4");
  const order = Int32Array.from({ length: nodes }, (_, p) => (5 * p + 3) % nodes);
  const shuffled = { ...problem, topology: { ...problem.topology, order } };
  for (const lanes of [1, 4]) {
    const [plain, moved] = [problem, shuffled].map((p) =>
      createSimulation(p, "wasm-f32x4", { lanes }).gradient(p.point),
    );
    expect(gradientDifference(moved, plain, problem.point)).toBeLessThan(1e-4);
  }
});

for (const reaction of Object.values(catalog.reactions))
  for (const diffusion of partners(reaction))
    describe(`${reaction.name} x ${diffusion.name}`, () => {
      test.each(suited(reaction))("%s", (scheme) => {
        check(reaction, diffusion, scheme);
      });
    });

for (const name of splitReactions)
  for (const diffusion of Object.values(catalog.diffusions).filter(isLinear))
    describe(`${name} and ${diffusion.name} in turn`, () => {
      test.each(splitSteps)("$scheme, $diffusionStep, $mass", (stepping) => {
        check(catalog.reactions[name], diffusion, stepping);
      });
    });

test("an ionic model takes its turn with diffusion", () => {
  check(catalog.reactions["luo-rudy"], catalog.diffusions["finite-element"], {
    scheme: "strang",
    diffusionStep: "crank-nicolson",
  });
});

test("a diffusion that is not linear has no step of its own", () => {
  const reaction = catalog.reactions["aliev-panfilov"];
  for (const diffusion of Object.values(catalog.diffusions).filter((d) => !isLinear(d)))
    expect(() => createProblem(reaction, diffusion, "strang")).toThrow(/is not linear/);
});
