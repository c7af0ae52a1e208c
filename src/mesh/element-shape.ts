import { fail } from "../core/errors.js";
import { type Mesh, nodesPerElement } from "./mesh.js";
import { cross, dot, norm, pointAt, scale, subtract, type Vector } from "./vector.js";

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
