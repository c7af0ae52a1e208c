import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { parseTimes, readTimes } from "../../src/io/number-list.js";
import { slab } from "../../src/mesh/structured.js";
import { chasteCount, chasteRows, chasteSeries } from "../../src/verify/chaste.js";
import { compareRows } from "../../src/verify/niederer.js";
import {
  benchmarkPoints,
  type MassTreatment,
  type PointName,
  pointNames,
  referenceRows,
} from "../../src/verify/niederer-references.js";
import { compileProblem } from "../../src/verify/problem.js";
import { nodeAt, onDiagonal, slabSize_mm } from "../../src/verify/slab-lattice.js";
import { cornerCurrent } from "../../src/verify/slab-stimulus.js";

const chaste = new URL(
  "../../../shared/data/chaste-niederer2011/activation_time_h0.05_dt0.01.dat",
  import.meta.url,
).pathname;

const timesOf = (mass: MassTreatment, spacing_mm: number) => {
  const row = referenceRows.find(
    (r) => r.mass === mass && r.spacing_mm === spacing_mm && r.judges,
  )!;
  const nine = pointNames.map((point, k) => [point, row.times_ms[k]]);
  return Object.fromEntries(nine) as Record<PointName, number>;
};
const slabRun = (mass: MassTreatment, spacing_mm: number) => ({
  ...{ mass, spacing_mm, dt_ms: 0.05, end_ms: 100 },
});

describe("the benchmark's verdicts", () => {
  const cases = [
    ["differences", 0.5],
    ["consistent", 0.5],
    ["differences", 0.1],
    ["consistent", 0.1],
  ] as const;
  test.each(cases)("%s at %s mm meets itself", (mass, spacing) => {
    const rows = compareRows(slabRun(mass, spacing), timesOf(mass, spacing));
    expect(rows.filter(({ rule }) => rule === "near").length).toBe(spacing === 0.1 ? 10 : 9);
    expect(rows.every(({ verdict }) => verdict !== "failed")).toBe(true);
  });

  test("a lumped code at the consistent row's times fails, and the reverse", () => {
    const swapped = [
      compareRows(slabRun("differences", 0.5), timesOf("consistent", 0.5)),
      compareRows(slabRun("consistent", 0.5), timesOf("differences", 0.5)),
    ];
    for (const rows of swapped) {
      const verdicts = Object.fromEntries(rows.map(({ id, verdict }) => [id.slice(9), verdict]));
      expect(Object.keys(verdicts).some((id) => id.endsWith(".P8"))).toBe(true);
      for (const [id, verdict] of Object.entries(verdicts))
        if (/\.P[2-9]$/.test(id)) expect(verdict, id).toBe("failed");
    }
  });

  test("P8 off by more than 2 ms fails, and so does a node that never activates", () => {
    for (const P8 of [125.411 + 2.1, 125.411 - 2.1, Number.POSITIVE_INFINITY]) {
      const times = { ...timesOf("differences", 0.5), P8 };
      const rows = compareRows(slabRun("differences", 0.5), times);
      expect(rows.filter(({ verdict }) => verdict === "failed").map(({ id }) => id)).toEqual([
        "niederer.differences.0.5.P8",
      ]);
    }
  });

  test("at 0.1 mm P8 has to lie inside the published spread", () => {
    for (const [P8, verdict] of [
      [37.7, "failed"],
      [37.9, "passed"],
      [48.6, "passed"],
      [48.8, "failed"],
    ] as const) {
      const times = { ...timesOf("differences", 0.1), P8 };
      const rows = compareRows(slabRun("differences", 0.1), times);
      expect(rows.find(({ id }) => id.endsWith("spread"))?.verdict).toBe(verdict);
    }
  });
});

describe("the slab's lattice", () => {
  test("nodes lie where the benchmark's points are", () => {
    const { points } = slab({ size_mm: slabSize_mm, spacing_mm: 0.5 });
    expect(points.length / 3).toBe(chasteCount);
    for (const point of Object.values(benchmarkPoints)) {
      const node = nodeAt(point, 0.5);
      expect([...points.subarray(3 * node, 3 * node + 3)]).toEqual([...point]);
    }
  });
  test("linear fields are exact on the diagonal", () => {
    const { points } = slab({ size_mm: slabSize_mm, spacing_mm: 0.5 });
    const field = (x: number, y: number, z: number) => 1 + 2 * x - 3 * y + 0.5 * z;
    const values = Array.from({ length: points.length / 3 }, (_, i) =>
      field(points[3 * i], points[3 * i + 1], points[3 * i + 2]),
    );
    const { x, y } = onDiagonal(values, 0.5);
    expect(x.at(-1)).toBeCloseTo(Math.hypot(20, 7, 3), 12);
    x.forEach((distance, n) => {
      const share = distance / Math.hypot(20, 7, 3);
      expect(y[n]).toBeCloseTo(field(20 * share, 7 * share, 3 * share), 10);
    });
  });
});

describe("the stimulus of finite elements", () => {
  const current = (mass: "lumped" | "consistent", spacing_mm: number) => {
    const problem = compileProblem({
      catalog,
      reaction: catalog.reactions["aliev-panfilov"],
      diffusion: "finite-element-fibre",
      mesh: slab({ size_mm: [4, 3, 3], spacing_mm, fibre: [1, 0, 0] }),
      numerics: { scheme: "godunov", diffusion: "crank-nicolson", mass },
    });
    const stimuli = cornerCurrent(problem.compiled, 1);
    const { mass: lumped } = problem.compiled.operator;
    return stimuli.reduce(
      (sum, s) => sum + (s.kind === "current" ? lumped[s.nodes[0]] * s.strength_per_ms : 0),
      0,
    );
  };
  test.each(["lumped", "consistent"] as const)("%s: its total is the cube's volume", (mass) => {
    for (const spacing of [0.5, 0.25]) expect(current(mass, spacing)).toBeCloseTo(1.5 ** 3, 4);
  });
});

describe("Chaste's stored times", () => {
  test("not given is said, and judges nothing", () => {
    const [row, ...more] = chasteRows("g", undefined);
    expect(more).toEqual([]);
    expect(row.verdict).toBe("shown");
    expect(row.note).toContain("not given");
  });
  const text = (count: number) => Array.from({ length: count }, (_, k) => `${k}.5`).join("\n");
  test("4305 numbers are read", () => {
    expect(parseTimes(text(chasteCount), chasteCount, "a.dat")).toHaveLength(chasteCount);
  });
  test.each([
    ["too few", text(chasteCount - 1), "a.dat"],
    ["too many", text(chasteCount + 1), "more than 4305"],
    ["a negative time", `-1\n${text(chasteCount - 1)}`, "time 1 is -1"],
    ["a word", `${text(chasteCount - 1)}\nword`, "not a number"],
    ["nothing", "", "a.dat"],
  ])("%s is refused", (_, data, message) => {
    expect(() => parseTimes(data, chasteCount, "a.dat")).toThrow(message);
  });
  test.skipIf(!existsSync(chaste))(
    "its nine points are those of its README (needs ../shared/data)",
    async () => {
      const times = await readTimes(chaste, chasteCount);
      const rows = chasteRows("g", times);
      expect(rows.map(({ value }) => Number(value.toFixed(2)))).toEqual([
        1.23, 27.91, 37.43, 38.15, 7.95, 25.08, 36.38, 36.3, 17.62,
      ]);
      expect(rows.every(({ verdict }) => verdict === "shown")).toBe(true);
      expect(rows[7].note).toContain("state-variable interpolation");
      expect(chasteSeries(times).y.at(-1)).toBeCloseTo(36.3, 1);
    },
  );
});
