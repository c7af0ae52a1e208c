import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { markRun } from "../../src/cli/process-mark.js";
import type { CaseEntry, RunDetails, StudioIndex } from "../../src/view/contract.js";
import { startStudio } from "../studio/browser.js";
import { leads, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const inside = (...parts: string[]) => join(folder, ...parts);
const here = { cwd: folder };
const asked = { agent: "expert", seed: 1, evaluations: 1, seconds: 600 };

beforeAll(async () => {
  await leads(["synth", ...tiny, "--out", "patient"], here);
  const options = ["--evaluations", "1", "--out", "run"];
  expect((await leads(["discover", "patient", ...options], here)).code).toBe(3);
}, 200_000);

const json = <T>(url: string): Promise<T> => fetch(url).then((answer) => answer.json() as T);
const act = async (url: string, address: string, body: unknown) => {
  const { origin } = new URL(url);
  const options = { method: "POST", body: JSON.stringify(body), headers: { origin } };
  const answer = await fetch(`${url}${address}`, options);
  return { status: answer.status, ...((await answer.json()) as { id?: string; message?: string }) };
};
const caseIn = async (url: string): Promise<CaseEntry> =>
  (await json<StudioIndex>(`${url}data/index.json`)).cases.find(({ name }) => name !== "")!;

test("two runs started at once have folders of their own and outlive the studio", async () => {
  const studio = await startStudio(["."], folder);
  const { id } = await caseIn(studio.url);
  const start = () => act(studio.url, "act/runs", { case: id, ...asked });
  const started = await Promise.all([start(), start()]);
  expect(started.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(started.map((run) => run.id)).size).toBe(2);
  const details = await json<RunDetails>(`${studio.url}data/runs/${started[0].id}/run.json`);
  expect(details.entry.status).toBe("running");
  await studio.stop();
  for (const run of ["run-1", "run-2"]) {
    await expect.poll(() => existsSync(inside(run, "report.html")), { timeout: 90_000 }).toBe(true);
    expect(readFileSync(inside(`${run}.log`), "utf8")).toMatch(/report {2}/);
  }
}, 150_000);

test("a run that cannot begin says why and leaves nothing", async () => {
  const studio = await startStudio(["."], folder);
  const { id } = await caseIn(studio.url);
  const before = readdirSync(folder);
  const start = (more: object) => act(studio.url, "act/runs", { case: id, ...asked, ...more });
  expect(await start({ agent: "nobody" })).toMatchObject({
    status: 400,
    message: expect.stringMatching(/could not be started: .*nobody/),
  });
  expect((await start({ maxUsd: 1 })).message).toMatch(/--max-usd is about a language model/);
  expect((await start({ baseUrl: "file:///etc" })).message).toMatch(/baseUrl/);
  expect(readdirSync(folder)).toEqual(before);
  await studio.stop();

  const alone = await startStudio(["patient", "run"], folder);
  expect((await act(alone.url, "act/runs", { case: id, ...asked })).message).toMatch(/no place/);
  await alone.stop();
}, 60_000);

test("the studio steers no run that has ended, and answers 404 to a broken address", async () => {
  const studio = await startStudio(["run"], folder);
  const { runs } = await json<StudioIndex>(`${studio.url}data/index.json`);
  const said = await act(studio.url, `act/runs/${runs[0].id}/steer`, { command: "pause" });
  expect(said).toMatchObject({ status: 400, message: expect.stringMatching(/^run has ended/) });
  expect(existsSync(inside("run", "steer"))).toBe(false);
  expect((await fetch(`${studio.url}%E0%A4%A`)).status).toBe(404);
  await studio.stop();
}, 60_000);

test("an export names no folder of this machine and no run that is still running", async () => {
  const result = readFileSync(inside("run", "result.json"), "utf8");
  const configuration = JSON.parse(readFileSync(inside("run", "config.json"), "utf8"));
  const hidden = {
    memory: { file: inside("memory.json"), hash: "abc" },
    branch: { of: inside("first"), parent: { fingerprint: "f", step: 1, candidates: 0 } },
    baseUrl: "http://secret.example/v1",
  };
  cpSync(inside("run"), inside("open"), { recursive: true });
  rmSync(inside("open", "result.json"));
  writeFileSync(inside("open", "config.json"), JSON.stringify({ ...configuration, ...hidden }));
  writeFileSync(inside("open", "process"), String(process.pid));
  for (const run of ["run", "open"])
    expect((await leads(["studio", "export", run, "--out", `${run}-site`], here)).code).toBe(0);
  expect(result).toContain(folder);
  for (const site of ["run-site", "open-site"])
    for (const name of readdirSync(inside(site, "data"), { recursive: true, encoding: "utf8" })) {
      if (!/\.jsonl?$/.test(name)) continue;
      const text = readFileSync(inside(site, "data", name), "utf8");
      expect(text.includes(folder), name).toBe(false);
      expect(text).not.toMatch(/secret\.example|"running"/);
    }
}, 60_000);

test("uncertainty travels with the run, and an older twin's does not", async () => {
  expect((await leads(["uncertainty", "run"], here)).code).toBe(0);
  const details = async (out: string) => {
    await leads(["studio", "export", "run", "--out", out], here);
    const { runs } = JSON.parse(readFileSync(inside(out, "data", "index.json"), "utf8"));
    const read = (name: string) => inside(out, "data", "runs", runs[0].id, name);
    return { read, run: JSON.parse(readFileSync(read("run.json"), "utf8")) as RunDetails };
  };
  const known = await details("known");
  expect(known.run.hasUncertainty).toBe(true);
  const { candidate, parameters, half_ms } = JSON.parse(
    readFileSync(known.read("uncertainty.json"), "utf8"),
  );
  expect(candidate).toBe(0);
  expect(parameters.map(({ verdict }: { verdict: string }) => verdict)).toContain("identified");
  expect(Object.keys(half_ms)).toHaveLength(1);
  const twin = inside("run", "best", "twin.json");
  writeFileSync(twin, `${readFileSync(twin, "utf8")}\n`);
  const changed = await details("changed");
  expect(changed.run.hasUncertainty).toBe(false);
  expect(existsSync(changed.read("uncertainty.json"))).toBe(false);
}, 120_000);

test("a process removes its own mark alone, and a dead one's is replaced", async () => {
  const mark = inside("process");
  const own = await markRun(folder);
  expect(readFileSync(mark, "utf8")).toBe(String(process.pid));
  writeFileSync(mark, String(process.ppid));
  const second = await markRun(folder);
  await own();
  await second();
  expect(readFileSync(mark, "utf8")).toBe(String(process.ppid));
  // No process has this number.
  writeFileSync(mark, "99999999");
  const third = await markRun(folder);
  expect(readFileSync(mark, "utf8")).toBe(String(process.pid));
  await third();
  expect(existsSync(mark)).toBe(false);
});
