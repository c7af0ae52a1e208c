import { type Graph, type Node, reachable } from "./graph.js";
import { algebra, operations } from "./operations.js";

/**
 * Symbolic reverse mode: d(output)/d(wrt) for every node of `wrt`, as nodes of the same graph, so
 * that primal and adjoint share what they have in common.
 */
export function gradient(graph: Graph, output: Node, wrt: readonly Node[]): Node[] {
  const g = algebra(graph);
  const contributions = new Map<number, Node[]>([[output.id, [graph.constant(1)]]]);
  const adjointOf = (node: Node) => graph.sum(contributions.get(node.id) ?? []);
  const results = new Map<number, Node>();
  for (const node of reachable([output]).reverse()) {
    if (!contributions.has(node.id)) continue;
    const adjoint = adjointOf(node);
    results.set(node.id, adjoint);
    if (node.op === "constant" || node.op === "input") continue;
    operations[node.op].derivative(g, node.args, node).forEach((partial, k) => {
      if (!partial) return;
      const term = g.mul(adjoint, partial);
      if (term.op === "constant" && term.value === 0) return;
      const list = contributions.get(node.args[k].id);
      if (list) list.push(term);
      else contributions.set(node.args[k].id, [term]);
    });
  }
  return wrt.map((node) => results.get(node.id) ?? graph.constant(0));
}
