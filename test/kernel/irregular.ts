import type { Random } from "../../src/core/random.js";
import type { Topology } from "../../src/kernel/layout.js";

/**
 * A closed triangulated surface grown from a tetrahedron by putting each new node into a random
 * triangle: degrees from 3 to about 20, 3 N - 6 edges.
 */
export function irregularSurface(nodes: number, random: Random): Topology {
  const triangles = [
    [0, 1, 2],
    [0, 1, 3],
    [0, 2, 3],
    [1, 2, 3],
  ];
  for (let node = 4; node < nodes; node++) {
    const [a, b, c] = triangles.splice(random.integer(triangles.length), 1)[0];
    triangles.push([a, b, node], [a, c, node], [b, c, node]);
  }
  const edges = new Map<string, number>();
  for (const [a, b, c] of triangles)
    for (const pair of [`${a}/${b}`, `${a}/${c}`, `${b}/${c}`])
      if (!edges.has(pair)) edges.set(pair, edges.size);
  return topologyOf(
    nodes,
    [...edges.keys()].map((pair) => pair.split("/").map(Number)),
  );
}

/** A structured sheet: neighbours to the left, right, above and below. */
export function lattice(columns: number, rows: number): Topology {
  const edges: number[][] = [];
  for (let node = 0; node < columns * rows; node++) {
    if ((node + 1) % columns !== 0) edges.push([node, node + 1]);
    if (node + columns < columns * rows) edges.push([node, node + columns]);
  }
  return topologyOf(columns * rows, edges);
}

function topologyOf(nodes: number, edges: readonly (readonly number[])[]): Topology {
  const rows: { node: number; edge: number }[][] = Array.from({ length: nodes }, () => []);
  edges.forEach(([a, b], edge) => {
    rows[a].push({ node: b, edge });
    rows[b].push({ node: a, edge });
  });
  const rowStart = new Int32Array(nodes + 1);
  rows.forEach((row, i) => {
    rowStart[i + 1] = rowStart[i] + row.length;
  });
  return {
    nodes,
    edges: edges.length,
    rowStart,
    neighbour: Int32Array.from(rows.flat(), (slot) => slot.node),
    slotEdge: Int32Array.from(rows.flat(), (slot) => slot.edge),
  };
}

export const degreesOf = ({ rowStart, nodes }: Topology): number[] =>
  Array.from({ length: nodes }, (_, i) => rowStart[i + 1] - rowStart[i]);
