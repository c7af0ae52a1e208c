import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { printJs } from "../../src/kernel/js-printer.js";
import { run } from "../../src/kernel/rollout.js";
import { adjacency } from "../../src/mesh/graph.js";
import { gate, param, potential, recovery } from "../../src/model/declare.js";
import type { KernelSpec } from "../../src/model/kernel-spec.js";
import { reaction } from "../../src/model/reaction-system.js";
import { type DiffusionStep, type MassKind, thetas } from "../../src/model/schemes.js";
import type { Stepping } from "./contract.js";
import { combine, exponential, inverse, type Matrix, multiply, times } from "./dense.js";
import {
  endOf,
  type SheetRun,
  type SmallSheet,
  sheetProgram,
  sheetWorkspace,
  smallSheet,
} from "./sheet.js";
import { quiet, startAll } from "./simulation.js";

const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  largest(Array.from(a, (x, i) => x - b[i]));

/** Nothing happens: p scales the rate and is 0. */
const inert = reaction({
  name: "inert",
  title: "No reaction",
  cite: "none",
  millivolts: { rest_mV: 0, amplitude_mV: 1 },
  states: { u: potential(0), w: recovery(0, [-1, 1]) },
  params: { p: param(0, "1/ms", [0, 1]) },
  equations: `
    u' = p * w
    w' = p * u
  `,
});

/** A smooth excitable cell with a gate, so that Rush-Larsen has something to be exact for. */
const gated = reaction({
  name: "gated",
  title: "A cubic potential and a gate",
  cite: "none",
  millivolts: { rest_mV: 0, amplitude_mV: 1 },
  states: { u: potential(0), h: gate(1) },
  params: { k: param(2, "1/ms", [0, 9]), tau: param(1.5, "ms", [0.1, 9]) },
  equations: `
    u' = k * h * u * (u - 0.1) * (1 - u) - 0.3 * u
    h' = (1 / (1 + 4 * u^2) - h) / (tau * (1 + u^2))
  `,
});

const tiny = smallSheet(3, 1);
const { nodes } = tiny.topology;
const random = createRandom(3);
const noise = () => Float64Array.from({ length: nodes }, () => random.normal());

/** K and M as dense matrices. */
function dense(on: SmallSheet, mass: MassKind): { K: Matrix; M: Matrix } {
  const zero = () => Array.from({ length: nodes }, () => new Array<number>(nodes).fill(0));
  const [K, M] = [zero(), zero()];
  on.mass.forEach((m, i) => {
    M[i][i] = m;
  });
  const couple = (a: number[][], e: number, value: number) => {
    const [i, j] = on.graph.edges.subarray(2 * e, 2 * e + 2);
    a[i][j] += value;
    a[j][i] += value;
    a[i][i] -= value;
    a[j][j] -= value;
  };
  for (let e = 0; e < on.g.length; e++) {
    couple(K, e, -on.g[e]);
    if (mass === "consistent") couple(M, e, on.shared[e]);
  }
  return { K, M };
}

const diffusionSteps = Object.keys(thetas) as DiffusionStep[];
const masses: readonly MassKind[] = ["lumped", "consistent"];
const every = diffusionSteps.flatMap((step) => masses.map((mass) => [step, mass] as const));

