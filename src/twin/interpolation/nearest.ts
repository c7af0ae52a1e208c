import { type Mesh, nodeCount } from "../../mesh/mesh.js";
import { checkKnown, coordinatesOf, distance, type Known } from "./known.js";

/** Value of the nearest known node, straight 3-D distance; the lowest node number wins a tie. */
export function nearest(mesh: Mesh, known: Known): Float64Array {
  checkKnown(mesh, known);
  const order = Array.from(known.nodes, (_, k) => k).sort(
    (a, b) => known.nodes[a] - known.nodes[b],
  );
  const sites = coordinatesOf(mesh, known.nodes);
  return Float64Array.from({ length: nodeCount(mesh) }, (_, i) => {
    let best = { k: order[0], at: Infinity };
    for (const k of order) {
      const at = distance(mesh.points, i, sites, k);
      if (at < best.at) best = { k, at };
    }
    return known.values[best.k];
  });
}
