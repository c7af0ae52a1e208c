import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BackEnd, createEngine } from "../../src/kernel/engine.js";
import { loneNodes } from "../../src/kernel/layout.js";
import { encodeModule, list, section, signed, unsigned } from "../../src/kernel/wasm-encoding.js";
import { createGraph, evaluate, type Graph, type Node, reachable } from "../../src/model/graph.js";
import type { KernelSpec } from "../../src/model/kernel-spec.js";
import { algebra, operations } from "../../src/model/operations.js";
import { buildTree, tree } from "../model/trees.js";
import { accuracies, range, relativeError, runKernel, single } from "./expression.js";

describe("accuracy in single precision (relative)", () => {
  test.each(accuracies)("%s on [%f, %f] to %f", (op, low, high, tolerance) => {
    expect(relativeError("wasm-f32x4", op, { low, high })).toBeLessThan(tolerance);
  });

  test("tanh near 0 to 1.5e-7 absolute", () => {
    const graph = createGraph();
    const points = range(-0.5, 0.5);
    const results = runKernel(graph, graph.apply("tanh", graph.input("x")), points, "wasm-f32x4");
    for (const [k, { x }] of points.entries())
      expect(Math.abs(results[k] - Math.tanh(x))).toBeLessThan(1.5e-7);
  });

  test("exp saturates instead of overflowing", () => {
    const graph = createGraph();
    const points = [-1e30, -200, -88, 89, 200, 1e30].map((x) => ({ x, y: 0 }));
    const [a, b, c, d, e, f] = runKernel(
      graph,
      graph.apply("exp", graph.input("x")),
      points,
      "wasm-f32x4",
    );
    expect([a, b, c].every((v) => v > 0 && v < 2e-38)).toBe(true);
    expect([d, e, f].every((v) => v > 1e38 && Number.isFinite(v))).toBe(true);
  });

  test("tanh never exceeds 1", () => {
    const graph = createGraph();
    const results = runKernel(
      graph,
      graph.apply("tanh", graph.input("x")),
      range(5, 9),
      "wasm-f32x4",
    );
    expect(Math.max(...results)).toBe(1);
  });

  test("tanh saturates at both ends", () => {
    const graph = createGraph();
    const points = [-1e9, -60, 60, 1e9].map((x) => ({ x, y: 0 }));
    const value = graph.apply("tanh", graph.input("x"));
    expect(runKernel(graph, value, points, "wasm-f32x4")).toEqual([-1, -1, 1, 1]);
  });
});

/** Rounding of one operation; the worst of the table above that trees contain. */
const rounding = 1e-6;

/**
 * Running error bound of a float32 evaluation: each operation adds its rounding, and passes errors
 * of its arguments on through its derivative. Infinite where a comparison is too close to call or
 * a value leaves float32.
 */
function errorBound(graph: Graph, root: Node, inputs: Record<string, number>): number {
  const g = algebra(graph);
  const nodes = reachable([root]);
  const errors = new Map<number, number>();
  for (const node of nodes) {
    if (node.op === "constant" || node.op === "input") {
      errors.set(node.id, Math.abs(evaluate([node], inputs)[0]) * 6e-8);
      continue;
    }
    const own = node.args.map((a) => errors.get(a.id)!);
    const [value] = evaluate([node], inputs);
    if (node.op === "lt" || node.op === "le") {
      const [a, b] = evaluate(node.args, inputs);
      errors.set(node.id, Math.abs(a - b) <= 4 * (own[0] + own[1]) ? Infinity : 0);
      continue;
    }
    if (node.truth) {
      errors.set(node.id, Math.max(...own));
      continue;
    }
    // Whichever argument is taken, the result is off by no more than the worse of the two.
    if (node.op === "min" || node.op === "max") {
      errors.set(node.id, Math.max(...own));
      continue;
    }
    const partials = operations[node.op].derivative(g, node.args, node);
    let bound = rounding * Math.abs(value) + 1e-7 * Number(node.op === "tanh");
    partials.forEach((partial, k) => {
      if (partial) bound += own[k] === 0 ? 0 : own[k] * Math.abs(evaluate([partial], inputs)[0]);
      else bound += own[k]; // The condition of a select.
    });
    const size = Math.abs(value);
    errors.set(node.id, size > 1e25 || (size > 0 && size < 1e-25) ? Infinity : bound);
  }
  return Math.max(errors.get(root.id)!, ...[...errors.values()].filter((e) => e === Infinity));
}

