import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decode } from "../../src/discover/canonical.js";
import { memoryStore, openJournal, readJournal } from "../../src/discover/journal.js";
import { parseNpy } from "../../src/io/npy.js";
import { leads, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const figures = [
  ...["mse", "scc", "tcc", "at_mae_ms", "at_rmse_ms", "at_r"],
  ...["activation_agreement", "rt_mae_ms"],
];

const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

/** From a patient to a report, each command reading what the one before it wrote. */
describe("the whole path", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    const made = await leads(["synth", ...tiny, "--seed", "1", "--out", "patient", "--json"], here);
    expect(made.stderr).toBe("");
    expect(made.code).toBe(0);
    const { case: path, truth, measured } = JSON.parse(made.stdout);
    expect([path, truth]).toEqual(["patient", "patient.truth.json"]);
    expect(measured.activation_ms).toBeGreaterThan(0);
    // Discovery cannot read a truth that is not in its folder.
    expect(existsSync(join(folder, "patient", "truth.json"))).toBe(false);
  }, 120_000);

  test("discover --json prints one object and writes the run", async () => {
    const asked = ["--agent", "expert", "--seed", "1", "--evaluations", "1", "--seconds", "600"];
    const run = await leads(["discover", "patient", ...asked, "--out", "run", "--json"], here);
    expect(run.code).toBe(3);
    const result = JSON.parse(run.stdout);
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(["run", "evaluations", "seconds", "stop", "best", "baselines"]),
    );
    expect(result).toMatchObject({ run: "run", evaluations: 1, stop: { reason: "evaluations" } });
    expect(Object.keys(result.best)).toEqual([
      ...["candidate", "reaction", "diffusion", "parameters", "units", "parameter_count"],
      ...["validation", "test"],
    ]);
    for (const score of [result.best.validation, result.best.test]) {
      expect(Object.keys(score)).toEqual(figures);
      expect(score.activation_agreement).toBeGreaterThan(0.9);
    }
    expect(Object.keys(result.baselines)).toEqual(["zero", "spatial_mean", "nearest_pacing"]);
    expect(result.best.test.mse).toBeLessThan(result.baselines.spatial_mean.mse / 100);
    expect(result.baselines.zero.scc).toBeNull();
    // Talk is on stderr: the thought, the fit and where the report lies.
    expect(run.stderr).toMatch(/^think {3}/m);
    expect(run.stderr).toMatch(/^fitted {2}#0 /m);
    expect(run.stderr).toMatch(/^report {2}run\/report\.html$/m);
    expect(read("run/result.json")).toEqual(result);
    expect(read("run/config.json")).toMatchObject({ agent: "expert", seed: 1, evaluations: 1 });
  });

  test("evaluate repeats the score that discovery gave", async () => {
    const run = await leads(["evaluate", "run", "patient", "--json"], here);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const { part, score, baselines } = JSON.parse(run.stdout);
    const result = read("run/result.json");
    expect(part).toBe("test");
    expect(score).toEqual(result.best.test);
    expect(baselines).toEqual(result.baselines);
    const table = await leads(["evaluate", "run/best", "patient", "--part", "train"], here);
    expect(table.stdout.split("\n")[0].trim().split(/\s+/)).toEqual(figures);
    // What has seen the answers is no predictor of them.
    const rows = table.stdout.split("\n").map((line) => line.split(" ")[0]);
    expect(rows.filter(Boolean)).toEqual(["twin", "zero", "spatial_mean"]);
  });

  test("simulate writes a series for ParaView and arrays", async () => {
    const late = ["--pace", "node=12,start_ms=80", "--duration-ms", "60"];
    const refused = await leads(["simulate", "run", ...late, "--out", "movie"], here);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/starts at 80 ms, after the end/);
    for (const [asked, words] of [
      [
        ["--pace", "node=12,start_ms=0,strength_per_ms=1e6", "--duration-ms", "60"],
        "left the numbers",
      ],
      [["--pace", "node=12,start_ms=0", "--duration-ms", "1e12"], "frames of"],
    ] as const) {
      const failed = await leads(["simulate", "run", ...asked, "--out", "movie"], here);
      expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
      expect(existsSync(join(folder, "movie"))).toBe(false);
    }
    const pace = ["--pace", "node=12,start_ms=0", "--duration-ms", "60", "--every-ms", "10"];
    const run = await leads(["simulate", "run", ...pace, "--out", "movie", "--json"], here);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const { frames, nodes, activated } = JSON.parse(run.stdout);
    expect(frames).toBe(7);
    expect(activated).toBeGreaterThan(10);
    const series = readFileSync(join(folder, "movie", "series.pvd"), "utf8");
    const named = [...series.matchAll(/file="([^"]+)"/g)].map(([, file]) => file);
    expect(named).toHaveLength(frames);
    for (const file of named) expect(existsSync(join(folder, "movie", file))).toBe(true);
    const array = (name: string) => parseNpy(readFileSync(join(folder, "movie", name)), name);
    expect(array("potential.npy").shape).toEqual([frames, nodes]);
    const times = array("activation_ms.npy");
    expect(times.shape).toEqual([nodes]);
    expect(times.data[12]).toBeLessThan(5);
    expect([...times.data].filter((t) => !Number.isNaN(t))).toHaveLength(activated);
  });

  test("report writes one file that loads nothing, and a picture on request", async () => {
    rmSync(join(folder, "run", "report.html"));
    const run = await leads(["report", "run", "--picture", "maps.svg"], here);
    expect(run.code).toBe(0);
    expect(run.stdout).toBe("run/report.html\n");
    const html = readFileSync(join(folder, "run", "report.html"), "utf8");
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i);
    expect(readFileSync(join(folder, "maps.svg"), "utf8")).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    const data = await leads(["report", "run", "--json"], here);
    expect(JSON.parse(data.stdout).candidates).toHaveLength(1);
  });

  test("replay repeats the run bit for bit", async () => {
    const run = await leads(["replay", "run", "--json"], here);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ identical: true });
  });

  test("replay tells when a run cannot be repeated: exit code 1", async () => {
    const other = join(folder, "other");
    const run = await leads(
      ["discover", "patient", "--seed", "2", "--evaluations", "1", "--out", "other"],
      here,
    );
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/^test recordings +MSE +activation MAE, ms/);
    await forgeResult(join(other, "journal.jsonl"));
    const again = await leads(["replay", "other"], here);
    expect(again).toMatchObject({ code: 1, stdout: "different\n" });
    expect(again.stderr).toMatch(/^#0 differs at /m);
  });

  test("a list that is cut short by its reader is no error", async () => {
    const cut = ["bash", "-c", 'set -o pipefail; "$@" | head -n 1; exit $PIPESTATUS', "-"];
    const run = await leads(["catalog"], { wrapper: cut });
    expect(run).toMatchObject({ code: 0, stderr: "" });
  });
});

/** Changes a fitted number and makes the chain of hashes right again, as a forger would. */
async function forgeResult(path: string): Promise<void> {
  const { events } = await readJournal(memoryStore(readFileSync(path)));
  const store = memoryStore();
  const journal = await openJournal(store);
  for (const { type, data, clock } of events) {
    const plain = decode(data) as { result?: { validation: { mse: number } } };
    if (plain.result) plain.result.validation.mse *= 1 + 1e-15;
    await journal.append(type, plain, clock);
  }
  writeFileSync(path, store.bytes());
}
