import { CholeskyDecomposition, inverse, Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { gaussianProcess } from "../../../src/twin/interpolation/gaussian-process.js";
import { nelderMead } from "../../../src/twin/interpolation/nelder-mead.js";
import {
  condition,
  matern52,
  type ProcessData,
} from "../../../src/twin/interpolation/trend-process.js";
import { breakthroughTimes, cloud, ellipsoid, knownOf, pickNodes, positions } from "./surfaces.js";

const heart = ellipsoid(2);

/** Draws of constant + Matern field + noise: the model the fit assumes. */
function drawFields(
  count: number,
  { length_mm, signalSd }: { length_mm: number; signalSd: number },
) {
  const nodes = positions(heart);
  const covariance = new Matrix(
    nodes.map((p, i) =>
      nodes.map((q, j) => {
        const r = Math.hypot(...p.map((x, d) => x - q[d])) / length_mm;
        return signalSd ** 2 * (matern52(r) + (i === j ? 1e-9 : 0));
      }),
    ),
  );
  const factor = new CholeskyDecomposition(covariance).lowerTriangularMatrix;
  return Array.from({ length: count }, (_, seed) => {
    const random = createRandom(seed, "field");
    const white = Matrix.columnVector(nodes.map(() => random.normal()));
    return {
      field: factor
        .mmul(white)
        .to1DArray()
        .map((v) => 270 + v),
      random,
    };
  });
}

test("two nodes: mean, sds and evidence in closed form", () => {
  const mesh = cloud([
    [0, 0, 0],
    [10, 0, 0],
    [4, 3, 0],
  ]);
  const fixed = { length_mm: 8, signalSd: 2, noiseSd: 0.5 };
  const fit = gaussianProcess(mesh, { nodes: [0, 1], values: [7, 3] }, { fixed });
  const k = (r: number) => 4 * (1 + r + (r * r) / 3) * Math.exp(-r);
  const at = (distance: number) => k((Math.sqrt(5) * distance) / 8);
  const [a, b] = [4 + 0.25, at(10)];
  const [c0, c1] = [at(5), at(Math.hypot(6, 3))];
  expect(fit.mean[2]).toBeCloseTo(5 + (2 * (c0 - c1)) / (a - b), 8);
  // Of the symmetric and the antisymmetric part of c, and the mean's own uncertainty.
  const explained = (c0 + c1) ** 2 / (2 * (a + b)) + (c0 - c1) ** 2 / (2 * (a - b));
  const open = (1 - (c0 + c1) / (a + b)) ** 2 * ((a + b) / 2);
  expect(fit.sd[2]).toBeCloseTo(Math.sqrt(4 - explained + open), 8);
  expect(fit.sdWithNoise[2]).toBeCloseTo(Math.sqrt(4 - explained + open + 0.25), 8);
  // With a flat mean only the difference carries evidence: y0 - y1 ~ N(0, 2 (a - b)).
  const variance = 2 * (a - b);
  expect(fit.logEvidence).toBeCloseTo(-0.5 * (16 / variance + Math.log(2 * Math.PI * variance)), 7);
});

test("normal trend priors agree with the same prior written into the covariance", () => {
  const sites = Float64Array.from([0, 0, 0, 9, 1, 0, 3, 8, 2, 5, 5, 9, 1, 7, 7]);
  const trend = new Matrix([
    [1, 2],
    [1, -1],
    [1, 0.5],
    [1, 3],
    [1, -2],
  ]);
  const priors = [
    { mean: 2, sd: 3 },
    { mean: 0.5, sd: 0.7 },
  ];
  const values = [3, 1, 4, 1, 5];
  const parameters = { length_mm: 6, signalSd: 1.5, noiseSd: 0.4 };
  const data: ProcessData = { sites, values, trend, priors };
  const target = Float64Array.from([4, 4, 4]);
  const posterior = condition(data, parameters)!;
  const predicted = posterior.predict(target, new Matrix([[1, 1.2]]));

  const k = (p: ArrayLike<number>, i: number, q: ArrayLike<number>, j: number) =>
    2.25 * matern52(Math.hypot(...[0, 1, 2].map((d) => p[3 * i + d] - q[3 * j + d])) / 6);
  const V = Matrix.diag(priors.map(({ sd }) => sd ** 2));
  const C = trend.mmul(V).mmul(trend.transpose());
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < 5; j++)
      C.set(i, j, C.get(i, j) + k(sites, i, sites, j) + (i === j ? 0.16 : 0));
  const h = new Matrix([[1, 1.2]]);
  const c = h.mmul(V).mmul(trend.transpose());
  for (let j = 0; j < 5; j++) c.set(0, j, c.get(0, j) + k(target, 0, sites, j));
  const b0 = Matrix.columnVector(priors.map(({ mean }) => mean));
  const residual = Matrix.columnVector(values).sub(trend.mmul(b0));
  const weights = inverse(C).mmul(residual);
  const logDet =
    2 *
    new CholeskyDecomposition(C).lowerTriangularMatrix
      .diagonal()
      .reduce((sum, x) => sum + Math.log(x), 0);
  expect(predicted.mean[0]).toBeCloseTo(h.mmul(b0).add(c.mmul(weights)).get(0, 0), 8);
  const variance = 2.25 + h.mmul(V).mmul(h.transpose()).get(0, 0);
  const known = c.mmul(inverse(C)).mmul(c.transpose()).get(0, 0);
  expect(predicted.sd[0]).toBeCloseTo(Math.sqrt(variance - known), 8);
  const evidence = -0.5 * (residual.dot(weights) + logDet + 5 * Math.log(2 * Math.PI));
  expect(posterior.logEvidence).toBeCloseTo(evidence, 8);
});