const coordinate = fc.double({ min: -3, max: 3, noNaN: true }).map(single);

describe("printers against evaluate, on random expressions", () => {
  const points = fc.array(fc.record({ x: coordinate, y: coordinate }), {
    minLength: 1,
    maxLength: 9,
  });

  test("WebAssembly stays within its error bound", () => {
    let judged = 0;
    fc.assert(
      fc.property(tree, points, (t, at) => {
        const graph = createGraph();
        const root = buildTree(graph, t);
        const results = runKernel(graph, root, at, "wasm-f32x4");
        at.forEach((inputs, k) => {
          const [exact] = evaluate([root], { ...inputs });
          const bound = errorBound(graph, root, { ...inputs });
          // Beyond first order the bound says nothing.
          if (!Number.isFinite(bound) || bound > 1e-2 * Math.max(1, Math.abs(exact))) return;
          judged++;
          expect(Math.abs(results[k] - exact)).toBeLessThanOrEqual(3 * bound + 1e-30);
        });
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(judged).toBeGreaterThan(800);
  });

  test("JavaScript gives the same bits wherever all values are finite", () => {
    fc.assert(
      fc.property(tree, points, (t, at) => {
        const graph = createGraph();
        const root = buildTree(graph, t);
        const results = runKernel(graph, root, at, "js-float64");
        at.forEach((inputs, k) => {
          const values = evaluate(reachable([root]), { ...inputs });
          // + 0: the sign of a zero is nobody's business.
          if (values.every(Number.isFinite))
            expect(results[k] + 0).toBe(evaluate([root], { ...inputs })[0] + 0);
        });
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  test("logical operations select the same branch", () => {
    const graph = createGraph();
    const g = algebra(graph);
    const [x, y] = [graph.input("x"), graph.input("y")];
    const below = g.lt(x, y);
    const apart = graph.apply("le", graph.apply("abs", x), g.num(1));
    const conditions = [
      below,
      apart,
      graph.apply("and", below, apart),
      graph.apply("or", below, apart),
      graph.apply("not", graph.apply("or", apart, graph.apply("not", below))),
    ];
    const at = [-2, -1, -0.5, 0, 1, 2].flatMap((a) => [-1, 0, 1].map((b) => ({ x: a, y: b })));
    for (const condition of conditions) {
      const value = g.select(condition, g.num(3), x);
      const exact = at.map((inputs) => evaluate([value], inputs)[0]);
      for (const backEnd of ["js-float64", "wasm-f32x4"] as const)
        expect(runKernel(graph, value, at, backEnd)).toEqual(exact);
    }
  });
});

describe("streams that lie where other streams are read", () => {
  const [count, nodes, lanes] = [12, 3, 4];
  const names = Array.from({ length: 2 * count }, (_, k) => `s${k}`);
  const block = nodes * lanes;
  const layout = loneNodes(nodes);

  /** Output k is a chain on input k that reads input `count + k` last; 0 copies that one. */
  function chains(length: number, streamOf: (k: number) => string): KernelSpec {
    const graph = createGraph();
    const g = algebra(graph);
    const inputs = names.map((name) => graph.input(name));
    const outputs = Array.from({ length: count }, (_, k) => {
      let value = inputs[k];
      for (let i = 0; i < length; i++)
        value = g.add(g.mul(value, g.num(0.3 + 0.01 * k)), inputs[k]);
      value = length === 0 ? inputs[count + k] : g.add(value, inputs[count + k]);
      return { per: "node", stream: streamOf(k), value, mode: "store" } as const;
    });
    return {
      ...{ name: "chains", graph, sums: {}, reductions: [], padded: false, outputs },
      inputs: Object.fromEntries(names.map((name) => [name, { from: "node", stream: name }])),
    };
  }

  const target = (k: number, ahead: number) => count + ((k + ahead) % count);
  const start = (k: number, i: number) => single(Math.sin(1 + 7 * k + i));
  interface Way {
    readonly length: number;
    /** Output k lies where the chain so much further reads last. */
    readonly ahead: number;
    /** Streams of outputs have names of their own, and the caller puts them there. */
    readonly moving: boolean;
  }

  function run(backEnd: BackEnd, { length, ahead, moving }: Way): number[][] {
    const spec = chains(length, (k) => `${moving ? "to" : "s"}${target(k, ahead)}`);
    const streams = new Map(names.map((name) => [name, block]));
    const engine = createEngine({ backEnd, lanes, specs: [spec], layout, streams });
    const at = (k: number) => engine.placeOf(names[k])!;
    names.forEach((_, k) => {
      for (let i = 0; i < block; i++) engine.floats[at(k) + i] = start(k, i);
    });
    const kernel = engine.kernel("chains");
    kernel.run(...kernel.moving.map((name) => at(Number(name.slice(2))) * kernel.unit));
    return names.map((_, k) => [...engine.floats.slice(at(k), at(k) + block)]);
  }

  // Up to 160 operations are one segment; 12 chains of 61 are several.
  describe.each([0, 1, 2, 5, 11])("output k where input k + %i is read", (ahead) => {
    test.each([
      { length: 0, ahead, moving: false },
      { length: 3, ahead, moving: false },
      { length: 30, ahead, moving: false },
      { length: 30, ahead, moving: true },
    ])("all is read before anything is stored: %o", (way) => {
      const results = {
        exact: run("js-float64", way),
        single: run("wasm-f32x4", way),
      };
      const { outputs } = chains(way.length, (k) => names[k]);
      for (let i = 0; i < block; i++) {
        const inputs = Object.fromEntries(names.map((name, k) => [name, start(k, i)]));
        outputs.forEach(({ value }, k) => {
          const [expected] = evaluate([value], inputs);
          const at = target(k, ahead);
          expect(results.exact[at][i]).toBeCloseTo(expected, 12);
          expect(Math.abs(results.single[at][i] - expected)).toBeLessThan(1e-6);
        });
      }
    });
  });
});

describe("LEB128", () => {
  const decode = (bytes: readonly number[], isSigned: boolean): number => {
    let [value, shift] = [0n, 0n];
    for (const byte of bytes) {
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    }
    const last = bytes[bytes.length - 1];
    return Number(isSigned && last & 0x40 ? value - (1n << shift) : value);
  };
  const wellFormed = (bytes: readonly number[]) =>
    bytes.every((byte, k) => byte >= 128 === k < bytes.length - 1 && byte < 256);

  test("examples of the specification", () => {
    expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signed(64)).toEqual([0xc0, 0x00]);
    expect(signed(-64)).toEqual([0x40]);
  });
  test("unsigned numbers come back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n) => {
        expect(decode(unsigned(n), false)).toBe(n);
        expect(wellFormed(unsigned(n))).toBe(true);
        expect(unsigned(n).length).toBe(Math.max(1, Math.ceil(Math.log2(n + 1) / 7)));
      }),
    );
  });
  test("signed numbers come back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (n) => {
        expect(decode(signed(n), true)).toBe(n);
        expect(wellFormed(signed(n))).toBe(true);
      }),
    );
  });
  test("sections and lists carry their lengths", () => {
    expect(list([[1], [2, 3]])).toEqual([2, 1, 2, 3]);
    const content = Array.from({ length: 200 }, () => 7);
    expect(section(10, content).slice(0, 3)).toEqual([10, 0xc8, 0x01]);
  });
  test("an empty function is a valid module", () => {
    const module = encodeModule([
      { name: "f", parameters: 3, i32Locals: 1, v128Locals: 200, scratchVectors: 0, code: [] },
    ]);
    expect(WebAssembly.validate(module)).toBe(true);
  });
});
