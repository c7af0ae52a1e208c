import { norm, pointAt, subtract, type Vector } from "./vector.js";

/** A row of node numbers; a closed row returns from its last to its first node. */
export interface Row {
  readonly nodes: readonly number[];
  readonly closed: boolean;
}

/**
 * Triangles [T * 3] between two neighbouring rows that run the same way, always along the shorter
 * diagonal. Counter-clockwise when `upper` lies to the left of `lower`'s direction.
 */
export function stitchRows(points: Float64Array, lower: Row, upper: Row): number[] {
  const low = unroll(lower.nodes, lower.closed);
  const high = unroll(rotateNear(points, upper, lower.nodes[0]), upper.closed);
  const distance = (a: number, b: number) => norm(subtract(pointAt(points, a), pointAt(points, b)));
  const triangles: number[] = [];
  let a = 0;
  let b = 0;
  while (a < low.length - 1 || b < high.length - 1) {
    const canLow = a < low.length - 1;
    const canHigh = b < high.length - 1;
    const along =
      canLow && (!canHigh || distance(low[a + 1], high[b]) <= distance(low[a], high[b + 1]));
    if (along) triangles.push(low[a], low[++a], high[b]);
    else triangles.push(low[a], high[b + 1], high[b++]);
  }
  return triangles;
}

const unroll = (nodes: readonly number[], closed: boolean) =>
  closed && nodes.length > 1 ? [...nodes, nodes[0]] : nodes;

function rotateNear(points: Float64Array, row: Row, node: number): readonly number[] {
  if (!row.closed) return row.nodes;
  const at = pointAt(points, node);
  const gaps = row.nodes.map((other) => norm(subtract(pointAt(points, other), at)));
  const start = gaps.indexOf(Math.min(...gaps));
  return [...row.nodes.slice(start), ...row.nodes.slice(0, start)];
}

/**
 * Improves a triangulation of a curved surface: Delaunay edge flips and moves of every free node
 * towards the middle of its neighbours, put back on the surface by `project`. Changes its arguments.
 */
export function relaxTriangles(
  points: Float64Array,
  elements: Int32Array,
  surface: { project: (p: Vector) => Vector; fixed: Uint8Array; passes: number },
): void {
  for (let pass = 0; pass < surface.passes; pass++) {
    flipEdges(points, elements);
    smoothOnce(points, elements, surface);
  }
  for (let sweep = 0; sweep < 20 && flipEdges(points, elements) > 0; sweep++);
}

function smoothOnce(
  points: Float64Array,
  elements: Int32Array,
  surface: { project: (p: Vector) => Vector; fixed: Uint8Array },
): void {
  const sum = new Float64Array(points.length);
  const weight = new Float64Array(points.length / 3);
  for (let at = 0; at < elements.length; at++) {
    const from = elements[at % 3 === 2 ? at - 2 : at + 1];
    for (let k = 0; k < 3; k++) sum[3 * elements[at] + k] += points[3 * from + k];
    weight[elements[at]]++;
  }
  // Every inner edge is met once in each direction, so the sum runs over the neighbours.
  for (let node = 0; node < weight.length; node++) {
    if (surface.fixed[node]) continue;
    const [x, y, z] = pointAt(sum, node);
    const w = weight[node];
    points.set(surface.project([x / w, y / w, z / w]), 3 * node);
  }
}

/** One sweep of flips where the angles opposite to an edge add up to more than 180 degrees. */
export function flipEdges(points: Float64Array, elements: Int32Array): number {
  const N = points.length / 3;
  const cornerOf = new Map<number, number>();
  for (let at = 0; at < elements.length; at++)
    cornerOf.set(elements[at] * N + elements[next(at)], at);
  let flips = 0;
  for (let at = 0; at < elements.length; at++) {
    const [a, b, c] = [elements[at], elements[next(at)], elements[next(next(at))]];
    const twin = cornerOf.get(b * N + a);
    if (twin === undefined || a > b || cornerOf.get(a * N + b) !== at) continue;
    const d = elements[next(next(twin))];
    if (!shouldFlip(points, [a, b, c, d]) || cornerOf.has(c * N + d) || cornerOf.has(d * N + c))
      continue;
    setTriangle(elements, cornerOf, { at: at - (at % 3), nodes: [a, d, c], N });
    setTriangle(elements, cornerOf, { at: twin - (twin % 3), nodes: [d, b, c], N });
    cornerOf.delete(a * N + b);
    cornerOf.delete(b * N + a);
    flips++;
  }
  return flips;
}

const next = (at: number) => (at % 3 === 2 ? at - 2 : at + 1);

function setTriangle(
  elements: Int32Array,
  cornerOf: Map<number, number>,
  triangle: { at: number; nodes: readonly [number, number, number]; N: number },
): void {
  elements.set(triangle.nodes, triangle.at);
  for (let k = 0; k < 3; k++)
    cornerOf.set(triangle.nodes[k] * triangle.N + triangle.nodes[(k + 1) % 3], triangle.at + k);
}

function shouldFlip(points: Float64Array, corners: readonly number[]): boolean {
  const [a, b, c, d] = corners.map((node) => pointAt(points, node));
  return angle(c, a, b) + angle(d, a, b) > Math.PI + 1e-9;
}

function angle(apex: Vector, p: Vector, q: Vector): number {
  const u = subtract(p, apex);
  const v = subtract(q, apex);
  const cosine = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / (norm(u) * norm(v));
  return Math.acos(Math.min(1, Math.max(-1, cosine)));
}
