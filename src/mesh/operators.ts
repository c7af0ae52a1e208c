import { fail } from "../core/errors.js";
import { finiteDifference, finiteDifferenceFibre } from "./finite-difference.js";
import { degrees, elementEdges, localEdges } from "./graph.js";
import type { EdgeGraph, EdgeOperator, Mesh } from "./mesh.js";
import { elementCount, nodesPerElement } from "./mesh.js";
import { cross, dot, norm, pointAt, scale, subtract, type Vector } from "./vector.js";

/**
 * Every geometric operator, (mass du/dt)_i = sum_j w_ij (u_j - u_i). The p1 weights of obtuse
 * elements can be negative although the whole operator stays positive semi-definite.
 */
export const operators = {
  /** du_i = mean over neighbours of (u_j - u_i): no lengths, what a mean aggregation computes. */
  mean: (_mesh, graph) => ({
    mass: Float64Array.from(degrees(graph)),
    weights: { w: ones(graph) },
  }),
  /** Combinatorial Laplacian. */
  graph: (_mesh, graph) => ({
    mass: new Float64Array(graph.nodeCount).fill(1),
    weights: { w: ones(graph) },
  }),
  /**
   * w_ij = 1 / l_ij^2 (mm^-2) and mass_i = sum_j w_ij l_ij^2 / (2 d) = degree_i / (2 d) in d
   * dimensions: where the neighbours' directions are spread evenly this is the Laplacian (mm^-2),
   * exactly so for quadratics on square, equilateral and body-centred cubic lattices.
   */
  "inverse-distance": (mesh, graph) => ({
    mass: Float64Array.from(degrees(graph), (degree) => degree / (2 * dimension(mesh))),
    weights: { w: graph.lengths.map((length) => 1 / length ** 2) },
  }),
  /**
   * Linear finite elements: w_ij = -integral grad phi_i . grad phi_j (dimensionless for surfaces:
   * (cot a + cot b) / 2, in mm for volumes); mass = a third / quarter of the area / volume around.
   */
  p1: (mesh, graph) => ({
    mass: lumpedMass(mesh),
    weights: { w: assemble(mesh, graph, isotropic) },
  }),
  /**
   * For D = D_across I + (D_along - D_across) f f^T the conductance is
   * g = D_across w + (D_along - D_across) w_fibre; elements with the zero fibre are isotropic.
   */
  "p1-fibre": (mesh, graph) => ({
    mass: lumpedMass(mesh),
    weights: {
      w: assemble(mesh, graph, isotropic),
      w_fibre: assemble(mesh, graph, alongFibre(requireFibres(mesh))),
    },
  }),
  /** p1 split by region tag: w_<tag> holds the elements of that region; their sum is p1's w. */
  "p1-regional": (mesh, graph) => ({
    mass: lumpedMass(mesh),
    weights: Object.fromEntries(
      regionTags(mesh).map((tag) => [`w_${tag}`, assemble(mesh, graph, ofRegion(mesh, tag))]),
    ),
  }),
  "finite-difference": finiteDifference,
  "finite-difference-fibre": finiteDifferenceFibre,
} satisfies Record<string, (mesh: Mesh, graph: EdgeGraph) => EdgeOperator>;

export type OperatorName = keyof typeof operators;

/** Operators of finite elements: their mass is that of the mesh, and may be spread over elements. */
export const finiteElements: ReadonlySet<OperatorName> = new Set(["p1", "p1-fibre", "p1-regional"]);

/** 1 for cables, 2 for surfaces, 3 for volumes. */
export function dimension(mesh: Mesh): 1 | 2 | 3 {
  if (mesh.grid) return mesh.grid.nodes.filter((n) => n > 1).length as 1 | 2 | 3;
  return mesh.elementKind === "triangle" ? 2 : 3;
}

/** Region tags in use, ascending. */
export const regionTags = (mesh: Mesh): number[] =>
  [...new Set(mesh.regions)].sort((a, b) => a - b);

/** out_i = sum_j w_ij (u_j - u_i), [N]; divide by the mass for du/dt. */
export function applyWeights(graph: EdgeGraph, w: Float64Array, u: Float64Array): Float64Array {
  const out = new Float64Array(graph.nodeCount);
  for (let e = 0; e < w.length; e++) {
    const i = graph.edges[2 * e];
    const j = graph.edges[2 * e + 1];
    const flux = w[e] * (u[j] - u[i]);
    out[i] += flux;
    out[j] -= flux;
  }
  return out;
}

const ones = (graph: EdgeGraph) => new Float64Array(graph.lengths.length).fill(1);

/** Gradients (1/mm) of the hat functions of one element and its area (mm^2) or volume (mm^3). */
export interface ElementShape {
  readonly measure: number;
  readonly gradients: readonly Vector[];
}

