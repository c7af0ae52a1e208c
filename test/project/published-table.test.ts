import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  newestTable,
  tableSection,
  whyNotRecorded,
  withTable,
} from "../../bench/published-table.js";
import { assemble } from "../../src/table/assemble.js";
import { configuration, everyCell, hash } from "../table/fixtures.js";

const root = new URL("../../", import.meta.url).pathname;
const cells = everyCell((method) => (method === "expert" ? 1e-9 : 0.02));

test("the README's table is that of the newest record", () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const record = newestTable(`${root}bench/results/table`);
  expect(readme, "npm run table:readme").toBe(withTable(readme, tableSection(record)));
  if (record) expect(whyNotRecorded(record.tables)).toBe("");
});

test("a table that is quick, or has a row in part, is not recorded", () => {
  const full = { ...configuration, quick: false };
  const table = (used: typeof cells) => assemble({ configuration: full, hash, cells: used });
  expect(whyNotRecorded([table(cells)])).toBe("");
  const { method } = cells.find((cell) => cell.method !== "expert")!;
  const { title } = full.methods.find(({ name }) => name === method)!;
  const part = `1 cells of "${title}" have not been run`;
  const without = (name: string) => cells.filter((cell) => cell.method !== name);
  const one = cells.find((cell) => cell.method === method);
  expect(whyNotRecorded([table(cells.filter((cell) => cell !== one))])).toBe(part);
  expect(whyNotRecorded([table(without(method))])).toBe("");
  expect(whyNotRecorded([table(without("expert"))])).toMatch("compared with has not been run");
  expect(whyNotRecorded([assemble({ configuration, hash, cells })])).toBe("it is a quick table");
  expect(whyNotRecorded([])).toBe("it holds no table");
});

test("a table whose cells come from several builds is not recorded", () => {
  const mixed = cells.map((one, k) => (k === 0 ? { ...one, build: "b" } : one));
  const full = { ...configuration, quick: false };
  expect(whyNotRecorded([assemble({ configuration: full, hash, cells: mixed })])).toBe(
    "its cells were made by 2 builds of the program",
  );
});

test("a record becomes rows with the published figures, and differences to the searches", () => {
  const table = assemble({ configuration, hash, cells });
  const text = tableSection({ date: "2026-11-25", machine: "a machine", tables: [table] });
  expect(text).toMatch(/^\| LEADS as published \| 20\.0 ± .* \| 26\.7 \|/m);
  expect(text).toMatch(/^- Against random search: in MSE the expert is better, factor 5\.\S* \[/m);
  expect(text).toContain("| 6 of 6 |");
});
