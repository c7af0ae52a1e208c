import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leads, type Started, start, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
// No time limit in play, and an agent that does not stop by itself: two evaluations end the run.
const asked = ["--agent", "exhaustive", "--seed", "1", "--evaluations", "2", "--seconds", "100000"];

const journal = (run: string) => {
  const path = join(folder, run, "journal.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const count = (run: string, type: string) => journal(run).split(`"type":"${type}"`).length - 1;

/** Waits until a fit is under way after so many finished candidates. */
async function fitting(run: string, finished: number, { child }: Started): Promise<void> {
  const ready = () =>
    count(run, "candidate-finished") === finished && count(run, "decided") > finished;
  while (!ready()) {
    if (count(run, "stopped") > 0) throw new Error("the run ended before it could be stopped");
    if (child.exitCode !== null) throw new Error(`the run ended first: code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 150));
}

test("Ctrl-C, then kill -9, then a half-written line: the same result in the end", async () => {
  expect((await leads(["synth", ...tiny, "--out", "patient"], here)).code).toBe(0);
  const whole = await leads(["discover", "patient", ...asked, "--out", "whole", "--json"], here);
  // Two evaluations were all it was given: a limit.
  expect(whole.code).toBe(3);
  const undisturbed = JSON.parse(whole.stdout);

  const first = start(["discover", "patient", ...asked, "--out", "run", "--json"], here);
  await fitting("run", 0, first);
  first.child.kill("SIGINT");
  const stopped = await first.ended;
  expect(stopped.code).toBe(3);
  expect(stopped.stdout).toBe("");
  expect(stopped.stderr).toMatch(/^Interrupted\. Go on with: leads discover --resume run$/m);
  expect(stopped.stderr).not.toMatch(/^\s+at /m);
  expect(existsSync(join(folder, "run", "result.json"))).toBe(false);

  const second = start(["discover", "--resume", "run"], here);
  await fitting("run", 1, second);
  second.child.kill("SIGKILL");
  expect((await second.ended).signal).toBe("SIGKILL");
  appendFileSync(join(folder, "run", "journal.jsonl"), '{"seq":5,"type":"obser');

  // An unfinished run says so, and does not pretend to have a twin.
  const early = await leads(["evaluate", "run", "patient"], here);
  expect(early.code).toBe(2);
  expect(early.stderr).toMatch(/run is a run without a twin.*--resume run/);

  const last = await leads(["discover", "--resume", "run", "--json"], here);
  expect(last.code).toBe(3);
  const resumed = JSON.parse(last.stdout);
  const { run: _r, seconds: _s, ...mine } = resumed;
  const { run: _w, seconds: _t, ...theirs } = undisturbed;
  expect(mine.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(mine).toEqual(theirs);
  expect(count("run", "candidate-finished")).toBe(2);
  const twin = (run: string) => readFileSync(join(folder, run, "best", "twin.json"), "utf8");
  expect(twin("run")).toBe(twin("whole"));

  // A finished run has nothing left to do, and says the same again.
  const again = await leads(["discover", "--resume", "run", "--json"], here);
  // The time of looking counts as well.
  const seconds = expect.any(Number);
  expect(JSON.parse(again.stdout)).toEqual({ ...resumed, seconds });
}, 300_000);
