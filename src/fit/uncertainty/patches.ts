import { graphDistances } from "../../mesh/graph.js";
import { farthestPoints } from "../../mesh/smoothness.js";
import type { CompiledTwin } from "../../twin/compile.js";

/** Enough groups for a variance, few enough that each is wider than a correlation length. */
export const patchCount = 12;

/** [N] which of `patchCount` patches of the mesh a node belongs to: that of the nearest centre. */
export function patchesOf({ graph }: Pick<CompiledTwin, "graph">): Int32Array {
  const centres = farthestPoints(graph, Math.min(patchCount, graph.nodeCount), 0);
  const distances = Array.from(centres, (node) => graphDistances(graph, [{ node, start: 0 }]));
  return Int32Array.from({ length: graph.nodeCount }, (_, i) =>
    distances.reduce((best, d, k) => (d[i] < distances[best][i] ? k : best), 0),
  );
}
