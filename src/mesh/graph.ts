import { fail } from "../core/errors.js";
import { gridGraph } from "./finite-difference.js";
import { createQueue, pop, push } from "./heap.js";
import { type EdgeGraph, type Mesh, nodeCount, nodesPerElement } from "./mesh.js";

/** Neighbours of every node in compressed rows; ascending within a row. */
export interface Adjacency {
  /** [N + 1] */
  readonly rowStart: Int32Array;
  /** [2E] node at the other end. */
  readonly neighbour: Int32Array;
  /** [2E] edge number. */
  readonly edge: Int32Array;
}

/** A node that starts at a given distance (mm) or time (ms). */
export interface DistanceSource {
  readonly node: number;
  readonly start: number;
}

/** Local node pairs of the edges of one element, in the order `elementEdges` uses. */
export const localEdges = {
  triangle: [
    [0, 1],
    [1, 2],
    [0, 2],
  ],
  tetrahedron: [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ],
} as const satisfies Record<Mesh["elementKind"], readonly (readonly [number, number])[]>;

/**
 * Unique undirected edges i < j of the elements, or of the grid, sorted by (i, j), with straight
 * lengths in mm.
 */
export function edgeGraph(mesh: Mesh): EdgeGraph {
  if (mesh.grid) return gridGraph(mesh.grid);
  return graphOfEdges(mesh.points, uniqueEdges(mesh));
}

/** The graph of given node pairs (i < j, sorted), e.g. of a recording without elements. */
export function graphOfEdges(points: Float64Array, edges: Int32Array): EdgeGraph {
  const lengths = new Float64Array(edges.length / 2);
  for (let e = 0; e < lengths.length; e++) {
    const i = 3 * edges[2 * e];
    const j = 3 * edges[2 * e + 1];
    lengths[e] = Math.hypot(
      points[j] - points[i],
      points[j + 1] - points[i + 1],
      points[j + 2] - points[i + 2],
    );
  }
  return { nodeCount: points.length / 3, edges, lengths };
}

function uniqueEdges(mesh: Mesh): Int32Array {
  const { rowStart, upper } = upperRows(mesh);
  // Rows shrink in place: what is kept never overtakes what is read.
  let kept = 0;
  for (let i = 0; i < nodeCount(mesh); i++) {
    const [first, end] = [rowStart[i], rowStart[i + 1]];
    upper.subarray(first, end).sort();
    rowStart[i] = kept;
    for (let k = first; k < end; k++)
      if (k === first || upper[k] !== upper[kept - 1]) upper[kept++] = upper[k];
  }
  rowStart[nodeCount(mesh)] = kept;
  const edges = new Int32Array(2 * kept);
  for (let i = 0; i < nodeCount(mesh); i++)
    for (let k = rowStart[i]; k < rowStart[i + 1]; k++) {
      edges[2 * k] = i;
      edges[2 * k + 1] = upper[k];
    }
  return edges;
}

/** For every node the larger ends of its element edges, with repetitions. */
function upperRows(mesh: Mesh): { rowStart: Int32Array; upper: Int32Array } {
  const rowStart = new Int32Array(nodeCount(mesh) + 1);
  forEachElementEdge(mesh, (low) => {
    rowStart[low + 1]++;
  });
  for (let i = 0; i < nodeCount(mesh); i++) rowStart[i + 1] += rowStart[i];
  const upper = new Int32Array(rowStart[nodeCount(mesh)]);
  const next = rowStart.slice();
  forEachElementEdge(mesh, (low, high) => {
    upper[next[low]++] = high;
  });
  return { rowStart, upper };
}

function forEachElementEdge(mesh: Mesh, visit: (low: number, high: number) => void): void {
  const size = nodesPerElement(mesh);
  const pairs = localEdges[mesh.elementKind];
  for (let start = 0; start < mesh.elements.length; start += size)
    for (const [a, b] of pairs) {
      const i = mesh.elements[start + a];
      const j = mesh.elements[start + b];
      if (i !== j) visit(Math.min(i, j), Math.max(i, j));
    }
}

export function adjacency(graph: EdgeGraph): Adjacency {
  const { nodeCount: N, edges } = graph;
  const rowStart = new Int32Array(N + 1);
  for (const node of edges) rowStart[node + 1]++;
  for (let i = 0; i < N; i++) rowStart[i + 1] += rowStart[i];
  const neighbour = new Int32Array(edges.length);
  const edge = new Int32Array(edges.length);
  const next = rowStart.slice();
  const put = (from: number, to: number, e: number) => {
    neighbour[next[from]] = to;
    edge[next[from]++] = e;
  };
  // Edges come sorted by (i, j): first the smaller neighbours of every node, then the larger ones.
  for (let e = 0; e < edges.length / 2; e++) put(edges[2 * e + 1], edges[2 * e], e);
  for (let e = 0; e < edges.length / 2; e++) put(edges[2 * e], edges[2 * e + 1], e);
  return { rowStart, neighbour, edge };
}

