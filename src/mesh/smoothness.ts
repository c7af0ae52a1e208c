import { fail } from "../core/errors.js";
import { adjacency, checkNode, relaxDistances } from "./graph.js";
import type { EdgeGraph } from "./mesh.js";

/**
 * `count` nodes spread over the mesh: each next one is the farthest along edges from all before
 * (greedy, within a factor 2 of the best covering radius; Gonzalez 1985). Ties go to the lowest node.
 */
export function farthestPoints(graph: EdgeGraph, count: number, firstNode: number): Int32Array {
  checkNode(graph, firstNode);
  checkCount(graph, count);
  const distance = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  const field = { rows: adjacency(graph), edgeCost: graph.lengths, distance };
  const chosen = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    chosen[k] = k === 0 ? firstNode : indexOfLargest(distance);
    relaxDistances(field, [{ node: chosen[k], start: 0 }]);
  }
  return chosen;
}

function checkCount(graph: EdgeGraph, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= graph.nodeCount) return;
  fail({
    code: "out-of-range",
    message: `Cannot choose ${count} of ${graph.nodeCount} nodes.`,
    fix: `Ask for 1 to ${graph.nodeCount} nodes.`,
  });
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
