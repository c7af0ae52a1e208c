import type { Vector } from "../mesh/vector.js";

/** The benchmark's slab. */
export const slabSize_mm: Vector = [20, 7, 3];

/** Nodes of the benchmark's slab along x, y, z. */
function latticeNodes(spacing_mm: number): Vector {
  const [nx, ny, nz] = slabSize_mm.map((size) => Math.round(size / spacing_mm) + 1);
  return [nx, ny, nz];
}

/** Number of the node nearest to a point, i + nx (j + ny k). */
export function nodeAt(point: readonly number[], spacing_mm: number): number {
  const [nx, ny] = latticeNodes(spacing_mm);
  const [i, j, k] = point.map((x) => Math.round(x / spacing_mm));
  return i + nx * (j + ny * k);
}

/** Trilinear interpolation at a point of the slab: its centre is no node of every lattice. */
export function valueAt(
  values: ArrayLike<number>,
  point: readonly number[],
  spacing_mm: number,
): number {
  const nodes = latticeNodes(spacing_mm);
  const low = point.map((x, axis) =>
    Math.max(0, Math.min(nodes[axis] - 2, Math.floor(x / spacing_mm + 1e-9))),
  );
  const part = point.map((x, axis) => x / spacing_mm - low[axis]);
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const up = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weight = up.reduce((w, u, axis) => w * (u ? part[axis] : 1 - part[axis]), 1);
    const [i, j, k] = low.map((l, axis) => l + up[axis]);
    if (weight > 1e-12) sum += weight * values[i + nodes[0] * (j + nodes[1] * k)];
  }
  return sum;
}

/** Values along the diagonal from (0, 0, 0) to (20, 7, 3) over the distance from its start, mm. */
export function onDiagonal(values: ArrayLike<number>, spacing_mm: number, count = 61) {
  const shares = Array.from({ length: count }, (_, n) => n / (count - 1));
  return {
    x: shares.map((share) => share * Math.hypot(...slabSize_mm)),
    y: shares.map((share) =>
      valueAt(
        values,
        slabSize_mm.map((size) => size * share),
        spacing_mm,
      ),
    ),
  };
}
