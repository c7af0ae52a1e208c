import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leads, start, temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const out = join(folder, "table");
const cells = join(out, "published-quick", "cells");
const small = ["table", "--quick", "--seeds", "1", "--cases", "aliev-panfilov", "--out", "table"];
const rows = (names: string) => ["--rows", names];

test("a table is run, stopped, gone on with, and refuses what is not its own", async () => {
  const first = start([...small, ...rows("zero,oracle")], here);
  // The predictor's cell is there at once; the fit of the other one takes seconds.
  while (!existsSync(cells) || readdirSync(cells).length === 0) {
    if (first.child.exitCode !== null) throw new Error("the table ended before it was stopped");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  first.child.kill("SIGINT");
  const stopped = await first.ended;
  expect(stopped).toMatchObject({ code: 3, stdout: "" });
  expect(stopped.stderr).toContain("Go on with the same command");

  const whole = await leads([...small, ...rows("zero,oracle"), "--json"], here);
  expect(whole).toMatchObject({ code: 0 });
  const { tables } = JSON.parse(whole.stdout);
  const figures = (name: string) =>
    tables[0].rows.find(({ method }: { method: string }) => method === name).figures;
  // Nothing ever happens: the mean square of the truth, and no activation.
  expect(figures("zero").mse_e3.mean).toBeGreaterThan(200);
  expect(figures("zero").activation_ms.mean).toBeNull();
  expect(figures("oracle").mse_e3.mean).toBeLessThan(1e-2);
  expect(figures("expert").mse_e3.mean).toBeNull();
  expect(readFileSync(join(out, "table.html"), "utf8")).toContain("oracle physics");

  // Cells that are there are not run again.
  const times = () => readdirSync(cells).map((name) => statSync(join(cells, name)).mtimeMs);
  const before = times();
  const again = await leads([...small, ...rows("zero,oracle")], here);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/^oracle physics \(true reaction given\) /m);
  expect(again.stdout).toContain("not run, no --llm is given");
  expect(times()).toEqual(before);

  // A cell of another configuration is no cell of this table, and is made again.
  const name = "aliev-panfilov--zero--1.json";
  const zero = JSON.parse(readFileSync(join(cells, name), "utf8"));
  writeFileSync(join(cells, name), JSON.stringify({ ...zero, configuration: "f".repeat(64) }));
  const mixed = await leads([...small, ...rows("oracle")], here);
  expect(mixed.stdout).toContain("it was made with configuration ffffffffffff");
  expect(mixed.stdout).not.toMatch(/^zero /m);
  rmSync(join(cells, name));

  const other = await leads([...small.slice(0, 2), "--seeds", "2", "--out", "table"], here);
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/another configuration: seeds differ/);
}, 240_000);

test("cells say which program made them, and a row for a language model can come later", async () => {
  const cases = ["--seeds", "1", "--cases", "aliev-panfilov", ...rows("zero")];
  const run = (...more: string[]) =>
    leads(["table", "--quick", ...cases, "--out", "later", ...more], here);
  expect(await run()).toMatchObject({ code: 0 });
  const made = join(folder, "later", "published-quick", "cells", "aliev-panfilov--zero--1.json");
  const before = readFileSync(made, "utf8");
  expect(JSON.parse(before).build).toMatch(/^[0-9a-f]{64}$/);
  const server = ["--base-url", "http://127.0.0.1:9/v1", "--max-tokens", "1000"];
  const later = await run("--llm", "llm:openai-compatible:x", ...server);
  expect(later).toMatchObject({ code: 0 });
  expect(later.stdout).toContain("llm:openai-compatible:x; free form, llm:openai-compatible:x");
  const without = (await run()).stdout.replaceAll(/\s+/g, " ");
  expect(without).toMatch(
    /its model is not asked now[^:]*: llm:openai-compatible:x; free form, llm/,
  );
  expect(readFileSync(made, "utf8")).toBe(before);
}, 240_000);

test.each([
  [["--rows", "expret"], /"expret" is not a row of the table; did you mean "expert"/],
  [["--cases", "karma"], /"karma" is not a case of the table/],
  [["--suite", "soft"], /published, real, hard, all/],
  [["--llm", "gpt"], /is not llm:<provider>:<model>/],
  [["--llm", "llm:openai:gpt-5"], /OPENAI_API_KEY/],
  [["--seeds", "0"], /whole number from 1/],
  [["--max-usd", "1"], /about a language model, and none is asked/],
  [
    ["--llm", "llm:openai-compatible:x", "--base-url", "http://127.0.0.1:9/v1", "--max-usd", "1"],
    /price/,
  ],
])("leads table %j is refused before anything is run", async (more, message) => {
  const refused = await leads(["table", "--quick", "--out", "none", ...more], here);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(message);
  expect(readdirSync(folder)).not.toContain("none");
});

test("a folder with other files is left alone, and real recordings that are absent are told", async () => {
  const foreign = await leads(["table", "--quick", "--out", "."], here);
  // The folder of this test holds "table", which is no part of a table.
  expect(foreign.code).toBe(2);
  expect(foreign.stderr).toContain("holds other files than a table");
  const absent = ["table", "--quick", "--suite", "real", "--data", "nowhere", "--out", "real"];
  const real = await leads(absent, here);
  expect(real.code).toBe(0);
  expect(real.stdout).toContain("no recordings at");
}, 120_000);
