import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cellFile, journalFile, readCells, writeCell } from "../../src/table/cell.js";
import { cell, hash } from "./fixtures.js";

const folder = mkdtempSync(join(tmpdir(), "leads-cells-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a cell comes back as it was written, and nothing half-written is left beside it", async () => {
  const cells = join(folder, "good");
  const written = cell({ seed: 2, trace: [null, 1e-3] });
  await writeCell(cells, written);
  await writeCell(cells, cell({ seed: 1 }));
  expect(readdirSync(cells).sort()).toEqual([cellFile({ ...written, seed: 1 }), cellFile(written)]);
  const read = await readCells(cells, hash);
  expect(read.refused).toEqual([]);
  expect(read.cells).toEqual([cell({ seed: 1 }), written]);
  expect(journalFile(written)).toBe("aliev-panfilov--expert--2.jsonl");
});

test("a folder that does not exist has no cells", async () => {
  expect(await readCells(join(folder, "none"), hash)).toEqual({ cells: [], refused: [] });
});

test("cells of another configuration, torn files and strangers are refused with the reason", async () => {
  const cells = join(folder, "bad");
  await writeCell(cells, cell({}));
  await writeCell(cells, cell({ seed: 2, configuration: "b".repeat(64) }));
  writeFileSync(join(cells, cellFile(cell({ seed: 3 }))), '{"format": "leads-table-c');
  writeFileSync(join(cells, cellFile(cell({ seed: 4 }))), JSON.stringify(cell({ seed: 5 })));
  writeFileSync(join(cells, "notes.json"), "{}");
  const { cells: good, refused } = await readCells(cells, hash);
  expect(good).toEqual([cell({})]);
  expect(refused.map(({ reason }) => reason.replace(/\(.*\)/, "(...)"))).toEqual([
    "it was made with configuration bbbbbbbbbbbb, this table has aaaaaaaaaaaa",
    "it is not JSON (...)",
    "it holds the cell aliev-panfilov--expert--5.json",
    "it is not a cell of this version",
  ]);
});
