import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseNpy } from "../../src/io/npy.js";
import { parseVtu } from "../../src/io/vtu.js";
import { everything, leads, temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const small = ["--nodes", "300", "--recordings", "8", "--frames", "30", "--noise", "0.02"];

describe("uncertainty comes with the answer", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    const made = await leads(["synth", ...small, "--seed", "4", "--out", "patient"], here);
    expect(made.code).toBe(0);
    const asked = ["--seed", "1", "--evaluations", "1", "--out", "run"];
    const run = await leads(["discover", "patient", ...asked], here);
    expect(run.stderr).toMatch(/^fitted/m);
  }, 240_000);

  test("leads uncertainty writes intervals beside the twin, arrays and fields", async () => {
    const run = await leads(["uncertainty", "run", "--json"], here);
    expect(run.code).toBe(0);
    const printed = JSON.parse(run.stdout);
    const best = join(folder, "run", "best");
    expect(JSON.parse(readFileSync(join(best, "uncertainty.json"), "utf8"))).toEqual(printed);
    const verdicts = new Set(printed.parameters.map((p: { verdict: string }) => p.verdict));
    expect(verdicts).toContain("identified");
    expect(verdicts).toContain("fixed");
    for (const p of printed.parameters)
      if (p.verdict === "identified") {
        expect(p.low, p.name).toBeLessThan(p.estimate);
        expect(p.high, p.name).toBeGreaterThan(p.estimate);
        expect(p.effectiveSamples, p.name).toBeGreaterThan(1);
      }
    const { recordings, conformal } = printed.maps;
    expect(recordings.length).toBeGreaterThan(0);
    expect(conformal.values).toBeGreaterThan(100);
    const read = (name: string) => parseNpy(readFileSync(join(best, name)), name);
    const [at, half] = [read("activation_ms.npy"), read("half-width_ms.npy")];
    expect(half.shape).toEqual(at.shape);
    expect(half.shape[0]).toBe(recordings.length);
    expect([...half.data].every((h) => h > 0)).toBe(true);
    const vtu = parseVtu(readFileSync(join(best, "uncertainty.vtu")), "uncertainty.vtu");
    expect(vtu.mesh.points.length / 3).toBe(half.shape[1]);
    expect(everything(best)).toHaveLength(6);
  });

  test("the report shows what was computed: a section and a map", async () => {
    const data = JSON.parse((await leads(["report", "run", "--json"], here)).stdout);
    expect(data.uncertainty.parameters.length).toBeGreaterThan(3);
    const nodes = data.surface.points.length ?? Object.keys(data.surface.points).length;
    expect(nodes).toBeGreaterThan(0);
    expect(data.maps[0].uncertainty_ms).toBeDefined();
    await leads(["report", "run"], here);
    const page = readFileSync(join(folder, "run", "report.html"), "utf8");
    expect(page).toContain('id="uncertainty"');
    expect(page).toContain("half-width of the 90 % interval, ms");
  });

  test("leads next-site ranks sites and writes nothing", async () => {
    const before = everything(folder);
    const run = await leads(["next-site", "run", "--candidates", "4", "--json"], here);
    expect(run.code).toBe(0);
    const { rivals, sites } = JSON.parse(run.stdout);
    expect(sites).toHaveLength(4);
    expect(rivals.length).toBeGreaterThan(0);
    const key = rivals.length > 1 ? "separation" : "information_nats";
    const ranked = sites.map((site: Record<string, number>) => site[key]);
    expect(ranked).toEqual([...ranked].sort((a: number, b: number) => b - a));
    for (const site of sites) expect(site.position_mm).toHaveLength(3);
    expect(everything(folder)).toEqual(before);
  });

  test("intervals of another twin are not shown, and a folder without a run is refused", async () => {
    const twin = join(folder, "run", "best", "twin.json");
    writeFileSync(twin, `${readFileSync(twin, "utf8")}\n`);
    expect(existsSync(join(folder, "run", "best", "uncertainty.json"))).toBe(true);
    const data = JSON.parse((await leads(["report", "run", "--json"], here)).stdout);
    expect(data.uncertainty).toBeNull();
    for (const command of ["uncertainty", "next-site"]) {
      const refused = await leads([command, "patient"], here);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/^error: /);
    }
  });
});
