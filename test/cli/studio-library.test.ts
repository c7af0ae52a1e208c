import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openLibrary } from "../../src/cli/studio/library.js";
import { temporaryFolder } from "./leads.js";

const folder = temporaryFolder();

const put = (...path: string[]) => {
  const file = join(folder, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "{}");
};
put("patient", "case.json");
put("more", "deeper", "other", "case.json");
put("table", "published-quick", "configuration.json");
put("table", "cases", "aliev-panfilov-1", "case.json");

const casesOf = async (...given: string[]) => {
  const { cases, label } = await openLibrary(given.map((path) => join(folder, path)));
  return [...cases.values()].map(label).sort();
};

test("cases are found below the folder, those of a table where the table is named", async () => {
  expect(await casesOf(".")).toEqual(["more/deeper/other", "patient"]);
  expect(await casesOf("table")).toEqual(["cases/aliev-panfilov-1"]);
});

test("a folder of nothing but a table has nothing to show by itself", async () => {
  put("alone", "table", "hard", "configuration.json");
  put("alone", "table", "cases", "scar-1", "case.json");
  await expect(casesOf("alone")).rejects.toThrow(/no run and no case in there/);
});
