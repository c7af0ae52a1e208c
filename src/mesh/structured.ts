import { fail } from "../core/errors.js";
import { requirePositive } from "./generators.js";
import type { Grid, Mesh } from "./mesh.js";
import { norm, normalize, type Vector } from "./vector.js";

export interface BoxOptions {
  /** Lengths along x, y, z. */
  readonly size_mm: Vector;
  /** Rounded on every axis so that whole cells fill the size. */
  readonly spacing_mm: number;
  /** One direction for all tissue, of any length; no fibres if left out. */
  readonly fibre?: Vector;
}

/**
 * A box of tetrahedra at the origin: equal cells of six (Kuhn 1942), all of which share the cell's
 * diagonal from its lowest to its highest corner. Node (i, j, k) is i + nx * (j + ny * k).
 */
export function slab(options: BoxOptions): Mesh {
  const [x, y, z] = options.size_mm;
  requirePositive({ x, y, z, spacing_mm: options.spacing_mm });
  const lattice = latticeOf(options);
  const elements = kuhnTetrahedra(lattice.nodes);
  const count = elements.length / 4;
  return {
    points: latticePoints(lattice),
    elementKind: "tetrahedron",
    elements,
    regions: new Int32Array(count).fill(1),
    regionNames: { "1": "tissue" },
    ...(options.fibre && { fibres: repeated(unit(options.fibre), count) }),
  };
}

/**
 * Nodes on a lattice without elements, for finite differences; an axis of size 0 has one node, so
 * that [50, 0, 0] is a cable and [50, 50, 0] a sheet. Nodes are numbered as in `slab`.
 */
export function grid(options: BoxOptions): Mesh {
  const axes = ["x", "y", "z"].map((name, k) => [name, options.size_mm[k]] as const);
  const extended = axes.filter(([, size]) => size !== 0);
  requirePositive({ spacing_mm: options.spacing_mm, ...Object.fromEntries(extended) });
  if (extended.length === 0)
    fail({
      code: "out-of-range",
      path: "size_mm",
      message: "A grid of size 0 along every axis is a single node.",
      fix: "Give a positive size along one axis at least.",
    });
  const lattice = latticeOf(options);
  const isVolume = lattice.nodes.every((n) => n > 1);
  return {
    points: latticePoints(lattice),
    elementKind: isVolume ? "tetrahedron" : "triangle",
    elements: new Int32Array(0),
    regions: new Int32Array(0),
    regionNames: {},
    grid: { ...lattice, ...(options.fibre && { fibre: unit(options.fibre) }) },
  };
}

/** A cable along x, for finite differences. */
export const cable = (options: {
  readonly length_mm: number;
  readonly spacing_mm: number;
}): Mesh => {
  requirePositive(options);
  return grid({ size_mm: [options.length_mm, 0, 0], spacing_mm: options.spacing_mm });
};

/** Node numbers are 32 bit, and so are the element corners of a slab. */
const mostNodes = 2 ** 26;

function latticeOf({ size_mm, spacing_mm }: BoxOptions): Grid {
  const cells = size_mm.map((size) =>
    size === 0 ? 0 : Math.max(1, Math.round(size / spacing_mm)),
  );
  const count = cells.reduce((product, n) => product * (n + 1), 1);
  if (count > mostNodes)
    fail({
      code: "out-of-range",
      path: "spacing_mm",
      message: `A spacing of ${spacing_mm} mm makes ${count} nodes; ${mostNodes} are the most.`,
      fix: "Take a larger spacing or a smaller box.",
    });
  return {
    nodes: [cells[0] + 1, cells[1] + 1, cells[2] + 1],
    spacing_mm: [0, 1, 2].map((a) => (cells[a] ? size_mm[a] / cells[a] : 0)) as [
      number,
      number,
      number,
    ],
  };
}

function latticePoints({ nodes: [nx, ny, nz], spacing_mm: [hx, hy, hz] }: Grid): Float64Array {
  const points = new Float64Array(3 * nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        points[at++] = i * hx;
        points[at++] = j * hy;
        points[at++] = k * hz;
      }
  return points;
}

/** The orders in which a path along the cell's edges may take the axes, and its handedness. */
const paths = [
  { axes: [0, 1, 2], isEven: true },
  { axes: [1, 2, 0], isEven: true },
  { axes: [2, 0, 1], isEven: true },
  { axes: [1, 0, 2], isEven: false },
  { axes: [0, 2, 1], isEven: false },
  { axes: [2, 1, 0], isEven: false },
] as const;

function kuhnTetrahedra([nx, ny, nz]: Grid["nodes"]): Int32Array {
  const stride = [1, nx, nx * ny];
  const top = stride[0] + stride[1] + stride[2];
  // Corners relative to the lowest one; odd paths are turned to a positive volume.
  const corners = paths.flatMap(({ axes: [a, b], isEven }) => {
    const [first, second] = [stride[a], stride[a] + stride[b]];
    return isEven ? [0, first, second, top] : [0, second, first, top];
  });
  const elements = new Int32Array(24 * (nx - 1) * (ny - 1) * (nz - 1));
  let at = 0;
  for (let k = 0; k + 1 < nz; k++)
    for (let j = 0; j + 1 < ny; j++)
      for (let i = 0; i + 1 < nx; i++) {
        const lowest = i + nx * (j + ny * k);
        for (let c = 0; c < 24; c++) elements[at++] = lowest + corners[c];
      }
  return elements;
}

function unit(direction: Vector): Vector {
  const length = norm(direction);
  if (!(length > 0 && length < Infinity))
    fail({
      code: "bad-fibre",
      path: "fibre",
      message: `fibre = [${direction.join(", ")}] has no direction.`,
      fix: "Give three finite numbers, not all zero, or leave it out.",
    });
  return normalize(direction);
}

function repeated(direction: Vector, count: number): Float64Array {
  const values = new Float64Array(3 * count);
  for (let at = 0; at < values.length; at++) values[at] = direction[at % 3];
  return values;
}
