import { adjacency, edgeGraph, relaxDistances } from "../../mesh/graph.js";
import { type EdgeGraph, type Mesh, nodeCount } from "../../mesh/mesh.js";
import { distance } from "./known.js";

/**
 * Distances along the mesh from each source, [K][N] in mm; Infinity where unreachable.
 *
 * Dijkstra on the mesh edges plus, on triangles, the straight segment across each pair of
 * neighbouring triangles unfolded into one plane, where it crosses their common edge. Every such
 * path lies on the surface, so no distance is shorter than the geodesic; on an even triangulation
 * the excess is at most 4 % (15 % with edges alone).
 */
export function geodesicDistances(mesh: Mesh, sources: ArrayLike<number>): Float64Array[] {
  const graph = unfoldedGraph(mesh);
  const rows = adjacency(graph);
  return Array.from(sources, (node) => {
    const result = new Float64Array(graph.nodeCount).fill(Infinity);
    relaxDistances({ rows, edgeCost: graph.lengths, distance: result }, [{ node, start: 0 }]);
    return result;
  });
}

/** The graph that paths follow: the mesh edges and, on triangles, straight links over every hinge. */
export const unfoldedGraph = (mesh: Mesh): EdgeGraph =>
  mesh.elementKind === "triangle" ? withHinges(mesh) : edgeGraph(mesh);

/** The edge graph with a link over every hinge; the shorter one where a link exists already. */
function withHinges(mesh: Mesh): EdgeGraph {
  const { nodeCount: count, edges, lengths } = edgeGraph(mesh);
  const links = new Map<number, number>();
  const connect = (i: number, j: number, length: number) => {
    const key = Math.min(i, j) * count + Math.max(i, j);
    if (length < (links.get(key) ?? Infinity)) links.set(key, length);
  };
  lengths.forEach((length, e) => {
    connect(edges[2 * e], edges[2 * e + 1], length);
  });
  for (const { hinge, apexes } of hinges(mesh)) {
    const length = unfoldedLength(mesh.points, hinge, apexes);
    if (length !== undefined) connect(apexes[0], apexes[1], length);
  }
  const sorted = [...links].sort(([a], [b]) => a - b);
  return {
    nodeCount: count,
    edges: Int32Array.from(sorted.flatMap(([key]) => [Math.floor(key / count), key % count])),
    lengths: Float64Array.from(sorted, ([, length]) => length),
  };
}

type Pair = readonly [number, number];

/** Pairs of triangles with a common edge: the edge and the two corners opposite to it. */
function hinges(mesh: Mesh): { hinge: Pair; apexes: Pair }[] {
  const result: { hinge: Pair; apexes: Pair }[] = [];
  const opposite = new Map<number, number[]>();
  const count = nodeCount(mesh);
  for (let e = 0; e < mesh.elements.length; e += 3)
    for (let side = 0; side < 3; side++) {
      const [i, j, apex] = [0, 1, 2].map((k) => mesh.elements[e + ((side + k) % 3)]);
      const key = Math.min(i, j) * count + Math.max(i, j);
      const others = opposite.get(key) ?? [];
      for (const other of others) result.push({ hinge: [i, j], apexes: [apex, other] });
      opposite.set(key, [...others, apex]);
    }
  return result;
}

/** Apex to apex over the hinge, both triangles laid flat, mm; undefined if it misses the hinge. */
function unfoldedLength(points: Float64Array, [i, j]: Pair, apexes: Pair): number | undefined {
  const width = distance(points, i, points, j);
  // An apex in the plane of its triangle: i at (0, 0), j at (width, 0), apex at (x, y), y >= 0.
  const [a, b] = apexes.map((apex) => {
    const [fromI, fromJ] = [distance(points, apex, points, i), distance(points, apex, points, j)];
    const x = (fromI ** 2 - fromJ ** 2 + width ** 2) / (2 * width);
    return { x, y: Math.sqrt(Math.max(0, fromI ** 2 - x ** 2)) };
  });
  const crossing = (a.x * b.y + b.x * a.y) / (a.y + b.y);
  return crossing >= 0 && crossing <= width ? Math.hypot(a.x - b.x, a.y + b.y) : undefined;
}
