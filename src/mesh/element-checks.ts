import { fail } from "../core/errors.js";
import { median } from "../core/median.js";
import { type ElementShape, elementShape } from "./element-shape.js";
import { elementCount, type Mesh, nodesPerElement } from "./mesh.js";
import { signedVolume } from "./surface.js";
import { dot, norm, pointAt, subtract } from "./vector.js";

/** Errors: "missing-elements" where finite elements are asked of a grid. */
export function requireElements(mesh: Mesh): void {
  if (mesh.grid)
    fail({
      code: "missing-elements",
      path: "mesh.elements",
      message: "Finite elements need elements, and this mesh is a grid without them.",
      fix: "Use finite-difference or finite-difference-fibre, or make the mesh with slab(...).",
    });
}

/**
 * Tetrahedra must all turn the same way. A mesh that is numbered left-handed throughout is sound: its
 * integrals are the same; single elements of the other sign are folded over their neighbours.
 */
export function requireUpright(mesh: Mesh): void {
  if (mesh.elementKind !== "tetrahedron") return;
  const inverted = { count: 0, first: -1 };
  const upright = { count: 0, first: -1 };
  for (let e = 0; e < elementCount(mesh); e++) {
    const volume = signedVolume(mesh.points, mesh.elements.subarray(4 * e, 4 * e + 4));
    const side = volume < 0 ? inverted : upright;
    if (side.count++ === 0) side.first = e;
  }
  const few = inverted.count <= upright.count ? inverted : upright;
  if (few.count > 0)
    fail({
      code: "inverted-element",
      path: "mesh.elements",
      message: `Element ${few.first} is inverted, as are ${few.count - 1} others of ${elementCount(mesh)}: their volumes have the other sign.`,
      fix: "Swap two nodes of each if only the numbering is wrong; else move the nodes that folded over.",
    });
}

/** Height over longest edge; 0.82 for the regular tetrahedron, 0.87 for the triangle. */
const flat = 0.05;
/** A sliver asks for a step this many times shorter than the median node does. */
const tolerated = 20;

/**
 * No flat element may dictate the time step. What an element adds to the rate of its node i, in
 * units of D, is |grad phi_i|^2 measure / mass_i, and explicit steps shrink with the largest sum of
 * these. Small elements of good shape pass: refinement is paid for knowingly.
 */
export function requireNoSlivers(mesh: Mesh, mass: Float64Array): void {
  const size = nodesPerElement(mesh);
  const rates = new Float64Array(mass.length);
  const steepest = new Float64Array(elementCount(mesh));
  for (let e = 0; e < steepest.length; e++) {
    const { measure, gradients } = elementShape(mesh, e);
    for (let k = 0; k < size; k++) {
      const node = mesh.elements[size * e + k];
      const rate = (dot(gradients[k], gradients[k]) * measure) / mass[node];
      rates[node] += rate;
      steepest[e] = Math.max(steepest[e], rate);
    }
  }
  // Nodes of no element have no rate.
  const typical = median(rates.filter((rate) => rate > 0));
  const isSliver = (rate: number, e: number) =>
    rate > tolerated * typical && flatness(mesh, e, elementShape(mesh, e)) < flat;
  const first = steepest.findIndex(isSliver);
  if (first < 0) return;
  const count = steepest.reduce((sum, rate, e) => sum + (isSliver(rate, e) ? 1 : 0), 0);
  const factor = Math.round(steepest[first] / typical);
  fail({
    code: "sliver-element",
    path: "mesh.elements",
    message: `Element ${first} is a sliver (height ${flatness(mesh, first, elementShape(mesh, first)).toPrecision(2)} of its longest edge), as are ${count - 1} others: it alone makes the time step ${factor} times shorter.`,
    fix: "Remesh there, or collapse its shortest edge.",
  });
}

function flatness(mesh: Mesh, element: number, { gradients }: ElementShape): number {
  const size = nodesPerElement(mesh);
  const corner = (k: number) => pointAt(mesh.points, mesh.elements[size * element + k]);
  let longest = 0;
  for (let a = 0; a < size; a++)
    for (let b = a + 1; b < size; b++)
      longest = Math.max(longest, norm(subtract(corner(a), corner(b))));
  // The height above the face opposite to corner k is 1 / |grad phi_k|.
  return 1 / (Math.max(...gradients.map(norm)) * longest);
}

/** Text files round to three digits or so. */
const lengthTolerance = 1e-3;

/**
 * [M * 3] the mesh's fibres, every one a unit vector or zero (isotropic); undefined if it has none.
 * Errors: "bad-shape", "bad-fibre" naming the element.
 */
export function unitFibresOf(mesh: Mesh): Float64Array | undefined {
  const { fibres } = mesh;
  if (fibres === undefined) return undefined;
  if (fibres.length !== 3 * elementCount(mesh))
    return fail({
      code: "bad-shape",
      path: "mesh.fibres",
      message: `The mesh has ${fibres.length / 3} fibres for ${elementCount(mesh)} elements.`,
      fix: "Give one vector per element, [M * 3].",
    });
  for (let e = 0; e < fibres.length / 3; e++) {
    const length = norm(pointAt(fibres, e));
    if (length === 0 || Math.abs(length - 1) < lengthTolerance) continue;
    return fail({
      code: "bad-fibre",
      path: "mesh.fibres",
      message: Number.isFinite(length)
        ? `The fibre of element ${e} has length ${Number(length.toPrecision(6))} instead of 1.`
        : `The fibre of element ${e} is [${pointAt(fibres, e).join(", ")}], no finite direction.`,
      fix: "Divide every fibre by its length; the zero vector means isotropic.",
    });
  }
  return fibres;
}
