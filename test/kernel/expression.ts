import { type BackEnd, createEngine } from "../../src/kernel/engine.js";
import { loneNodes } from "../../src/kernel/layout.js";
import { createGraph, type Graph, type Node } from "../../src/model/graph.js";
import type { KernelSpec } from "../../src/model/kernel-spec.js";
import { type OperationName, operations } from "../../src/model/operations.js";

/** Runs one expression of x and y over many points, through a kernel of its own. */
export function runKernel(
  graph: Graph,
  value: Node,
  points: { x: number; y: number }[],
  backEnd: BackEnd,
): number[] {
  const spec: KernelSpec = {
    name: "test",
    graph,
    inputs: {
      x: { from: "node", stream: "x" },
      y: { from: "node", stream: "y" },
    },
    sums: {},
    outputs: [{ per: "node", stream: "out", value, mode: "store" }],
    reductions: [],
    padded: false,
  };
  const lanes = 4;
  const nodes = Math.ceil(points.length / lanes);
  const block = nodes * lanes;
  const layout = loneNodes(nodes);
  const streams = new Map(["x", "y", "out"].map((name) => [name, block]));
  const engine = createEngine({ backEnd, lanes, specs: [spec], layout, streams });
  const at = (name: string, k: number) => engine.placeOf(name)! + k;
  points.forEach(({ x, y }, k) => {
    engine.floats[at("x", k)] = x;
    engine.floats[at("y", k)] = y;
  });
  engine.kernel("test").run();
  return points.map((_, k) => engine.floats[at("out", k)]);
}

export const single = Math.fround;
export const range = (low: number, high: number, count = 4000) =>
  Array.from({ length: count }, (_, k) => ({
    x: single(low + ((high - low) * (k + 0.5)) / count),
    y: 0,
  }));

/** Operation, interval, largest relative error that a printer in single precision may make there. */
export const accuracies: readonly (readonly [OperationName, number, number, number])[] = [
  ["exp", -87, 88, 1.3e-7],
  ["exp", -1, 1, 1.3e-7],
  ["log", 1e-30, 1e30, 2.5e-7],
  ["log", 1.5, 50, 2.5e-7],
  ["log", 0.01, 0.6, 2.5e-7],
  ["log", 0.01, 50, 2.5e-7],
  ["sqrt", 1e-6, 1e6, 6e-8],
  ["tanh", 0.5, 12, 4.4e-7],
  ["tanh", -12, -0.5, 4.4e-7],
  ["linexp", -0.5, 0.5, 3e-7],
  ["linexp", -40, 40, 1e-6],
  ["linexp_slope", -1, 1, 1e-6],
  ["linexp_slope", -15, 30, 3e-5],
];

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Largest relative error of a one-argument operation in single precision. */
export function relativeError(
  backEnd: BackEnd,
  op: OperationName,
  { low, high }: Interval,
): number {
  const graph = createGraph();
  const points = range(low, high);
  const results = runKernel(graph, graph.apply(op, graph.input("x")), points, backEnd);
  const exact = points.map(({ x }) => Number(operations[op].value(x)));
  return Math.max(...results.map((r, k) => Math.abs(r - exact[k]) / Math.abs(exact[k])));
}
