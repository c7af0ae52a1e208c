import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import {
  bootstrapMean,
  evaluationsTo,
  evaluationsToSettle,
  spreadOf,
} from "../../src/table/statistics.js";

test("mean and sample standard deviation; one value has no spread, none has nothing", () => {
  expect(spreadOf([1, 2, 3, 4])).toEqual({ mean: 2.5, sd: Math.sqrt(5 / 3), n: 4 });
  expect(spreadOf([7])).toEqual({ mean: 7, sd: null, n: 1 });
  expect(spreadOf([])).toEqual({ mean: null, sd: null, n: 0 });
});

test("the bootstrap interval is that of the mean, and the same each time", () => {
  const random = createRandom(3);
  const values = Array.from({ length: 200 }, () => 1 + 2 * random.normal());
  const { mean, sd } = spreadOf(values);
  const interval = bootstrapMean([values], "a");
  expect(interval).toEqual(bootstrapMean([values], "a"));
  // Of 200 values the percentile interval is the normal one to a few per cent.
  const half = (1.96 * sd!) / Math.sqrt(200);
  expect(interval.mean).toBe(mean);
  expect(interval.low! / (mean! - half)).toBeCloseTo(1, 1);
  expect(interval.high! / (mean! + half)).toBeCloseTo(1, 1);
});

test("95 % of intervals hold the true mean, a little less for few pairs", () => {
  const random = createRandom(5);
  const held = Array.from({ length: 300 }, (_, k) => {
    const values = Array.from({ length: 30 }, () => random.normal());
    const { low, high } = bootstrapMean([values], `run ${k}`);
    return low! <= 0 && high! >= 0;
  }).filter(Boolean).length;
  expect(held / 300).toBeGreaterThan(0.89);
  expect(held / 300).toBeLessThan(0.98);
});

test("seeds are drawn within their case: what cases differ by is no error of the mean", () => {
  const cases = [
    [1, 1, 1],
    [100, 100, 100],
  ];
  expect(bootstrapMean(cases, "a")).toEqual({ mean: 50.5, low: 50.5, high: 50.5, pairs: 6 });
  // Each case counts the same, however many of its pairs have a value.
  expect(bootstrapMean([[1, 1, 1, 1], [4, 4], []], "a").mean).toBe(2.5);
  expect(bootstrapMean([[1, 1], [4]], "a")).toMatchObject({ mean: 2.5, low: null, high: null });
});

test.each([
  [3, 5, 0.86, 0.94],
  [3, 2, 0.68, 0.8],
])("%i cases x %i seeds: intervals of few seeds hold the mean too seldom", (cases, seeds, from, to) => {
  const random = createRandom(7);
  const held = Array.from({ length: 300 }, (_, k) => {
    const normal = () => Array.from({ length: seeds }, () => random.normal());
    const strata = Array.from({ length: cases }, normal);
    const { low, high } = bootstrapMean(strata, `run ${k}`);
    return low! <= 0 && high! >= 0;
  }).filter(Boolean).length;
  expect(held / 300).toBeGreaterThan(from);
  expect(held / 300).toBeLessThan(to);
});

test("one pair has a difference and no interval", () => {
  expect(bootstrapMean([[3]], "a")).toEqual({ mean: 3, low: null, high: null, pairs: 1 });
  expect(bootstrapMean([], "a")).toEqual({ mean: null, low: null, high: null, pairs: 0 });
});

test("evaluations to settle: the first within 10 % of the last", () => {
  expect(evaluationsToSettle([1, 0.5, 0.109, 0.1], "potential")).toBe(3);
  expect(evaluationsToSettle([null, 0.5, 0.1], "potential")).toBe(3);
  expect(evaluationsToSettle([null, null], "potential")).toBeNull();
  expect(evaluationsToSettle([], "potential")).toBeNull();
  // Both are below what the truth resolves.
  expect(evaluationsToSettle([1, 5e-8, 1e-9], "potential")).toBe(2);
});

test("evaluations to a goal that is never reached", () => {
  expect(evaluationsTo([1, 0.5], 0.1, "potential")).toBeNull();
  expect(evaluationsTo([1, 0.5], 0.5, "activation")).toBe(2);
});
