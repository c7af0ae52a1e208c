import { describe, expect, test } from "vitest";
import { pearson, score } from "../../src/twin/metrics.js";

describe("scores", () => {
  test("are those of docs/metrics.md, on frames worked out by hand", () => {
    // Three frames of three nodes, one value missing.
    const truth = [0, 0, 3, 1, 2, 3, 1, 1, Number.NaN];
    const predicted = [0, 0, 1, 3, 1, 2, 3, 1, 9];
    const { mse, scc, tcc } = score([{ frames: { truth, predicted, channels: 3 } }]);
    expect(mse).toBeCloseTo((4 + 4 + 1 + 1 + 4) / 8, 12);
    // 1 and -1/2 over the nodes; the third frame of the truth is constant.
    expect(scc).toBeCloseTo((1 - 0.5) / 2, 12);
    // 1, 1/2 sqrt(3) over time; the third node of the truth is constant.
    expect(tcc).toBeCloseTo((1 + Math.sqrt(3) / 2) / 2, 12);
  });

  test("of times: errors where both activate, agreement on who does", () => {
    const late = Number.POSITIVE_INFINITY;
    const activation = { truth: [0, 10, 20, late], predicted: [1, 10, late, late] };
    const scored = score([{ activation }]);
    expect(scored).toMatchObject({ at_mae_ms: 0.5, activation_agreement: 0.75, mse: null });
    expect(scored.at_rmse_ms).toBeCloseTo(Math.sqrt(0.5), 12);
  });

  test("have no correlation where a side is constant but for rounding", () => {
    const wave = Float64Array.from({ length: 300 }, (_, k) => Math.sin(k));
    for (const level of [0, 0.1, 1 / 3, 80])
      expect(pearson(new Float64Array(300).fill(level), wave), `${level}`).toBeNaN();
    // Small, but far above rounding.
    const ripple = wave.map((w) => 80 + 1e-6 * w);
    expect(pearson(ripple, wave)).toBeCloseTo(1, 6);
  });
});
