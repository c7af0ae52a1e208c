import { expect, test } from "vitest";
import { median } from "../../src/core/median.js";

test("a median is the middle value, or the mean of both middles", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median(new Float64Array([4, -1, 3, 2]))).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a median counts what never gets there as beyond everything", () => {
  const never = Number.POSITIVE_INFINITY;
  expect(median([5, never, 3])).toBe(5);
  expect(median([3, never])).toBe(never);
  expect(median([2, 4, never, 1])).toBe(3);
});
