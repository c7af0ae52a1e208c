import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import type { CandidateResult } from "../../src/fit/candidate.js";
import { effectiveSamples, reactionPosterior } from "../../src/fit/posterior.js";
import { defaultSpec } from "../../src/twin/spec.js";

/** The parts of a candidate that the posterior reads. */
function candidate(
  reaction: string,
  misfit: number,
  { status = "fitted", noiseFloor = 0 }: Partial<CandidateResult> = {},
): CandidateResult {
  const spec = {
    ...defaultSpec,
    reaction: { name: reaction },
    diffusion: { name: "", options: {} },
  };
  return { status, spec, excess: misfit - noiseFloor, noiseFloor } as CandidateResult;
}

const weightOf = (result: ReturnType<typeof reactionPosterior>, reaction: string) =>
  result.reactions.find((r) => r.reaction === reaction)!.weight;

describe("posterior over reactions", () => {
  test("weights are misfit^(-n/2), normalised, heaviest first", () => {
    const posterior = reactionPosterior([candidate("a", 2e-3), candidate("b", 1e-3)], {
      effectiveSamples: 4,
    });
    expect(posterior.reactions.map((r) => r.reaction)).toEqual(["b", "a"]);
    expect(weightOf(posterior, "b")).toBeCloseTo(0.8, 12);
    expect(weightOf(posterior, "a")).toBeCloseTo(0.2, 12);
    expect(posterior.reactions[1].logEvidence).toBeCloseTo(-Math.log(4), 12);
    expect(posterior.decided).toBe(false);
  });

  test("equal misfits share; plausible counts them", () => {
    const three = ["a", "b", "c"].map((name) => candidate(name, 5e-3));
    const posterior = reactionPosterior(three, { effectiveSamples: 1000 });
    expect(posterior.plausible).toBeCloseTo(3, 9);
  });

  test("a reaction counts once, by its best fitted candidate", () => {
    const posterior = reactionPosterior(
      [
        candidate("a", 3e-3),
        candidate("a", 1e-3),
        candidate("a", 1e-5, { status: "diverged" }),
        candidate("b", 1e-3),
        candidate("c", Number.POSITIVE_INFINITY, { status: "rejected" }),
      ],
      { effectiveSamples: 50 },
    );
    expect(posterior.reactions.map((r) => r.candidate).sort()).toEqual([1, 3]);
    expect(weightOf(posterior, "a")).toBeCloseTo(0.5, 12);
  });

  test("noise is part of the misfit: the same excess decides less above a high floor", () => {
    const pair = (noiseFloor: number) =>
      reactionPosterior(
        [
          candidate("a", noiseFloor + 1e-4, { noiseFloor }),
          candidate("b", noiseFloor + 2e-4, { noiseFloor }),
        ],
        { effectiveSamples: 100 },
      );
    expect(pair(0).decided).toBe(true);
    expect(weightOf(pair(2e-3), "a")).toBeLessThan(0.95);
  });

  test("a prior multiplies, and extreme evidence does not overflow", () => {
    const two = [candidate("a", 1e-3), candidate("b", 1e-3)];
    const tilted = reactionPosterior(two, { effectiveSamples: 9, prior: { a: 3 } });
    expect(weightOf(tilted, "a")).toBeCloseTo(0.75, 12);
    const sure = reactionPosterior([candidate("a", 1e-8), candidate("b", 1)], {
      effectiveSamples: 1e6,
    });
    expect(weightOf(sure, "a")).toBe(1);
    expect(sure.plausible).toBe(1);
  });

  test("nothing fitted is an error", () => {
    const none = [candidate("a", 1, { status: "rejected" })];
    expect(() => reactionPosterior(none, { effectiveSamples: 1 })).toThrow(
      "No candidate was fitted",
    );
  });
});

describe("effective samples", () => {
  const random = createRandom(5, "posterior");
  const [frames, channels] = [400, 8];

  test("white residuals all count", () => {
    const white = Float64Array.from({ length: frames * channels }, () => random.normal());
    const count = effectiveSamples(white, channels);
    expect(count / white.length).toBeGreaterThan(0.75);
    expect(count / white.length).toBeLessThanOrEqual(1);
  });

  test("an autoregressive series counts (1 - r) / (1 + r) of its length", () => {
    const r = 0.8;
    const series = new Float64Array(20_000);
    for (let f = 1; f < series.length; f++) series[f] = r * series[f - 1] + random.normal();
    const expected = (series.length * (1 - r)) / (1 + r);
    expect(effectiveSamples(series, 1) / expected).toBeGreaterThan(0.8);
    expect(effectiveSamples(series, 1) / expected).toBeLessThan(1.25);
  });

  test("copies of one channel count once; missing values do not count", () => {
    const one = Float64Array.from({ length: frames }, () => random.normal());
    const copies = Float64Array.from(
      { length: frames * channels },
      (_, k) => one[Math.floor(k / channels)],
    );
    expect(effectiveSamples(copies, channels)).toBeCloseTo(effectiveSamples(one, 1), 6);
    const half = one.map((v, f) => (f < frames / 2 ? Number.NaN : v));
    expect(effectiveSamples(half, 1)).toBeLessThanOrEqual(frames / 2);
    expect(effectiveSamples(new Float64Array(10), 1)).toBe(1);
  });
});
