import { resolve } from "node:path";
import type { Command } from "commander";
import { type BranchStart, beginBranch, branchAt } from "../../discover/branch.js";
import { agentNames } from "../agents.js";
import { count, integer, positive, words } from "../arguments.js";
import { type ModelOptions, modelSettings, withModelOptions } from "../model-settings.js";
import { useRun } from "../prepare-run.js";
import {
  createRunDirectory,
  type RunConfiguration,
  readConfiguration,
  readEvents,
} from "../run-directory.js";
import { type PreparedDiscovery, prepareDiscovery } from "../run-discovery.js";
import { sendCommand } from "../steering-inbox.js";
import { say } from "../terminal.js";
import { versions } from "../versions.js";
import { performRun } from "./discover.js";

interface Options extends ModelOptions {
  readonly from: number;
  readonly out: string;
  readonly agent?: string;
  readonly seed?: number;
  readonly evaluations?: number;
  readonly seconds?: number;
  readonly hint?: string;
  readonly json?: boolean;
}

export function branchCommand(program: Command): void {
  const command = program
    .command("branch <run>")
    .description("go on another way from a step of a run, which stays as it is")
    .requiredOption(
      "--from <step>",
      "first step of the new run's own; earlier ones are shared",
      integer,
    )
    .requiredOption("--out <folder>", "folder of the new run")
    .option("--agent <name>", `${agentNames}; absent: as before`)
    .option("--seed <number>", "seed of the new steps; absent: as before", integer)
    .option("--evaluations <number>", "most candidates, shared ones included", count)
    .option("--seconds <number>", "most seconds to spend, shared steps included", positive)
    .option("--hint <text>", "something to tell the agent", words);
  withModelOptions(command)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads branch run --from 3 --out another --agent exhaustive --evaluations 12",
    )
    .action(async (run: string, options: Options) => {
      process.exitCode = await branchAction(run, options);
    });
}

async function branchAction(run: string, options: Options): Promise<number> {
  const parent = await readConfiguration(run);
  const start = branchAt(await readEvents(run), options.from, run);
  const prepared = await prepareDiscovery(configurationOf(run, parent, { start, options }));
  await createRunDirectory(options.out, prepared.configuration, (folder) =>
    fillBranch(folder, { prepared, start, hint: options.hint }),
  );
  say(
    `branch  ${options.out} shares ${start.parent.step} steps and ${start.parent.candidates} candidates with ${run}`,
  );
  return performRun(options.out, prepared, options.json);
}

function configurationOf(
  run: string,
  parent: RunConfiguration,
  { start, options }: { start: BranchStart; options: Options },
): RunConfiguration {
  const { baseUrl, price, requestTimeout_s, maxUsd: _, maxTokens: __, ...kept } = parent;
  const agent = options.agent ?? parent.agent;
  const { usd: maxUsd, tokens: maxTokens } = start.budget;
  const before = { baseUrl, price, requestTimeout_s, maxUsd, maxTokens };
  return {
    ...kept,
    agent,
    // What one agent's model costs says nothing of another's.
    ...(agent === parent.agent ? before : {}),
    ...modelSettings(options),
    seed: options.seed ?? parent.seed,
    evaluations: options.evaluations ?? start.budget.evaluations,
    seconds: options.seconds ?? start.budget.seconds,
    started: new Date().toISOString(),
    versions: versions(),
    branch: {
      of: resolve(run),
      parent: start.parent,
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    },
  };
}

interface Filling {
  readonly prepared: PreparedDiscovery;
  readonly start: BranchStart;
  readonly hint: string | undefined;
}

async function fillBranch(folder: string, { prepared, start, hint }: Filling): Promise<void> {
  const { setup, close } = await useRun(folder, prepared);
  try {
    await beginBranch({ ...setup, agentName: prepared.agent.name }, start);
  } finally {
    await close();
  }
  if (hint !== undefined) await sendCommand(folder, { command: "hint", text: hint });
}
