import { centroid, norm, pointAt, subtract, type Vector } from "./vector.js";

/** Signed distance-like function, mm: negative inside, near the surface about the distance. */
export type Domain = (p: Vector) => number;

export interface Box {
  readonly min: Vector;
  readonly max: Vector;
}

export interface Tetrahedra {
  readonly points: Float64Array;
  /** [M * 4], positive volumes. */
  readonly elements: Int32Array;
}

/**
 * Isosurface stuffing (Labelle & Shewchuk 2007, uniform): a body-centred cubic lattice, whose
 * nodes near the surface are warped onto it and whose elements that still cross it are cut. The
 * warping fractions bound the dihedral angles for any domain whose details are larger than a cell.
 * `cell_mm` is the edge of the cubic cell; lattice planes pass through the coordinate planes.
 */
export function stuffTetrahedra(domain: Domain, box: Box, cell_mm: number): Tetrahedra {
  const lattice = createLattice(domain, box, cell_mm);
  warpNodes(lattice);
  return fillElements(lattice);
}

/** Nodes at half-cell integer places whose three coordinates are all even or all odd. */
interface Lattice {
  readonly domain: Domain;
  readonly size: readonly [number, number, number];
  /** [size product * 3], mm; only lattice places are in use. */
  readonly position: Float64Array;
  /** Domain value, 0 where warped onto the surface. */
  readonly value: Float64Array;
  /** The 14 neighbours' index offsets; the first 6 are the long edges. */
  readonly offsets: Int32Array;
}

// Labelle & Shewchuk, table 1: the pair that maximises the worst dihedral angle.
const warpLong = 0.24999;
const warpShort = 0.41189;

function createLattice(domain: Domain, box: Box, cell: number): Lattice {
  const first = box.min.map((low) => 2 * Math.floor(low / cell) - 4);
  const last = box.max.map((high) => 2 * Math.ceil(high / cell) + 4);
  const [nx, ny, nz] = [0, 1, 2].map((k) => last[k] - first[k] + 1);
  const position = new Float64Array(3 * nx * ny * nz);
  const value = new Float64Array(nx * ny * nz).fill(1);
  forEachPlace([nx, ny, nz], (id, x, y, z) => {
    const p: Vector = [
      ((first[0] + x) * cell) / 2,
      ((first[1] + y) * cell) / 2,
      ((first[2] + z) * cell) / 2,
    ];
    position.set(p, 3 * id);
    value[id] = domain(p);
  });
  const step = (x: number, y: number, z: number) => (z * ny + y) * nx + x;
  const long = [step(2, 0, 0), step(0, 2, 0), step(0, 0, 2)];
  const short = [step(1, 1, 1), step(1, 1, -1), step(1, -1, 1), step(-1, 1, 1)];
  const offsets = [...long, ...long.map((s) => -s), ...short, ...short.map((s) => -s)];
  return { domain, size: [nx, ny, nz], position, value, offsets: Int32Array.from(offsets) };
}

function forEachPlace(
  [nx, ny, nz]: readonly [number, number, number],
  visit: (id: number, x: number, y: number, z: number) => void,
): void {
  for (let z = 0; z < nz; z++)
    for (let y = z % 2; y < ny; y += 2)
      for (let x = z % 2; x < nx; x += 2) visit((z * ny + y) * nx + x, x, y, z);
}

// The empty margin of the box guarantees that nodes with neighbours across the surface have all 14.
const isInner = ([nx, ny, nz]: Lattice["size"], x: number, y: number, z: number) =>
  x >= 2 && y >= 2 && z >= 2 && x < nx - 2 && y < ny - 2 && z < nz - 2;

/** Moves every node that lies too close to a crossing of one of its edges onto that crossing. */
function warpNodes(lattice: Lattice): void {
  const { size, value, offsets, position } = lattice;
  forEachPlace(size, (id, x, y, z) => {
    if (value[id] === 0 || !isInner(size, x, y, z)) return;
    let nearest = Number.POSITIVE_INFINITY;
    let target: Vector | undefined;
    offsets.forEach((offset, k) => {
      if (value[id] * value[id + offset] >= 0) return;
      const crossing = findCrossing(lattice, id, id + offset);
      const length = crossing.fraction * (k < 6 ? 1 : Math.sqrt(3 / 4));
      if (crossing.fraction >= (k < 6 ? warpLong : warpShort) || length >= nearest) return;
      nearest = length;
      target = crossing.point;
    });
    if (target === undefined) return;
    position.set(target, 3 * id);
    value[id] = 0;
  });
}

/** Where the surface cuts the edge from a to b, by bisection; fraction counted from a. */
function findCrossing(lattice: Lattice, a: number, b: number): { fraction: number; point: Vector } {
  const at = (t: number): Vector => {
    const mix = (k: number) =>
      lattice.position[3 * a + k] * (1 - t) + lattice.position[3 * b + k] * t;
    return [mix(0), mix(1), mix(2)];
  };
  const sign = Math.sign(lattice.value[a]);
  let [low, high] = [0, 1];
  for (let step = 0; step < 26; step++) {
    const middle = (low + high) / 2;
    if (lattice.domain(at(middle)) * sign > 0) low = middle;
    else high = middle;
  }
  return { fraction: (low + high) / 2, point: at((low + high) / 2) };
}

interface Filling {
  readonly lattice: Lattice;
  readonly points: number[];
  readonly elements: number[];
  /** Lattice id or (a * places + b) of a cut edge -> output node. */
  readonly numbers: Map<number, number>;
}

