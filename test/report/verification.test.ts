import { expect, test } from "vitest";
import {
  countText,
  referenceText,
  renderVerification,
  toleranceText,
  type VerificationReport,
  valueText,
} from "../../src/report/index.js";
import { judged } from "../../src/verify/check.js";

const base = { figure: "P8 <slab>", unit: "ms", reference: 56.65, source: "a & b" } as const;
const passed = judged("Waves", { ...base, id: "a", rule: "near", value: 56.1, tolerance: 2 });
const failed = judged("Waves", { ...base, id: "b", rule: "near", value: 59, tolerance: 2 });
const shown = judged("Waves", {
  ...base,
  ...{ id: "c", rule: "shown", value: Number.NaN, reference: Number.NaN, note: "not given" },
});
const order = judged("Waves", {
  ...{ id: "d", figure: "order", unit: "1", rule: "at least", value: 1.99956 },
  ...{ reference: 1.9, source: "s" },
});

const report: VerificationReport = {
  cost: "quick",
  started: "2026-11-25T00:00:00.000Z",
  seconds: 12,
  versions: [["leads-ep", "0.1.0"]],
  groups: [
    {
      group: "Waves",
      explanation: "why",
      rows: [passed, failed, shown, order],
      plots: [
        {
          ...{ title: "speed", x: "h", y: "error", scale: "log" },
          series: [
            { name: "ours", role: "ours", x: [0.4, 0.2, 0.1], y: [1e-2, 2.5e-3, 6e-4] },
            { name: "points", role: "points", x: [0.4, 0.1], y: [1e-2, 6e-4] },
          ],
        },
      ],
    },
  ],
};

test("values, references and tolerances in words", () => {
  expect([passed, shown, order].map(valueText)).toEqual(["56.100 ms", "\u2013", "1.9996"]);
  expect([passed, shown, order].map(referenceText)).toEqual(["56.65 ms", "\u2013", "\u2265 1.9"]);
  expect([passed, order].map(toleranceText)).toEqual(["\u00b1 2.0 ms", "\u2013"]);
  expect(countText([passed, failed, shown, order])).toBe("2 passed, 1 failed, 1 shown");
});

test("the page names what failed first, escapes text and draws every series", () => {
  const page = renderVerification(report);
  expect(page).toContain("1 of 4 checks failed");
  expect(page.indexOf("Failed:")).toBeLessThan(page.indexOf("<table>"));
  expect(page).toContain("P8 &lt;slab&gt;");
  expect(page).toContain("a &amp; b");
  expect(page).not.toContain("<script");
  expect(page.match(/<path class="line /g)).toHaveLength(2);
  // Dots are lines of no length.
  expect(page).toMatch(/<path class="line d" d="M[\d. ]+h0\.01M[\d. ]+h0\.01"/);
  expect(renderVerification(report)).toBe(page);
});

test("without a failure it says so", () => {
  const groups = [{ ...report.groups[0], rows: [passed] }];
  expect(renderVerification({ ...report, groups })).toContain("Every check passed");
});
