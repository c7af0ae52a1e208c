/**
 * `npm run check:kill`: kills `leads discover` with SIGKILL at seeded moments, spread over the whole
 * run and into its writes, resumes it each time and compares what is left in the end with an
 * undisturbed run: every chained event of the journal, every file of the best twin, the result.
 * Then replays the undisturbed run with the network taken away.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = new URL("..", import.meta.url).pathname;
const command = join(root, "dist", "cli", "main.js");
const { createRandom } = await import(join(root, "dist", "core", "random.js"));

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});
const kills = Number(options.kills);
const random = createRandom(Number(options.seed));
const scratch = mkdtempSync(join(tmpdir(), "leads-kill-"));

// A wrong reaction, then the right one, which ends the search: seconds, not minutes. So large a
// budget that no decision looks at the clock.
const patient = ["--nodes", "300", "--recordings", "4", "--frames", "8", "--seed", "1"];
const truth = ["--preset", "published", "--reaction", "aliev-panfilov"];
const reactions = ["--reactions", "fitzhugh-nagumo,aliev-panfilov"];
const budget = ["--evaluations", "4", "--seconds", "1000000"];
const asked = ["--agent", "expert", ...reactions, ...budget];

function start(args, program = [process.execPath, command]) {
  const [name, ...rest] = [...program, ...args];
  const began = performance.now();
  const child = spawn(name, rest, { cwd: scratch, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"])
    child[stream].on("data", (chunk) => {
      text[stream] += chunk;
    });
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code, signal, ...text, duration_ms: performance.now() - began }),
    );
  });
  return { child, ended };
}

async function finish(args) {
  const ended = await start(args).ended;
  if (ended.code !== 0)
    throw new Error(`leads ${args.join(" ")} ended with ${ended.code}:\n${ended.stderr}`);
  return ended;
}

const journalOf = (run) => {
  const path = join(scratch, run, "journal.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const marks = ["resumed", "interrupted"];
const chained = (run) =>
  journalOf(run)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ type }) => !marks.includes(type))
    .map(({ seq, type, data, hash }) => JSON.stringify({ seq, type, data, hash }));

function resultOf(run) {
  const result = JSON.parse(readFileSync(join(scratch, run, "result.json"), "utf8"));
  return JSON.stringify({ ...result, run: "", seconds: 0 });
}

function twinOf(run) {
  const folder = join(scratch, run, "best");
  return readdirSync(folder)
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name)).toString("base64")}`)
    .join("\n");
}

/** Moments spread over the run, then writes of the journal, then writes of the outcome. */
function moments(duration_ms, events) {
  const writes = Math.round(kills / 4);
  const outcomes = Math.round(kills / 8);
  const timed = kills - writes - outcomes;
  return [
    ...Array.from({ length: timed }, (_, k) => ({
      kind: "moment",
      after_ms: ((k + random.uniform()) / timed) * duration_ms,
    })),
    ...Array.from({ length: writes }, () => ({
      kind: "journal",
      write: 1 + random.integer(events),
      after_ms: 2 * random.uniform(),
    })),
    ...Array.from({ length: outcomes }, (_, k) => ({
      kind: [".best", ".result.json", ".report.html"][k % 3],
      after_ms: random.uniform(),
    })),
  ];
}

/** Calls back when the kill is due; returns what has to be closed. */
function arm(run, { kind, after_ms, write }, kill) {
  if (kind === "moment") {
    const timer = setTimeout(kill, after_ms);
    return () => clearTimeout(timer);
  }
  const due = (name) =>
    kind === "journal"
      ? name === "journal.jsonl" && journalOf(run).split("\n").length >= write
      : name?.startsWith(kind) === true;
  let watcher;
  // The folder appears whole, under its name, while the run is starting.
  const poll = setInterval(() => {
    if (watcher || !existsSync(join(scratch, run))) return;
    clearInterval(poll);
    watcher = watch(join(scratch, run), (_, name) => {
      if (due(name)) setTimeout(kill, after_ms);
    });
  }, 1);
  return () => {
    clearInterval(poll);
    watcher?.close();
  };
}

