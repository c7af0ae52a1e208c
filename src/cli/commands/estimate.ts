import type { Command } from "commander";
import { nameModel, priceOf } from "../../discover/agents/llm-model.js";
import { viewCatalog } from "../../discover/entries.js";
import {
  estimateFitting,
  estimateModel,
  type FittingEstimate,
  type ModelEstimate,
  type Range,
  trialSpec,
} from "../../discover/estimate.js";
import { initialSpecFor } from "../../discover/initial-spec.js";
import type { EngineName } from "../../native/engine-name.js";
import { agentNames, checkAgent } from "../agents.js";
import { count, engineOption, integer, names } from "../arguments.js";
import { type ModelOptions, withPriceOptions } from "../model-settings.js";
import { newConfiguration } from "../new-configuration.js";
import { createExecutor, evaluateWith, type PreparedRun, prepareRun } from "../prepare-run.js";
import { exitCode, interruptSignal, print, printJson, progressLine, table } from "../terminal.js";

interface Options extends ModelOptions {
  readonly agent: string;
  readonly reactions?: readonly string[];
  readonly diffusions?: readonly string[];
  readonly memory?: string;
  readonly engine: EngineName;
  readonly seed: number;
  readonly evaluations: number;
  readonly json?: boolean;
}

/** What `leads estimate --json` prints. */
interface Estimate {
  readonly case: string;
  readonly agent: string;
  readonly evaluations: number;
  /** Null for agents that ask no language model. */
  readonly model: ModelEstimate | null;
  /** Null where the trial fit was rejected; `trial` says why. */
  readonly fitting: FittingEstimate | null;
  readonly trial: { readonly status: string; readonly reason: string };
}

export function estimateCommand(program: Command): void {
  const command = program
    .command("estimate <case>")
    .description("what a discovery will take: tokens, money, time; no network, no key")
    .option("--agent <name>", agentNames, "expert")
    .option("--reactions <names>", 'reactions to choose from: "all", or names with commas', names)
    .option("--diffusions <names>", "diffusions to choose from, with commas; all if absent", names)
    .option("--memory <file>", "begin with what served earlier patients (leads memory)")
    .option("--seed <number>", "seed of the trial fit", integer, 1)
    .option("--evaluations <number>", "most candidates to fit", count, 30)
    .addOption(engineOption());
  withPriceOptions(command)
    .option("--json", "print the estimate as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads estimate patient --agent llm:anthropic:claude-sonnet-4-5 --evaluations 20",
    )
    .action(async (path: string, options: Options) => {
      const estimate = await estimateRun(path, options);
      if (options.json) printJson(estimate);
      else print(estimateText(estimate));
      process.exitCode = exitCode.done;
    });
}

async function estimateRun(path: string, options: Options): Promise<Estimate> {
  const { agent, evaluations } = options;
  const configuration = await newConfiguration({ ...options, case: path, seconds: 1 });
  checkAgent(agent, configuration);
  const prepared = await prepareRun(configuration);
  const { offered, summary, memory } = prepared;
  const initialSpec = initialSpecFor(offered, summary);
  const sample = await trialFit(prepared, trialSpec(initialSpec));
  return {
    case: configuration.case,
    agent,
    evaluations,
    model: agent.startsWith("llm:")
      ? estimateModel({
          case: summary,
          catalog: viewCatalog(offered, summary.mesh),
          ...(memory ? { memory } : {}),
          initialSpec,
          evaluations,
          sample,
          price: priceOf({ ...configuration, name: agent }),
        })
      : null,
    fitting: sample.status === "fitted" ? estimateFitting(evaluations, sample) : null,
    trial: { status: sample.status, reason: sample.reason },
  };
}

async function trialFit({ data, configuration }: PreparedRun, spec: ReturnType<typeof trialSpec>) {
  const executor = createExecutor(data, configuration.engine);
  const { signal, release } = interruptSignal();
  const line = progressLine();
  try {
    return await evaluateWith(data, executor)(spec, {
      seed: configuration.seed,
      signal,
      onProgress: (p) => line.update(`trial fit ${p.phase} ${p.iteration}/${p.of}`),
    });
  } finally {
    line.clear();
    release();
    await executor.close();
  }
}

const range = ([low, high]: Range, show: (value: number) => string): string =>
  `${show(low)} .. ${show(high)}`;
const whole = (value: number): string => String(Math.round(value));
const dollars = (value: number): string => value.toFixed(value < 0.1 ? 4 : 2);

function estimateText({ agent, evaluations, model, fitting, trial }: Estimate): string {
  const rows = [["estimate", `${agent}, ${evaluations} evaluations`]];
  if (model) rows.push(...modelRows(agent, model));
  else rows.push(["model", "none is asked: no tokens, no cost"]);
  rows.push([
    "fitting",
    fitting
      ? `${range(fitting.seconds, whole)} s`
      : `not known: the trial fit was ${trial.status} (${trial.reason})`,
  ]);
  const notes = [...(fitting ? [fitting.basis] : []), ...(model?.assumptions ?? [])];
  return [table(rows), notes.map((note) => `- ${note}`).join("\n")].filter(Boolean).join("\n\n");
}

const priceText = ({ input, output, asOf, source }: NonNullable<ModelEstimate["price"]>) =>
  `${input} and ${output} USD per million tokens${asOf ? ` (on ${asOf}; ${source})` : ""}`;

function modelRows(agent: string, model: ModelEstimate): string[][] {
  const { provider } = nameModel(agent);
  const unknown = `unknown: add --price-input and --price-output${provider === "openai-compatible" ? " (0 and 0 for a server of your own)" : ""}`;
  return [
    ["first prompt", `${range(model.first_prompt.tokens, whole)} tokens`],
    ["last prompt", `${range(model.last_prompt.tokens, whole)} tokens`],
    ["requests", range(model.requests, whole)],
    ["input", `${range(model.input_tokens, whole)} tokens`],
    ["output", `${range(model.output_tokens, whole)} tokens`],
    ["price", model.price ? priceText(model.price) : "not known"],
    ["cost", model.usd ? `${range(model.usd, dollars)} USD` : unknown],
  ];
}
