import { fail } from "../core/errors.js";
import {
  requireElements,
  requireNoSlivers,
  requireUpright,
  unitFibresOf,
} from "./element-checks.js";
import { elementShape } from "./element-shape.js";
import { finiteDifference, finiteDifferenceFibre } from "./finite-difference.js";
import { degrees, elementEdges, localEdges } from "./graph.js";
import type { EdgeGraph, EdgeOperator, Mesh } from "./mesh.js";
import { elementCount, nodesPerElement } from "./mesh.js";
import { dot, pointAt, type Vector } from "./vector.js";

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
    mass: soundMass(mesh),
    weights: { w: assemble(mesh, graph, isotropic) },
  }),
  /**
   * For D = D_across I + (D_along - D_across) f f^T the conductance is
   * g = D_across w + (D_along - D_across) w_fibre; elements with the zero fibre are isotropic.
   */
  "p1-fibre": (mesh, graph) => ({
    mass: soundMass(mesh),
    weights: {
      w: assemble(mesh, graph, isotropic),
      w_fibre: assemble(mesh, graph, alongFibre(requireFibres(mesh))),
    },
  }),
  /** p1 split by region tag: w_<tag> holds the elements of that region; their sum is p1's w. */
  "p1-regional": (mesh, graph) => ({
    mass: soundMass(mesh),
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

/** Operators of structured grids, which have no elements. */
export const gridOperators: ReadonlySet<OperatorName> = new Set([
  "finite-difference",
  "finite-difference-fibre",
]);

/** The Laplacian of the tissue itself, whatever it is made of. */
export const isotropicOperator = (mesh: Mesh, graph: EdgeGraph): EdgeOperator =>
  operators[mesh.grid ? "finite-difference" : "p1"](mesh, graph);

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

/** The lumped mass of elements that can carry a simulation. */
function soundMass(mesh: Mesh): Float64Array {
  requireElements(mesh);
  requireUpright(mesh);
  const mass = lumpedMass(mesh);
  requireNoSlivers(mesh, mass);
  return mass;
}

function requireFibres(mesh: Mesh): Float64Array {
  return (
    unitFibresOf(mesh) ??
    fail({
      code: "missing-fibres",
      path: "mesh.fibres",
      message: 'The operator "p1-fibre" needs fibre directions, and this mesh has none.',
      fix: 'Give the mesh `fibres` (one unit vector per element) or use the operator "p1".',
    })
  );
}