describe("diffusion alone", () => {
  const still = { reaction: inert, scheme: "godunov" as const };

  test.each(every)("%s, %s: one step is that of the dense matrices", (diffusionStep, mass) => {
    const { K, M } = dense(tiny, mass);
    const [theta, dt] = [thetas[diffusionStep], 0.3];
    const step = multiply(inverse(combine(M, K, theta * dt)), combine(M, K, (theta - 1) * dt));
    const u = noise();
    const request = { ...still, diffusionStep, mass, start: [u, noise()], end_ms: dt, steps: 1 };
    expect(difference(endOf(tiny, request), times(step, u))).toBeLessThan(1e-12);
    for (const lanes of [1, 4]) {
      const single = endOf(tiny, { ...request, backEnd: "wasm-f32x4", lanes });
      expect(difference(single, times(step, u))).toBeLessThan(1e-5);
    }
  });

  test.each([
    ["explicit", "lumped", 1],
    ["explicit", "consistent", 1],
    ["crank-nicolson", "lumped", 2],
    ["crank-nicolson", "consistent", 2],
    ["backward-euler", "lumped", 1],
    ["backward-euler", "consistent", 1],
  ] as const)("%s, %s converges to the matrix exponential at order %d", (step, mass, order) => {
    const { K, M } = dense(tiny, mass);
    const rate = multiply(inverse(M), K).map((row) => row.map((x) => -0.5 * x));
    const u = noise();
    const exact = times(exponential(rate), u);
    const error = (steps: number) => {
      const request = { ...still, diffusionStep: step, mass, start: [u, u], end_ms: 0.5, steps };
      return difference(endOf(tiny, request), exact);
    };
    expectOrder([64, 128, 256].map(error), order);
  });

  test("the amount of u is conserved", () => {
    for (const [diffusionStep, mass] of every) {
      const u = noise();
      const request = { ...still, diffusionStep, mass, start: [u, u], end_ms: 1, steps: 20 };
      const amount = (values: Float64Array) =>
        values.reduce((sum, x, i) => sum + x * tiny.mass[i], 0);
      // Twenty solutions, each to a relative residual of 1e-13.
      expect(Math.abs(amount(endOf(tiny, request)) - amount(u))).toBeLessThan(1e-11);
    }
  });

  test.each(["crank-nicolson", "backward-euler"] as const)("%s bears any step", (diffusionStep) => {
    const u = noise();
    const request = { ...still, diffusionStep, start: [u, u], end_ms: 1e4, steps: 40 };
    expect(largest(endOf(tiny, request))).toBeLessThan(largest(u));
  });
});

function expectOrder(errors: readonly number[], order: number): void {
  const orders = errors.slice(1).map((e, k) => Math.log2(errors[k] / e));
  for (const observed of orders.slice(-2))
    expect(Math.abs(observed - order), `orders ${orders}`).toBeLessThan(0.1);
}

const midSheet = smallSheet(6, 1);
/** A smooth bump that grows and spreads. */
const bump = Float64Array.from({ length: midSheet.topology.nodes }, (_, i) => {
  const [x, y] = midSheet.mesh.points.subarray(3 * i, 3 * i + 2);
  return 0.8 * Math.exp(-((x - 2) ** 2 + (y - 2) ** 2) / 4);
});

describe("observed order in time", () => {
  const half = bump.map((x) => 1 - x / 2);
  const problems = {
    "a gated cell": { reaction: gated, start: [bump, half], end_ms: 2 },
    "fitzhugh-nagumo": {
      reaction: catalog.reactions["fitzhugh-nagumo"],
      start: [bump, bump.map(() => 0)],
      end_ms: 4,
    },
  };
  type Case = readonly [string, Stepping, number];
  const cases: readonly Case[] = [
    ["rush-larsen", { scheme: "rush-larsen" }, 1],
    ["rush-larsen-2", { scheme: "rush-larsen-2" }, 2],
    ["godunov, explicit", { scheme: "godunov" }, 1],
    ["godunov, implicit", { scheme: "godunov", diffusionStep: "crank-nicolson" }, 1],
    ["strang", { scheme: "strang", diffusionStep: "crank-nicolson" }, 2],
    ["strang, backward Euler", { scheme: "strang", diffusionStep: "backward-euler" }, 1],
  ];
  for (const [label, problem] of Object.entries(problems)) {
    const reference = endOf(midSheet, { ...problem, scheme: "rk4", steps: 2048 });
    test.each(cases)(`${label}: %s`, (_name, stepping, order) => {
      const error = (steps: number) =>
        difference(endOf(midSheet, { ...problem, ...stepping, steps }), reference);
      expectOrder([64, 128, 256].map(error), order);
    });
  }

  test("strang with a consistent mass, against itself", () => {
    const at = (steps: number) => {
      const stepping = { scheme: "strang", diffusionStep: "crank-nicolson" } as const;
      const problem = problems["a gated cell"];
      return endOf(midSheet, { ...problem, ...stepping, mass: "consistent", steps });
    };
    const ends = [32, 64, 128, 256].map(at);
    expectOrder(
      ends.slice(1).map((end, k) => difference(end, ends[k])),
      2,
    );
  });

  test("without neighbours, splitting has the order of its reaction", () => {
    const alone: SmallSheet = { ...midSheet, g: midSheet.g.map(() => 0) };
    const problem = problems["a gated cell"];
    const reference = endOf(alone, { ...problem, scheme: "rk4", steps: 2048 });
    for (const [scheme, order] of [
      ["godunov", 1],
      ["strang", 2],
    ] as const) {
      const error = (steps: number) =>
        difference(endOf(alone, { ...problem, scheme, steps }), reference);
      expectOrder([64, 128, 256].map(error), order);
    }
  });
});

