import { describe, expect, test } from "vitest";
import { type Figure, verdictOf } from "../../bench/figure.js";
import { jsonLines } from "../../bench/peers/process.js";
import { marks, performanceSection, withSection } from "../../bench/readme-table.js";
import { type BenchRecord, slug } from "../../bench/record.js";
import { digits, textTable } from "../../bench/table.js";

const figure: Figure = {
  row: "w1-autograd",
  title: "W1 against autograd",
  nodes: 642,
  layout: "one trajectory",
  headline: true,
  ours: { value: 2, unit: "ms" },
  peer: { name: "PyTorch", value: 120, unit: "ms" },
  value: 60,
  unit: "x",
  better: "higher",
  reach: 50,
  aim: 100,
  load: [0.1, 0.26],
};

describe("verdicts", () => {
  test.each([
    [120, "aim reached"],
    [100, "aim reached"],
    [50, "reached"],
    [49, "not reached"],
    [undefined, "not measured"],
    [Number.NaN, "not reached"],
  ] as const)("higher is better: %s is %s", (value, verdict) => {
    expect(verdictOf({ ...figure, value })).toBe(verdict);
  });
  test.each([
    [9, "aim reached"],
    [30, "reached"],
    [31, "not reached"],
  ] as const)("lower is better: %i ms is %s", (value, verdict) => {
    expect(verdictOf({ ...figure, better: "lower", reach: 30, aim: 10, value })).toBe(verdict);
  });
  test("there is none without a target", () => {
    expect(verdictOf({ ...figure, reach: undefined, aim: undefined })).toBe("");
  });
});

test.each([
  [0.33712, "0.337"],
  [2, "2.00"],
  [27.44, "27.4"],
  [4096.4, "4096"],
  [0, "0"],
] as const)("%d is printed as %s", (value, text) => {
  expect(digits(value)).toBe(text);
});

describe("the table for people", () => {
  test("holds every figure with its target, verdict and load", () => {
    const [header, , row] = textTable([figure]).split("\n");
    expect(header).toMatch(/^figure +N +layout +ours +peer +value +must +aim +verdict +load$/);
    expect(row).toBe(
      "W1 against autograd  642  one trajectory  2.00 ms  PyTorch: 120 ms  60.0 x  >= 50.0 x  >= 100 x  reached  0.1 - 0.3",
    );
  });
  test("says how to install a peer that is missing, and prints no number for it", () => {
    const peer = { name: "PyTorch", missing: "apt-get install python3-torch" };
    const text = textTable([{ ...figure, peer, value: undefined }]);
    expect(text).toContain("PyTorch: not installed: apt-get install python3-torch");
    expect(text).toContain("not measured");
    expect(text).not.toContain(" 0 ");
  });
});

test("JSON lines are picked out of what a peer prints; NaN is no number", () => {
  const text =
    'warning\n{"iter_s": NaN, "load": 1.5}\n{broken\n{"check": "B", "loss": -Infinity}\n';
  expect(jsonLines(text)).toEqual([
    { iter_s: null, load: 1.5 },
    { check: "B", loss: null },
  ]);
});

test("a processor's name becomes part of a file's", () => {
  expect(slug("Intel(R) Xeon(R) CPU @ 2.80GHz")).toBe("intel-xeon-cpu-2-80ghz");
});

describe("the README's table", () => {
  const record: BenchRecord = {
    date: "2026-01-02",
    commit: "abc",
    machine: { cpu: "Some CPU", cores: 2, memory_GiB: 24, system: "Linux 6" },
    versions: { node: "20.0.0", v8: "11.3", pytorch: "1.13" },
    load: [0.1, 0.2, 0.3],
    quick: false,
    figures: [
      { ...figure, verdict: "reached" },
      {
        ...figure,
        layout: "per trajectory, four side by side",
        headline: false,
        value: 90,
        verdict: "reached",
      },
      {
        ...figure,
        layout: "native C, one trajectory",
        headline: false,
        value: 130,
        verdict: "aim reached",
      },
    ],
  };
  test("has a row for each headline, other layouts and engines beside it", () => {
    const lines = performanceSection(record).split("\n");
    expect(lines[0]).toBe("2026-01-02, commit abc: Some CPU, 2 cores, 24 GiB, Linux 6;");
    expect(lines.slice(6)).toEqual([
      "| W1 against autograd | 642 | PyTorch: 120 ms | >= 50.0 (100) x | **60.0 x** | **90.0 x** | **130 x** * |  |",
    ]);
  });
  test("says so where nothing has been recorded", () => {
    expect(performanceSection(undefined)).toMatch(/^No run of .* has been recorded yet\.$/);
  });
  test("replaces what stands between the marks, once and again", () => {
    const document = `a\n${marks.begin}\nold\n${marks.end}\nb\n`;
    const once = withSection(document, "new");
    expect(once).toBe(`a\n${marks.begin}\nnew\n${marks.end}\nb\n`);
    expect(withSection(once, "new")).toBe(once);
    expect(() => withSection("a", "new")).toThrow("lacks");
  });
});
