import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Ended, leads, type Started, start, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const session = (args: readonly string[], input?: string): Promise<Ended> =>
  leads(["session", ...args], { ...here, input });
const act = (run: string, decision: unknown) => session(["act", run, JSON.stringify(decision)]);

const decide = (reaction: string, fit: object = { starts: 1, potentialIterations: 2 }) => ({
  thought: `try ${reaction}`,
  actions: [
    { action: "set_reaction", reaction },
    { action: "set_fit", fit },
  ],
});
const typesIn = (run: string): string[] =>
  readFileSync(join(folder, run, "journal.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line).type);

describe("leads session", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    expect((await leads(["synth", ...tiny, "--out", "patient"], here)).code).toBe(0);
  }, 120_000);

  test("open, observe, act, close: the run of an agent, step by step", async () => {
    const opened = await session(["open", "patient", "--out", "run", "--evaluations", "5"]);
    expect(opened).toMatchObject({ code: 0, stderr: "" });
    expect(opened.stdout).toMatch(/## Catalog[\s\S]*5 evaluations/);
    const seen = await session(["observe", "run"]);
    expect(seen.stdout.split("## Now")[0]).toBe(opened.stdout.split("## Now")[0]);
    expect(typesIn("run")).toEqual(["run-started", "observed"]);

    const refused = await act("run", { thought: "typo", action: "set_reaction", reaction: "x" });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/^refused .*There/) });
    const done = await act("run", decide("aliev-panfilov"));
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^candidate 0: aliev-panfilov.*\n +mse .*\ntrain .*\nvalidation /);
    expect(done.stdout).toMatch(/^best: 0; 4 evaluations left$/m);
    const piped = JSON.stringify(decide("rogers-mcculloch"));
    const second = await session(["act", "run", "-", "--json"], piped);
    expect(JSON.parse(second.stdout)).toMatchObject({ kind: "evaluated", candidate: { id: 1 } });
    const { candidates } = JSON.parse((await session(["observe", "run", "--json"])).stdout);
    expect(candidates.map(({ id }: { id: number }) => id)).toEqual([0, 1]);

    const early = await leads(["evaluate", "run", "patient"], here);
    expect(early.code).toBe(2);
    expect(early.stderr).toContain("leads session close run");
    const closed = await session(["close", "run", "--reason", "enough", "--json"]);
    expect(closed.code).toBe(0);
    const result = JSON.parse(closed.stdout);
    expect(result).toMatchObject({ stop: { reason: "closed", detail: "enough" }, evaluations: 2 });
    expect(existsSync(join(folder, "run", "report.html"))).toBe(true);
    const scored = await leads(["evaluate", "run", "patient", "--json"], here);
    expect(JSON.parse(scored.stdout).score).toEqual(result.best.test);
    expect(await leads(["replay", "run"], here)).toMatchObject({ code: 0, stdout: "identical\n" });

    const late = await act("run", decide("aliev-panfilov"));
    expect(late).toMatchObject({ code: 2, stderr: expect.stringMatching(/has ended .*enough/) });
    const again = JSON.parse((await session(["close", "run", "--json"])).stdout);
    expect(again.fingerprint).toBe(result.fingerprint);
  });

  test("a pause answers looks at once, holds an act, and everything is told", async () => {
    await session(["open", "patient", "--out", "held", "--evaluations", "2"]);
    const steer = (...words: string[]) => leads(["steer", "held", ...words], here);
    expect((await steer("pause")).stdout).toContain("leads session act held");
    const look = await session(["observe", "held"]);
    expect(look.stderr).toMatch(
      /^steered pause: paused; .*\npaused {2}go on with: leads steer held/,
    );
    const held = start(["session", "act", "held", JSON.stringify(decide("aliev-panfilov"))], here);
    let told = "";
    held.child.stderr?.on("data", (piece: Buffer) => {
      told += piece.toString();
    });
    while (!told.includes("paused")) await new Promise((resolve) => setTimeout(resolve, 20));
    await steer("resume");
    const done = await held.ended;
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/^steered resume: resumed$/m);
    expect(done.stderr).toMatch(/^warning 50 % of the budget of evaluations is spent: 1 of 2$/m);
  });

  test("a spent budget ends the run at the next act, as it ends an agent's", async () => {
    await session(["open", "patient", "--out", "short", "--evaluations", "1"]);
    const only = await act("short", decide("aliev-panfilov"));
    expect(only.stdout).toMatch(/all 1 evaluations are spent, the next act ends the run$/m);
    const next = await act("short", decide("rogers-mcculloch"));
    expect(next.code).toBe(3);
    expect(next.stdout).toMatch(/^stop evaluations: [\s\S]*^twin: aliev-panfilov/m);
    expect(typesIn("short").slice(-3)).toEqual(["candidate-finished", "stopped", "finished"]);
  });

  test("closed without an act it says that nothing was tried, and leaves a report", async () => {
    await session(["open", "patient", "--out", "unused"]);
    const closed = await session(["close", "unused"]);
    expect(closed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^No candidate was tried\.$/m),
    });
    expect(typesIn("unused").slice(-2)).toEqual(["stopped", "finished"]);
    expect(existsSync(join(folder, "unused", "report.html"))).toBe(true);
  });

  test("Ctrl-C, then kill -9 in the middle of a fit, then a half-written line: and on", async () => {
    const decision = decide("aliev-panfilov", {});
    await session(["open", "patient", "--out", "whole"]);
    await act("whole", decision);
    const undisturbed = JSON.parse((await session(["close", "whole", "--json"])).stdout);

    await session(["open", "patient", "--out", "cut"]);
    const first = start(["session", "act", "cut", JSON.stringify(decision)], here);
    await fitting("cut", first);
    first.child.kill("SIGINT");
    const stopped = await first.ended;
    expect(stopped).toMatchObject({ code: 3, stdout: "" });
    expect(stopped.stderr).toMatch(/^Interrupted\. Go on with: leads session act cut$/m);
    const second = start(["session", "act", "cut"], here);
    await fitting("cut", second);
    second.child.kill("SIGKILL");
    expect((await second.ended).signal).toBe("SIGKILL");
    appendFileSync(join(folder, "cut", "journal.jsonl"), '{"seq":3,"type":"candi');

    const look = await session(["observe", "cut"]);
    expect(look.stderr).toMatch(/cut short.*leads session act cut/);
    const other = await act("cut", decide("rogers-mcculloch"));
    expect(other).toMatchObject({ code: 2, stderr: expect.stringMatching(/step 0 is in the/) });
    expect((await session(["act", "cut"])).code).toBe(0);
    const nothing = await session(["act", "cut"]);
    expect(nothing.stderr).toMatch(/No decision is waiting/);
    const ended = JSON.parse((await session(["close", "cut", "--json"])).stdout);
    expect(ended.fingerprint).toBe(undisturbed.fingerprint);
    const twin = (run: string) => readFileSync(join(folder, run, "best", "twin.json"), "utf8");
    expect(twin("cut")).toBe(twin("whole"));
  });

  test("an agent's run and a session do not mix, and bad input is named", async () => {
    await session(["open", "patient", "--out", "mine"]);
    const resumed = await leads(["discover", "--resume", "mine"], here);
    expect(resumed.code).toBe(2);
    expect(resumed.stderr).toMatch(/mine is a session.*leads session act mine/);
    const agent = ["discover", "patient", "--agent", "exhaustive", "--evaluations", "1"];
    expect((await leads([...agent, "--out", "theirs"], here)).code).toBe(3);
    for (const step of [
      ["observe", "theirs"],
      ["act", "theirs", "{}"],
      ["close", "theirs"],
    ]) {
      const run = await session(step);
      expect(run.code).toBe(2);
      expect(run.stderr).toMatch(/theirs is a run of the agent "exhaustive".*--resume theirs/);
    }
    const broken = await session(["act", "mine", "{thought"]);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not JSON/) });
    expect(typesIn("mine")).toEqual(["run-started", "observed"]);
    const nowhere = await session(["open", "nowhere", "--out", "x"]);
    expect(nowhere.stderr).toMatch(/There is no case at nowhere/);
    const taken = await session(["open", "patient", "--out", "mine"]);
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringMatching(/mine already exists/) });
  });
});

/** Waits until a fit is under way: begun, or gone on with. */
async function fitting(run: string, { child }: Started): Promise<void> {
  const underWay = () => ["decided", "resumed"].includes(typesIn(run).at(-1)!);
  while (!underWay()) {
    if (child.exitCode !== null) throw new Error(`the act ended first: code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 150));
}
