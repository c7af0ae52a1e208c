import { fail } from "../../core/errors.js";
import { edgeGraph } from "../../mesh/graph.js";
import type { EdgeGraph, Mesh } from "../../mesh/mesh.js";
import { applyWeights, isotropicOperator } from "../../mesh/operators.js";
import type { Known } from "./known.js";
import { nearest } from "./nearest.js";

/**
 * The smoothest field through the known values: minimises the integral of |laplacian u|^2,
 * (1/2) u' S M^-1 S u with the stiffness S (cotangents; differences on a grid) and lumped mass M. (Surface Laplacian
 * interpolation: Oostendorp 1989, doi:10.1016/0021-9991(89)90103-4)
 *
 * An open rim has no flux across it, so linear fields are bent near it. Parts of the mesh without
 * a known node keep a smoothed copy of their nearest known values.
 */
export function biLaplacian(mesh: Mesh, known: Known): Float64Array {
  const start = nearest(mesh, known);
  const graph = edgeGraph(mesh);
  const { mass, weights } = isotropicOperator(mesh, graph);
  // Nodes of no element have no mass and no flux.
  const inverseMass = mass.map((value) => (value > 0 ? 1 / value : 0));
  const laplacian = (u: Float64Array) => applyWeights(graph, weights.w, u);
  const energyGradient = (u: Float64Array) =>
    laplacian(laplacian(u).map((flux, i) => flux * inverseMass[i]));
  const free = new Uint8Array(start.length).fill(1);
  for (let k = 0; k < known.nodes.length; k++) free[known.nodes[k]] = 0;
  return minimise(energyGradient, {
    start,
    free,
    diagonal: diagonalOf(graph, weights.w, inverseMass),
  });
}

/** [N] diagonal of S M^-1 S, S_ii = sum_j w_ij; 1 where it vanishes (nodes of no element). */
function diagonalOf({ edges }: EdgeGraph, w: Float64Array, inverseMass: Float64Array) {
  const own = new Float64Array(inverseMass.length);
  const result = new Float64Array(inverseMass.length);
  w.forEach((weight, e) => {
    const [i, j] = [edges[2 * e], edges[2 * e + 1]];
    own[i] += weight;
    own[j] += weight;
    result[i] += weight ** 2 * inverseMass[j];
    result[j] += weight ** 2 * inverseMass[i];
  });
  return result.map((value, i) => value + own[i] ** 2 * inverseMass[i] || 1);
}

interface QuadraticProblem {
  /** [N] */
  readonly start: Float64Array;
  /** [N] 1 where the field may change. */
  readonly free: Uint8Array;
  /** [N] the operator's diagonal: the preconditioner. */
  readonly diagonal: Float64Array;
}

// Relative fall of the preconditioned residual; 1e-9 moves activation times by less than 1e-5 ms.
const TOLERANCE = 1e-9;

/** Conjugate gradients on (1/2) u' A u over the free entries; A is symmetric, semi-definite. */
function minimise(
  operator: (u: Float64Array) => Float64Array,
  { start, free, diagonal }: QuadraticProblem,
): Float64Array {
  const u = start.slice();
  const residual = operator(u).map((value, i) => (free[i] ? -value : 0));
  let scaled = residual.map((value, i) => value / diagonal[i]);
  const direction = scaled.slice();
  let size = dot(residual, scaled);
  const goal = size * TOLERANCE ** 2;
  for (let iteration = 0; size > goal; iteration++) {
    if (iteration > 50 * u.length) notConverged(iteration);
    const image = operator(direction).map((value, i) => (free[i] ? value : 0));
    const step = size / dot(direction, image);
    for (let i = 0; i < u.length; i++) {
      u[i] += step * direction[i];
      residual[i] -= step * image[i];
    }
    scaled = residual.map((value, i) => value / diagonal[i]);
    const next = dot(residual, scaled);
    for (let i = 0; i < u.length; i++) direction[i] = scaled[i] + (next / size) * direction[i];
    size = next;
  }
  return u;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const notConverged = (iterations: number): never =>
  fail({
    code: "no-convergence",
    message: `The bi-Laplacian did not settle in ${iterations} iterations.`,
    fix: "Look for slivers in the mesh (edges far shorter than their neighbours).",
  });