test("a singular covariance is reported, not hidden", () => {
  const mesh = cloud([
    [0, 0, 0],
    [0, 0, 0],
    [9, 0, 0],
  ]);
  const known = { nodes: [0, 1, 2], values: [1, 2, 3] };
  const fixed = { length_mm: 10, signalSd: 0, noiseSd: 0 };
  expect(() => gaussianProcess(mesh, known, { fixed })).toThrow("singular");
  expect(() => gaussianProcess(mesh, { nodes: [0], values: [1] })).toThrow("one known node");
});

describe("synthetic fields with known truth", () => {
  const truth = { length_mm: 25, signalSd: 5, noiseSd: 1 };
  const fits = drawFields(24, truth).map(({ field, random }, seed) => {
    const nodes = pickNodes(heart, 64, seed);
    const known = {
      nodes,
      values: nodes.map((node) => field[node] + truth.noiseSd * random.normal()),
    };
    const measured = field.map((value) => value + truth.noiseSd * random.normal());
    return { field, measured, nodes, fit: gaussianProcess(heart, known) };
  });
  const heldOut = fits.flatMap(({ field, measured, nodes, fit }) =>
    field.flatMap((value, i) =>
      nodes.includes(i)
        ? []
        : [
            {
              field: Math.abs(value - fit.mean[i]) / fit.sd[i],
              measured: Math.abs(measured[i] - fit.mean[i]) / fit.sdWithNoise[i],
            },
          ],
    ),
  );
  const within = (kind: "field" | "measured", limit: number) =>
    heldOut.filter((row) => row[kind] < limit).length / heldOut.length;

  test("95 % and 50 % intervals cover, with and without noise", () => {
    for (const kind of ["field", "measured"] as const) {
      expect(within(kind, 1.96)).toBeGreaterThan(0.92);
      expect(within(kind, 1.96)).toBeLessThan(0.975);
      expect(within(kind, 0.6745)).toBeGreaterThan(0.44);
      expect(within(kind, 0.6745)).toBeLessThan(0.56);
    }
  });
  test("the parameters are found, within their sampling scatter", () => {
    const typical = (name: keyof typeof truth) =>
      Math.exp(
        fits.reduce((sum, { fit }) => sum + Math.log(fit.parameters[name]), 0) / fits.length,
      );
    expect(typical("length_mm") / truth.length_mm).toBeGreaterThan(0.8);
    expect(typical("length_mm") / truth.length_mm).toBeLessThan(1.25);
    expect(typical("signalSd") / truth.signalSd).toBeGreaterThan(0.8);
    expect(typical("signalSd") / truth.signalSd).toBeLessThan(1.25);
    expect(typical("noiseSd") / truth.noiseSd).toBeGreaterThan(0.8);
    expect(typical("noiseSd") / truth.noiseSd).toBeLessThan(1.25);
  });
  test("a fit is bit-identical when repeated", () => {
    const known = knownOf(fits[0].field, fits[0].nodes);
    expect(gaussianProcess(heart, known)).toEqual(gaussianProcess(heart, known));
  });
});

test("weak priors keep 16 noisy nodes from collapsing to a constant", () => {
  const field = breakthroughTimes(heart);
  for (const seed of [0, 1, 2, 3, 4, 5]) {
    const known = knownOf(field, pickNodes(heart, 16, seed));
    const { mean } = gaussianProcess(heart, known);
    const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
    expect(spread([...mean])).toBeGreaterThan(0.5 * spread(known.values));
  }
});

test("128 known nodes fit in seconds (0.4 s on a quiet core)", () => {
  const large = ellipsoid(3);
  const known = knownOf(breakthroughTimes(large), pickNodes(large, 128, 0));
  const start = performance.now();
  gaussianProcess(large, known);
  expect(performance.now() - start).toBeLessThan(4000);
});

describe("Nelder-Mead", () => {
  const rosenbrock = ([x, y]: readonly number[]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  const options = { steps: [0.5, 0.5], tolerance: 1e-6, maxEvaluations: 1000 };
  test("finds the minimum of a curved valley, the same way every time", () => {
    const result = nelderMead(rosenbrock, [-1.2, 1], options);
    expect(result.point[0]).toBeCloseTo(1, 5);
    expect(result.point[1]).toBeCloseTo(1, 5);
    expect(result).toEqual(nelderMead(rosenbrock, [-1.2, 1], options));
  });
  test("keeps out of refused regions and within its budget", () => {
    const walled = (p: readonly number[]) =>
      p[0] > 0.5 ? Infinity : p[0] > 0.4 ? NaN : rosenbrock(p);
    const result = nelderMead(walled, [-1.2, 1], options);
    expect(result.point[0]).toBeLessThanOrEqual(0.4);
    expect(result.point[0]).toBeGreaterThan(0.3);
    expect(
      nelderMead(rosenbrock, [-1.2, 1], { ...options, maxEvaluations: 20 }).evaluations,
    ).toBeLessThan(25);
  });
});