/** [N] number of neighbours of every node. */
export function degrees(graph: EdgeGraph): Int32Array {
  const degree = new Int32Array(graph.nodeCount);
  for (const node of graph.edges) degree[node]++;
  return degree;
}

/** Edge number of the pair (i, j), or -1. */
export function findEdge(rows: Adjacency, i: number, j: number): number {
  for (let k = rows.rowStart[i]; k < rows.rowStart[i + 1]; k++)
    if (rows.neighbour[k] === j) return rows.edge[k];
  return -1;
}

/** [M * 3] or [M * 6] edge numbers of every element, in the order of `localEdges`. */
export function elementEdges(mesh: Mesh, graph: EdgeGraph): Int32Array {
  const rows = adjacency(graph);
  const size = nodesPerElement(mesh);
  const pairs = localEdges[mesh.elementKind];
  const result = new Int32Array((mesh.elements.length / size) * pairs.length);
  let at = 0;
  for (let start = 0; start < mesh.elements.length; start += size)
    for (const [a, b] of pairs) {
      const edge = findEdge(rows, mesh.elements[start + a], mesh.elements[start + b]);
      if (edge < 0) failForeignGraph(start / size);
      result[at++] = edge;
    }
  return result;
}

function failForeignGraph(element: number): never {
  return fail({
    code: "foreign-graph",
    message: `Element ${element} has an edge that is not in the graph.`,
    fix: "Pass edgeGraph(mesh) of the same mesh, and a mesh without degenerate elements.",
  });
}

/**
 * Shortest paths along edges from all sources at once (Dijkstra 1959). [N] distance in mm, or in
 * ms when `edgeCost` (travel time of each edge, [E], >= 0) is given; Infinity where unreachable.
 */
export function graphDistances(
  graph: EdgeGraph,
  sources: readonly DistanceSource[],
  edgeCost: Float64Array = graph.lengths,
): Float64Array {
  checkDistanceInput(graph, sources, edgeCost);
  const distance = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  relaxDistances({ rows: adjacency(graph), edgeCost, distance }, sources);
  return distance;
}

function checkDistanceInput(
  graph: EdgeGraph,
  sources: readonly DistanceSource[],
  edgeCost: Float64Array,
): void {
  if (edgeCost.length !== graph.lengths.length)
    fail({
      code: "bad-shape",
      message: `edgeCost has ${edgeCost.length} values for ${graph.lengths.length} edges.`,
      fix: "Give one travel time for each edge of the graph.",
    });
  const badEdge = edgeCost.findIndex((cost) => !(cost >= 0));
  if (badEdge >= 0)
    fail({
      code: "out-of-range",
      message: `edgeCost[${badEdge}] = ${edgeCost[badEdge]} is not a number >= 0.`,
      fix: "Travel times of edges must not be negative.",
    });
  for (const { node } of sources) checkNode(graph, node);
}

export function checkNode(graph: EdgeGraph, node: number): void {
  if (Number.isInteger(node) && node >= 0 && node < graph.nodeCount) return;
  fail({
    code: "out-of-range",
    message: `Node ${node} does not exist.`,
    fix: `Nodes are numbered 0 to ${graph.nodeCount - 1}.`,
  });
}

export interface DistanceField {
  readonly rows: Adjacency;
  readonly edgeCost: Float64Array;
  /** [N], lowered in place. */
  readonly distance: Float64Array;
}

/** Lowers an existing distance field by new sources; touches only the nodes that come closer. */
export function relaxDistances(field: DistanceField, sources: readonly DistanceSource[]): void {
  const { rows, edgeCost, distance } = field;
  const queue = createQueue();
  const offer = (node: number, value: number) => {
    if (value >= distance[node]) return;
    distance[node] = value;
    push(queue, value, node);
  };
  for (const { node, start } of sources) offer(node, start);
  for (let top = pop(queue); top !== undefined; top = pop(queue)) {
    if (top.key > distance[top.item]) continue;
    for (let k = rows.rowStart[top.item]; k < rows.rowStart[top.item + 1]; k++)
      offer(rows.neighbour[k], top.key + edgeCost[rows.edge[k]]);
  }
}

/** [N] component number of every node; components are numbered by their lowest node. */
export function connectedComponents(graph: EdgeGraph): { count: number; component: Int32Array } {
  const rows = adjacency(graph);
  const component = new Int32Array(graph.nodeCount).fill(-1);
  let count = 0;
  for (let seed = 0; seed < graph.nodeCount; seed++) {
    if (component[seed] >= 0) continue;
    const stack = [seed];
    component[seed] = count;
    for (let i = stack.pop(); i !== undefined; i = stack.pop())
      for (const j of rows.neighbour.subarray(rows.rowStart[i], rows.rowStart[i + 1]))
        if (component[j] < 0) {
          component[j] = count;
          stack.push(j);
        }
    count++;
  }
  return { count, component };
}
