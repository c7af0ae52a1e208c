/** Three-vectors as plain tuples; lengths in whatever unit the caller uses (mm in this room). */
export type Vector = readonly [number, number, number];

export const pointAt = (points: Float64Array, node: number): Vector => [
  points[3 * node],
  points[3 * node + 1],
  points[3 * node + 2],
];
export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vector, s: number): Vector => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const norm = (a: Vector): number => Math.sqrt(dot(a, a));

/** a / |a|; the zero vector stays zero. */
export function normalize(a: Vector): Vector {
  const length = norm(a);
  return length > 0 ? scale(a, 1 / length) : a;
}

/** Part of `a` at right angles to the unit vector `n`. */
export const tangential = (a: Vector, n: Vector): Vector => subtract(a, scale(n, dot(a, n)));

/** Mean position of an element's nodes. */
export function centroid(points: Float64Array, nodes: ArrayLike<number>): Vector {
  let sum: Vector = [0, 0, 0];
  for (let k = 0; k < nodes.length; k++) sum = add(sum, pointAt(points, nodes[k]));
  return scale(sum, 1 / nodes.length);
}
