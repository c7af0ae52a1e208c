import { adjacency, edgeGraph } from "../../../src/mesh/graph.js";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";

/** Nodes round a node: by edges or by distance. */
export function neighbourhoods(mesh: Mesh, nodes: number) {
  const graph = edgeGraph(mesh);
  const { rowStart, neighbour } = adjacency(graph);
  const neighboursOf = (i: number) => neighbour.subarray(rowStart[i], rowStart[i + 1]);
  const distance = (i: number, j: number) =>
    Math.hypot(...[0, 1, 2].map((axis) => mesh.points[3 * i + axis] - mesh.points[3 * j + axis]));
  return {
    rings: (node: number, count: number): number[] => {
      let found = new Set([node]);
      for (let ring = 0; ring < count; ring++)
        found = new Set([...found].flatMap((i) => [i, ...neighboursOf(i)]));
      return [...found].filter((i) => i < nodes).sort((a, b) => a - b);
    },
    ball: (node: number, radius_mm: number): number[] =>
      Array.from({ length: nodeCount(mesh) }, (_, i) => i).filter(
        (i) => distance(i, node) <= radius_mm,
      ),
  };
}
