import { describe, expect, test } from "vitest";
import { errorPlot, finestOrder, judge, judged, observedOrder } from "../../src/verify/check.js";

const row = {
  id: "x",
  group: "g",
  figure: "f",
  unit: "ms",
  source: "s",
  value: 58,
  reference: 56.65,
  tolerance: 2,
} as const;

describe("verdicts", () => {
  test("near: within the tolerance, the tolerance included", () => {
    expect(judge({ ...row, rule: "near" })).toBe("passed");
    expect(judge({ ...row, rule: "near", value: 58.65 })).toBe("passed");
    expect(judge({ ...row, rule: "near", value: 58.66 })).toBe("failed");
    expect(judge({ ...row, rule: "near", value: 54.64 })).toBe("failed");
  });
  test("at least and at most include their reference", () => {
    for (const [value, least, most] of [
      [1.9, "passed", "passed"],
      [1.8, "failed", "passed"],
      [2.1, "passed", "failed"],
    ] as const) {
      expect(judge({ ...row, rule: "at least", value, reference: 1.9 })).toBe(least);
      expect(judge({ ...row, rule: "at most", value, reference: 1.9 })).toBe(most);
    }
  });
  test("no number fails, and neither does an unknown reference pass", () => {
    for (const rule of ["near", "at least", "at most"] as const) {
      expect(judge({ ...row, rule, value: Number.NaN })).toBe("failed");
      expect(judge({ ...row, rule, reference: Number.NaN })).toBe("failed");
    }
    expect(judge({ ...row, rule: "near", value: Number.POSITIVE_INFINITY })).toBe("failed");
  });
  test("a shown figure is never judged", () => {
    expect(judge({ ...row, rule: "shown", value: 1e9 })).toBe("shown");
    const { tolerance, ...rest } = row;
    expect(judged("g", { ...rest, rule: "shown" })).toMatchObject({
      verdict: "shown",
      tolerance: Number.NaN,
    });
    expect(tolerance).toBe(2);
  });
});

test("orders come from the finest pair", () => {
  expect(observedOrder(4e-3, 1e-3)).toBeCloseTo(2, 12);
  expect(finestOrder([1, 0.9, 0.4, 0.1])).toBeCloseTo(2, 12);
  expect(finestOrder([1, 0.25, 0.125])).toBeCloseTo(1, 12);
});

test("the expected slope runs at half of the finest error", () => {
  const line = { name: "ours", role: "ours", x: [0.4, 0.2, 0.1], y: [1, 0.3, 0.07] } as const;
  const { series } = errorPlot("t", "h", [line], 2);
  expect(series[1].y.map((y) => Number(y.toFixed(6)))).toEqual([0.56, 0.14, 0.035]);
});
