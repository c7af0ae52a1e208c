import { adjacency, edgeGraph } from "./graph.js";
import { elementCount, type Mesh } from "./mesh.js";
import { boundarySurface, signedVolume } from "./surface.js";
import { cross, dot, norm, pointAt, subtract, type Vector } from "./vector.js";

/** Dihedral angle (degrees) at each of the six edges of one tetrahedron; regular: 70.53. */
export function dihedralAngles(points: Float64Array, nodes: ArrayLike<number>): number[] {
  const p = [0, 1, 2, 3].map((k) => pointAt(points, nodes[k]));
  const opposite = [
    [0, 1, 2, 3],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [1, 2, 0, 3],
    [1, 3, 2, 0],
    [2, 3, 0, 1],
  ];
  return opposite.map(([a, b, c, d]) => {
    const axis = subtract(p[b], p[a]);
    const u = cross(axis, subtract(p[c], p[a]));
    const v = cross(axis, subtract(p[d], p[a]));
    return (Math.atan2(norm(cross(u, v)), dot(u, v)) * 180) / Math.PI;
  });
}

export interface QualityReport {
  readonly minDihedral_deg: number;
  readonly maxDihedral_deg: number;
  /** Mean over the elements of their smallest angle. */
  readonly meanMinDihedral_deg: number;
  /** Mean ratio 12 (3 V)^(2/3) / sum l^2: 1 for the regular tetrahedron, 0 for flat ones. */
  readonly minMeanRatio: number;
  readonly meanEdge_mm: number;
}

export function tetrahedronQuality(mesh: Mesh): QualityReport {
  let [least, most, sum, ratio] = [180, 0, 0, 1];
  for (let e = 0; e < elementCount(mesh); e++) {
    const nodes = mesh.elements.subarray(4 * e, 4 * e + 4);
    const angles = dihedralAngles(mesh.points, nodes);
    least = Math.min(least, ...angles);
    most = Math.max(most, ...angles);
    sum += Math.min(...angles);
    ratio = Math.min(ratio, meanRatio(mesh.points, nodes));
  }
  const { lengths } = edgeGraph(mesh);
  return {
    minDihedral_deg: least,
    maxDihedral_deg: most,
    meanMinDihedral_deg: sum / elementCount(mesh),
    minMeanRatio: ratio,
    meanEdge_mm: lengths.reduce((total, length) => total + length, 0) / lengths.length,
  };
}

/** Liu & Joe 1994; negative for inverted elements. */
export function meanRatio(points: Float64Array, nodes: ArrayLike<number>): number {
  const volume = signedVolume(points, nodes);
  let squares = 0;
  for (let a = 0; a < 3; a++)
    for (let b = a + 1; b < 4; b++)
      for (let k = 0; k < 3; k++)
        squares += (points[3 * nodes[a] + k] - points[3 * nodes[b] + k]) ** 2;
  return (Math.sign(volume) * 12 * Math.cbrt(3 * Math.abs(volume)) ** 2) / squares;
}

/**
 * Moves nodes towards the middle of their neighbours where that lifts the worst mean ratio around
 * them: inner nodes freely, surface nodes among surface neighbours and back onto it by `project`.
 * Returns new points; elements stay as they are, and no element gets worse than the worst was.
 */
export function smoothTetrahedra(
  mesh: Mesh,
  options: { project: (p: Vector) => Vector; passes: number },
): Float64Array {
  const points = mesh.points.slice();
  const star = elementsAround(mesh);
  const onSurface = new Uint8Array(points.length / 3);
  for (const node of boundarySurface(mesh).nodes) onSurface[node] = 1;
  const rows = adjacency(edgeGraph(mesh));
  for (let pass = 0; pass < options.passes; pass++)
    for (let node = 0; node < onSurface.length; node++) {
      const neighbours = rows.neighbour
        .subarray(rows.rowStart[node], rows.rowStart[node + 1])
        .filter((other) => !onSurface[node] || onSurface[other] === 1);
      const middle = meanPoint(points, neighbours);
      tryMoves({ points, mesh, node, elements: star[node] }, (fraction) => {
        const p = mix(pointAt(points, node), middle, fraction);
        return onSurface[node] ? options.project(p) : p;
      });
    }
  return points;
}

interface Star {
  readonly points: Float64Array;
  readonly mesh: Mesh;
  readonly node: number;
  readonly elements: readonly number[];
}

function tryMoves(star: Star, candidate: (fraction: number) => Vector): void {
  const before = pointAt(star.points, star.node);
  const worst = worstAround(star);
  for (const fraction of [1, 0.5, 0.25]) {
    star.points.set(candidate(fraction), 3 * star.node);
    if (worstAround(star) > worst + 1e-6) return;
    star.points.set(before, 3 * star.node);
  }
}

function worstAround({ points, mesh, elements }: Star): number {
  let worst = Number.POSITIVE_INFINITY;
  for (const e of elements)
    worst = Math.min(worst, meanRatio(points, mesh.elements.subarray(4 * e, 4 * e + 4)));
  return worst;
}

function elementsAround(mesh: Mesh): number[][] {
  const star: number[][] = Array.from({ length: mesh.points.length / 3 }, () => []);
  mesh.elements.forEach((node, at) => {
    star[node].push(at >> 2);
  });
  return star;
}

const mix = (a: Vector, b: Vector, t: number): Vector => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

function meanPoint(points: Float64Array, nodes: Int32Array): Vector {
  const sum = [0, 0, 0];
  for (const node of nodes) for (let k = 0; k < 3; k++) sum[k] += points[3 * node + k];
  return [sum[0] / nodes.length, sum[1] / nodes.length, sum[2] / nodes.length];
}
