#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { exitCode, reportError, reportUsage } from "./terminal.js";
import { packageVersion } from "./versions.js";

const program = new Command("leads")
  .description("Personalised hybrid digital twins of cardiac electrophysiology, found by an agent")
  .version(packageVersion)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    "after",
    "\nExample:\n  leads demo\n\nExit codes: 0 done, 1 a check failed, 2 usage or bad input, 3 a limit was reached (the budget, or Ctrl-C).",
  );

/** In the order of the help text. A command needs a part of the program: the rest is not loaded. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  demo: async () => (await import("./commands/demo.js")).demoCommand,
  synth: async () => (await import("./commands/synth.js")).synthCommand,
  import: async () => (await import("./commands/import.js")).importCommand,
  estimate: async () => (await import("./commands/estimate.js")).estimateCommand,
  discover: async () => (await import("./commands/discover.js")).discoverCommand,
  steer: async () => (await import("./commands/steer.js")).steerCommand,
  branch: async () => (await import("./commands/branch.js")).branchCommand,
  evaluate: async () => (await import("./commands/evaluate.js")).evaluateCommand,
  simulate: async () => (await import("./commands/simulate.js")).simulateCommand,
  catalog: async () => (await import("./commands/catalog.js")).catalogCommand,
  memory: async () => (await import("./commands/memory.js")).memoryCommand,
  session: async () => (await import("./commands/session.js")).sessionCommand,
  mcp: async () => (await import("./commands/mcp.js")).mcpCommand,
  replay: async () => (await import("./commands/replay.js")).replayCommand,
  report: async () => (await import("./commands/report.js")).reportCommand,
  uncertainty: async () => (await import("./commands/uncertainty.js")).uncertaintyCommand,
  "next-site": async () => (await import("./commands/next-site.js")).nextSiteCommand,
  verify: async () => (await import("./commands/verify.js")).verifyCommand,
  table: async () => (await import("./commands/table.js")).tableCommand,
  studio: async () => (await import("./commands/studio.js")).studioCommand,
};
const asked = process.argv[2] ?? "";
const isKnown = Object.hasOwn(commands, asked);
const needed = isKnown ? [asked] : asked === "--version" ? [] : Object.keys(commands);
for (const name of needed) (await commands[name]())(program);

/** Commands inherit nothing in commander: each must throw instead of leaving by itself. */
function setUp(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: (text) => reportUsage(text, fullName(command)) });
  command.commands.forEach(setUp);
}

const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

setUp(program);
// A reader that has seen enough (`leads catalog | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCode.done);
  throw error;
});
// Talk that nobody hears any more ends no run.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else process.exitCode = reportError(error);
}
