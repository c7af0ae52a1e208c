import { Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { edgeGraph } from "../../../src/mesh/graph.js";
import { operators } from "../../../src/mesh/operators.js";
import { biLaplacian } from "../../../src/twin/interpolation/bi-laplacian.js";
import { gaussianProcess } from "../../../src/twin/interpolation/gaussian-process.js";
import { geodesicDistances } from "../../../src/twin/interpolation/geodesic.js";
import { interpolators } from "../../../src/twin/interpolation/interpolators.js";
import { inverseDistance } from "../../../src/twin/interpolation/inverse-distance.js";
import type { Interpolator } from "../../../src/twin/interpolation/known.js";
import { linearRadialBasis, thinPlate } from "../../../src/twin/interpolation/thin-plate.js";
import {
  breakthroughTimes,
  cloud,
  ellipsoid,
  equilateralSheet,
  knownOf,
  meanAbsoluteError,
  pickNodes,
  positions,
  triangles,
} from "./surfaces.js";

const heart = ellipsoid(3);
const coarse = ellipsoid(2);
const times = breakthroughTimes(heart);

const throughData: Record<string, Interpolator> = {
  ...interpolators,
  "gaussian-process": (mesh, known) => gaussianProcess(mesh, known, { fixed: { noiseSd: 0 } }).mean,
  "gaussian-process, linear": (mesh, known) =>
    gaussianProcess(mesh, known, { fixed: { noiseSd: 0 }, mean: "linear" }).mean,
};

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...Array.from(actual, (value, i) => Math.abs(value - expected[i])));
  expect(worst).toBeLessThan(tolerance);
}

describe.each(Object.entries(throughData))("contract of %s", (_name, interpolate) => {
  const field = breakthroughTimes(coarse);
  const nodes = pickNodes(coarse, 24, 1);
  const known = knownOf(field, nodes);
  const result = interpolate(coarse, known);

  test("passes through the data", () => {
    expectClose(
      nodes.map((node) => result[node]),
      known.values,
      1e-5,
    );
  });
  test("reproduces a constant", () => {
    const constant = { nodes, values: nodes.map(() => 271.5) };
    expectClose(interpolate(coarse, constant), new Float64Array(162).fill(271.5), 1e-6);
  });
  test("does not depend on the order of the known nodes", () => {
    const turned = knownOf(field, [...nodes].reverse());
    expectClose(interpolate(coarse, turned), result, 1e-2);
  });
  test("shifts and scales with the values", () => {
    const moved = { nodes, values: known.values.map((value) => 250 + 3 * value) };
    expectClose(
      interpolate(coarse, moved),
      result.map((value) => 250 + 3 * value),
      3e-2,
    );
  });
  test("leaves its input alone", () => {
    expect(known).toEqual(knownOf(field, nodes));
    expect(coarse).toEqual(ellipsoid(2));
  });
  test("refuses what it cannot use", () => {
    const message = (given: { nodes: number[]; values: number[] }) => () =>
      interpolate(coarse, given);
    expect(message({ nodes: [], values: [] })).toThrow("no known node");
    expect(message({ nodes: [1, 2], values: [1] })).toThrow("2 known nodes but 1 values");
    expect(message({ nodes: [1, 162], values: [1, 2] })).toThrow("node 162 is not a node");
    expect(message({ nodes: [1, 1], values: [1, 2] })).toThrow("node 1 is given twice");
    expect(message({ nodes: [1, 2], values: [1, NaN] })).toThrow("node 2 is NaN");
  });
});

test.each(["thin-plate", "gaussian-process, linear"])("%s reproduces linear fields", (name) => {
  const linear = positions(coarse).map(([x, y, z]) => 5 + 0.3 * x - 0.1 * y + 0.2 * z);
  const known = knownOf(linear, pickNodes(coarse, 20, 2));
  expectClose(throughData[name](coarse, known), linear, 1e-6);
});

test("linear trends leave out directions without spread: sheet, triangle, line", () => {
  const sheet = equilateralSheet(6);
  const slope = positions(sheet).map(([x, y]) => 2 + x - 3 * y);
  expectClose(thinPlate(sheet, knownOf(slope, [0, 5, 30, 14])), slope, 1e-9);
  expectClose(thinPlate(sheet, knownOf(slope, [0, 5, 30])), slope, 1e-9);
  expectClose(thinPlate(sheet, knownOf(slope, [0, 3, 5])).slice(0, 6), slope.slice(0, 6), 1e-9);
});

test("radial bases agree with scipy 1.17.1 (RBFInterpolator)", () => {
  // biome-ignore format: table
  const sites = [[0,0,0],[10,1,0],[2,11,1],[1,2,9],[8,9,3],[7,2,8],[3,8,7],[9,9,10]];
  const targets = [
    [5, 5, 5],
    [12, 0, 3],
    [1, 6, 2],
  ];
  const known = { nodes: [0, 1, 2, 3, 4, 5, 6, 7], values: [1, 4, -2, 3, 0.5, 6, -1, 2.5] };
  const mesh = cloud([...sites, ...targets]);
  const thin = [1.6826628167551414, 6.589020186104976, -0.8283152158203806];
  const linear = [1.8478264797670019, 5.0301549877693414, -0.44252588546321037];
  expectClose(thinPlate(mesh, known).slice(8), thin, 1e-12);
  expectClose(linearRadialBasis(mesh, known).slice(8), linear, 1e-12);
});

