import { copy, type Node, rebuild } from "../model/graph.js";
import type { KernelSpec } from "../model/kernel-spec.js";
import { algebra, operations } from "../model/operations.js";

/**
 * Rewrites operations with a cancellation of their own into simpler ones that are right in single
 * precision (see `lower` in the table).
 */
export function lowered(spec: KernelSpec): KernelSpec {
  const { graph } = spec;
  const g = algebra(graph);
  const sums = Object.keys(spec.sums);
  const lower = (roots: readonly Node[]): Node[] =>
    rebuild(roots, (node, args) => {
      if (node.op === "constant" || node.op === "input") return copy(graph, node, args);
      const rule = operations[node.op].lower;
      return rule ? rule(g, args) : copy(graph, node, args);
    });
  const roots = [
    ...Object.values(spec.sums),
    ...spec.outputs.map((o) => o.value),
    ...spec.reductions.map((r) => r.value),
  ];
  const done = lower(roots);
  const take = () => done.shift()!;
  return {
    ...spec,
    sums: Object.fromEntries(sums.map((name) => [name, take()])),
    outputs: spec.outputs.map((o) => ({ ...o, value: take() })),
    reductions: spec.reductions.map((r) => ({ ...r, value: take() })),
  };
}
