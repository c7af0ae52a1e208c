import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newestRecord, performanceSection, withSection } from "../../bench/readme-table.js";

const root = new URL("../../", import.meta.url).pathname;

test("the README's performance table is that of the newest record", () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const record = newestRecord(`${root}bench/results`);
  expect(readme, "npm run bench:readme").toBe(withSection(readme, performanceSection(record)));
  expect(record?.quick ?? false, "a record of a quick run").toBe(false);
});
