import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { sheet } from "../../src/mesh/generators.js";
import {
  adjacency,
  connectedComponents,
  degrees,
  edgeGraph,
  elementEdges,
  graphDistances,
} from "../../src/mesh/graph.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { bandwidth, dropUnusedNodes, renumber, reverseCuthillMcKee } from "../../src/mesh/order.js";
import { farthestPoints } from "../../src/mesh/smoothness.js";

const patch = sheet({ width_mm: 20, height_mm: 15, spacing_mm: 1 });
const graph = edgeGraph(patch);

/** Unit square of two triangles, and a second one far away. */
const twoSquares: Mesh = {
  points: Float64Array.from(
    [0, 1, 1, 0]
      .flatMap((x, k) => [x, k > 1 ? 1 : 0, 0])
      .concat([5, 6, 6, 5].flatMap((x, k) => [x, k > 1 ? 1 : 0, 0])),
  ),
  elementKind: "triangle",
  elements: Int32Array.from([0, 1, 2, 0, 2, 3, 4, 5, 6, 4, 6, 7]),
  regions: new Int32Array(4),
  regionNames: {},
};

test("edges are unique, sorted and as long as the points say", () => {
  const square = edgeGraph(twoSquares);
  expect([...square.edges.slice(0, 10)]).toEqual([0, 1, 0, 2, 0, 3, 1, 2, 2, 3]);
  expect([...square.lengths.slice(0, 5)]).toEqual([1, Math.SQRT2, 1, 1, 1]);
  for (let e = 1; e < graph.lengths.length; e++) {
    const key = (k: number) => graph.edges[2 * k] * graph.nodeCount + graph.edges[2 * k + 1];
    expect(key(e)).toBeGreaterThan(key(e - 1));
  }
  // Euler: V - E + F = 1 for a disc.
  expect(graph.nodeCount - graph.lengths.length + patch.elements.length / 3).toBe(1);
});

test("compressed rows list every edge from both ends, ascending", () => {
  const rows = adjacency(graph);
  expect(rows.rowStart[graph.nodeCount]).toBe(2 * graph.lengths.length);
  for (let i = 0; i < graph.nodeCount; i++)
    for (let k = rows.rowStart[i]; k < rows.rowStart[i + 1]; k++) {
      if (k > rows.rowStart[i]) expect(rows.neighbour[k]).toBeGreaterThan(rows.neighbour[k - 1]);
      const ends = [graph.edges[2 * rows.edge[k]], graph.edges[2 * rows.edge[k] + 1]];
      expect(ends.sort((a, b) => a - b)).toEqual([i, rows.neighbour[k]].sort((a, b) => a - b));
    }
  expect([...degrees(graph)]).toEqual(
    Array.from({ length: graph.nodeCount }, (_, i) => rows.rowStart[i + 1] - rows.rowStart[i]),
  );
});

test("elementEdges finds the edges, and names a foreign graph", () => {
  expect([...elementEdges(twoSquares, edgeGraph(twoSquares)).slice(0, 6)]).toEqual([
    0, 3, 1, 1, 4, 2,
  ]);
  const foreign = { ...graph, edges: graph.edges.slice(2), lengths: graph.lengths.slice(1) };
  expect(() => elementEdges(patch, foreign)).toThrow(/not in the graph/);
});

test("distances agree with relaxing every edge until nothing changes", () => {
  const random = createRandom(7);
  const cost = graph.lengths.map(() => 0.2 + random.uniform());
  const sources = [
    { node: 3, start: 0 },
    { node: 200, start: 1.5 },
  ];
  const slow = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  for (const { node, start } of sources) slow[node] = start;
  for (let sweep = 0; sweep < graph.nodeCount; sweep++)
    cost.forEach((c, e) => {
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      slow[j] = Math.min(slow[j], slow[i] + c);
      slow[i] = Math.min(slow[i], slow[j] + c);
    });
  graphDistances(graph, sources, cost).forEach((d, i) => {
    expect(d).toBeCloseTo(slow[i], 12);
  });
});

test("distances along a lattice line are exact, and Infinity across a gap", () => {
  const d = graphDistances(graph, [{ node: 0, start: 0 }]);
  expect(d[20]).toBeCloseTo(20, 12);
  expect(graphDistances(edgeGraph(twoSquares), [{ node: 0, start: 0 }])[6]).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test("bad input to distances is named", () => {
  expect(() => graphDistances(graph, [{ node: -1, start: 0 }])).toThrow(/Node -1/);
  expect(() => graphDistances(graph, [], new Float64Array(3))).toThrow(/3 values/);
  expect(() =>
    graphDistances(
      graph,
      [],
      graph.lengths.map(() => Number.NaN),
    ),
  ).toThrow(/NaN/);
});

test("components are counted and numbered by their lowest node", () => {
  expect(connectedComponents(graph).count).toBe(1);
  const two = connectedComponents(edgeGraph(twoSquares));
  expect([two.count, ...two.component]).toEqual([2, 0, 0, 0, 0, 1, 1, 1, 1]);
});

test("reverse Cuthill-McKee narrows a shuffled mesh to about its lattice rows", () => {
  const shuffled = Int32Array.from(
    createRandom(1).shuffle(Array.from({ length: graph.nodeCount }, (_, i) => i)),
  );
  const mesh = renumber(
    { ...patch, nodeData: { x: patch.points.filter((_, k) => k % 3 === 0) } },
    shuffled,
  );
  const messy = edgeGraph(mesh);
  const tidy = renumber(mesh, reverseCuthillMcKee(messy));
  expect(bandwidth(messy)).toBeGreaterThan(250);
  // One row across the short side holds 18 nodes.
  expect(bandwidth(edgeGraph(tidy))).toBeLessThanOrEqual(30);
  expect([...(tidy.nodeData?.x ?? [])]).toEqual([...tidy.points.filter((_, k) => k % 3 === 0)]);
  const total = (lengths: Float64Array) => lengths.reduce((sum, l) => sum + l, 0);
  expect(total(edgeGraph(tidy).lengths)).toBeCloseTo(total(graph.lengths), 9);
});

test("renumber refuses what is no permutation; unused nodes can be dropped", () => {
  expect(() => renumber(twoSquares, Int32Array.from([0, 0, 1, 2, 3, 4, 5, 6]))).toThrow(/distinct/);
  const half = dropUnusedNodes({ ...twoSquares, elements: Int32Array.from([4, 5, 6, 4, 6, 7]) });
  expect([...half.elements]).toEqual([0, 1, 2, 0, 2, 3]);
  expect([...half.points]).toEqual([...twoSquares.points.slice(12)]);
});

test("farthest points cover the sheet within twice their separation, the same every time", () => {
  const chosen = farthestPoints(graph, 12, 0);
  expect(new Set(chosen).size).toBe(12);
  expect(chosen).toEqual(farthestPoints(graph, 12, 0));
  const gaps = [...chosen].flatMap((node) => {
    const d = graphDistances(graph, [{ node, start: 0 }]);
    return [...chosen].filter((other) => other !== node).map((other) => d[other]);
  });
  const cover = graphDistances(
    graph,
    [...chosen].map((node) => ({ node, start: 0 })),
  );
  expect(Math.max(...cover)).toBeLessThanOrEqual(Math.min(...gaps) + 1e-12);
  expect(() => farthestPoints(graph, 0, 0)).toThrow(/Cannot choose 0/);
});
