import { fail } from "../core/errors.js";
import { edgeGraph, elementEdges } from "./graph.js";
import { type EdgeGraph, elementCount, type Mesh, nodeCount } from "./mesh.js";
import { add, cross, dot, normalize, pointAt, subtract, type Vector } from "./vector.js";

export interface Surface {
  /** [T * 3] node numbers of the mesh, counter-clockwise from outside. */
  readonly triangles: Int32Array;
  /** Nodes of the surface, ascending. */
  readonly nodes: Int32Array;
}

/** Faces of the positively oriented tetrahedron (0,1,2,3), counter-clockwise from outside. */
export const tetrahedronFaces = [
  [1, 2, 3],
  [0, 3, 2],
  [0, 1, 3],
  [0, 2, 1],
] as const;

/** The faces that belong to one tetrahedron only, outward; of a triangle mesh all its elements. */
export function boundarySurface(mesh: Mesh): Surface {
  const triangles =
    mesh.elementKind === "triangle" ? mesh.elements.slice() : tetrahedronBoundary(mesh);
  return { triangles, nodes: Int32Array.from(new Set(triangles)).sort() };
}

function tetrahedronBoundary(mesh: Mesh): Int32Array {
  const faces = Int32Array.from({ length: mesh.elements.length * 3 });
  for (let element = 0; element < elementCount(mesh); element++)
    faces.set(outwardFaces(mesh, element), 12 * element);
  const uses = countFaces(faces, nodeCount(mesh));
  return faces.filter((_node, at) => uses.countOf(Math.floor(at / 3)) === 1);
}

/** [12] the four faces of one tetrahedron, turned outward whatever its own orientation is. */
function outwardFaces(mesh: Mesh, element: number): number[] {
  const nodes = mesh.elements.subarray(4 * element, 4 * element + 4);
  const flip = signedVolume(mesh.points, nodes) < 0;
  return tetrahedronFaces.flatMap(([a, b, c]) =>
    flip ? [nodes[a], nodes[c], nodes[b]] : [nodes[a], nodes[b], nodes[c]],
  );
}

/** Volume (mm^3), positive when the first three nodes run counter-clockwise seen from the fourth. */
export function signedVolume(points: Float64Array, nodes: ArrayLike<number>): number {
  const origin = pointAt(points, nodes[0]);
  const [p, q, r] = [1, 2, 3].map((k) => subtract(pointAt(points, nodes[k]), origin));
  return dot(p, cross(q, r)) / 6;
}

/** How often every face of a [F * 3] list occurs in it, whatever its orientation. */
export function countFaces(
  faces: Int32Array,
  nodes: number,
): { countOf: (face: number) => number; most: number } {
  // Two lookups instead of a string key: (low, middle) -> pair number, (pair, high) -> count.
  const pairs = new Map<number, number>();
  const counts = new Map<number, number>();
  const keys = new Float64Array(faces.length / 3);
  for (let face = 0; face < keys.length; face++) {
    const [low, middle, high] = faces.slice(3 * face, 3 * face + 3).sort();
    const pairKey = low * nodes + middle;
    const pair = pairs.get(pairKey) ?? pairs.size;
    pairs.set(pairKey, pair);
    keys[face] = pair * nodes + high;
    counts.set(keys[face], (counts.get(keys[face]) ?? 0) + 1);
  }
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return { countOf: (face) => counts.get(keys[face]) as number, most };
}

/** [N * 3] unit outward normal of every surface node, weighted by area; zero for inner nodes. */
export function nodeNormals(mesh: Mesh): Float64Array {
  const normals = new Float64Array(mesh.points.length);
  const { triangles } = boundarySurface(mesh);
  for (let start = 0; start < triangles.length; start += 3) {
    const nodes = triangles.subarray(start, start + 3);
    const normal = triangleNormal(mesh.points, nodes);
    for (const node of nodes) normals.set(add(pointAt(normals, node), normal), 3 * node);
  }
  for (let node = 0; node < nodeCount(mesh); node++)
    normals.set(normalize(pointAt(normals, node)), 3 * node);
  return normals;
}

/** Normal of length 2 * area (mm^2). */
export function triangleNormal(points: Float64Array, nodes: ArrayLike<number>): Vector {
  const origin = pointAt(points, nodes[0]);
  return cross(
    subtract(pointAt(points, nodes[1]), origin),
    subtract(pointAt(points, nodes[2]), origin),
  );
}

/**
 * Every triangle into four by its edges' midpoints. Old nodes keep their numbers, edge e of
 * edgeGraph(mesh) gets node N + e; regions and fibres are inherited, node data interpolated.
 */
export function refineTriangles(mesh: Mesh): Mesh {
  if (mesh.elementKind !== "triangle")
    fail({
      code: "wrong-element-kind",
      message: "Only triangle meshes can be refined, and this one has tetrahedra.",
      fix: "Refine boundarySurface(mesh), or generate the volume with more nodes.",
    });
  const graph = edgeGraph(mesh);
  return {
    ...mesh,
    points: withMidpoints(mesh.points, graph, 3),
    elements: quarter(mesh, elementEdges(mesh, graph)),
    regions: Int32Array.from({ length: 4 * mesh.regions.length }, (_, k) => mesh.regions[k >> 2]),
    ...(mesh.fibres && { fibres: repeatFibres(mesh.fibres) }),
    ...(mesh.nodeData && {
      nodeData: Object.fromEntries(
        Object.entries(mesh.nodeData).map(([name, v]) => [name, withMidpoints(v, graph, 1)]),
      ),
    }),
  };
}

/** Node values [N * width] followed by the means of every edge's two ends. */
function withMidpoints(values: Float64Array, graph: EdgeGraph, width: number): Float64Array {
  const result = new Float64Array(values.length + width * graph.lengths.length);
  result.set(values);
  for (let e = 0; e < graph.lengths.length; e++)
    for (let k = 0; k < width; k++) {
      const i = width * graph.edges[2 * e] + k;
      const j = width * graph.edges[2 * e + 1] + k;
      result[values.length + width * e + k] = (values[i] + values[j]) / 2;
    }
  return result;
}

function quarter(mesh: Mesh, edgesOf: Int32Array): Int32Array {
  const elements = new Int32Array(4 * mesh.elements.length);
  for (let element = 0; element < elementCount(mesh); element++) {
    const [a, b, c] = mesh.elements.subarray(3 * element, 3 * element + 3);
    // Local edges run (0,1), (1,2), (0,2).
    const [ab, bc, ac] = edgesOf
      .subarray(3 * element, 3 * element + 3)
      .map((edge) => edge + nodeCount(mesh));
    elements.set([a, ab, ac, ab, b, bc, ac, bc, c, ab, bc, ac], 12 * element);
  }
  return elements;
}

const repeatFibres = (fibres: Float64Array) =>
  Float64Array.from({ length: 4 * fibres.length }, (_, k) => {
    const element = Math.floor(k / 12);
    return fibres[3 * element + (k % 3)];
  });
