import type { Mesh } from "../../mesh/mesh.js";
import { geodesicDistances } from "./geodesic.js";
import { checkKnown, type Known } from "./known.js";
import { nearest } from "./nearest.js";

export interface InverseDistanceOptions {
  /** Exponent of the distance; 3 by default. */
  readonly power?: number;
}

/**
 * Shepard's inverse distance weighting, u = sum_k w_k y_k / sum_k w_k with w = d^-power, d the
 * distance along the mesh (`geodesicDistances`). A part of the mesh that no known node reaches
 * takes its nearest known value. (Shepard 1968, doi:10.1145/800186.810616)
 */
export function inverseDistance(
  mesh: Mesh,
  known: Known,
  { power = 3 }: InverseDistanceOptions = {},
): Float64Array {
  checkKnown(mesh, known);
  const distances = geodesicDistances(mesh, known.nodes);
  return nearest(mesh, known).map((fallback, i) => {
    const closest = Math.min(...distances.map((row) => row[i]));
    if (closest === 0) return known.values[distances.findIndex((row) => row[i] === 0)];
    if (closest === Infinity) return fallback;
    let [weighted, total] = [0, 0];
    distances.forEach((row, k) => {
      // Relative to the closest site, so that no power overflows.
      const weight = (closest / row[i]) ** power;
      weighted += weight * known.values[k];
      total += weight;
    });
    return weighted / total;
  });
}
