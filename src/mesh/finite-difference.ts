import { fail } from "../core/errors.js";
import type { EdgeGraph, EdgeOperator, Grid, Mesh } from "./mesh.js";
import type { Vector } from "./vector.js";

/** The axis edges of a grid, i < j, sorted by (i, j). */
export function gridGraph(grid: Grid): EdgeGraph {
  const edges = new Int32Array(2 * edgeCount(grid));
  const lengths = new Float64Array(edges.length / 2);
  forEachEdge(grid, (e, { from, to, axis }) => {
    edges[2 * e] = from;
    edges[2 * e + 1] = to;
    lengths[e] = grid.spacing_mm[axis];
  });
  const [nx, ny, nz] = grid.nodes;
  return { nodeCount: nx * ny * nz, edges, lengths };
}

/**
 * Differences in flux form: a node owns the tissue half way to its neighbours, so cells at the
 * boundary are halves and nothing flows through it. mass = volume of the cell, w = area of the face
 * between two cells / distance. Inside this is the 3-, 5- or 7-point Laplacian; tissue without
 * extent along an axis counts as 1 mm thick.
 */
export function finiteDifference(mesh: Mesh): EdgeOperator {
  const grid = requireGrid(mesh);
  return { mass: cellMass(grid), weights: { w: faceWeights(grid, [1, 1, 1]) } };
}

/** Beside w the weights of the edges along the fibre, f_a^2 w: D = D_across I + ... as for p1-fibre. */
export function finiteDifferenceFibre(mesh: Mesh): EdgeOperator {
  const grid = requireGrid(mesh);
  const [x, y, z] = axisFibre(grid);
  const { mass, weights } = finiteDifference(mesh);
  return { mass, weights: { ...weights, w_fibre: faceWeights(grid, [x * x, y * y, z * z]) } };
}

interface GridEdge {
  from: number;
  to: number;
  axis: 0 | 1 | 2;
  /** Lattice position of `from`. */
  readonly at: [number, number, number];
}

function edgeCount({ nodes: [nx, ny, nz] }: Grid): number {
  return (nx - 1) * ny * nz + nx * (ny - 1) * nz + nx * ny * (nz - 1);
}

/** One edge object serves all calls: a grid of 10^6 nodes has 3 * 10^6 edges. */
function forEachEdge(grid: Grid, visit: (e: number, edge: GridEdge) => void): void {
  const [nx, ny, nz] = grid.nodes;
  const edge: GridEdge = { from: 0, to: 0, axis: 0, at: [0, 0, 0] };
  let e = 0;
  const step = (axis: 0 | 1 | 2, stride: number) => {
    edge.axis = axis;
    edge.to = edge.from + stride;
    visit(e++, edge);
  };
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        edge.from = i + nx * (j + ny * k);
        [edge.at[0], edge.at[1], edge.at[2]] = [i, j, k];
        if (i + 1 < nx) step(0, 1);
        if (j + 1 < ny) step(1, nx);
        if (k + 1 < nz) step(2, nx * ny);
      }
}

/** Width, mm, of the cell of every node along one axis. */
function cellWidths({ nodes, spacing_mm }: Grid, axis: number): Float64Array {
  if (nodes[axis] === 1) return new Float64Array([1]);
  const widths = new Float64Array(nodes[axis]).fill(spacing_mm[axis]);
  widths[0] /= 2;
  widths[widths.length - 1] /= 2;
  return widths;
}

function cellMass(grid: Grid): Float64Array {
  const [x, y, z] = [0, 1, 2].map((axis) => cellWidths(grid, axis));
  const mass = new Float64Array(x.length * y.length * z.length);
  let node = 0;
  for (const c of z) for (const b of y) for (const a of x) mass[node++] = a * b * c;
  return mass;
}

function faceWeights(grid: Grid, factor: Vector): Float64Array {
  const widths = [0, 1, 2].map((axis) => cellWidths(grid, axis));
  const w = new Float64Array(edgeCount(grid));
  forEachEdge(grid, (e, { axis, at }) => {
    const [first, second] = [(axis + 1) % 3, (axis + 2) % 3];
    const area = widths[first][at[first]] * widths[second][at[second]];
    w[e] = (factor[axis] * area) / grid.spacing_mm[axis];
  });
  return w;
}

function requireGrid(mesh: Mesh): Grid {
  return (
    mesh.grid ??
    fail({
      code: "missing-grid",
      path: "mesh.grid",
      message: "Finite differences need a grid, and this mesh is made of elements.",
      fix: "Make the mesh with grid(...), or use finite elements.",
    })
  );
}

/** Differences along the axes hold no mixed derivative, so they cannot turn a tensor. */
function axisFibre({ fibre }: Grid): Vector {
  if (fibre === undefined)
    return fail({
      code: "missing-fibres",
      path: "mesh.grid.fibre",
      message: "Finite differences along the fibre need one, and this grid has none.",
      fix: "Give grid(...) a `fibre`, or use finite differences with one coefficient.",
    });
  const along = fibre.filter((x) => Math.abs(Math.abs(x) - 1) < 1e-9).length;
  const across = fibre.filter((x) => Math.abs(x) < 1e-9).length;
  if (along !== 1 || across !== 2)
    fail({
      code: "oblique-fibre",
      path: "mesh.grid.fibre",
      message: `Finite differences are exact for fibres along an axis; this grid's are [${fibre.join(", ")}].`,
      fix: "Use finite elements (slab, finite-element-fibre) for oblique fibres.",
    });
  return fibre;
}
