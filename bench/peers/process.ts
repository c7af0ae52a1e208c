import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Debian's own interpreter: it sees the packages that apt installs. */
export const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

/** One timed piece at a time on this machine, ours and the peers'. */
export const lockFile = process.env.BENCH_LOCK ?? "/tmp/bench.lock";

/** LEADS_PEERS, or ../shared/peers as the tests look for ../shared/data; undefined without either. */
export function peersFolder(): string | undefined {
  const candidates = [process.env.LEADS_PEERS, resolve("../shared/peers")];
  return candidates.find((folder) => folder && existsSync(join(folder, "README.md")));
}

export interface Ran {
  readonly ok: boolean;
  readonly lines: readonly Record<string, unknown>[];
  /** Last line of what went wrong. */
  readonly problem: string;
}

/** The JSON objects among the lines of an output; peers print others, too. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      // Python writes NaN where nothing was measured; JSON knows no such word.
      return [JSON.parse(line.replaceAll(/:\s*-?(NaN|Infinity)\b/g, ": null"))];
    } catch {
      return [];
    }
  });
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Wait for the machine's lock; false where the driver takes it itself or nothing is timed. */
  readonly locked: boolean;
}

const longest_ms = 20 * 60e3;

export function runPeer({ command, args, env, locked }: Command): Promise<Ran> {
  const [file, list] = locked ? ["flock", [lockFile, command, ...args]] : [command, args];
  return new Promise((done) => {
    const child = spawn(file, [...list], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: longest_ms,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (part) => {
      out += part;
    });
    child.stderr.on("data", (part) => {
      err += part;
    });
    child.on("error", ({ message }) => done({ ok: false, lines: [], problem: message }));
    child.on("close", (code, signal) => {
      const last = err.trim().split("\n").at(-1) || `ended with ${signal ?? code}`;
      done({ ok: code === 0, lines: jsonLines(out), problem: code === 0 ? "" : last });
    });
  });
}

/** Runs `work` while this process holds the lock; without flock (not Linux) at once. */
export async function underLock<T>(work: () => T | Promise<T>): Promise<T> {
  if (spawnSync("flock", ["--version"]).status !== 0) return work();
  const holder = spawn("flock", [lockFile, "cat"], { stdio: ["pipe", "pipe", "ignore"] });
  await echoed(holder);
  try {
    return await work();
  } finally {
    const ended = new Promise((done) => holder.once("close", done));
    holder.stdin.end();
    await ended;
  }
}

/** `cat` answers once it has been let in. */
const echoed = ({ stdin, stdout }: ChildProcess) =>
  new Promise<void>((done) => {
    stdout!.once("data", () => done());
    stdin!.write("held\n");
  });

/** First line of a command's output, or undefined if it does not run. */
export function firstLine(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, [...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n")[0] : undefined;
}

/** Version of a Python package, without importing what is slow to load. */
export const pythonVersion = (name: string): string | undefined =>
  firstLine(python, ["-c", `import ${name}; print(${name}.__version__)`]);
