import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { fail, lookUp } from "../../core/errors.js";
import { makeFolder, writeFileAtomic } from "../../io/atomic.js";
import { listFolder } from "../../io/files.js";
import { backEndOf, type EngineName } from "../../native/engine-name.js";
import type { TableData } from "../../table/assemble.js";
import type { Method, TableConfiguration } from "../../table/configuration.js";
import { freeForm, languageModel, noLanguageModel, transcript } from "../../table/language-rows.js";
import { tablePage } from "../../table/page.js";
import { suiteNames, tableConfiguration } from "../../table/suites.js";
import { tableText } from "../../table/text.js";
import { createAgent } from "../agents.js";
import { collect, count, engineOption, names } from "../arguments.js";
import { type ModelOptions, modelSettings, withModelOptions } from "../model-settings.js";
import { writeJson } from "../run-directory.js";
import { runTable, suiteFolder, type TablePlaces } from "../run-table.js";
import { exitCode, interruptSignal, print, printJson, say } from "../terminal.js";
import { packageVersion } from "../versions.js";

interface Options extends ModelOptions {
  readonly quick?: boolean;
  readonly engine: EngineName;
  readonly suite: string;
  readonly out: string;
  readonly seeds?: number;
  readonly rows?: readonly string[];
  readonly cases?: readonly string[];
  readonly llm?: readonly string[];
  readonly workers: number;
  readonly data: string;
  readonly json?: boolean;
}

const files = { page: "table.html", data: "table.json" } as const;
const transcripts = "../shared/transcripts";

export function tableCommand(program: Command): void {
  withModelOptions(
    program
      .command("table")
      .description("agents, controls and baselines on the same cases and equal budgets")
      .option("--quick", "a smaller heart, one seed, fewer and shorter fits")
      .addOption(
        new Option("--suite <name>", "which experiments")
          .choices([...suiteNames, "all"])
          .default("published"),
      )
      .option("--out <folder>", "folder of cells, cases and the table", "leads-table")
      .option("--seeds <number>", "seeds of every case (5; quick: 1)", count)
      .option("--rows <names>", "run these rows alone; others keep the cells they have", names)
      .option("--cases <names>", "run these cases alone", names)
      .option("--llm <name>", "a row for llm:<provider>:<model>; may be repeated", collect),
  )
    .addOption(engineOption())
    .option("--workers <number>", "cells that run side by side", count, 2)
    .option("--data <folder>", "folder of the real recordings", "../shared/data")
    .option("--json", "print the table as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads table --quick --out quick-table\n\nA table that was stopped goes on where it was with the same command.",
    )
    .action(async (options: Options) => {
      process.exitCode = await tableAction(options);
    });
}

async function tableAction(options: Options): Promise<number> {
  const configurations = configurationsOf(options);
  await backEndOf(options.engine);
  checkNames("row of the table", configurations, ({ methods }) => methods, options.rows);
  checkNames("case of the table", configurations, ({ cases }) => cases, options.cases);
  await refuseForeign(options.out);
  await makeFolder(options.out);
  const places: TablePlaces = {
    out: resolve(options.out),
    cases: resolve(options.out, "cases"),
    recordings: resolve(options.data),
    transcripts: resolve(transcripts),
  };
  const { signal, release } = interruptSignal();
  const tables: TableData[] = [];
  const errors: string[] = [];
  try {
    for (const configuration of configurations) {
      const { rows, cases, workers } = options;
      const outcome = await runTable({ configuration, places, rows, cases, workers, signal });
      tables.push(outcome.table);
      errors.push(...outcome.errors);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say("Interrupted. Go on with the same command; cells that are done are kept.");
    return exitCode.limit;
  } finally {
    release();
  }
  await write(options.out, tables);
  if (options.json) printJson({ tables });
  else print(tables.map(tableText).join("\n\n\n"));
  for (const error of errors) say(`failed  ${error}`);
  say(`page    ${join(options.out, files.page)}`);
  return errors.length > 0 ? exitCode.failedCheck : exitCode.done;
}

/** Language models are asked for before anything runs: a missing key must not cost an hour. */
function configurationsOf({
  suite,
  quick = false,
  engine,
  seeds,
  llm = [],
  ...options
}: Options): TableConfiguration[] {
  const settings = modelSettings(options);
  if (llm.length === 0 && Object.keys(settings).length > 0)
    fail({
      code: "usage",
      message: "Servers, prices and limits are about a language model, and none is asked.",
      fix: "Add --llm llm:<provider>:<model>, or leave them out.",
    });
  const models = llm.map((name) => {
    if (!name.startsWith("llm:"))
      fail({
        code: "usage",
        message: `--llm ${name} is not llm:<provider>:<model>.`,
        fix: "For example: --llm llm:openai-compatible:llama3.1",
      });
    createAgent(name, settings);
    return [languageModel(name, settings), freeForm(name, settings)];
  });
  const wanted = suite === "all" ? suiteNames : [suite];
  return wanted.map((name) => {
    const recorded = transcriptsOf(suiteFolder({ suite: name, quick }));
    const agents = [...models.flat(), ...recorded];
    return tableConfiguration({
      suite: name,
      quick,
      engine,
      seeds,
      languageModels: [...(agents.length > 0 ? agents : [noLanguageModel]), freeForm("table")],
      program: packageVersion,
    });
  });
}

/** Rows out of ../shared/transcripts/SUITE/CASE--METHOD--SEED.jsonl, where it is there. */
function transcriptsOf(folder: string): Method[] {
  const path = join(transcripts, folder);
  if (!existsSync(path)) return [];
  const found = readdirSync(path).flatMap((name) => /^.+--(.+)--\d+\.jsonl$/.exec(name)?.[1] ?? []);
  return [...new Set(found)].sort().map(transcript);
}

function checkNames(
  kind: string,
  configurations: readonly TableConfiguration[],
  of: (configuration: TableConfiguration) => readonly { readonly name: string }[],
  asked: readonly string[] = [],
): void {
  const known = configurations.flatMap(of).map(({ name }) => [name, true] as const);
  for (const name of asked) lookUp(kind, Object.fromEntries(known), name);
}

/** Before the work, not after it. */
async function refuseForeign(folder: string): Promise<void> {
  const ours = /^(cases|table\.(json|html)|(published|real|hard)(-quick)?)$/;
  if (!existsSync(folder) || (await listFolder(folder)).every((name) => ours.test(name))) return;
  fail({
    code: "exists",
    path: folder,
    message: `${folder} holds other files than a table.`,
    fix: "Choose another --out.",
  });
}

async function write(folder: string, tables: readonly TableData[]): Promise<void> {
  await writeFileAtomic(join(folder, files.page), tablePage(tables));
  await writeJson(join(folder, files.data), { format: "leads-table", version: 1, tables });
}
