import { fail } from "../core/errors.js";
import type { Mesh } from "./mesh.js";
import { triangleNormal } from "./surface.js";
import { type Row, relaxTriangles, stitchRows } from "./triangulate.js";
import {
  centroid,
  cross,
  norm,
  normalize,
  scale,
  subtract,
  tangential,
  type Vector,
} from "./vector.js";

export interface SheetOptions {
  readonly width_mm: number;
  readonly height_mm: number;
  readonly spacing_mm: number;
  /** Uniform fibre direction, degrees counter-clockwise from x; no fibres if left out. */
  readonly fibreAngle_deg?: number;
}

/**
 * A flat sheet at z = 0, normal +z, on a lattice of equilateral triangles (up to rounding to the
 * size asked for), so that every inner node has six equal neighbours and waves are isotropic.
 */
export function sheet(options: SheetOptions): Mesh {
  requirePositive({ ...options, fibreAngle_deg: 1 });
  const columns = Math.max(1, Math.round(options.width_mm / options.spacing_mm));
  const rowCount = Math.max(
    1,
    Math.round(options.height_mm / (options.spacing_mm * Math.sqrt(3 / 4))),
  );
  const coordinates: number[] = [];
  const rows: Row[] = [];
  for (let r = 0; r <= rowCount; r++) {
    const xs = rowPositions(columns, r % 2 === 1).map((x) => (x * options.width_mm) / columns);
    const first = coordinates.length / 3;
    rows.push({ nodes: xs.map((_, k) => first + k), closed: false });
    for (const x of xs) coordinates.push(x, (r * options.height_mm) / rowCount, 0);
  }
  const points = Float64Array.from(coordinates);
  const elements = rows.slice(1).flatMap((row, k) => stitchRows(points, rows[k], row));
  const mesh = plainMesh(points, Int32Array.from(elements));
  if (options.fibreAngle_deg === undefined) return mesh;
  const angle = (options.fibreAngle_deg * Math.PI) / 180;
  return withFibres(mesh, () => [Math.cos(angle), Math.sin(angle), 0]);
}

/** 0, 1, ..., n or, for shifted rows, 0, 1/2, 3/2, ..., n - 1/2, n: both fill the width. */
const rowPositions = (columns: number, shifted: boolean): number[] =>
  shifted
    ? [0, ...Array.from({ length: columns }, (_, k) => k + 0.5), columns]
    : Array.from({ length: columns + 1 }, (_, k) => k);

export interface EllipsoidShellOptions {
  /** Half lengths along x, y, z. */
  readonly semiAxes_mm: Vector;
  /** Give one of the two. The node number is met within 2 % (from about 60 nodes on). */
  readonly spacing_mm?: number;
  readonly nodes?: number;
  /** Cut at the base plane z = baseFraction * semi-axis, apex at -z. */
  readonly open: boolean;
  readonly baseFraction?: number;
  /** Fibres in the tangent plane: 0 circumferential, positive rising towards the base (+z). */
  readonly helixAngle_deg?: number;
}

/** A thin ellipsoidal shell of well-shaped triangles, oriented outwards. */
export function ellipsoidShell(options: EllipsoidShellOptions): Mesh {
  checkShell(options);
  const rings =
    options.nodes === undefined
      ? shellRings(options, options.spacing_mm as number)
      : ringsForCount(options, options.nodes);
  const points = Float64Array.from(rings.flatMap((ring) => ring.flat()));
  const rows = numberRows(rings);
  const elements = Int32Array.from(
    rows.slice(1).flatMap((row, k) => stitchRows(points, rows[k], row)),
  );
  const fixed = new Uint8Array(points.length / 3);
  if (options.open) for (const node of rows[rows.length - 1].nodes) fixed[node] = 1;
  relaxTriangles(points, elements, {
    project: (p) => scale(p, 1 / radius(p, options.semiAxes_mm)),
    fixed,
    passes: 30,
  });
  const mesh = plainMesh(points, elements);
  if (options.helixAngle_deg === undefined) return mesh;
  return withHelix(mesh, (options.helixAngle_deg * Math.PI) / 180);
}

/** 1 on the ellipsoid. */
const radius = (p: Vector, [a, b, c]: Vector) => Math.hypot(p[0] / a, p[1] / b, p[2] / c);

function numberRows(rings: readonly (readonly Vector[])[]): Row[] {
  let first = 0;
  return rings.map((ring) => {
    const start = first;
    first += ring.length;
    return { nodes: ring.map((_, k) => start + k), closed: ring.length > 1 };
  });
}

/** Spacing by bisection, then the closest of the trials. */
function ringsForCount(options: EllipsoidShellOptions, nodes: number): Vector[][] {
  const countOf = (rings: Vector[][]) => rings.reduce((sum, ring) => sum + ring.length, 0);
  let [low, high] = [0, 2 * Math.max(...options.semiAxes_mm)];
  let best = shellRings(options, high);
  for (let trial = 0; trial < 60; trial++) {
    const middle = low === 0 ? high / 2 : (low + high) / 2;
    const rings = shellRings(options, middle);
    if (Math.abs(countOf(rings) - nodes) < Math.abs(countOf(best) - nodes)) best = rings;
    if (countOf(rings) >= nodes) low = middle;
    else high = middle;
  }
  return best;
}

