import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { journalFile } from "../../src/table/cell.js";
import { rowHash } from "../../src/table/configuration.js";
import { freeForm, languageModel, transcript } from "../../src/table/language-rows.js";
import { refuseStale, transcriptHash } from "../../src/table/transcripts.js";
import { cell, configuration } from "./fixtures.js";

const folder = mkdtempSync(join(tmpdir(), "leads-transcripts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = languageModel("llm:openai:gpt-5", { maxTokens: 1000 });
const folders = {
  transcripts: join(folder, "published"),
  freeForm: folder,
  configuration: {
    ...configuration,
    methods: [...configuration.methods, transcript("kept"), asked, freeForm("table")],
  },
};
const repeated = cell({ method: "kept" });
const equations = cell({ method: "free-form" });
const write = (text: string) => {
  mkdirSync(folders.transcripts, { recursive: true });
  mkdirSync(join(folder, "free-form"), { recursive: true });
  writeFileSync(join(folders.transcripts, journalFile(repeated)), text);
  writeFileSync(join(folder, "free-form", "table.jsonl"), text);
};

test("a cell that repeats a transcript is refused once the transcript is another one", async () => {
  expect(await transcriptHash(repeated, folders)).toBeUndefined();
  write("one");
  const hash = await transcriptHash(repeated, folders);
  expect(await transcriptHash(equations, folders)).toBe(hash);
  expect(await transcriptHash(cell({ method: "expert" }), folders)).toBeUndefined();
  const cells = [repeated, equations].map((one) => ({ ...one, transcript: hash }));
  expect((await refuseStale(cells, folders)).cells).toEqual(cells);
  write("two");
  const now = await refuseStale([...cells, cell({})], folders);
  expect(now.cells).toEqual([cell({})]);
  expect(now.refused.map(({ reason }) => reason)).toEqual([
    "it repeats another transcript than the one that is there",
    "it repeats another transcript than the one that is there",
  ]);
});

test("a cell of a row with other limits is refused", async () => {
  const same = cell({ method: asked.name, row: await rowHash(asked) });
  const other = cell({ method: asked.name, row: await rowHash(languageModel(asked.title)) });
  const { cells, refused } = await refuseStale([same, other], folders);
  expect(cells).toEqual([same]);
  expect(refused).toMatchObject([{ reason: "its row had another model server or other limits" }]);
});