export function elementShape(mesh: Mesh, element: number): ElementShape {
  const size = nodesPerElement(mesh);
  const corner = (k: number) => pointAt(mesh.points, mesh.elements[size * element + k]);
  const shape =
    size === 3
      ? triangleShape(corner(0), corner(1), corner(2))
      : tetrahedronShape([corner(0), corner(1), corner(2), corner(3)]);
  if (!(shape.measure > 0))
    fail({
      code: "degenerate-element",
      message: `Element ${element} has no ${size === 3 ? "area" : "volume"}.`,
      fix: "Remove or repair flat elements; inspectMesh counts them.",
    });
  return shape;
}

function triangleShape(a: Vector, b: Vector, c: Vector): ElementShape {
  const normal = cross(subtract(b, a), subtract(c, a));
  const doubleArea = norm(normal);
  // grad phi of the corner opposite to edge q - p: normal x (q - p) / |normal|^2.
  const towards = (p: Vector, q: Vector) =>
    scale(cross(normal, subtract(q, p)), 1 / doubleArea ** 2);
  return { measure: doubleArea / 2, gradients: [towards(b, c), towards(c, a), towards(a, b)] };
}

function tetrahedronShape(corners: readonly [Vector, Vector, Vector, Vector]): ElementShape {
  const [p, q, r] = corners.slice(1).map((corner) => subtract(corner, corners[0]));
  const sixVolume = dot(p, cross(q, r));
  const g1 = scale(cross(q, r), 1 / sixVolume);
  const g2 = scale(cross(r, p), 1 / sixVolume);
  const g3 = scale(cross(p, q), 1 / sixVolume);
  const g0: Vector = [-g1[0] - g2[0] - g3[0], -g1[1] - g2[1] - g3[1], -g1[2] - g2[2] - g3[2]];
  return { measure: Math.abs(sixVolume) / 6, gradients: [g0, g1, g2, g3] };
}

/** (grad phi_a)^T T (grad phi_b) for the tensor T an element contributes. */
type Contraction = (element: number, a: Vector, b: Vector) => number;

const isotropic: Contraction = (_element, a, b) => dot(a, b);

function alongFibre(fibres: Float64Array): Contraction {
  return (element, a, b) => {
    const f = pointAt(fibres, element);
    return dot(a, f) * dot(b, f);
  };
}

const ofRegion =
  (mesh: Mesh, tag: number): Contraction =>
  (element, a, b) =>
    mesh.regions[element] === tag ? dot(a, b) : 0;

/** [E] w_ij = -sum over elements of measure * contraction. */
function assemble(mesh: Mesh, graph: EdgeGraph, contraction: Contraction): Float64Array {
  const edgesOf = elementEdges(mesh, graph);
  const pairs = localEdges[mesh.elementKind];
  const w = new Float64Array(graph.lengths.length);
  for (let element = 0; element < elementCount(mesh); element++) {
    const { measure, gradients } = elementShape(mesh, element);
    pairs.forEach(([a, b], k) => {
      const value = contraction(element, gradients[a], gradients[b]);
      w[edgesOf[element * pairs.length + k]] -= measure * value;
    });
  }
  return w;
}

/** [N] area (mm^2) or volume (mm^3) of every node's share of its elements. */
export function lumpedMass(mesh: Mesh): Float64Array {
  const size = nodesPerElement(mesh);
  const mass = new Float64Array(mesh.points.length / 3);
  for (let element = 0; element < elementCount(mesh); element++) {
    const share = elementShape(mesh, element).measure / size;
    for (let k = 0; k < size; k++) mass[mesh.elements[size * element + k]] += share;
  }
  return mass;
}

/**
 * [E] integral of phi_i phi_j over the elements around each edge: a twelfth of their area, or a
 * twentieth of their volume. A node's diagonal is its lumped mass less the edges around it.
 */
export function consistentMass(mesh: Mesh, graph: EdgeGraph): Float64Array {
  const edgesOf = elementEdges(mesh, graph);
  const pairs = localEdges[mesh.elementKind].length;
  const size = nodesPerElement(mesh);
  const mass = new Float64Array(graph.lengths.length);
  for (let element = 0; element < elementCount(mesh); element++) {
    const share = elementShape(mesh, element).measure / (size * (size + 1));
    for (let k = 0; k < pairs; k++) mass[edgesOf[element * pairs + k]] += share;
  }
  return mass;
}

function requireFibres(mesh: Mesh): Float64Array {
  if (mesh.fibres === undefined)
    return fail({
      code: "missing-fibres",
      message: 'The operator "p1-fibre" needs fibre directions, and this mesh has none.',
      fix: 'Give the mesh `fibres` (one unit vector per element) or use the operator "p1".',
    });
  if (mesh.fibres.length !== 3 * elementCount(mesh))
    return fail({
      code: "bad-shape",
      message: `The mesh has ${mesh.fibres.length / 3} fibres for ${elementCount(mesh)} elements.`,
      fix: "Give one vector per element, [M * 3].",
    });
  return mesh.fibres;
}