/** Rings of constant z from the apex to the base or the other pole, nodes `spacing` apart on each. */
function shellRings(options: EllipsoidShellOptions, spacing: number): Vector[][] {
  const [a, b, c] = options.semiAxes_mm;
  const top = options.open ? Math.asin(options.baseFraction ?? 0.5) : Math.PI / 2;
  const meridian = arcPositions((t) => {
    const latitude = -Math.PI / 2 + t * (top + Math.PI / 2);
    return [Math.sqrt((a * a + b * b) / 2) * Math.cos(latitude), 0, c * Math.sin(latitude)];
  });
  const steps = Math.max(2, Math.round(meridian.length / (spacing * Math.sqrt(3 / 4))));
  return Array.from({ length: steps + 1 }, (_, k) => {
    const latitude = -Math.PI / 2 + meridian.at(k / steps) * (top + Math.PI / 2);
    if (k === 0 || (k === steps && !options.open)) return [[0, 0, Math.sign(latitude) * c]];
    const shift = (k % 2) / 2;
    return ellipseNodes([a * Math.cos(latitude), b * Math.cos(latitude)], {
      z: c * Math.sin(latitude),
      spacing,
      shift,
    });
  });
}

function ellipseNodes(
  [a, b]: readonly [number, number],
  ring: { z: number; spacing: number; shift: number },
): Vector[] {
  const at = (t: number): Vector => [
    a * Math.cos(2 * Math.PI * t),
    b * Math.sin(2 * Math.PI * t),
    ring.z,
  ];
  const arc = arcPositions(at);
  const count = Math.max(3, Math.round(arc.length / ring.spacing));
  return Array.from({ length: count }, (_, k) => at(arc.at((k + ring.shift) / count)));
}

/** Arc length of a curve over t in [0, 1] and the parameter at a fraction of it. */
function arcPositions(curve: (t: number) => Vector): {
  length: number;
  at: (fraction: number) => number;
} {
  const pieces = 256;
  const sums = [0];
  for (let k = 1; k <= pieces; k++)
    sums.push(sums[k - 1] + norm(subtract(curve(k / pieces), curve((k - 1) / pieces))));
  const length = sums[pieces];
  const at = (fraction: number) => {
    const k = Math.max(
      1,
      sums.findIndex((sum) => sum >= fraction * length * (1 - 1e-12)),
    );
    return (k - 1 + (fraction * length - sums[k - 1]) / (sums[k] - sums[k - 1])) / pieces;
  };
  return { length, at };
}

function withHelix(mesh: Mesh, angle: number): Mesh {
  return withFibres(mesh, (element) => {
    const nodes = mesh.elements.subarray(3 * element, 3 * element + 3);
    const normal = normalize(triangleNormal(mesh.points, nodes));
    return helixDirection(normal, centroid(mesh.points, nodes), angle);
  });
}

/**
 * Unit vector in the plane across the wall direction `normal` (outward): cos(angle) along the
 * circumference (counter-clockwise seen from +z) plus sin(angle) towards +z. Streeter 1969.
 */
export function helixDirection(normal: Vector, place: Vector, angle: number): Vector {
  let around = cross([0, 0, 1], normal);
  // At the apex the circumference shrinks to a point; any fixed tangent will do there.
  if (norm(around) < 1e-6) around = tangential([place[0] >= 0 ? 1 : -1, 0, 0], normal);
  const circumferential = normalize(around);
  const upward = cross(normal, circumferential);
  return normalize([
    Math.cos(angle) * circumferential[0] + Math.sin(angle) * upward[0],
    Math.cos(angle) * circumferential[1] + Math.sin(angle) * upward[1],
    Math.cos(angle) * circumferential[2] + Math.sin(angle) * upward[2],
  ]);
}

function plainMesh(points: Float64Array, elements: Int32Array): Mesh {
  return {
    points,
    elementKind: "triangle",
    elements,
    regions: new Int32Array(elements.length / 3).fill(1),
    regionNames: { "1": "tissue" },
  };
}

function withFibres(mesh: Mesh, direction: (element: number) => Vector): Mesh {
  const fibres = new Float64Array(mesh.elements.length);
  for (let e = 0; e < mesh.elements.length / 3; e++) fibres.set(direction(e), 3 * e);
  return { ...mesh, fibres };
}

export function requirePositive(options: object): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !(typeof value === "number" && value > 0 && value < 1e9))
      fail({
        code: "out-of-range",
        message: `${name} = ${value} is not a positive number.`,
        path: name,
        fix: "Give a positive length, number or size.",
      });
}

function checkShell(options: EllipsoidShellOptions): void {
  const [a, b, c] = options.semiAxes_mm;
  requirePositive({ a, b, c, spacing_mm: options.spacing_mm, nodes: options.nodes });
  if ((options.spacing_mm === undefined) === (options.nodes === undefined))
    fail({
      code: "bad-options",
      message: "An ellipsoid needs either spacing_mm or nodes.",
      fix: "Give exactly one of the two.",
    });
  if (!(Math.abs(options.baseFraction ?? 0.5) < 1))
    fail({
      code: "out-of-range",
      message: `baseFraction = ${options.baseFraction} does not cut the ellipsoid.`,
      fix: "Give a value between -1 and 1 (default 0.5).",
    });
}
