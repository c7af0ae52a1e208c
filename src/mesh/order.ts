import { fail } from "../core/errors.js";
import { type Adjacency, adjacency, degrees } from "./graph.js";
import { type EdgeGraph, type Mesh, nodeCount } from "./mesh.js";

/**
 * Reverse Cuthill-McKee order: neighbours get near numbers, which keeps kernels inside the cache.
 * Returns [N] permutation with permutation[new] = old. Start nodes by George & Liu 1979.
 */
export function reverseCuthillMcKee(graph: EdgeGraph): Int32Array {
  const rows = adjacency(graph);
  const degree = degrees(graph);
  const placed = new Uint8Array(graph.nodeCount);
  const order: number[] = [];
  for (let seed = 0; seed < graph.nodeCount; seed++) {
    if (placed[seed]) continue;
    const start = peripheralNode(rows, degree, seed);
    for (const node of breadthFirst(rows, degree, start).flat()) {
      placed[node] = 1;
      order.push(node);
    }
  }
  return Int32Array.from(order.reverse());
}

/** A node with (nearly) the largest eccentricity of its component. */
function peripheralNode(rows: Adjacency, degree: Int32Array, seed: number): number {
  let node = seed;
  let depth = 0;
  for (;;) {
    const levels = breadthFirst(rows, degree, node);
    if (levels.length <= depth) return node;
    depth = levels.length;
    const last = levels[levels.length - 1];
    node = last.reduce((best, other) => (degree[other] < degree[best] ? other : best));
  }
}

/** Levels of equal hop distance from `start`; within one, parents in order, then low degree first. */
function breadthFirst(rows: Adjacency, degree: Int32Array, start: number): number[][] {
  const seen = new Set([start]);
  const levels = [[start]];
  for (;;) {
    const next: number[] = [];
    for (const node of levels[levels.length - 1]) {
      const row = rows.neighbour.subarray(rows.rowStart[node], rows.rowStart[node + 1]);
      const fresh = Array.from(row).filter((other) => !seen.has(other));
      for (const other of fresh) seen.add(other);
      next.push(...fresh.sort((a, b) => degree[a] - degree[b] || a - b));
    }
    if (next.length === 0) return levels;
    levels.push(next);
  }
}

/** Largest |i - j| over the edges. */
export function bandwidth(graph: EdgeGraph): number {
  let widest = 0;
  for (let e = 0; e < graph.edges.length; e += 2)
    widest = Math.max(widest, graph.edges[e + 1] - graph.edges[e]);
  return widest;
}

/** The permutation that undoes `permutation`. */
export function inversePermutation(permutation: Int32Array): Int32Array {
  const inverse = new Int32Array(permutation.length).fill(-1);
  permutation.forEach((old, fresh) => {
    inverse[old] = fresh;
  });
  return inverse;
}

/** The same mesh with node permutation[new] of the old mesh as its node `new`. */
export function renumber(mesh: Mesh, permutation: Int32Array): Mesh {
  checkPermutation(permutation, nodeCount(mesh));
  const newNumber = inversePermutation(permutation);
  return {
    ...mesh,
    points: takeRows(mesh.points, permutation, 3),
    elements: mesh.elements.map((node) => newNumber[node]),
    ...(mesh.nodeData && { nodeData: mapValues(mesh.nodeData, permutation) }),
  };
}

const mapValues = (data: Readonly<Record<string, Float64Array>>, rows: Int32Array) =>
  Object.fromEntries(Object.entries(data).map(([name, v]) => [name, takeRows(v, rows, 1)]));

function takeRows(values: Float64Array, rows: Int32Array, width: number): Float64Array {
  const result = new Float64Array(rows.length * width);
  rows.forEach((row, at) => {
    result.set(values.subarray(row * width, (row + 1) * width), at * width);
  });
  return result;
}

/** The mesh without the nodes that no element uses. */
export function dropUnusedNodes(mesh: Mesh): Mesh {
  const used = new Uint8Array(nodeCount(mesh));
  for (const node of mesh.elements) used[node] = 1;
  const kept = Int32Array.from(used.keys()).filter((node) => used[node] === 1);
  const newNumber = new Int32Array(used.length);
  kept.forEach((old, fresh) => {
    newNumber[old] = fresh;
  });
  return {
    ...mesh,
    points: takeRows(mesh.points, kept, 3),
    elements: mesh.elements.map((node) => newNumber[node]),
    ...(mesh.nodeData && { nodeData: mapValues(mesh.nodeData, kept) }),
  };
}

function checkPermutation(permutation: Int32Array, size: number): void {
  const seen = new Set(permutation.filter((node) => node >= 0 && node < size));
  if (permutation.length === size && seen.size === size) return;
  fail({
    code: "bad-shape",
    message: `The permutation has ${permutation.length} entries, ${seen.size} of them distinct nodes.`,
    fix: `Give each node 0 to ${size - 1} exactly once (permutation[new] = old).`,
  });
}
