import { fail } from "../../core/errors.js";
import { type Mesh, nodeCount } from "../../mesh/mesh.js";

/** Values at K distinct nodes, in any unit (ms, mV); predictions come back in the same unit. */
export interface Known {
  /** [K] 0-based node numbers. */
  readonly nodes: ArrayLike<number>;
  /** [K] finite values. */
  readonly values: ArrayLike<number>;
}

/** Predicts all N nodes of `mesh` from `known`; [N] in the unit of the values. */
export type Interpolator = (mesh: Mesh, known: Known) => Float64Array;

/** Refuses shapes, nodes and values that no interpolator can use. */
export function checkKnown(mesh: Mesh, known: Known): void {
  const { nodes, values } = known;
  if (nodes.length === 0)
    fail({
      code: "empty-selection",
      message: "There is no known node to interpolate from.",
      fix: "Give at least one node with its value.",
    });
  if (nodes.length !== values.length)
    fail({
      code: "bad-shape",
      message: `There are ${nodes.length} known nodes but ${values.length} values.`,
      fix: "Give one value per known node.",
    });
  const seen = new Set<number>();
  for (let k = 0; k < nodes.length; k++) checkRow(nodes[k], values[k], nodeCount(mesh), seen);
}

function checkRow(node: number, value: number, count: number, seen: Set<number>): void {
  if (!Number.isInteger(node) || node < 0 || node >= count)
    fail({
      code: "bad-node",
      message: `Known node ${node} is not a node of the mesh.`,
      fix: `Use 0-based node numbers from 0 to ${count - 1}.`,
    });
  if (seen.has(node))
    fail({
      code: "repeated-node",
      message: `Known node ${node} is given twice.`,
      fix: "Merge its values (e.g. by their mean) before interpolating.",
    });
  seen.add(node);
  if (!Number.isFinite(value))
    fail({
      code: "not-finite",
      message: `The known value at node ${node} is ${value}.`,
      fix: "Leave out nodes without a measurement.",
    });
}

/** [K * 3] positions of `nodes`, mm. */
export function coordinatesOf(mesh: Mesh, nodes: ArrayLike<number>): Float64Array {
  const result = new Float64Array(nodes.length * 3);
  for (let k = 0; k < nodes.length; k++)
    result.set(mesh.points.subarray(nodes[k] * 3, nodes[k] * 3 + 3), k * 3);
  return result;
}

/** Straight distance between row i of `a` and row j of `b` ([. * 3] each), mm. */
export function distance(a: Float64Array, i: number, b: Float64Array, j: number): number {
  return Math.hypot(a[i * 3] - b[j * 3], a[i * 3 + 1] - b[j * 3 + 1], a[i * 3 + 2] - b[j * 3 + 2]);
}

/** [3] mean position of `coordinates` [K * 3], mm. */
export function centroid(coordinates: Float64Array): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < coordinates.length; i++) sum[i % 3] += coordinates[i];
  const count = coordinates.length / 3;
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

/** Root mean square distance from the centroid: the size of a point cloud, mm. */
export function radiusOfGyration(coordinates: Float64Array): number {
  const centre = centroid(coordinates);
  let sum = 0;
  for (let i = 0; i < coordinates.length; i++) sum += (coordinates[i] - centre[i % 3]) ** 2;
  return Math.sqrt(sum / (coordinates.length / 3));
}