/** The lattice's tetrahedra: two cell centres across a face, with each of the face's four edges. */
function fillElements(lattice: Lattice): Tetrahedra {
  const filling: Filling = { lattice, points: [], elements: [], numbers: new Map() };
  const [nx, ny] = lattice.size;
  const unit = [1, nx, nx * ny];
  forEachPlace(lattice.size, (id, x, y, z) => {
    if (x % 2 === 0 || !isInner(lattice.size, x, y, z)) return;
    for (let axis = 0; axis < 3; axis++) {
      const other = id + 2 * unit[axis];
      const [s, t] = [unit[(axis + 1) % 3], unit[(axis + 2) % 3]];
      const face = id + unit[axis];
      const ring = [face - s - t, face + s - t, face + s + t, face - s + t];
      for (let k = 0; k < 4; k++) fillOne(filling, [id, other, ring[k], ring[(k + 1) % 4]]);
    }
  });
  return {
    points: Float64Array.from(filling.points),
    elements: Int32Array.from(filling.elements),
  };
}

/** Keeps the inner part of one lattice tetrahedron. */
function fillOne(filling: Filling, corners: number[]): void {
  const { value } = filling.lattice;
  const inside = corners.filter((id) => value[id] < 0).sort((a, b) => value[a] - value[b] || a - b);
  const outside = corners.filter((id) => value[id] > 0);
  if (inside.length === 0 && (outside.length > 0 || !isThinWall(filling.lattice, corners))) return;
  const zero = corners.filter((id) => value[id] === 0).map((id) => nodeOf(filling, id));
  const inner = inside.map((id) => nodeOf(filling, id));
  const cut = (from: number, to: number) => cutNode(filling, inside[from], outside[to]);
  if (outside.length === 0) emit(filling, [...inner, ...zero]);
  else if (inside.length === 1)
    emit(filling, [inner[0], ...zero, ...outside.map((_, k) => cut(0, k))]);
  else emitCut(filling, { inner, zero, outsides: outside.length, cut });
}

interface CutTetrahedron {
  /** Inner corners, deepest first. */
  readonly inner: readonly number[];
  readonly zero: readonly number[];
  readonly outsides: number;
  /** Node on the edge from an inner to an outer corner. */
  readonly cut: (from: number, to: number) => number;
}

/**
 * Two or three corners inside. Every cut quadrilateral face gets its diagonal from the deeper inner
 * corner: neighbours agree, and a total order never asks for an impossible prism.
 */
function emitCut(filling: Filling, { inner, zero, outsides, cut }: CutTetrahedron): void {
  const [A, B, C] = inner;
  if (inner.length === 3) {
    emit(filling, [A, cut(0, 0), cut(1, 0), cut(2, 0)]);
    emit(filling, [A, B, cut(1, 0), cut(2, 0)]);
    emit(filling, [A, B, C, cut(2, 0)]);
  } else if (outsides === 1) {
    emit(filling, [zero[0], A, cut(0, 0), cut(1, 0)]);
    emit(filling, [zero[0], A, B, cut(1, 0)]);
  } else {
    emit(filling, [A, B, cut(1, 0), cut(1, 1)]);
    splitOpenFace(filling, A, [cut(0, 0), cut(1, 0), cut(1, 1), cut(0, 1)]);
  }
}

/**
 * Four nodes warped onto the surface: tissue where they lie on its two sides, i.e. the centre lies
 * well inside; otherwise a flat lid on one side. Keeps walls of one cell from getting holes.
 */
function isThinWall({ domain, position }: Lattice, corners: number[]): boolean {
  const middle = centroid(position, corners);
  const span = norm(subtract(pointAt(position, corners[0]), pointAt(position, corners[1])));
  return domain(middle) < -0.2 * span;
}

/** The pyramid from A over a quadrilateral on the surface, which no neighbour shares. */
function splitOpenFace(filling: Filling, A: number, quad: number[]): void {
  const [p, q, r, s] = quad;
  if (gap(filling, p, r) <= gap(filling, q, s)) {
    emit(filling, [A, p, q, r]);
    emit(filling, [A, p, r, s]);
  } else {
    emit(filling, [A, q, r, s]);
    emit(filling, [A, q, s, p]);
  }
}

const gap = ({ points }: Filling, a: number, b: number) =>
  Math.hypot(...[0, 1, 2].map((k) => points[3 * a + k] - points[3 * b + k]));

function nodeOf(filling: Filling, id: number): number {
  const known = filling.numbers.get(id);
  if (known !== undefined) return known;
  const { position } = filling.lattice;
  return addNode(filling, id, [position[3 * id], position[3 * id + 1], position[3 * id + 2]]);
}

function cutNode(filling: Filling, inside: number, outside: number): number {
  const key = (inside + 1) * filling.lattice.value.length + outside;
  return (
    filling.numbers.get(key) ??
    addNode(filling, key, findCrossing(filling.lattice, inside, outside).point)
  );
}

function addNode(filling: Filling, key: number, point: Vector): number {
  const node = filling.numbers.size;
  filling.numbers.set(key, node);
  filling.points.push(...point);
  return node;
}

/** Adds one element, turned to positive volume. */
function emit(filling: Filling, nodes: number[]): void {
  const [a, b, c, d] = nodes;
  const { points: p } = filling;
  const side = (n: number, k: number) => p[3 * n + k] - p[3 * a + k];
  const determinant =
    side(b, 0) * (side(c, 1) * side(d, 2) - side(c, 2) * side(d, 1)) -
    side(b, 1) * (side(c, 0) * side(d, 2) - side(c, 2) * side(d, 0)) +
    side(b, 2) * (side(c, 0) * side(d, 1) - side(c, 1) * side(d, 0));
  filling.elements.push(a, b, ...(determinant > 0 ? [c, d] : [d, c]));
}