/** Kills a run at its moment; a run that was faster than the moment is begun again, earlier. */
async function killed(run, moment) {
  for (let tries = 0; tries < 6; tries++) {
    rmSync(join(scratch, run), { recursive: true, force: true });
    const { child, ended } = start(["discover", "patient", ...asked, "--out", run]);
    const disarm = arm(run, moment, () => child.kill("SIGKILL"));
    const { signal } = await ended;
    disarm();
    if (signal === "SIGKILL") return;
    moment.after_ms *= 0.8;
  }
  throw new Error(`${run} could not be killed: it was always faster.`);
}

async function oneKill(k, moment, whole) {
  const run = `run-${k + 1}`;
  await killed(run, moment);
  const text = journalOf(run);
  const began = existsSync(join(scratch, run, "config.json"));
  const again = began
    ? ["discover", "--resume", run]
    : ["discover", "patient", ...asked, "--out", run];
  const { duration_ms } = await finish(again);
  const events = chained(run);
  const row = {
    kill: k + 1,
    at: moment.kind === "moment" ? `${(moment.after_ms / 1000).toFixed(2)} s` : moment.kind,
    events: text.split("\n").length - 1,
    torn: text === "" || text.endsWith("\n") ? "" : "yes",
    how: began ? "resumed" : "begun again",
    "s to the end": (duration_ms / 1000).toFixed(1),
    journal: events.join("\n") === whole.events.join("\n"),
    twin: twinOf(run) === whole.twin,
    result: resultOf(run) === whole.result,
  };
  console.log(Object.values(row).map(String).join("\t"));
  rmSync(join(scratch, run), { recursive: true });
  return row;
}

/** What takes the network away from a command on this machine; undefined: nothing may. */
function withoutNetwork() {
  const ways = [
    ["unshare", "-n"],
    ["unshare", "-rn"],
  ];
  const probe = "process.exit(Object.keys(require('node:os').networkInterfaces()).length)";
  return ways.find(
    ([name, flag]) => spawnSync(name, [flag, process.execPath, "-e", probe]).status === 0,
  );
}

async function replayOffline(run) {
  const way = withoutNetwork();
  if (!way) return "replay without a network: not checked, this machine lets nobody unshare it";
  const args = ["replay", run, "--json"];
  const { code, stdout, stderr } = await start(args, [...way, process.execPath, command]).ended;
  if (code !== 0) throw new Error(`the replay without a network ended with ${code}:\n${stderr}`);
  const { identical, candidates } = JSON.parse(stdout);
  return `replay without a network (${way.join(" ")}): ${candidates.length} candidates, ${identical ? "identical" : "DIFFERENT"}`;
}

try {
  await finish(["synth", ...truth, ...patient, "--out", "patient"]);
  const { duration_ms } = await finish(["discover", "patient", ...asked, "--out", "whole"]);
  const whole = { events: chained("whole"), twin: twinOf("whole"), result: resultOf("whole") };
  const { fingerprint, evaluations } = JSON.parse(whole.result);
  console.log(
    `undisturbed: ${evaluations} evaluations, ${whole.events.length} events, ` +
      `${(duration_ms / 1000).toFixed(1)} s, fingerprint ${fingerprint.slice(0, 16)}`,
  );
  console.log("kill\tat\tevents\ttorn\thow\ts to the end\tjournal\ttwin\tresult");
  const rows = [];
  for (const [k, moment] of moments(duration_ms, whole.events.length).entries())
    rows.push(await oneKill(k, moment, whole));
  const same = rows.filter(({ journal, twin, result }) => journal && twin && result).length;
  const offline = await replayOffline("whole");
  console.log(offline);
  console.log(`${same} of ${rows.length} ended like the undisturbed run`);
  process.exitCode = same === rows.length && !offline.endsWith("DIFFERENT") ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
