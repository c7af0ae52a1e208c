import { edgeGraph } from "../src/mesh/graph.js";
import type { EdgeGraph, Mesh } from "../src/mesh/mesh.js";
import { cross, dot, norm, normalize, pointAt, subtract, type Vector } from "../src/mesh/vector.js";

/** A mesh with the weights of -div(grad): (mass du/dt)_i = sum_j c_ij (u_j - u_i). */
export interface Problem {
  readonly nodes: number;
  /** [E * 2], i < j, in lexicographic order. */
  readonly edges: Int32Array;
  /** [E] */
  readonly c: Float64Array;
  /** [E] */
  readonly lengths: Float64Array;
  /** [N] */
  readonly mass: Float64Array;
  /** [N] potential at the start: the lowest 12 % along z (or x of a sheet) are lifted. */
  readonly u0: Float64Array;
}

/** Nodes of the subdivided icosahedron: 10 * 4^level + 2. */
export const levels: Readonly<Record<number, number>> = Object.fromEntries(
  Array.from({ length: 8 }, (_, level) => [10 * 4 ** level + 2, level]),
);

const golden = (1 + Math.sqrt(5)) / 2;
const corners: Vector[] = [
  ...[[-1, golden, 0] as const, [1, golden, 0] as const],
  ...[[-1, -golden, 0] as const, [1, -golden, 0] as const],
  ...[[0, -1, golden] as const, [0, 1, golden] as const],
  ...[[0, -1, -golden] as const, [0, 1, -golden] as const],
  ...[[golden, 0, -1] as const, [golden, 0, 1] as const],
  ...[[-golden, 0, -1] as const, [-golden, 0, 1] as const],
].map(([x, y, z]) => normalize([x, y, z]));
const faces = [
  ...[0, 11, 5, 0, 5, 1, 0, 1, 7, 0, 7, 10, 0, 10, 11, 1, 5, 9, 5, 11, 4, 11, 10, 2, 10, 7, 6],
  ...[7, 1, 8, 3, 9, 4, 3, 4, 2, 3, 2, 6, 3, 6, 8, 3, 8, 9, 4, 9, 5, 2, 4, 11, 6, 2, 10, 8, 6, 7],
  ...[9, 8, 1],
];

/** The unit sphere: new nodes are numbered in the order of the edges they halve. */
function icosphere(level: number): Mesh {
  if (level === 0) return plainMesh(Float64Array.from(corners.flat()), Int32Array.from(faces));
  const coarse = icosphere(level - 1);
  const { edges } = edgeGraph(coarse);
  const first = coarse.points.length / 3;
  const middles = new Map<number, number>();
  const key = (a: number, b: number) => Math.min(a, b) * first + Math.max(a, b);
  const points = new Float64Array(3 * (first + edges.length / 2));
  points.set(coarse.points);
  for (let e = 0; e < edges.length / 2; e++) {
    const [a, b] = [edges[2 * e], edges[2 * e + 1]];
    middles.set(key(a, b), first + e);
    const [p, q] = [pointAt(coarse.points, a), pointAt(coarse.points, b)];
    points.set(normalize([p[0] + q[0], p[1] + q[1], p[2] + q[2]]), 3 * (first + e));
  }
  const elements: number[] = [];
  for (let t = 0; t < coarse.elements.length; t += 3) {
    const [i, j, k] = coarse.elements.subarray(t, t + 3);
    const [a, b, c] = [key(i, j), key(j, k), key(k, i)].map((at) => middles.get(at)!);
    elements.push(i, a, c, j, b, a, k, c, b, a, b, c);
  }
  return plainMesh(points, Int32Array.from(elements));
}

const plainMesh = (points: Float64Array, elements: Int32Array): Mesh => ({
  points,
  elementKind: "triangle",
  elements,
  regions: new Int32Array(elements.length / 3),
  regionNames: {},
});

const axes = [1, 1, 1.5];

/** Closed ellipsoid, axes 1 : 1 : 1.5, mean edge 1, cotangent weights held above 1e-3. */
export function ellipsoidProblem(nodes: number): Problem {
  const level = levels[nodes];
  if (level === undefined)
    throw new Error(
      `No icosphere has ${nodes} nodes; there are ${Object.keys(levels).join(", ")}.`,
    );
  const sphere = icosphere(level);
  const stretched = sphere.points.map((x, k) => x * axes[k % 3]);
  const raw = edgeGraph({ ...sphere, points: stretched });
  const mean = raw.lengths.reduce((a, b) => a + b, 0) / raw.lengths.length;
  const mesh = { ...sphere, points: stretched.map((x) => x / mean) };
  const graph = edgeGraph(mesh);
  return { ...geometry(mesh, graph), u0: liftedEnd(mesh.points, nodes, 2) };
}

/** Half the cotangents of both opposite angles, and a third of the area of the triangles around. */
function geometry(mesh: Mesh, graph: EdgeGraph): Omit<Problem, "u0"> {
  const nodes = graph.nodeCount;
  const number = new Map<number, number>();
  const key = (a: number, b: number) => Math.min(a, b) * nodes + Math.max(a, b);
  for (let e = 0; e < graph.lengths.length; e++)
    number.set(key(graph.edges[2 * e], graph.edges[2 * e + 1]), e);
  const c = new Float64Array(graph.lengths.length);
  const mass = new Float64Array(nodes);
  for (let t = 0; t < mesh.elements.length; t += 3) {
    const corner = mesh.elements.subarray(t, t + 3);
    for (let k = 0; k < 3; k++) {
      const [a, b, opposite] = [corner[k], corner[(k + 1) % 3], corner[(k + 2) % 3]];
      const [p, q] = [a, b].map((i) =>
        subtract(pointAt(mesh.points, i), pointAt(mesh.points, opposite)),
      );
      const doubleArea = norm(cross(p, q));
      c[number.get(key(a, b))!] += dot(p, q) / doubleArea / 2;
      mass[opposite] += doubleArea / 6;
    }
  }
  return {
    nodes,
    edges: graph.edges,
    lengths: graph.lengths,
    mass,
    c: c.map((w) => Math.max(w, 1e-3)),
  };
}

function liftedEnd(points: Float64Array, nodes: number, axis: number): Float64Array {
  const x = Float64Array.from({ length: nodes }, (_, i) => points[3 * i + axis]);
  const [low, high] = x.reduce(
    ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
    [Infinity, -Infinity],
  );
  return x.map((v) => Number(v < low + 0.12 * (high - low)));
}

/** A structured grid, spacing 1: every node tied to the next along each axis. */
export function gridProblem(size: readonly number[], weights: readonly number[]): Problem {
  const nodes = size.reduce((a, b) => a * b, 1);
  // The last axis runs fastest.
  const strides = size.map((_, a) => size.slice(a + 1).reduce((s, n) => s * n, 1));
  const edges: number[] = [];
  const c: number[] = [];
  for (let i = 0; i < nodes; i++)
    for (let a = size.length - 1; a >= 0; a--)
      if (Math.floor(i / strides[a]) % size[a] < size[a] - 1) {
        edges.push(i, i + strides[a]);
        c.push(weights[a]);
      }
  const points = new Float64Array(3 * nodes);
  const fast = size[size.length - 1];
  for (let i = 0; i < nodes; i++) points[3 * i] = i % fast;
  return {
    nodes,
    edges: Int32Array.from(edges),
    c: Float64Array.from(c),
    lengths: new Float64Array(c.length).fill(1),
    mass: new Float64Array(nodes).fill(1),
    u0: liftedEnd(points, nodes, 0),
  };
}
