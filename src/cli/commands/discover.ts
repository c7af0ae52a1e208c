import type { Command } from "commander";
import { fail } from "../../core/errors.js";
import { AgentError } from "../../discover/agents/agent.js";
import { isBudgetSpent } from "../../discover/stops.js";
import type { EngineName } from "../../native/engine-name.js";
import { agentNames } from "../agents.js";
import { count, engineOption, integer, names, positive } from "../arguments.js";
import { type ModelOptions, modelOptionNames, withModelOptions } from "../model-settings.js";
import { newConfiguration } from "../new-configuration.js";
import {
  createRunDirectory,
  isSession,
  type RunConfiguration,
  readConfiguration,
  wayOn,
} from "../run-directory.js";
import { type PreparedDiscovery, prepareDiscovery, runDiscovery } from "../run-discovery.js";
import type { RunResult } from "../run-outcome.js";
import { exitCode, interruptSignal, print, printJson, say, table } from "../terminal.js";
import { writeReport } from "../write-report.js";

interface Options extends ModelOptions {
  readonly agent: string;
  readonly reactions?: readonly string[];
  readonly memory?: string;
  readonly diffusions?: readonly string[];
  readonly engine: EngineName;
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

export function discoverCommand(program: Command): void {
  const command = program
    .command("discover [case]")
    .description("let an agent find the twin of a case")
    .option("--agent <name>", agentNames, "expert")
    .option("--reactions <names>", 'reactions to choose from: "all", or names with commas', names)
    .option("--memory <file>", "begin with what served earlier patients (leads memory)")
    .option("--diffusions <names>", "diffusions to choose from, with commas; all if absent", names)
    .option("--seed <number>", "seed of every random number", integer, 1)
    .option("--evaluations <number>", "most candidates to fit", count, 30)
    .option("--seconds <number>", "most seconds to spend", positive, 1800)
    .addOption(engineOption());
  withModelOptions(command)
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
  const fixed = [
    "agent",
    "reactions",
    "diffusions",
    "memory",
    "engine",
    "seed",
    "evaluations",
    "seconds",
    "out",
    ...modelOptionNames,
  ];
  const given = fixed.filter((name) => command.getOptionValueSource(name) === "cli");
  if (path === undefined && given.length === 0) return;
  fail({
    code: "usage",
    message: `--resume goes on with what the run was asked to do; ${path ? `the case ${path}` : `"${given[0]}"`} cannot be given again.`,
    fix: "Leave it out, or start a new run with --out.",
  });
}

const refuseSession = (run: string, configuration: RunConfiguration): never =>
  fail({
    code: "not-an-agent",
    path: run,
    message: `${run} is a session: it is driven step by step, and no agent decides in it.`,
    fix: `Go on with: ${wayOn(configuration, run)}`,
  });

/** Of a run that has ended. */
export function exitCodeOf({ best, stop }: RunResult): number {
  if (!best) return exitCode.failedCheck;
  return isBudgetSpent(stop.reason) ? exitCode.limit : exitCode.done;
}

async function discoverAction(path: string | undefined, options: Options): Promise<number> {
  const { directory, prepared } = await newOrResumed(path, options);
  return performRun(directory, prepared, options.json);
}

/** Runs or resumes what was prepared, with its report; returns the exit code. */
export async function performRun(
  directory: string,
  prepared: PreparedDiscovery,
  json = false,
): Promise<number> {
  const { signal, release } = interruptSignal();
  try {
    const { outcome, result } = await runDiscovery(directory, prepared, signal);
    if (outcome.status === "interrupted") {
      modelText(result).forEach(say);
      say(`Interrupted. Go on with: leads discover --resume ${directory}`);
      return exitCode.limit;
    }
    const report = await writeReport(directory);
    if (json) printJson(result);
    else print(resultText(result));
    say(`report  ${report}`);
    return exitCodeOf(result);
  } catch (error) {
    if (error instanceof AgentError) say(`To go on: leads discover --resume ${directory}`);
    throw error;
  } finally {
    release();
  }
}

async function newOrResumed(path: string | undefined, options: Options) {
  if (options.resume) {
    const configuration = await readConfiguration(options.resume);
    if (isSession(configuration)) refuseSession(options.resume, configuration);
    return { directory: options.resume, prepared: await prepareDiscovery(configuration) };
  }
  if (!path || !options.out)
    return fail({
      code: "usage",
      message: `discover needs ${path ? "--out <folder>" : "a case"}.`,
      fix: "For example: leads discover patient --out run",
    });
  const configuration = await newConfiguration({ ...options, case: path });
  const prepared = await prepareDiscovery(configuration);
  await createRunDirectory(options.out, configuration);
  return { directory: options.out, prepared };
}

const figure = (value: number | null, digits = 3) =>
  value === null
    ? "-"
    : Math.abs(value) < 1e-2
      ? value.toExponential(2)
      : value.toPrecision(digits);

/** Times of predictors that are silent at more nodes than this leaves are not held against a twin. */
const agreeing = 0.95;
/** Times on unseen recordings that are so many times those on validation are no accident. */
const suspicious = 2;
/** Below this, ms, such a factor is one of rounding. */
const leastError_ms = 0.1;

/** What a reader of the table must not overlook. */
function warnings({ best, baselines }: RunResult): string[] {
  if (!best) return [];
  const { at_mae_ms: mine, activation_agreement: agreement } = best.test;
  const judged = best.validation.at_mae_ms;
  const isWorse =
    mine !== null && judged !== null && mine >= leastError_ms && mine >= suspicious * judged;
  const better = Object.entries(baselines).filter(
    ([, s]) =>
      mine !== null &&
      s.at_mae_ms !== null &&
      s.at_mae_ms < mine &&
      (s.activation_agreement ?? 0) > agreeing,
  );
  return [
    ...(agreement !== null && agreement < agreeing
      ? [`The twin activates as recorded at ${(100 * agreement).toFixed(0)} % of the nodes alone.`]
      : []),
    ...(isWorse
      ? [
          `Times are ${(mine / judged).toPrecision(2)} times worse than on validation (${figure(judged)} ms): what it was chosen by says too little of other pacing sites.`,
        ]
      : []),
    ...(better.length > 0
      ? [`Better at activation times than the twin: ${better.map(([name]) => name).join(", ")}.`]
      : []),
  ];
}

/** What the language model took, if one was asked. */
export function modelText({ model }: RunResult): string[] {
  if (!model) return [];
  const { requests, input_tokens, output_tokens, estimated_requests, usd } = model;
  const estimated = estimated_requests > 0 ? ` (${estimated_requests} requests estimated)` : "";
  const cost = usd === null ? "cost unknown (see --price-input)" : `${usd.toFixed(4)} USD`;
  return [
    `model: ${requests} requests, ${input_tokens} input and ${output_tokens} output tokens${estimated}, ${cost}`,
  ];
}

const noneFitted = ({ evaluations }: RunResult): string =>
  evaluations === 0
    ? "No candidate was tried."
    : "No candidate was fitted; see the report for the reasons.";

/** The best twin beside the predictors it has to beat, on the test recordings; last what it took. */
export function resultText(result: RunResult): string {
  const model = modelText(result);
  if (!result.best) return [noneFitted(result), ...model].join("\n\n");
  const { best } = result;
  const rows = [["test recordings", "MSE", "activation MAE, ms", "SCC", "TCC"]];
  const row = (name: string, s: typeof best.test) =>
    rows.push([name, figure(s.mse), figure(s.at_mae_ms), figure(s.scc), figure(s.tcc)]);
  const form = best.variant ? `${best.reaction}/${best.variant}` : best.reaction;
  row(`twin: ${form} + ${best.diffusion}`, best.test);
  for (const [name, score] of Object.entries(result.baselines)) row(name, score);
  const parameters = Object.entries(best.parameters).map(([name, value]) => {
    const unit = best.units[name] ?? "1";
    return `${name} = ${value.toPrecision(4)}${unit === "1" ? "" : ` ${unit}`}`;
  });
  return [table(rows), ...warnings(result), parameters.join(", "), ...model].join("\n\n");
}
