import type { Stimulus } from "../case/case.js";
import { elementShape } from "../mesh/element-shape.js";
import { elementCount, nodeCount } from "../mesh/mesh.js";
import type { CompiledTwin } from "../twin/compile.js";

/** 50,000 uA/cm3 over chi C_m, mV/ms, for 2 ms in a cube of 1.5 mm at the origin. */
export const cornerStimulus = {
  strength_mV_per_ms: 35.714,
  duration_ms: 2,
  side_mm: 1.5,
} as const;
const { side_mm, duration_ms } = cornerStimulus;
const rounding_mm = 1e-9;

/**
 * The current of 2 ms in the corner cube. Differences: the nodes inside it. Elements: the elements
 * inside it, so that its volume does not depend on the mesh; with a consistent mass the du/dt of the
 * nodes solves M s = b, b_i the integral of hat function i over the cube.
 */
export function cornerCurrent(compiled: CompiledTwin, strength_per_ms: number): Stimulus[] {
  const shares = compiled.mesh.grid ? nodesInside(compiled) : elementsInside(compiled);
  return Array.from(shares, (share, node) => ({ share, node }))
    .filter(({ share }) => share !== 0)
    .map(({ share, node }) => ({
      kind: "current",
      nodes: [node],
      start_ms: 0,
      duration_ms,
      strength_per_ms: share * strength_per_ms,
    }));
}

const isInside = ({ mesh }: CompiledTwin, node: number) =>
  [0, 1, 2].every((axis) => mesh.points[3 * node + axis] <= side_mm + rounding_mm);

const nodesInside = (compiled: CompiledTwin) =>
  Float64Array.from({ length: nodeCount(compiled.mesh) }, (_, i) =>
    isInside(compiled, i) ? 1 : 0,
  );

function elementsInside(compiled: CompiledTwin): Float64Array {
  const { mesh, operator } = compiled;
  const load = new Float64Array(nodeCount(mesh));
  for (let element = 0; element < elementCount(mesh); element++) {
    const corners = mesh.elements.subarray(4 * element, 4 * element + 4);
    if (!corners.every((node) => isInside(compiled, node))) continue;
    const { measure } = elementShape(mesh, element);
    for (const node of corners) load[node] += measure / 4;
  }
  return compiled.consistentMass
    ? massSolve(compiled, load)
    : load.map((b, i) => b / operator.mass[i]);
}

const iterations = 60;
/** Shares below this are rounding: they spread over the whole slab otherwise. */
const negligible = 1e-6;

/**
 * s += (b - M s) / lumped: M of linear tetrahedra has eigenvalues in [1/5, 1] of the lumped mass, so
 * every iteration takes a fifth of the error at least.
 */
function massSolve(compiled: CompiledTwin, load: Float64Array) {
  const { graph, operator, consistentMass = new Float64Array(0) } = compiled;
  const lumped = operator.mass;
  const diagonal = lumped.slice();
  for (let e = 0; e < consistentMass.length; e++)
    for (const end of [0, 1]) diagonal[graph.edges[2 * e + end]] -= consistentMass[e];
  const share = load.map((b, i) => b / lumped[i]);
  for (let k = 0; k < iterations; k++) {
    const residual = load.map((b, i) => b - diagonal[i] * share[i]);
    for (let e = 0; e < consistentMass.length; e++) {
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      residual[i] -= consistentMass[e] * share[j];
      residual[j] -= consistentMass[e] * share[i];
    }
    residual.forEach((r, i) => {
      share[i] += r / lumped[i];
    });
  }
  return share.map((s) => (Math.abs(s) < negligible ? 0 : s));
}
