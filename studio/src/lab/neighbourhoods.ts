import { adjacency, graphDistances } from "../../../src/mesh/graph.js";
import { type EdgeGraph, type Mesh, nodeCount } from "../../../src/mesh/mesh.js";

/** Nodes round nodes, in ascending order, and ways between them. */
export interface Neighbourhoods {
  /** A node and what is no more than `count` edges away. */
  rings(node: number, count: number): number[];
  /** What is no farther than that from one of the nodes. */
  near(nodes: readonly number[], radius_mm: number): number[];
  /** Nodes of a shortest way along edges, both ends included; the ends alone where there is none. */
  way(from: number, to: number): number[];
}

/** Of the mesh that is simulated: a refined one has more nodes than the case's. */
export function neighbourhoods(mesh: Mesh, graph: EdgeGraph): Neighbourhoods {
  const { rowStart, neighbour, edge } = adjacency(graph);
  const neighboursOf = (i: number) => neighbour.subarray(rowStart[i], rowStart[i + 1]);
  const { points } = mesh;
  const distance = (i: number, j: number) =>
    Math.hypot(
      points[3 * i] - points[3 * j],
      points[3 * i + 1] - points[3 * j + 1],
      points[3 * i + 2] - points[3 * j + 2],
    );
  const ascending = (nodes: Iterable<number>) => [...nodes].sort((a, b) => a - b);
  return {
    rings: (node, count) => {
      let found = new Set([node]);
      for (let ring = 0; ring < count; ring++)
        found = new Set([...found].flatMap((i) => [i, ...neighboursOf(i)]));
      return ascending(found);
    },
    near: (nodes, radius_mm) =>
      Array.from({ length: nodeCount(mesh) }, (_, i) => i).filter((i) =>
        nodes.some((node) => distance(i, node) <= radius_mm),
      ),
    way: (from, to) => {
      if (from === to) return [from];
      const away = graphDistances(graph, [{ node: from, start: 0 }]);
      if (!Number.isFinite(away[to])) return ascending(new Set([from, to]));
      const found = new Set([to]);
      for (let at = to; at !== from; found.add(at)) {
        let least = Number.POSITIVE_INFINITY;
        let next = at;
        for (let k = rowStart[at]; k < rowStart[at + 1]; k++) {
          const through = away[neighbour[k]] + graph.lengths[edge[k]];
          if (through < least) [least, next] = [through, neighbour[k]];
        }
        at = next;
      }
      return ascending(found);
    },
  };
}
