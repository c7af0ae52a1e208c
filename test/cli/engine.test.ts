import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readNpyFile } from "../../src/io/npy.js";
import { lacking } from "../kernel/native-here.js";
import { leads, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const cwd = folder;
const patient = ["synth", "--reaction", "aliev-panfilov", "--seed", "4", ...tiny];
const few = ["--seed", "1", "--evaluations", "2", "--engine", "native"];
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));

describe.skipIf(lacking)(`--engine native${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  beforeAll(async () => {
    expect(await leads([...patient, "--out", "patient"], { cwd })).toMatchObject({ code: 0 });
    const found = await leads(["discover", "patient", ...few, "--out", "run"], { cwd });
    expect([0, 3], found.stderr).toContain(found.code);
  }, 180_000);

  test("a run says which engine, compiler and processor it was, and fits as usual", () => {
    const configuration = readJson("run", "config.json");
    expect(configuration.engine).toBe("native");
    expect(configuration.versions["native-f32"]).toMatch(/^\d.*, [0-9a-f]{8}$/);
    const { best } = readJson("run", "result.json");
    expect(best.test.mse).toBeLessThan(1e-5);
  });

  test("it is replayed on the same engine, bit for bit", async () => {
    expect(await leads(["replay", "run"], { cwd })).toMatchObject({
      code: 0,
      stdout: "identical\n",
    });
  });

  test("a run keeps its engine: resume takes none, and stops in order without a compiler", async () => {
    const given = await leads(["discover", "--resume", "run", "--engine", "wasm"], { cwd });
    expect(given).toMatchObject({ code: 2, stderr: expect.stringContaining('"engine"') });
    const environment = { CC: "no-such-cc" };
    const journal = readFileSync(join(folder, "run", "journal.jsonl"), "utf8");
    for (const command of [
      ["discover", "--resume", "run"],
      ["replay", "run"],
    ]) {
      const lost = await leads(command, { cwd, environment });
      expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining('"no-such-cc"') });
      expect(lost.stderr).toContain("begun with --engine native");
    }
    expect(readFileSync(join(folder, "run", "journal.jsonl"), "utf8")).toBe(journal);
  });

  test("a twin is simulated alike on both engines", async () => {
    const pace = ["--pace", "node=12,start_ms=0", "--duration-ms", "60"];
    const [wasm, native] = await Promise.all(
      ["wasm", "native"].map(async (engine) => {
        const asked = ["simulate", "run", ...pace, "--engine", engine, "--out", engine];
        expect(await leads(asked, { cwd })).toMatchObject({ code: 0 });
        return (await readNpyFile(join(folder, engine, "potential.npy"))).data;
      }),
    );
    const worst = wasm.reduce((most, u, k) => Math.max(most, Math.abs(u - native[k])), 0);
    expect(wasm.some((u) => u > 0.5)).toBe(true);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(1e-4);
    for (const out of ["wasm", "native"]) rmSync(join(folder, out), { recursive: true });
  });
});

test("without a compiler nothing is begun, and the way out is told", async () => {
  const environment = { CC: "no-such-cc" };
  await leads([...patient, "--out", "other"], { cwd });
  for (const asked of [
    ["discover", "other", ...few, "--out", "never"],
    ["session", "open", "other", "--engine", "native", "--out", "never"],
    ["table", "--quick", "--engine", "native", "--out", "never"],
  ]) {
    const refused = await leads(asked, { cwd, environment });
    expect(refused, asked.join(" ")).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/"no-such-cc" is no C compiler.* CC\b/s);
    expect(existsSync(join(folder, "never"))).toBe(false);
  }
  const withFlags = await leads(["discover", "other", ...few, "--out", "never"], {
    cwd,
    environment: { CC: "no-such-cc -O3" },
  });
  expect(withFlags.stderr).toMatch(/Name the program alone, without flags, in CC/);
}, 60_000);
