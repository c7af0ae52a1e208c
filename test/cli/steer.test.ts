import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sendCommand } from "../../src/cli/steering-inbox.js";
import { everything, leads, type Started, start, temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const here = { cwd: folder };
const patient = ["--nodes", "300", "--recordings", "4", "--frames", "8", "--seed", "1"];
// No time limit in play: decisions must not depend on the machine.
const asked = ["--reactions", "fitzhugh-nagumo,aliev-panfilov", "--seconds", "100000"];

const eventsOf = (run: string) => {
  const path = join(folder, run, "journal.jsonl");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line) as { type: string; data: Record<string, unknown> });
};
const count = (run: string, type: string) =>
  eventsOf(run).filter((event) => event.type === type).length;
const steered = (run: string) =>
  eventsOf(run)
    .filter(({ type }) => type === "steered")
    .map(({ data }) => [data.number, (data.command as { command: string }).command]);

async function until(ready: () => boolean, { child }: Started): Promise<void> {
  while (!ready()) {
    if (child.exitCode !== null) throw new Error(`the run ended first: code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const steer = async (...words: string[]) => {
  const { code, stdout, stderr } = await leads(["steer", ...words], here);
  expect(code, stderr).toBe(0);
  return stdout;
};

beforeAll(async () => {
  expect((await leads(["synth", ...patient, "--out", "patient"], here)).code).toBe(0);
}, 120_000);

test("a live run is vetoed and paused, killed, steered further, and ends as it was told", async () => {
  const live = start(["discover", "patient", ...asked, "--out", "run"], here);
  await until(() => count("run", "decided") === 1, live);
  // Straight into the inbox, while the first fit has just begun.
  const inbox = join(folder, "run");
  await sendCommand(inbox, { command: "pause" });
  await sendCommand(inbox, { command: "hint", text: "the scar is at the apex" });
  await sendCommand(inbox, { command: "veto", reason: "not yet" });
  await until(() => steered("run").length === 3, live);
  live.child.kill("SIGKILL");
  const { stderr } = await live.ended;
  expect(stderr).toMatch(/^steered pause: paused; go on with: leads steer run resume$/m);
  expect(count("run", "candidate-finished")).toBe(0);

  // Nobody listens: what is said now is kept for the run that goes on.
  expect(await steer("run", "pin", "reaction")).toMatch(
    /^pin reaction: command 4 in run\/steer\. /,
  );
  await steer("run", "budget", "--evaluations", "1");
  const said = JSON.parse(await steer("run", "resume", "--json"));
  expect(said).toEqual({ number: 6, command: "resume" });
  writeFileSync(join(folder, "run", "steer", "000007.json"), '{"command":"fly"}');
  const last = await leads(["discover", "--resume", "run", "--json"], here);
  expect(last.code, last.stderr).toBe(3);
  expect(last.stderr.match(/000007\.json is not a command, and is left out/g)).toHaveLength(1);
  expect(last.stderr).toMatch(/^refused vetoed by the person who steers this run: not yet$/m);
  expect(JSON.parse(last.stdout).stop.reason).toBe("evaluations");
  expect(steered("run").join(" ")).toBe("1,pause 2,hint 3,veto 4,pin 5,budget 6,resume");
  expect(count("run", "candidate-finished")).toBe(1);
  expect((await leads(["replay", "run"], here)).stdout).toBe("identical\n");
  const report = readFileSync(join(folder, "run", "report.html"), "utf8");
  expect(report).toContain("the scar is at the apex");

  const late = await leads(["steer", "run", "pause"], here);
  expect(late.code).toBe(2);
  expect(late.stderr).toMatch(/run has ended; nobody is there to be steered\. .*leads branch run/);
}, 300_000);

test("a branch shares the steps, goes on by itself, and is replayed; the run stays as it was", async () => {
  const before = readFileSync(join(folder, "run", "journal.jsonl"));
  const none = await leads(["branch", "run", "--from", "9", "--out", "nowhere"], here);
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(
    /run has no step 9 to branch from\. There are: 0 \(after the start\), 1 \(after a refusal\), 2 \(after candidate 0, /,
  );
  expect(existsSync(join(folder, "nowhere"))).toBe(false);

  const how = ["--from", "2", "--out", "other", "--agent", "exhaustive", "--seed", "9"];
  const other = await leads(["branch", "run", ...how, "--hint", "think again", "--json"], here);
  expect(other.code, other.stderr).toBe(3);
  expect(other.stderr).toMatch(/^branch {2}other shares 2 steps and 1 candidates with run$/m);
  expect(steered("other").join(" ")).toBe(",hint ,veto ,pin 1,hint");
  const [{ data }] = eventsOf("other");
  expect(data).toMatchObject({ agent: "exhaustive", seed: 9, parent: { step: 2, candidates: 1 } });
  expect(JSON.parse(other.stdout).best.parameters).toEqual(
    JSON.parse(readFileSync(join(folder, "run", "result.json"), "utf8")).best.parameters,
  );
  expect((await leads(["replay", "other"], here)).stdout).toBe("identical\n");
  expect(readFileSync(join(folder, "run", "journal.jsonl"))).toEqual(before);
  expect(everything(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);

  const taken = await leads(["branch", "run", "--from", "1", "--out", "other"], here);
  expect(taken.stderr).toMatch(/other already exists and is not empty/);
}, 300_000);

test.each([
  [["run", "fly"], /"fly" is not a steering command.*There are: pause, resume, veto/],
  [["run", "pause", "now"], /"now" has no meaning here/],
  [["run", "pause", "--seconds", "3"], /pause: .*seconds/],
  [["run", "budget"], /budget: .*needs evaluations, seconds, tokens or usd/],
  [["run", "pin"], /pin: component: /],
  [["run", "pin", "heart"], /pin heart: component: /],
  [["run", "pin", "option"], /needs the name of an option/],
  [["run", "hint"], /hint: text: /],
  [["nobody", "pause"], /nobody\/config\.json/],
])("leads steer %j is refused in words", async (words, said) => {
  const { code, stdout, stderr } = await leads(["steer", ...words], here);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/^\s+at /m);
});
