import { join } from "node:path";
import type { Command } from "commander";
import { fail, lookUp } from "../../core/errors.js";
import { describeCommand, type SteeringCommand } from "../../discover/steering.js";
import { count, integer, positive } from "../arguments.js";
import { giveCommand } from "../give-command.js";
import { readConfiguration, wayOn } from "../run-directory.js";
import { inboxFolder } from "../steering-inbox.js";
import { print, printJson } from "../terminal.js";

interface Options {
  readonly evaluations?: number;
  readonly seconds?: number;
  readonly maxTokens?: number;
  readonly maxUsd?: number;
  readonly candidate?: number;
}

/** The words behind each command's name, as fields. */
const wordFields: Readonly<
  Record<SteeringCommand["command"], (words: readonly string[]) => Record<string, unknown>>
> = {
  pause: noWords,
  resume: noWords,
  veto: (words) => (words.length > 0 ? { reason: words.join(" ") } : {}),
  pin: pinned,
  unpin: pinned,
  hint: (words) => ({ text: words.join(" ") }),
  budget: noWords,
};

const help = `
Commands:
  pause                      wait before the next step; a fit in progress ends first
  resume                     go on
  veto [REASON]              refuse the action at hand, its fit included, or else the next one
  pin COMPONENT              refuse decisions that change it: reaction, diffusion, option NAME,
                             observation or stimulus; as the best candidate, or --candidate, has it
  unpin COMPONENT            let it change again
  hint TEXT                  tell the agent something
  budget                     --evaluations, --seconds, --max-tokens, --max-usd of the whole run, what is
                             spent included

Example:
  leads steer run hint "the scar is at the apex"`;

export function steerCommand(program: Command): void {
  program
    .command("steer <run> <command> [words...]")
    .description("pause, veto, pin, hint: have a word in a run, live or to be resumed")
    .option("--evaluations <number>", "budget: most candidates to fit", count)
    .option("--seconds <number>", "budget: most seconds to spend", positive)
    .option("--max-tokens <number>", "budget: most tokens of an LLM", count)
    .option("--max-usd <number>", "budget: most US dollars for an LLM", positive)
    .option("--candidate <number>", "pin: the candidate whose component is kept", integer)
    .option("--json", "print the command as JSON")
    .addHelpText("after", help)
    .action(async (run: string, name: string, words: string[], given) => {
      const { json, ...options } = given as Options & { json?: boolean };
      const { maxTokens: tokens, maxUsd: usd, ...named } = options;
      const fields = lookUp("steering command", wordFields, name)(words);
      const configuration = await readConfiguration(run);
      const { number, command } = await giveCommand(run, {
        ...{ command: name, ...fields, ...named },
        ...(tokens === undefined ? {} : { tokens }),
        ...(usd === undefined ? {} : { usd }),
      });
      const path = join(run, inboxFolder);
      if (json) printJson({ number, ...command });
      else
        print(
          `${describeCommand(command)}: command ${number} in ${path}. The running process takes ` +
            `it before its next step; if none runs: ${wayOn(configuration, run)}`,
        );
    });
}

function noWords(words: readonly string[]): Record<string, unknown> {
  if (words.length === 0) return {};
  return fail({
    code: "usage",
    message: `"${words.join(" ")}" has no meaning here.`,
    fix: "Leave it out; see: leads steer --help",
  });
}

function pinned([component, option, ...more]: readonly string[]): Record<string, unknown> {
  noWords(more);
  return { component, ...(option === undefined ? {} : { option }) };
}
