import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { fail } from "../../core/errors.js";
import { hashCase } from "../../io/case-directory.js";
import { agentNames } from "../agents.js";
import { count, integer, names, positive } from "../arguments.js";
import { createRun, type RunConfiguration, readConfiguration } from "../run-directory.js";
import {
  type PreparedRun,
  prepareDiscovery,
  type RunResult,
  runDiscovery,
} from "../run-discovery.js";
import { exitCode, interruptSignal, print, printJson, say, table } from "../terminal.js";
import { versions } from "../versions.js";
import { writeReport } from "../write-report.js";

interface Options {
  readonly agent: string;
  readonly baseUrl?: string;
  readonly reactions?: readonly string[];
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

export function discoverCommand(program: Command): void {
  program
    .command("discover [case]")
    .description("let an agent find the twin of a case")
    .option("--agent <name>", agentNames, "expert")
    .option("--base-url <url>", "server of an OpenAI-compatible or other LLM")
    .option("--reactions <names>", 'reactions to choose from: "all", or names with commas', names)
    .option("--seed <number>", "seed of every random number", integer, 1)
    .option("--evaluations <number>", "most candidates to fit", count, 30)
    .option("--seconds <number>", "most seconds to spend", positive, 1800)
    .option("--out <folder>", "folder of the run")
    .option("--resume <run>", "go on with an interrupted run")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  leads discover patient --agent expert --seed 1 --out run")
    .action(async (path: string | undefined, options: Options, command: Command) => {
      if (options.resume) refuseChanges(path, command);
      process.exitCode = await discoverAction(path, options);
    });
}

/** A resumed run is the run that was begun: it takes nothing from the command line. */
function refuseChanges(path: string | undefined, command: Command): void {
  const fixed = ["agent", "baseUrl", "reactions", "seed", "evaluations", "seconds", "out"] as const;
  const given = fixed.filter((name) => command.getOptionValueSource(name) === "cli");
  if (path === undefined && given.length === 0) return;
  fail({
    code: "usage",
    message: `--resume goes on with what the run was asked to do; ${path ? `the case ${path}` : `"${given[0]}"`} cannot be given again.`,
    fix: "Leave it out, or start a new run with --out.",
  });
}

/** Reasons to stop that are limits of the budget: the search might have gone on. */
const spent: readonly string[] = ["evaluations", "seconds"];

async function discoverAction(path: string | undefined, options: Options): Promise<number> {
  const { directory, prepared } = await prepareRun(path, options);
  return performRun(directory, prepared, options.json);
}

/** Runs or resumes what was prepared, with its report; returns the exit code. */
export async function performRun(
  directory: string,
  prepared: PreparedRun,
  json = false,
): Promise<number> {
  const { signal, release } = interruptSignal();
  try {
    const { outcome, result } = await runDiscovery(directory, prepared, signal);
    if (outcome.status === "interrupted") {
      say(`Interrupted. Go on with: leads discover --resume ${directory}`);
      return exitCode.limit;
    }
    const report = await writeReport(directory);
    if (json) printJson(result);
    else print(resultText(result));
    say(`report  ${report}`);
    if (!result.best) return exitCode.failedCheck;
    return spent.includes(outcome.stop.code) ? exitCode.limit : exitCode.done;
  } finally {
    release();
  }
}

async function prepareRun(path: string | undefined, options: Options) {
  if (options.resume) {
    const configuration = await readConfiguration(options.resume);
    return { directory: options.resume, prepared: await prepareDiscovery(configuration) };
  }
  if (!path || !options.out)
    return fail({
      code: "usage",
      message: `discover needs ${path ? "--out <folder>" : "a case"}.`,
      fix: "For example: leads discover patient --out run",
    });
  if (!existsSync(path))
    return fail({
      code: "cannot-read",
      path,
      message: `There is no case at ${path}.`,
      fix: "Make one: leads synth --preset published --out patient",
    });
  const configuration = await newConfiguration(path, options);
  const prepared = await prepareDiscovery(configuration);
  await createRun(options.out, configuration);
  return { directory: options.out, prepared };
}

export async function newConfiguration(
  path: string,
  options: Pick<Options, "agent" | "baseUrl" | "reactions" | "seed" | "evaluations" | "seconds">,
): Promise<RunConfiguration> {
  return {
    format: "leads-run",
    version: 1,
    case: resolve(path),
    agent: options.agent,
    ...(options.baseUrl ? { baseUrl: options.baseUrl } : {}),
    ...(options.reactions ? { reactions: options.reactions } : {}),
    seed: options.seed,
    evaluations: options.evaluations,
    seconds: options.seconds,
    started: new Date().toISOString(),
    versions: versions(),
    inputHashes: { "case.json": await hashCase(path) },
  };
}

const figure = (value: number | null, digits = 3) =>
  value === null
    ? "-"
    : Math.abs(value) < 1e-2
      ? value.toExponential(2)
      : value.toPrecision(digits);

/** What a reader of the table must not overlook. */
function warnings({ best, baselines }: RunResult): string[] {
  const mine = best?.test.at_mae_ms ?? null;
  const better = Object.entries(baselines).filter(
    ([, s]) =>
      mine !== null &&
      s.at_mae_ms !== null &&
      s.at_mae_ms < mine &&
      (s.activation_agreement ?? 0) > 0.95,
  );
  if (better.length === 0) return [];
  return [`Better at activation times than the twin: ${better.map(([name]) => name).join(", ")}.`];
}

/** The best twin beside the predictors it has to beat, on the test recordings. */
export function resultText(result: RunResult): string {
  if (!result.best) return "No candidate could be fitted; see the report for the reasons.";
  const { best } = result;
  const rows = [["test recordings", "MSE", "activation MAE, ms", "SCC", "TCC"]];
  const row = (name: string, s: typeof best.test) =>
    rows.push([name, figure(s.mse), figure(s.at_mae_ms), figure(s.scc), figure(s.tcc)]);
  const form = best.variant ? `${best.reaction}/${best.variant}` : best.reaction;
  row(`twin: ${form} + ${best.diffusion}`, best.test);
  for (const [name, score] of Object.entries(result.baselines)) row(name, score);
  const parameters = Object.entries(best.parameters).map(([k, v]) => `${k} = ${v.toPrecision(4)}`);
  return [table(rows), ...warnings(result), parameters.join(", ")].join("\n\n");
}
