import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leads, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const run = (line: string) => leads(line.split(" "), here);
const read = (name: string) => readFileSync(join(folder, name), "utf8");

test("remembered, used, replayed without the file; a changed file is refused", async () => {
  for (const seed of [1, 2]) {
    const made = ["synth", ...tiny, "--reaction", "rogers-mcculloch", "--noise", "0.02"];
    await leads([...made, "--seed", String(seed), "--out", `p${seed}`], here);
  }
  const asked = "--reactions rogers-mcculloch --evaluations 1";
  expect((await run(`discover p1 ${asked} --out first`)).code).toBe(3);

  const added = await run("memory add memory.json first");
  expect(added).toMatchObject({ code: 0, stdout: "memory.json: 1 patients\n" });
  const memory = JSON.parse(read("memory.json"));
  expect(memory).toMatchObject({ format: "leads-memory", version: 1 });
  expect(memory.runs[0].best.reaction).toEqual({ name: "rogers-mcculloch" });
  expect(memory.runs[0].features).toMatchObject({ measure: "potential", mesh: "volume" });
  // Numbers and hashes: no name of the patient, no path.
  expect(read("memory.json")).not.toMatch(/synthetic|p1|tmp|leads-cli/);
  const again = JSON.parse((await run("memory add memory.json first --json")).stdout);
  expect(again).toMatchObject({ patients: 1 });
  const shown = await run("memory show memory.json");
  expect(shown.stdout).toMatch(/^1 patients, memory [0-9a-f]{12}\n/);
  expect(shown.stdout).toMatch(/potential +volume .* rogers-mcculloch/);
  const listed = JSON.parse((await run("memory show memory.json --json")).stdout);
  expect(listed).toMatchObject({ hash: again.hash, runs: memory.runs });

  const second = await run(`discover p2 ${asked} --memory memory.json --out second`);
  expect(second.code).toBe(3);
  expect(second.stderr).toMatch(/rogers-mcculloch won in 1 of 1 earlier cases \(prior 1\)/);
  expect(JSON.parse(read("second/config.json")).memory.hash).toBe(again.hash);
  const [started] = read("second/journal.jsonl").split("\n");
  const { configuration } = JSON.parse(started).data;
  expect(configuration.memory).toMatchObject({ hash: again.hash, patients: 1 });
  expect(configuration.memory.parameters["rogers-mcculloch"].length).toBeGreaterThan(0);
  expect(read("second/report.html")).toContain(again.hash);

  const changed = { ...memory, runs: [{ ...memory.runs[0], run: "0".repeat(64) }] };
  writeFileSync(join(folder, "memory.json"), JSON.stringify(changed));
  const refused = await run("discover --resume second");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/memory\.json is not the memory that the run began with\./);

  rmSync(join(folder, "memory.json"));
  expect(await run("replay second")).toMatchObject({ code: 0, stdout: "identical\n" });
}, 240_000);

test("what is no memory and no finished run is named", async () => {
  writeFileSync(join(folder, "other.json"), '{"format":"leads-memory","version":2}');
  for (const [line, message] of [
    ["memory show nowhere.json", /nowhere\.json/],
    ["memory show other.json", /version 2; this version reads version 1/],
    ["memory add other.json first", /version 2/],
    ["memory add new.json p1", /p1/],
    ["discover p1 --memory other.json --out third", /version 2/],
  ] as const) {
    const { code, stderr } = await run(line);
    expect(code, line).toBe(2);
    expect(stderr, line).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});
