import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stackingWeight } from "../../src/fit/kriging.js";
import { type ArrivalProblem, searchEntries } from "../../src/fit/site-search.js";

const nodes = 60;
const spacing_mm = 2;

/** A line of nodes whose fronts start at given places and times and run at one speed. */
function line(entries: readonly { at: number; onset_ms: number }[], speed: number): ArrivalProblem {
  const all = Array.from({ length: nodes }, (_, i) => i);
  const times_ms = Float64Array.from(all, (i) =>
    Math.min(
      ...entries.map(({ at, onset_ms }) => onset_ms + (Math.abs(i - at) * spacing_mm) / speed),
    ),
  );
  return {
    distance_mm: all.map((c) => Float64Array.from(all, (i) => Math.abs(i - c) * spacing_mm)),
    near: all.map((c) => all.filter((i) => Math.abs(i - c) <= 3)),
    times_ms,
    weights: new Float64Array(nodes).fill(1),
  };
}

describe("search for the entries of a front", () => {
  test("two entries on a line are found exactly", () => {
    const problem = line(
      [
        { at: 12, onset_ms: 5 },
        { at: 45, onset_ms: 9 },
      ],
      1,
    );
    const path = searchEntries(problem, { speed_mm_per_ms: 1, most: 2 });
    expect(path.map((p) => p.entries.length)).toEqual([1, 2]);
    const found = [...path[1].entries].sort((a, b) => a.candidate - b.candidate);
    expect(found.map((e) => e.candidate)).toEqual([12, 45]);
    expect(found[0].onset_ms).toBeCloseTo(5, 9);
    expect(found[1].onset_ms).toBeCloseTo(9, 9);
    expect(path[1].loss).toBe(0);
  });

  test("another entry never raises the loss", () => {
    const entry = fc.record({
      at: fc.integer({ min: 0, max: nodes - 1 }),
      onset_ms: fc.double({ min: 0, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        const path = searchEntries(line(entries, 1.5), { speed_mm_per_ms: 1, most: 4 });
        for (let k = 1; k < path.length; k++)
          expect(path[k].loss).toBeLessThanOrEqual(path[k - 1].loss * (1 + 1e-12));
      }),
      { numRuns: 20 },
    );
  });
});

describe("weight of a twin beside an interpolation", () => {
  const unseen = (twin: (truth: number) => number, process: (truth: number) => number) =>
    Array.from({ length: 40 }, (_, k) => ({ truth: k, twin: twin(k), process: process(k) }));

  test("a twin that is right takes nearly all, one that is wrong nothing", () => {
    const off = (k: number) => k + 2 * Math.sin(5 * k);
    const right = stackingWeight(unseen((k) => k, off));
    expect(right).toBeGreaterThan(0.7);
    expect(right).toBeLessThanOrEqual(1);
    expect(stackingWeight(unseen(off, (k) => k))).toBe(0);
    expect(stackingWeight(unseen((k) => k + 4 * Math.sin(5 * k), off))).toBe(0);
  });
});
