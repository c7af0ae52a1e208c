import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { fail } from "../../core/errors.js";
import { describeIssues } from "../../discover/actions.js";
import { steeringCommandSchema } from "../../discover/steering.js";
import { runFiles } from "../run-directory.js";
import { sendCommand } from "../steering-inbox.js";
import { idOf, type Library } from "./library.js";

/** Puts a command into the run's inbox; the run takes it when it looks there next. */
export async function steerRun(directory: string, command: unknown): Promise<void> {
  const parsed = steeringCommandSchema.safeParse(command);
  if (!parsed.success)
    return fail({ code: "usage", message: `No command: ${describeIssues(parsed.error)}.` });
  await sendCommand(directory, parsed.data);
}

const newRunSchema = z.strictObject({
  case: z.string(),
  agent: z.string().min(1).max(200),
  seed: z.number().int(),
  evaluations: z.number().int().min(1),
  seconds: z.number().positive(),
});

const program = fileURLToPath(new URL("../main.js", import.meta.url));
/** A run that cannot begin says so within this time. */
const patience_ms = 30_000;

/** Starts `leads discover` in a process of its own, beside the case; it goes on when the studio ends. */
export const startRun =
  (library: Library) =>
  async (request: unknown): Promise<string> => {
    const parsed = newRunSchema.safeParse(request);
    if (!parsed.success)
      return fail({ code: "usage", message: `No new run: ${describeIssues(parsed.error)}.` });
    const { case: id, agent, seed, evaluations, seconds } = parsed.data;
    const path = library.cases.get(id);
    if (!path) return fail({ code: "unknown-name", message: `There is no case "${id}" here.` });
    const out = freeFolder(path);
    const options = Object.entries({ agent, seed, evaluations, seconds, out });
    const args = options.flatMap(([name, value]) => [`--${name}`, String(value)]);
    await begun(
      spawn(process.execPath, [program, "discover", path, ...args], {
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
      }),
      out,
    );
    const run = idOf(out);
    library.runs.set(run, out);
    return run;
  };

function freeFolder(path: string): string {
  for (let k = 1; ; k++) {
    const folder = join(dirname(path), `run-${k}`);
    if (!existsSync(folder)) return folder;
  }
}

/** Waits until the journal is there, or the process has said why it will not be. */
async function begun(child: ReturnType<typeof spawn>, out: string): Promise<void> {
  let said = "";
  let ended = false;
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  child.on("exit", () => {
    ended = true;
  });
  child.unref();
  const end_ms = Date.now() + patience_ms;
  while (!ended && !existsSync(join(out, runFiles.journal)) && Date.now() < end_ms)
    await pause(100);
  if (existsSync(join(out, runFiles.journal))) return;
  const [, message = "it did not begin in time"] = /error: (.*)/.exec(said) ?? [];
  fail({ code: "not-started", message: `The run could not be started: ${message}` });
}
