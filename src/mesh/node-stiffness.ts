import type { Mesh } from "./mesh.js";

/**
 * What a tetrahedral mesh costs an explicit time step: row_i = K_ii / M_i of the lumped P1
 * Laplacian, mm^-2. The largest eigenvalue lies between the largest row and twice the largest
 * absolute row sum, so a single flat or tiny cell dictates the step of a whole simulation.
 */
export interface NodeStiffness {
  /** [N] K_ii, mm. */
  readonly diagonal: Float64Array;
  /** [N] lumped mass, mm^3. */
  readonly mass: Float64Array;
}

/** One tetrahedron's share: `shape[k]` = V |grad phi_k|^2 (mm), `shape[4]` = V (mm^3). */
export type ElementShare = Float64Array;

/** Slots of an element share; the last its `angleBadness`. Inverted: 0 and Infinity. */
export const shareSize = 6;
export const volumeSlot = 4;
export const badnessSlot = 5;

/** Obtuse angles count as bad as the acute ones this much nearer to flat: 140 deg like 28 deg. */
const obtuseWeight = 1.15;

/** Flatter elements (0.8 degrees) count as inverted: their shares would drown the sums' digits. */
const flatBadness = 0.9999;

/** Cosine-like badness of a dihedral angle; 1 is flat, the regular tetrahedron has 0.38. */
const angleBadness = (cosine: number) => (cosine > 0 ? cosine : -obtuseWeight * cosine);

/**
 * Fills `share` for the tetrahedron `nodes[at .. at + 3]`. With outward face normals n_k (twice the
 * area): grad phi_k = -n_k / (6 V), and the dihedral angle between the faces k, l has the cosine
 * -n_k . n_l / (|n_k| |n_l|). Written flat: the inner loop of collapsing and relaxing.
 */
export function elementShare(
  points: Float64Array,
  nodes: Int32Array,
  { at, share }: { at: number; share: ElementShare },
): void {
  const [o, a, b, c] = [3 * nodes[at], 3 * nodes[at + 1], 3 * nodes[at + 2], 3 * nodes[at + 3]];
  const ax = points[a] - points[o];
  const ay = points[a + 1] - points[o + 1];
  const az = points[a + 2] - points[o + 2];
  const bx = points[b] - points[o];
  const by = points[b + 1] - points[o + 1];
  const bz = points[b + 2] - points[o + 2];
  const cx = points[c] - points[o];
  const cy = points[c + 1] - points[o + 1];
  const cz = points[c + 2] - points[o + 2];
  const n1x = by * cz - bz * cy;
  const n1y = bz * cx - bx * cz;
  const n1z = bx * cy - by * cx;
  const n2x = cy * az - cz * ay;
  const n2y = cz * ax - cx * az;
  const n2z = cx * ay - cy * ax;
  const n3x = ay * bz - az * by;
  const n3y = az * bx - ax * bz;
  const n3z = ax * by - ay * bx;
  const n0x = -n1x - n2x - n3x;
  const n0y = -n1y - n2y - n3y;
  const n0z = -n1z - n2z - n3z;
  const volume = (ax * n1x + ay * n1y + az * n1z) / 6;
  const s0 = n0x * n0x + n0y * n0y + n0z * n0z;
  const s1 = n1x * n1x + n1y * n1y + n1z * n1z;
  const s2 = n2x * n2x + n2y * n2y + n2z * n2z;
  const s3 = n3x * n3x + n3y * n3y + n3z * n3z;
  const badness = Math.max(
    angleBadness(-(n0x * n1x + n0y * n1y + n0z * n1z) / Math.sqrt(s0 * s1)),
    angleBadness(-(n0x * n2x + n0y * n2y + n0z * n2z) / Math.sqrt(s0 * s2)),
    angleBadness(-(n0x * n3x + n0y * n3y + n0z * n3z) / Math.sqrt(s0 * s3)),
    angleBadness(-(n1x * n2x + n1y * n2y + n1z * n2z) / Math.sqrt(s1 * s2)),
    angleBadness(-(n1x * n3x + n1y * n3y + n1z * n3z) / Math.sqrt(s1 * s3)),
    angleBadness(-(n2x * n3x + n2y * n3y + n2z * n3z) / Math.sqrt(s2 * s3)),
  );
  const isSound = volume > 0 && badness < flatBadness;
  const scale = isSound ? 1 / (36 * volume) : 0;
  share[0] = s0 * scale;
  share[1] = s1 * scale;
  share[2] = s2 * scale;
  share[3] = s3 * scale;
  share[volumeSlot] = isSound ? volume : 0;
  share[badnessSlot] = isSound ? badness : Number.POSITIVE_INFINITY;
}

export function nodeStiffness({ points, elements }: Pick<Mesh, "points" | "elements">) {
  const sums: NodeStiffness = {
    diagonal: new Float64Array(points.length / 3),
    mass: new Float64Array(points.length / 3),
  };
  const share = new Float64Array(shareSize);
  for (let at = 0; at < elements.length; at += 4) {
    elementShare(points, elements, { at, share });
    addShare(sums, { nodes: elements, at, share, sign: 1 });
  }
  return sums;
}

export interface SharedElement {
  readonly nodes: Int32Array;
  readonly at: number;
  readonly share: ElementShare;
  readonly sign: 1 | -1;
}

/** Adds (or takes away) an element's share at its four nodes. */
export function addShare(sums: NodeStiffness, { nodes, at, share, sign }: SharedElement): void {
  for (let k = 0; k < 4; k++) {
    sums.diagonal[nodes[at + k]] += sign * share[k];
    sums.mass[nodes[at + k]] += (sign * share[volumeSlot]) / 4;
  }
}

/** Elements around every node. */
export function elementsAround({
  points,
  elements,
}: Pick<Mesh, "points" | "elements">): number[][] {
  const star: number[][] = Array.from({ length: points.length / 3 }, () => []);
  elements.forEach((node, at) => {
    star[node].push(at >> 2);
  });
  return star;
}

/** Square (mm^2) of the mean node spacing (V / N)^(1/3); rows times it do not depend on size. */
export function squareSpacing({ mass }: NodeStiffness): number {
  const volume = mass.reduce((sum, m) => sum + m, 0);
  return Math.cbrt(volume / mass.length) ** 2;
}
