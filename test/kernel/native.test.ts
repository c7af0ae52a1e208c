import { chmodSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { literal } from "../../src/kernel/c-prelude.js";
import { printC } from "../../src/kernel/c-printer.js";
import type { NativeBackEnd } from "../../src/kernel/native.js";
import { createGraph, evaluate } from "../../src/model/graph.js";
import { operations } from "../../src/model/operations.js";
import { passesOf } from "../../src/model/program.js";
import { reactionScheme } from "../../src/model/schemes.js";
import { nativeBackEnd } from "../../src/native/back-end.js";
import { temporaryFolder } from "../cli/leads.js";
import { createProblem, createSimulation, gradientDifference, nodes } from "./contract.js";
import { accuracies, relativeError, runKernel } from "./expression.js";
import { irregularSurface, lattice } from "./irregular.js";
import { here, inVectorsOf, lacking } from "./native-here.js";

const { reactions, diffusions } = catalog;
const widths = [4, 8, 16];
const home = temporaryFolder();
const newCache = () => mkdtempSync(join(home, "cache-"));

describe.skipIf(lacking)(`native passes${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  const own = here as NativeBackEnd;

  /** Gradients of one trajectory and of four are those of float64; frugal ones the same to the bit. */
  function check(
    problem: ReturnType<typeof createProblem>,
    { backEnd = own, allowed = 1e-4, most = 4 } = {},
  ): void {
    const { point } = problem;
    const exact = createSimulation(problem, "js-float64").gradient(point);
    for (const lanes of problem.program.padded ? [1, 4] : [4]) {
      if (lanes > most) continue;
      const gradient = createSimulation(problem, backEnd, { lanes }).gradient(point);
      expect(gradientDifference(gradient, exact, point)).toBeLessThan(allowed);
      const frugal = { lanes, memoryBudget_bytes: 1 };
      expect(createSimulation(problem, backEnd, frugal).gradient(point)).toEqual(gradient);
    }
  }

  test.each(Object.values(diffusions).map((d) => [d.name, d] as const))("%s", (_, diffusion) =>
    check(createProblem(reactions["mitchell-schaeffer"], diffusion, "rk4")));

  test.each(Object.values(reactions).map((r) => [r.name, r] as const))("%s", (_, reaction) => {
    const scheme = reactionScheme(reaction.numerics?.scheme ?? "rk4");
    const states = Object.keys(reaction.states).length;
    // As for WebAssembly: sixty exponentials a step round more than a cubic.
    const allowed = states > 8 ? 3e-4 : 1e-4;
    // How reactions are printed does not depend on the lanes: one compilation, which takes seconds.
    const most = states > 2 ? 1 : 4;
    check(createProblem(reaction, diffusions["graph-laplacian"], scheme), { allowed, most });
  });

  test.each([
    { scheme: "strang", diffusionStep: "crank-nicolson", mass: "consistent" },
    { scheme: "godunov" },
  ] as const)("split steps: %o", (stepping) =>
    check(createProblem(reactions["aliev-panfilov"], diffusions["finite-element"], stepping)));

  describe.each(widths)("vectors of %i floats", (floats) => {
    test("many neighbours, few, and messages fetched from the other end of the edge", () => {
      const topology = irregularSurface(nodes, createRandom(2));
      for (const name of ["finite-element", "neural-flux", "graph-attention"]) {
        const problem = createProblem(reactions["aliev-panfilov"], diffusions[name], "heun", {
          topology,
        });
        check(problem, { backEnd: inVectorsOf(floats) });
      }
    });

    test("a structured mesh is read in rows", () => {
      const problem = createProblem(
        reactions["aliev-panfilov"],
        diffusions["finite-element"],
        "heun",
        { topology: lattice(6, 7) },
      );
      const backEnd = inVectorsOf(floats);
      const { layout } = createSimulation(problem, backEnd, { lanes: 1 }).workspace;
      expect(layout).toMatchObject({ width: floats, kind: "rows" });
      check(problem, { backEnd });
    });
  });

  test.each(accuracies)("%s on [%f, %f] to %f", (op, low, high, tolerance) =>
    expect(relativeError(own, op, { low, high })).toBeLessThan(tolerance));

  test("comparisons, choices and signs are those of numbers", () => {
    const graph = createGraph();
    const [x, y] = [graph.input("x"), graph.input("y")];
    const points = [-2, -1, 0, 1, 2].flatMap((a) => [-1, 0, 1.5].map((b) => ({ x: a, y: b })));
    for (const op of ["lt", "le", "and", "or", "not", "min", "max", "abs", "neg"] as const) {
      const truths = [graph.apply("lt", x, y), graph.apply("le", y, x)];
      const isLogic = op === "and" || op === "or" || op === "not";
      const count = operations[op].value.length;
      const args = (isLogic ? truths : [x, y]).slice(0, count);
      const value = graph.apply(op, ...args);
      const shown = operations[op].truth ? graph.apply("select", value, x, y) : value;
      const results = runKernel(graph, shown, points, own);
      points.forEach((point, k) => {
        const [exact] = evaluate([shown], point);
        expect(results[k], `${op} of ${JSON.stringify(point)}`).toBe(exact);
      });
    }
  });

  test("what was compiled is kept, and compiled once for meshes of all sizes", async () => {
    const cache = newCache();
    for (const side of [30, 40]) {
      const backEnd = await nativeBackEnd({ cache });
      const topology = lattice(side, 40);
      const problem = createProblem(
        reactions["aliev-panfilov"],
        diffusions["finite-element"],
        "euler",
        { topology },
      );
      createSimulation(problem, backEnd, { lanes: 1 });
      // And the two that show what the compiler knows.
      expect(readdirSync(cache)).toHaveLength(3);
    }
  });

  test("a compiler that fails is quoted, and leaves nothing behind", async () => {
    const cache = newCache();
    const backEnd = await nativeBackEnd({ cache });
    const before = readdirSync(cache);
    const broken = "void pass0(void) {\n  return 1 +;\n}";
    expect(() => backEnd.compile(broken, 1)).toThrow(/could not compile .* line 2:\d+: error: /);
    expect(readdirSync(cache)).toEqual(before);
  });
});

test("a missing compiler is named with a way out", async () => {
  await expect(nativeBackEnd({ compiler: "no-such-cc" })).rejects.toMatchObject({
    code: "no-native",
    message: expect.stringContaining('"no-such-cc"'),
    fix: expect.stringContaining("CC"),
  });
});

test("numbers are printed as floats that read back the same", () => {
  for (const value of [0, -0, 1, -2.5, 1 / 3, 1e30, 2 ** -20]) {
    expect(literal(value)).toMatch(/^-?[\d.]+e[+-]\d+f$/);
    expect(Math.fround(Number.parseFloat(literal(value)))).toBe(Math.fround(value));
  }
  expect(literal(Number.NEGATIVE_INFINITY)).toBe("-__builtin_inff()");
});

test("the text holds no names of a model, only numbered ones", () => {
  const { program } = createProblem(
    reactions["aliev-panfilov"],
    diffusions["finite-element"],
    "euler",
  );
  const text = printC(passesOf(program, true), { floats: 8, nodes: 8, kind: "nodes" });
  expect(text).toContain("void pass0(float *H, const int *I, const int *A) {");
  expect(text).not.toMatch(/lambda|reaction|edge\.|globals/);
});

test.skipIf(lacking)("what is damaged in the cache is compiled anew", async () => {
  const [whole, damaged] = [newCache(), newCache()];
  await nativeBackEnd({ cache: whole });
  const files = readdirSync(whole).map((name) => join(damaged, name));
  for (const file of files) writeFileSync(file, "");
  await nativeBackEnd({ cache: damaged });
  expect(files).toHaveLength(2);
  for (const file of files) expect(statSync(file).size).toBeGreaterThan(0);
});

test.skipIf(lacking)(
  "a cache where others can write is refused: what lies there is run",
  async () => {
    const cache = newCache();
    chmodSync(cache, 0o777);
    await expect(nativeBackEnd({ cache })).rejects.toMatchObject({
      code: "no-native",
      message: expect.stringContaining(cache),
      fix: expect.stringContaining("XDG_CACHE_HOME"),
    });
  },
);

test.skipIf(Boolean(lacking) || process.platform !== "linux")(
  "a cache that cannot be made is refused, not waited for",
  async () => {
    await expect(nativeBackEnd({ cache: "/proc/leads/native" })).rejects.toMatchObject({
      code: "no-native",
      path: "/proc/leads/native",
      fix: expect.stringContaining("XDG_CACHE_HOME"),
    });
  },
);
