import { type Mesh, nodeCount } from "../../mesh/mesh.js";
import { checkKnown, coordinatesOf, distance, type Known } from "./known.js";

/** The value of the nearest known node by straight 3-D distance; the first listed wins a tie. */
export function nearest(mesh: Mesh, known: Known): Float64Array {
  checkKnown(mesh, known);
  const sites = coordinatesOf(mesh, known.nodes);
  return Float64Array.from({ length: nodeCount(mesh) }, (_, i) => {
    let best = 0;
    for (let k = 1; k < known.nodes.length; k++)
      if (distance(mesh.points, i, sites, k) < distance(mesh.points, i, sites, best)) best = k;
    return known.values[best];
  });
}
