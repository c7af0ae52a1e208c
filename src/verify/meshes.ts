import { createRandom } from "../core/random.js";
import { sheet } from "../mesh/generators.js";
import type { Mesh } from "../mesh/mesh.js";
import { slab } from "../mesh/structured.js";
import { flipEdges } from "../mesh/triangulate.js";
import type { Vector } from "../mesh/vector.js";

/** Largest shift of an inner node along each axis, fractions of the spacing. */
const jitter = { triangle: 0.25, tetrahedron: 0.1 } as const;

/** Shifts nodes at random, those on a face of the box within the face only. */
function shaken(mesh: Mesh, size_mm: Vector, spacing_mm: number): Mesh {
  const random = createRandom(7, "verification mesh");
  const reach = jitter[mesh.elementKind] * spacing_mm;
  const points = mesh.points.map((x, at) => {
    const shift = reach * (2 * random.uniform() - 1);
    const end = size_mm[at % 3];
    return x < 1e-9 || x > end - 1e-9 ? x : x + shift;
  });
  return { ...mesh, points };
}

/** A flat sheet of irregular Delaunay triangles with fibres at an angle, degrees from x. */
export function irregularSheet(
  size_mm: readonly [number, number],
  spacing_mm: number,
  fibreAngle_deg = 0,
): Mesh {
  const [width_mm, height_mm] = size_mm;
  const regular = sheet({ width_mm, height_mm, spacing_mm, fibreAngle_deg });
  const mesh = shaken(regular, [width_mm, height_mm, 0], spacing_mm);
  const elements = mesh.elements.slice();
  for (let sweep = 0; sweep < 20 && flipEdges(mesh.points, elements) > 0; sweep++);
  return { ...mesh, elements };
}

/** A box of irregular tetrahedra with fibres along x. */
export function irregularBox(size_mm: Vector, spacing_mm: number): Mesh {
  return shaken(slab({ size_mm, spacing_mm, fibre: [1, 0, 0] }), size_mm, spacing_mm);
}
