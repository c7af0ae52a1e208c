import type { Topology } from "../../src/kernel/layout.js";
import { adjacency } from "../../src/mesh/graph.js";
import { reverseCuthillMcKee } from "../../src/mesh/order.js";
import type { Problem } from "../w1-mesh.js";

export interface PlacedProblem extends Problem {
  readonly topology: Topology;
}

/**
 * How the engine stores the nodes: neighbours near each other, as compileTwin does, or as they are
 * numbered, which is best for a grid. The peer in C orders them, too.
 */
export function placed(problem: Problem, storage: "near" | "as numbered"): PlacedProblem {
  const { nodes, edges, lengths } = problem;
  const graph = { nodeCount: nodes, edges, lengths };
  const rows = adjacency(graph);
  return {
    ...problem,
    topology: {
      nodes,
      edges: lengths.length,
      rowStart: rows.rowStart,
      neighbour: rows.neighbour,
      slotEdge: rows.edge,
      ...(storage === "near" && { order: reverseCuthillMcKee(graph) }),
    },
  };
}
