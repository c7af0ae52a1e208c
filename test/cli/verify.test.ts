import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeOf } from "../../src/cli/commands/verify.js";
import { judged } from "../../src/verify/check.js";
import { everything, leads, temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const small = ["verify", "--only", "invariants"];

test("a table on stdout, talk on stderr, a page and its data in the folder", async () => {
  const { code, stdout, stderr } = await leads([...small, "--out", "checked"], here);
  expect(code, stderr).toBe(0);
  const [head, ...rows] = stdout.trim().split("\n");
  expect(head).toMatch(/^figure +ours +reference +tolerance +verdict$/);
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(row).toContain("passed");
  expect(stderr).toMatch(/4 passed, 0 failed in \d+ s\nreport {2}checked\/verification\.html/);
  expect(everything(join(folder, "checked"))).toEqual(["verification.html", "verification.json"]);
  const page = readFileSync(join(folder, "checked", "verification.html"), "utf8");
  expect(page).toContain("Every check passed");
  expect(page).not.toMatch(/<script|https?:\/\/(?!doi)/);
  const data = JSON.parse(readFileSync(join(folder, "checked", "verification.json"), "utf8"));
  expect(data.groups[0].rows[0]).toMatchObject({
    id: "invariants.conservation",
    verdict: "passed",
    rule: "at most",
    reference: 1e-13,
    tolerance: null,
  });
});

test("--json prints the same rows, and an earlier verification is replaced", async () => {
  const { code, stdout } = await leads([...small, "--json", "--out", "checked"], here);
  expect(code).toBe(0);
  const { cost, groups, page } = JSON.parse(stdout);
  expect({ cost, page }).toEqual({ cost: "quick", page: "checked/verification.html" });
  expect(groups.flatMap((g: { rows: unknown[] }) => g.rows)).toHaveLength(4);
});

test.each([
  [["--only", "astrology"], /No check has "astrology".*Groups: Niederer et al\. 2011, /],
  [["--quick", "--full"], /'--full' cannot be used with/],
  [["--out", "foreign"], /foreign holds other files/],
  [["--chaste", "missing.dat"], /missing\.dat: cannot be read/],
  [["--chaste", "short.dat"], /short\.dat/],
  [["--chaste", "numbers.dat"], /numbers\.dat: times 1 and 42 .* no wave on the benchmark's slab/],
])("bad input is one line and exit code 2: %j", async (args, message) => {
  mkdirSync(join(folder, "foreign"), { recursive: true });
  writeFileSync(join(folder, "foreign", "thesis.tex"), "x");
  writeFileSync(join(folder, "short.dat"), "1 2 3\n");
  const numbers = Array.from({ length: 4305 }, (_, k) => k).join("\n");
  writeFileSync(join(folder, "numbers.dat"), numbers);
  const { code, stdout, stderr } = await leads([...small, ...args], here);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(everything(join(folder, "foreign"))).toEqual(["thesis.tex"]);
});

test("one failed check is exit code 1", () => {
  const row = { ...{ id: "x", figure: "f", unit: "1", reference: 1, source: "s" }, tolerance: 0.1 };
  const passed = judged("g", { ...row, rule: "near", value: 1 });
  const failed = judged("g", { ...row, rule: "near", value: 2 });
  const shown = judged("g", { ...row, rule: "shown", value: 2 });
  expect(codeOf([passed, shown])).toBe(0);
  expect(codeOf([passed, failed, shown])).toBe(1);
});