test("a ridge smooths, and rescues two electrodes in one place", () => {
  const mesh = cloud([
    [0, 0, 0],
    [0, 0, 0],
    [9, 0, 0],
    [0, 9, 0],
    [3, 0, 9],
  ]);
  const known = { nodes: [0, 1, 2, 3], values: [1, 3, 5, 7] };
  expect(() => linearRadialBasis(mesh, known)).toThrow("in the same place");
  expect(linearRadialBasis(mesh, known, { ridge: 1e-6 })[0]).toBeCloseTo(2, 5);
});

describe("distances along the mesh", () => {
  test("on even triangles exceed the straight line by 4 % at most, and never undercut it", () => {
    const sheet = equilateralSheet(15);
    const [rows] = geodesicDistances(sheet, [0]);
    const ratios = positions(sheet).map((p, i) => (i === 0 ? 1 : rows[i] / Math.hypot(...p)));
    expect(Math.min(...ratios)).toBeGreaterThan(1 - 1e-12);
    expect(Math.max(...ratios)).toBeLessThan(1 / Math.cos(Math.PI / 12) + 1e-9);
    expect(Math.max(...ratios)).toBeGreaterThan(1.03);
  });
  test("on a sphere are within 5 % of the great circles", () => {
    const sphere = ellipsoid(3, [30, 30, 30]);
    const [rows] = geodesicDistances(sphere, [0]);
    const [origin, ...others] = positions(sphere);
    others.forEach((p, i) => {
      const cosine = p.reduce((sum, x, d) => sum + x * origin[d], 0) / 900;
      const arc = 30 * Math.acos(Math.max(-1, cosine));
      expect(rows[i + 1] / arc).toBeGreaterThan(0.98);
      expect(rows[i + 1] / arc).toBeLessThan(1.05);
    });
  });
  test("bend round a notch instead of crossing it", () => {
    const corners = [
      [0, 0, 0],
      [1, 0, 0],
      [3, 1, 0],
      [3, -1, 0],
    ];
    const faces = [
      [0, 1, 2],
      [1, 0, 3],
    ];
    const [rows] = geodesicDistances(triangles(corners, faces), [2]);
    expect(rows[3]).toBeCloseTo(2 * Math.sqrt(5), 12);
  });
  test("do not jump a gap: inverse distance falls back to the nearest value there", () => {
    const mesh = cloud([
      [0, 0, 0],
      [1, 0, 0],
      [9, 0, 0],
    ]);
    expect([...inverseDistance(mesh, { nodes: [0, 2], values: [4, 8] })]).toEqual([4, 4, 8]);
  });
  test("weigh by the third power", () => {
    const sheet = equilateralSheet(4);
    const [value] = inverseDistance(sheet, { nodes: [1, 3], values: [1, 0] });
    expect(value).toBeCloseTo(27 / 28, 12);
  });
});

test("bi-Laplacian agrees with the dense minimiser", () => {
  const mesh = ellipsoid(1);
  const N = 42;
  const graph = edgeGraph(mesh);
  const { mass, weights } = operators.p1(mesh, graph);
  const stiffness = Matrix.zeros(N, N);
  weights.w.forEach((w, e) => {
    const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
    for (const [a, b, sign] of [
      [i, i, 1],
      [j, j, 1],
      [i, j, -1],
      [j, i, -1],
    ])
      stiffness.set(a, b, stiffness.get(a, b) + sign * w);
  });
  const energy = stiffness.mmul(Matrix.diag(Array.from(mass, (m) => 1 / m))).mmul(stiffness);
  const known = { nodes: [0, 7, 20, 33, 41], values: [1, -2, 5, 0, 3] };
  const free = Array.from({ length: N }, (_, i) => i).filter((i) => !known.nodes.includes(i));
  const right = energy.selection(free, known.nodes).mmul(Matrix.columnVector(known.values)).mul(-1);
  const expected = solve(energy.selection(free, free), right).to1DArray();
  const actual = biLaplacian(mesh, known);
  expectClose(
    free.map((i) => actual[i]),
    expected,
    1e-6,
  );
});

test("bi-Laplacian of a part without known nodes stays finite", () => {
  const [a, b] = [ellipsoid(1), ellipsoid(1)];
  const both = {
    ...a,
    points: Float64Array.from([
      ...a.points,
      ...b.points.map((x, i) => (i % 3 === 0 ? x + 200 : x)),
    ]),
    elements: Int32Array.from([...a.elements, ...b.elements.map((node) => node + 42)]),
    regions: new Int32Array(a.regions.length * 2),
  };
  const result = biLaplacian(both, { nodes: [0, 9, 30], values: [1, 2, 3] });
  for (const value of result.slice(42)) expect(value).toBeGreaterThanOrEqual(0.9);
  for (const value of result.slice(42)) expect(value).toBeLessThanOrEqual(3.1);
});

test("on a synthetic three-breakthrough heart, errors fall with K and smooth methods lead", () => {
  const errors = (name: keyof typeof interpolators) =>
    [16, 32, 64].map((count) => {
      const seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
      const scores = seeds.map((seed) => {
        const nodes = pickNodes(heart, count, seed);
        return meanAbsoluteError(interpolators[name](heart, knownOf(times, nodes)), times, nodes);
      });
      return scores.reduce((a, b) => a + b) / seeds.length;
    });
  const nearest = errors("nearest");
  for (const name of [
    "bi-laplacian",
    "linear-radial-basis",
    "thin-plate",
    "gaussian-process",
  ] as const) {
    const row = errors(name);
    expect(row[0]).toBeGreaterThan(row[1]);
    expect(row[1]).toBeGreaterThan(row[2]);
    row.forEach((error, i) => {
      expect(error).toBeLessThan([0.85, 0.65, 0.5][i] * nearest[i]);
    });
  }
});
