import { expect, test } from "vitest";
import { lbfgs } from "../../src/fit/lbfgs.js";
import { levenbergMarquardt } from "../../src/fit/levenberg-marquardt.js";
import { solveSymmetric } from "../../src/fit/matrix.js";

/** y = exp(-a t) cos(b t): residuals and their exact Jacobian. */
const times = Array.from({ length: 40 }, (_, k) => k / 10);
const truth = [0.7, 2.3];
const residuals = (z: Float64Array) =>
  times.map(
    (t) =>
      Math.exp(-z[0] * t) * Math.cos(z[1] * t) - Math.exp(-truth[0] * t) * Math.cos(truth[1] * t),
  );
const jacobian = (z: Float64Array) =>
  times.map((t) => [
    -t * Math.exp(-z[0] * t) * Math.cos(z[1] * t),
    -t * Math.exp(-z[0] * t) * Math.sin(z[1] * t),
  ]);

function quadratic(z: Float64Array) {
  const [r, j] = [residuals(z), jacobian(z)];
  const jtj = new Float64Array(4);
  const jtr = new Float64Array(2);
  r.forEach((value, i) => {
    for (const a of [0, 1]) {
      jtr[a] += j[i][a] * value;
      for (const b of [0, 1]) jtj[2 * a + b] += j[i][a] * j[i][b];
    }
  });
  return { jtj, jtr, cost: r.reduce((s, x) => s + x * x, 0), count: r.length };
}

test("Levenberg-Marquardt converges quadratically on a zero-residual problem", async () => {
  const result = await levenbergMarquardt(
    {
      quadratic: async (z) => quadratic(z),
      costs: async (sets) => sets.map((z) => quadratic(z).cost),
      project: (z) => z,
    },
    Float64Array.from([0.2, 2.8]),
    { iterations: 30, goodEnough: 1e-20, leastGain: 1e-6, onIteration: () => false },
  );
  expect(result.converged).toBe(true);
  expect(result.curve.length).toBeLessThan(15);
  for (const k of [0, 1]) expect(result.z[k]).toBeCloseTo(truth[k], 8);
});

test("a bound that is in the way is reached and kept", async () => {
  const result = await levenbergMarquardt(
    {
      quadratic: async (z) => quadratic(z),
      costs: async (sets) => sets.map((z) => quadratic(z).cost),
      project: (z) => Float64Array.from([Math.min(z[0], 0.5), z[1]]),
    },
    Float64Array.from([0.2, 2.5]),
    { iterations: 40, goodEnough: 1e-20, leastGain: 1e-9, onIteration: () => false },
  );
  expect(result.z[0]).toBe(0.5);
  expect(result.cost).toBeLessThan(quadratic(Float64Array.from([0.2, 2.5])).cost);
});

test("L-BFGS finds the minimum of a badly scaled Rosenbrock function", async () => {
  const evaluate = async (z: Float64Array) => {
    const [x, y] = z;
    const value = (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    const gradient = Float64Array.from([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]);
    return { value, gradient };
  };
  const result = await lbfgs(evaluate, Float64Array.from([-1.2, 1]), {
    iterations: 200,
    memory: 10,
    firstStep: 0.1,
    project: (z) => z,
    onIteration: () => false,
  });
  expect(result.value).toBeLessThan(1e-12);
  expect(result.curve).toEqual([...result.curve].sort((a, b) => b - a));
});

test("scaling by inverse curvature makes a stiff quadratic easy", async () => {
  const curvature = [1e6, 1e3, 1];
  const evaluate = async (z: Float64Array) => ({
    value: z.reduce((s, x, k) => s + 0.5 * curvature[k] * (x - 1) ** 2, 0),
    gradient: z.map((x, k) => curvature[k] * (x - 1)),
  });
  const solve = (scaling?: Float64Array) =>
    lbfgs(evaluate, new Float64Array(3), {
      iterations: 8,
      memory: 5,
      firstStep: 0.5,
      scaling,
      project: (z) => z,
      onIteration: () => false,
    });
  const scaled = await solve(Float64Array.from(curvature, (c) => 1 / c));
  const plain = await solve();
  expect(scaled.value).toBeLessThan(1e-10);
  expect(scaled.value).toBeLessThan(plain.value);
});

test("the Cholesky solver solves", () => {
  const a = Float64Array.from([4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2]);
  const x = solveSymmetric(a, Float64Array.from([1, 2, 3]));
  for (const row of [0, 1, 2])
    expect([0, 1, 2].reduce((s, k) => s + a[3 * row + k] * x[k], 0)).toBeCloseTo(row + 1, 12);
});
