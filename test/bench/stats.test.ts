import { describe, expect, test } from "vitest";
import { interleave, median, medianTime, pairedRatio, relativeError } from "../../bench/stats.js";

test("a median is the middle, or the mean of both middles, and leaves its input alone", () => {
  const values = [9, 1, 5];
  expect(median(values)).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(values).toEqual([9, 1, 5]);
  expect(() => median([])).toThrow("no median");
});

test("a relative error is a ratio of norms", () => {
  expect(relativeError([3, 4.5], [3, 4])).toBeCloseTo(0.1, 12);
  expect(() => relativeError([1], [1, 2])).toThrow("1 values stand against 2");
  expect(relativeError([Number.NaN], [1])).toBeNaN();
});

test("contestants run in turn, and those that cannot leave no number", async () => {
  const order: string[] = [];
  const contestant = (name: string, value?: number) => async () => {
    order.push(name);
    return value;
  };
  const results = await interleave({ ours: contestant("ours", 2), peer: contestant("peer") }, 3);
  expect(order).toEqual(["ours", "peer", "ours", "peer", "ours", "peer"]);
  expect(results).toEqual({ ours: [2, 2, 2], peer: [] });
});

describe("the ratio within rounds", () => {
  test("does not see what slows a whole round down", () => {
    expect(pairedRatio([100, 1000, 100], [10, 100, 10])).toBe(10);
  });
  test("uses the rounds that both have", () => {
    expect(pairedRatio([8, 6, 4], [2])).toBe(4);
  });
});

test("work is called as often as asked, the warm-up beside", () => {
  let calls = 0;
  const time = medianTime(
    () => {
      calls++;
    },
    { warm: 2, calls: 5, seconds: 0 },
  );
  expect(calls).toBe(7);
  expect(time).toBeGreaterThanOrEqual(0);
});
