import { adjacency, edgeGraph } from "./graph.js";
import type { Mesh } from "./mesh.js";
import {
  addShare,
  badnessSlot,
  elementShare,
  elementsAround,
  type NodeStiffness,
  nodeStiffness,
  shareSize,
  squareSpacing,
} from "./node-stiffness.js";
import { boundarySurface } from "./surface.js";
import { pointAt, type Vector } from "./vector.js";

export interface RelaxOptions {
  /** Back onto the surface. */
  readonly project: (p: Vector) => Vector;
  readonly passes: number;
}

/** Rows (times squared spacing) below this do not bind the time step: their nodes stay. */
const restingRow = 7;
/** High enough for the worst rows to rule, low enough for their neighbours to give way. */
const power = 8;
/** Angles may get worse up to here (about 30 and 139 degrees), never beyond where they were. */
const freeBadness = 0.866;

/**
 * Compass search that lowers sum_i row_i^8 over the mesh (row: see NodeStiffness), node by node:
 * tiny cells grow at the cost of their neighbours, flat ones open. Surface nodes slide on the
 * surface. Moves that would invert an element or sharpen a bad angle are refused.
 */
export function relaxStiffness(mesh: Mesh, { project, passes }: RelaxOptions): Float64Array {
  const relaxation = startRelaxation(mesh);
  const { points, isSurface, step } = relaxation;
  for (let pass = 0; pass < passes; pass++)
    for (let node = 0; node < step.length; node++) {
      if (!isBinding(relaxation, node)) continue;
      const before = pointAt(points, node);
      const moved = compass.some((direction) => {
        const [x, y, z] = direction.map((d, k) => before[k] + d * step[node]);
        return tryMove(relaxation, node, isSurface[node] ? project([x, y, z]) : [x, y, z]);
      });
      if (!moved) step[node] = Math.max(step[node] / 2, relaxation.leastStep);
    }
  return points;
}

const compass: readonly Vector[] = [
  [1, 0, 0],
  [-1, 0, 0],
  [0, 1, 0],
  [0, -1, 0],
  [0, 0, 1],
  [0, 0, -1],
];

interface Relaxation {
  readonly elements: Int32Array;
  readonly points: Float64Array;
  readonly sums: NodeStiffness;
  readonly star: readonly (readonly number[])[];
  /** Ring nodes of every node and itself. */
  readonly ring: readonly Int32Array[];
  readonly isSurface: Uint8Array;
  /** [N] compass step, mm. */
  readonly step: Float64Array;
  readonly leastStep: number;
  /** (V / N)^(2/3), mm^2. */
  readonly square: number;
  readonly share: Float64Array;
}

function startRelaxation(mesh: Mesh): Relaxation {
  const sums = nodeStiffness(mesh);
  const square = squareSpacing(sums);
  const rows = adjacency(edgeGraph(mesh));
  const isSurface = new Uint8Array(sums.mass.length);
  for (const node of boundarySurface(mesh).nodes) isSurface[node] = 1;
  return {
    elements: mesh.elements,
    points: mesh.points.slice(),
    sums,
    star: elementsAround(mesh),
    ring: Array.from(sums.mass, (_, i) =>
      Int32Array.of(i, ...rows.neighbour.subarray(rows.rowStart[i], rows.rowStart[i + 1])),
    ),
    isSurface,
    step: new Float64Array(sums.mass.length).fill(0.2 * Math.sqrt(square)),
    leastStep: 0.01 * Math.sqrt(square),
    square,
    share: new Float64Array(shareSize),
  };
}

const rowAt = ({ sums, square }: Relaxation, node: number) =>
  (square * sums.diagonal[node]) / sums.mass[node];

const isBinding = (relaxation: Relaxation, node: number) =>
  relaxation.ring[node].some((other) => rowAt(relaxation, other) > restingRow);

function energyAround(relaxation: Relaxation, node: number): number {
  let energy = 0;
  for (const other of relaxation.ring[node]) energy += rowAt(relaxation, other) ** power;
  return energy;
}

/** Adds or takes the star's shares; returns its worst angle, Infinity when one is inverted. */
function shiftStar(relaxation: Relaxation, node: number, sign: 1 | -1): number {
  const { points, elements: nodes, share, sums } = relaxation;
  let worst = 0;
  for (const e of relaxation.star[node]) {
    elementShare(points, nodes, { at: 4 * e, share });
    addShare(sums, { nodes, at: 4 * e, share, sign });
    worst = Math.max(worst, share[badnessSlot]);
  }
  return worst;
}

/** Moves the node when that lowers the energy; else everything is as before, to rounding. */
function tryMove(relaxation: Relaxation, node: number, target: Vector): boolean {
  const { points } = relaxation;
  const before = pointAt(points, node);
  const energy = energyAround(relaxation, node);
  const badness = shiftStar(relaxation, node, -1);
  points.set(target, 3 * node);
  const newBadness = shiftStar(relaxation, node, 1);
  const isSound = newBadness <= Math.max(badness, freeBadness);
  if (isSound && energyAround(relaxation, node) < energy * (1 - 1e-5)) return true;
  shiftStar(relaxation, node, -1);
  points.set(before, 3 * node);
  shiftStar(relaxation, node, 1);
  return false;
}
