#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { branchCommand } from "./commands/branch.js";
import { catalogCommand } from "./commands/catalog.js";
import { demoCommand } from "./commands/demo.js";
import { discoverCommand } from "./commands/discover.js";
import { estimateCommand } from "./commands/estimate.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { importCommand } from "./commands/import.js";
import { mcpCommand } from "./commands/mcp.js";
import { memoryCommand } from "./commands/memory.js";
import { nextSiteCommand } from "./commands/next-site.js";
import { replayCommand } from "./commands/replay.js";
import { reportCommand } from "./commands/report.js";
import { sessionCommand } from "./commands/session.js";
import { simulateCommand } from "./commands/simulate.js";
import { steerCommand } from "./commands/steer.js";
import { studioCommand } from "./commands/studio.js";
import { synthCommand } from "./commands/synth.js";
import { tableCommand } from "./commands/table.js";
import { uncertaintyCommand } from "./commands/uncertainty.js";
import { verifyCommand } from "./commands/verify.js";
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

for (const add of [
  demoCommand,
  synthCommand,
  importCommand,
  estimateCommand,
  discoverCommand,
  steerCommand,
  branchCommand,
  evaluateCommand,
  simulateCommand,
  catalogCommand,
  memoryCommand,
  sessionCommand,
  mcpCommand,
  replayCommand,
  reportCommand,
  uncertaintyCommand,
  nextSiteCommand,
  verifyCommand,
  tableCommand,
  studioCommand,
])
  add(program);

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
