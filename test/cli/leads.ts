import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const command = new URL("../../dist/cli/main.js", import.meta.url).pathname;

/** The smallest synthetic patient there is: seconds, not minutes. */
export const tiny = ["--nodes", "420", "--recordings", "6", "--frames", "30"];

export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Where {
  readonly cwd?: string;
  /** Added to an environment without keys and colours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What the program reads; absent: nothing. */
  readonly input?: string;
  /** Another user, for tests of permissions that root would pass. */
  readonly user?: number;
  /** Put before the command: ["bash", "-c", 'ulimit -f 20; exec "$@"', "-"]. */
  readonly wrapper?: readonly string[];
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the built command line as a user would. */
export function start(args: readonly string[], where: Where = {}): Started {
  if (!existsSync(command)) throw new Error("dist/ is missing: run `npm run build` first.");
  const { PATH = "", HOME = "" } = process.env;
  const [program, ...rest] = [...(where.wrapper ?? []), process.execPath, command, ...args];
  const child = spawn(program, rest, {
    cwd: where.cwd,
    env: { PATH, HOME, NO_COLOR: "1", ...where.environment },
    stdio: [where.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(where.user === undefined ? {} : { uid: where.user, gid: where.user }),
  });
  child.stdin?.end(where.input);
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream]?.on("data", (chunk: Buffer) => {
      text[stream] += chunk.toString();
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended };
}

export const leads = (args: readonly string[], where: Where = {}): Promise<Ended> =>
  start(args, where).ended;

/** A folder that vanishes after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "leads-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder, hidden ones too. */
export const everything = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
