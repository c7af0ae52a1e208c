import { fail } from "../core/errors.js";
import type { JournalEvent } from "../discover/journal.js";
import { plainParse } from "../discover/plain-parse.js";
import { type Steered, type SteeringCommand, steeringCommandSchema } from "../discover/steering.js";
import { payloadOf } from "../view/history.js";
import { readConfiguration, readEvents } from "./run-directory.js";
import { sendCommand } from "./steering-inbox.js";

/**
 * Puts a command into the inbox of a run that goes on, behind those that it has taken. Returns its
 * number there. Errors: "usage" for what is no command, "run-ended".
 */
export async function giveCommand(run: string, value: unknown) {
  const command = commandOf(value);
  await readConfiguration(run);
  const taken = takenIn(await readEvents(run), run);
  return { number: await sendCommand(run, command, taken), command };
}

function commandOf(value: unknown): SteeringCommand {
  const parsed = plainParse(steeringCommandSchema, value, "command");
  if (parsed.ok) return parsed.value;
  const words = Object.values(Object(value)).filter((word) => typeof word === "string" && word);
  return fail({
    code: "usage",
    message: `${words.join(" ").slice(0, 80) || "no command"}: ${parsed.reason}.`,
    fix: "See: leads steer --help",
  });
}

/** The last command that the run has taken. Errors: "run-ended". */
function takenIn(events: readonly JournalEvent[], run: string): number {
  if (events.some(({ type }) => type === "stopped"))
    fail({
      code: "run-ended",
      path: run,
      message: `${run} has ended; nobody is there to be steered.`,
      fix: `Go on from one of its steps: leads branch ${run} --from STEP --out NEW`,
    });
  const steered = events.filter(({ type }) => type === "steered");
  return Math.max(0, ...steered.map((event) => payloadOf<Steered>(event).number ?? 0));
}
