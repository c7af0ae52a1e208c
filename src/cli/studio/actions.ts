import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { fail } from "../../core/errors.js";
import { plainParse } from "../../discover/plain-parse.js";
import type { NewRun } from "../../view/contract.js";
import { giveCommand } from "../give-command.js";
import { isWorkedOn } from "../process-mark.js";
import { runFiles } from "../run-directory.js";
import { folderForRun, idOf, type Library } from "./library.js";

/** Puts a command into the run's inbox; the run takes it when it looks there next. */
export async function steerRun(directory: string, command: unknown): Promise<void> {
  await giveCommand(directory, command);
}

const newRunSchema = z.strictObject({
  case: z.string(),
  agent: z.string().min(1).max(200),
  seed: z.number().int(),
  evaluations: z.number().int().min(1),
  seconds: z.number().positive(),
  maxUsd: z.number().positive().optional(),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

const program = fileURLToPath(new URL("../main.js", import.meta.url));
/** A run that cannot begin says so within this time. */
const patience_ms = 30_000;

/**
 * Starts `leads discover` in a process of its own, which goes on when the studio ends; what it says
 * goes to RUN.log. Errors: "usage", "unknown-name", "no-folder", "not-started".
 */
export const startRun =
  (library: Library) =>
  async (request: unknown): Promise<string> => {
    const asked = newRunOf(request);
    const path = library.cases.get(asked.case);
    if (!path)
      return fail({ code: "unknown-name", message: `There is no case "${asked.case}" here.` });
    const out = await newFolder(folderForRun(library, path));
    const log = await open(`${out}.log`, "a");
    try {
      await begun(
        spawn(process.execPath, [program, ...argumentsOf(asked, path, out)], {
          detached: true,
          stdio: ["ignore", "ignore", log.fd],
        }),
        out,
      );
    } finally {
      await log.close();
    }
    const run = idOf(out);
    library.runs.set(run, out);
    return run;
  };

function newRunOf(request: unknown): NewRun {
  const parsed = plainParse(newRunSchema, request, "run");
  if (parsed.ok) return parsed.value as NewRun;
  return fail({ code: "usage", message: `No new run: ${parsed.reason}.` });
}

function argumentsOf(asked: NewRun, path: string, out: string): string[] {
  const { agent, seed, evaluations, seconds, maxUsd, baseUrl } = asked;
  const options = { agent, seed, evaluations, seconds, "max-usd": maxUsd, "base-url": baseUrl };
  const given = Object.entries({ ...options, out }).filter(([, value]) => value !== undefined);
  return ["discover", path, ...given.map(([name, value]) => `--${name}=${value}`)];
}

/** Made here and now: of two starts at once each gets a folder of its own. */
async function newFolder(root: string): Promise<string> {
  for (let k = 1; ; k++) {
    const folder = join(root, `run-${k}`);
    const made = await mkdir(folder).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === "EEXIST") return false;
        throw cause;
      },
    );
    if (made) return folder;
  }
}

/** Waits until the process works on its run, or has said why it will not. */
async function begun(child: ChildProcess, out: string): Promise<void> {
  let ended = "";
  child.on("error", (error) => {
    ended = error.message;
  });
  child.on("exit", (code, signal) => {
    ended ||= `it ended with ${code ?? signal}`;
  });
  child.unref();
  const end_ms = Date.now() + patience_ms;
  const isThere = () => existsSync(join(out, runFiles.journal));
  while (!ended && !(isThere() && (await isWorkedOn(out))) && Date.now() < end_ms) await pause(100);
  if (isThere()) return;
  child.kill();
  const said = await readFile(`${out}.log`, "utf8").catch(() => "");
  const [, message = ended || "it did not begin in time"] = /error: (.*)/.exec(said) ?? [];
  // A folder in which something was written stays.
  await rmdir(out).catch(() => undefined);
  if (!existsSync(out)) await rm(`${out}.log`, { force: true });
  fail({ code: "not-started", message: `The run could not be started: ${message}` });
}
