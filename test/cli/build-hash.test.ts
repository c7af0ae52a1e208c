import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { buildHash } from "../../src/cli/build-hash.js";
import { temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const hash = () => buildHash(pathToFileURL(join(folder, "cli", "worker.js")));

test("the hash is that of every module that a worker may load, and of no other", async () => {
  mkdirSync(join(folder, "cli"));
  write("cli/worker.js", 'import { a } from "../a.js";\nexport * from "zod";');
  write("a.js", 'export const a = async () => (await import("./b.js")).b;');
  write("b.js", 'import "./a.js";\nexport const b = 1;');
  write("page.js", "export const page = 1;");
  const first = await hash();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  write("page.js", "export const page = 2;");
  expect(await hash()).toBe(first);
  write("b.js", 'import "./a.js";\nexport const b = 2;');
  expect(await hash()).not.toBe(first);
});