const slotLoop = "for (let s =";
const printed = (spec: KernelSpec) =>
  printJs(spec, 1, {
    vectors: 1,
    rowStart: 0,
    neighbour: 2,
    pairs: 0,
    streams: new Map(),
    scratch: 0,
    fused: false,
  });

describe("passes of a split step", () => {
  const program = sheetProgram(gated, { scheme: "strang", diffusionStep: "crank-nicolson" });

  test("reactions have no loop over neighbours", () => {
    for (const step of program.steps)
      for (const spec of step.kind === "stages" ? [...step.forward, ...step.reverse] : [])
        expect(printed(spec)).not.toContain(slotLoop);
    const unsplit = sheetProgram(gated, { scheme: "rush-larsen-2" }).steps[0];
    expect(unsplit.kind === "stages" && printed(unsplit.forward[0])).toContain(slotLoop);
  });

  test("both halves of the reaction are the same passes", () => {
    expect(program.steps.map((step) => step.kind)).toEqual(["stages", "solve", "stages"]);
    expect(program.steps[2]).toBe(program.steps[0]);
  });

  test("four lanes with parameters of their own are four simulations", () => {
    const request: SheetRun = {
      ...{ reaction: gated, scheme: "strang", diffusionStep: "crank-nicolson" },
      ...{ start: [bump, bump], end_ms: 1, steps: 10, backEnd: "js-float64" },
    };
    const one = endOf(midSheet, request);
    const workspace = sheetWorkspace(midSheet, { ...request, lanes: 4 });
    startAll(workspace, request.start);
    // The second lane starts elsewhere and needs another number of iterations.
    workspace.engine.floats[workspace.stored(0, 0) + 1] = 30;
    const { potential: u } = run(workspace, { ...quiet, dt_ms: 0.1, steps: 10, sampleEvery: 10 });
    const last = Array.from({ length: one.length }, (_, i) => u[4 * (one.length + i)]);
    expect(last).toEqual(Array.from(one));
  });
});

describe("a system that cannot be solved", () => {
  const still = { reaction: inert, scheme: "strang", diffusionStep: "backward-euler" } as const;
  const request = { ...still, start: [bump, bump], end_ms: 1, steps: 1 };

  test.each([
    ["negative diagonals", -50],
    ["negative waves between positive diagonals", -0.2],
  ])("%s are refused", (_name, factor) => {
    const against = { ...tiny, g: tiny.g.map((g) => factor * g) };
    const start = [noise(), noise()];
    expect(() => endOf(against, { ...request, start })).toThrow(/not positive/);
  });

  test("a chain of a thousand times the length that a step allows is given up", () => {
    const links = Array.from({ length: 3000 }, (_, i) => [i, i + 1]);
    const ones = new Float64Array(links.length).fill(1);
    const graph = { nodeCount: 3001, edges: Int32Array.from(links.flat()), lengths: ones };
    const rows = adjacency(graph);
    const chain: SmallSheet = {
      ...{ ...midSheet, graph, g: ones, mass: new Float64Array(3001).fill(1) },
      topology: { ...rows, nodes: 3001, edges: 3000, slotEdge: rows.edge },
    };
    const start = [chain.mass.map((_, i) => Number(i === 0)), chain.mass];
    const error = () => endOf(chain, { ...request, start, end_ms: 1e9 });
    expect(error).toThrow(/not solved after 1000 iterations: residual/);
  });

  test("a lane that has left the numbers is reported by the roll-out, not by the solver", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      const start = [bump.map((x, i) => (i === 3 ? value : x)), bump];
      expect(endOf(midSheet, { ...request, start })).toHaveLength(bump.length);
    }
  });
});
