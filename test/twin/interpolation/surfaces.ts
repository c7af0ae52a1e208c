import { createRandom } from "../../../src/core/random.js";
import type { Mesh } from "../../../src/mesh/mesh.js";

/** Triangles as a mesh without regions. */
export function triangles(points: readonly number[][], faces: readonly number[][]): Mesh {
  return {
    points: Float64Array.from(points.flat()),
    elementKind: "triangle",
    elements: Int32Array.from(faces.flat()),
    regions: new Int32Array(faces.length),
    regionNames: {},
  };
}

/** Points without elements, mm. */
export const cloud = (points: readonly number[][]): Mesh => triangles(points, []);

/** Icosahedron split `splits` times and stretched to a heart-sized ellipsoid: 12, 42, 162, 642. */
export function ellipsoid(splits: number, radii_mm: readonly number[] = [30, 30, 40]): Mesh {
  const golden = (1 + Math.sqrt(5)) / 2;
  const points = [-1, 1].flatMap((a) =>
    [-golden, golden].flatMap((b) => [
      [0, a, b],
      [a, b, 0],
      [b, 0, a],
    ]),
  );
  const near = (i: number, j: number) =>
    Math.abs(Math.hypot(...points[i].map((x, d) => x - points[j][d])) - 2) < 1e-9;
  let faces: number[][] = [];
  for (let i = 0; i < 12; i++)
    for (let j = i + 1; j < 12; j++)
      for (let k = j + 1; k < 12; k++)
        if (near(i, j) && near(j, k) && near(i, k))
          faces.push(outward(points[i], points[j], points[k]) ? [i, j, k] : [i, k, j]);
  for (let split = 0; split < splits; split++) faces = splitFaces(points, faces);
  const onSurface = points.map((p) => p.map((x, d) => (x / Math.hypot(...p)) * radii_mm[d]));
  return triangles(onSurface, faces);
}

const outward = ([a, b, c]: number[], [d, e, f]: number[], [g, h, i]: number[]): boolean =>
  a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0;

function splitFaces(points: number[][], faces: number[][]): number[][] {
  const middles = new Map<string, number>();
  const middle = (i: number, j: number) => {
    const key = `${Math.min(i, j)} ${Math.max(i, j)}`;
    const index = middles.get(key) ?? points.push(unitMiddle(points[i], points[j])) - 1;
    middles.set(key, index);
    return index;
  };
  return faces.flatMap(([i, j, k]) => {
    const [ij, jk, ki] = [middle(i, j), middle(j, k), middle(k, i)];
    return [
      [i, ij, ki],
      [j, jk, ij],
      [k, ki, jk],
      [ij, jk, ki],
    ];
  });
}

function unitMiddle(a: number[], b: number[]): number[] {
  const [p, q] = [a, b].map((v) => v.map((x) => x / Math.hypot(...v)));
  return p.map((x, d) => (x + q[d]) / 2);
}

/** Flat sheet of equilateral triangles with 1 mm edges. */
export function equilateralSheet(side: number): Mesh {
  const points = Array.from({ length: side * side }, (_, i) => {
    const row = Math.floor(i / side);
    return [(i % side) + row / 2, (row * Math.sqrt(3)) / 2, 0];
  });
  const faces = points.flatMap((_, i) =>
    i % side === side - 1 || i >= side * (side - 1)
      ? []
      : [
          [i, i + 1, i + side],
          [i + 1, i + side + 1, i + side],
        ],
  );
  return triangles(points, faces);
}

/** The node positions as triples. */
export const positions = ({ points }: Mesh): number[][] =>
  Array.from({ length: points.length / 3 }, (_, i) =>
    Array.from(points.subarray(3 * i, 3 * i + 3)),
  );

/** `count` distinct nodes drawn from the mesh. */
export function pickNodes(mesh: Mesh, count: number, seed: number): number[] {
  const all = Array.from({ length: mesh.points.length / 3 }, (_, i) => i);
  return createRandom(seed, "nodes").shuffle(all).slice(0, count);
}

/** The values of `field` at `nodes`. */
export const knownOf = (field: ArrayLike<number>, nodes: readonly number[]) => ({
  nodes,
  values: nodes.map((node) => field[node]),
});

export function meanAbsoluteError(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  known: readonly number[],
): number {
  const held = Array.from({ length: truth.length }, (_, i) => i).filter((i) => !known.includes(i));
  return held.reduce((sum, i) => sum + Math.abs(predicted[i] - truth[i]), 0) / held.length;
}

/** Activation times (ms) spreading at 1.5 mm/ms from three breakthroughs of a heart surface. */
export function breakthroughTimes(mesh: Mesh): Float64Array {
  const sites = [
    { at: [28, 5, -8], start_ms: 0 },
    { at: [-15, 25, 5], start_ms: 4 },
    { at: [-10, -26, 12], start_ms: 7 },
  ];
  return Float64Array.from(positions(mesh), (p) =>
    Math.min(
      ...sites.map(
        ({ at, start_ms }) => start_ms + Math.hypot(...p.map((x, d) => x - at[d])) / 1.5,
      ),
    ),
  );
}
