import { describe, expect, test } from "vitest";
import { placed } from "../../bench/ours/problem.js";
import { type Exported, requireSameProblem } from "../../bench/peers/export.js";
import { ellipsoidProblem, gridProblem } from "../../bench/w1-mesh.js";

const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

describe("the ellipsoid of the benchmarks", () => {
  test.each([
    [12, 30],
    [42, 120],
    [642, 1920],
    [2562, 7680],
  ])("%i nodes have %i edges of mean length 1", (nodes, edges) => {
    const problem = ellipsoidProblem(nodes);
    expect(problem.c).toHaveLength(edges);
    expect(sum(problem.lengths) / edges).toBeCloseTo(1, 12);
    expect(Math.min(...problem.c)).toBeGreaterThanOrEqual(1e-3);
  });

  // By numpy 1.24 from the peers' own mesh.py: sums of masses and weights, lifted nodes.
  test.each([
    [162, 132.92695012212812, 294.3757622085569, 19],
    [642, 531.7432943484645, 1177.5118177418647, 77],
    [2562, 2127.02122810368, 4709.980954300682, 305],
  ])("%i nodes are those of the peers' mesh", (nodes, mass, weight, lifted) => {
    const problem = ellipsoidProblem(nodes);
    expect(sum(problem.mass)).toBeCloseTo(mass, 8);
    expect(sum(problem.c)).toBeCloseTo(weight, 8);
    expect(sum(problem.u0)).toBe(lifted);
  });

  test("other numbers of nodes are refused", () => {
    expect(() => ellipsoidProblem(1000)).toThrow(/No icosphere has 1000 nodes; there are 12, 42/);
  });
});

test("a grid ties every node to the next along each axis", () => {
  const { edges, c, u0 } = gridProblem([2, 3, 4], [1, 2, 3]);
  expect(c).toHaveLength(1 * 12 + 2 * 8 + 3 * 6);
  expect([...edges.slice(0, 6)]).toEqual([0, 1, 0, 4, 0, 12]);
  expect([...c.slice(0, 3)]).toEqual([3, 2, 1]);
  expect(sum(u0)).toBe(6);
});

function exportOf(nodes: number): Exported {
  const own = ellipsoidProblem(nodes);
  const { topology } = placed(own, "as numbered");
  const slots = 6;
  const neighbour = new Int32Array(slots * nodes);
  const edge = new Int32Array(slots * nodes).fill(-1);
  for (let i = 0; i < nodes; i++)
    for (let s = topology.rowStart[i]; s < topology.rowStart[i + 1]; s++) {
      const at = (s - topology.rowStart[i]) * nodes + i;
      neighbour[at] = topology.neighbour[s];
      edge[at] = topology.slotEdge[s];
    }
  const single = (values: Float64Array) => Float32Array.from(values);
  return {
    ...{ nodes, steps: 600, neighbour, edge, loss: 0 },
    ...{ c: single(own.c), mass: single(own.mass), u0: single(own.u0), dist: single(own.lengths) },
    ...{ data: new Float32Array(0), gradient: new Float32Array(0) },
  };
}

describe("the problem a peer exports", () => {
  const own = ellipsoidProblem(42);

  test("is ours to single precision", () => {
    expect(() => requireSameProblem(own, exportOf(42))).not.toThrow();
  });

  test("is refused by name where it differs", () => {
    const masses = exportOf(42);
    masses.mass[7] *= 1.001;
    expect(() => requireSameProblem(own, masses)).toThrow("our mass[7] is not the one");
    const edges = exportOf(42);
    edges.edge[3] += 1;
    expect(() => requireSameProblem(own, edges)).toThrow(/our edge \d+ is not the one/);
    expect(() => requireSameProblem(own, exportOf(12))).toThrow("our number of nodes");
  });
});
