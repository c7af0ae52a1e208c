import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, LeadsError } from "../core/errors.js";
import { canonical, encode } from "../discover/canonical.js";
import { assemble, type TableData } from "../table/assemble.js";
import { type Places, whyNoCase } from "../table/cases.js";
import { type Cell, type CellKey, cellFile, readCells, writeCell } from "../table/cell.js";
import {
  configurationHash,
  type Method,
  sleepingRows,
  type TableConfiguration,
  whyNot,
  withRows,
} from "../table/configuration.js";
import { freeForm, noLanguageModel } from "../table/language-rows.js";
import { runTasks, type Step, type Task } from "../table/schedule.js";
import { refuseStale } from "../table/transcripts.js";
import { buildHash } from "./build-hash.js";
import { inWorker } from "./in-worker.js";
import { readJson, writeJson } from "./run-directory.js";
import type { TableWork } from "./table-worker.js";
import { bar, progressLine, say } from "./terminal.js";

export interface TablePlaces extends Places {
  readonly out: string;
  /** Transcripts of language models: suite folders with journals. */
  readonly transcripts: string;
}

export interface TableRun {
  readonly configuration: TableConfiguration;
  readonly places: TablePlaces;
  /** Names of the methods to run now; absent: all. The others keep the cells they have. */
  readonly rows?: readonly string[];
  /** Names of the cases to run now; absent: all. */
  readonly cases?: readonly string[];
  readonly workers: number;
  readonly signal: AbortSignal;
}

export const tableConfigurationFile = "configuration.json";

/** The folder of a suite: quick cells and full ones are different cells. */
export const suiteFolder = ({ suite, quick }: Pick<TableConfiguration, "suite" | "quick">) =>
  quick ? `${suite}-quick` : suite;

export interface TableOutcome {
  readonly table: TableData;
  /** Cells that stopped with an error and stay open. */
  readonly errors: readonly string[];
}

/** Runs the cells that are missing, then assembles what is there. Errors: "configuration". */
export async function runTable(asked: TableRun): Promise<TableOutcome> {
  const { places } = asked;
  const hash = await configurationHash(asked.configuration);
  const folder = join(places.out, suiteFolder(asked.configuration));
  const sleeping = await claim(folder, asked.configuration, hash);
  const configuration = withRows(asked.configuration, sleeping);
  const run = { ...asked, configuration };
  const read = await readCells(join(folder, "cells"), hash);
  const known = await refuseStale(read.cells, { configuration, ...transcriptFolders(run) });
  const cells = [...known.cells];
  const have = new Set(cells.map(cellFile));
  const noCase = reasons(configuration.cases, (one) => whyNoCase(one, places));
  const noMethod = {
    ...reasons(configuration.methods, ({ name }) => whyNoMethod(name, places)),
    ...reasons(sleeping, () => "its model is not asked now, nor is there a transcript"),
  };
  const wanted = keysOf(run).filter(
    (key) => !have.has(cellFile(key)) && !noCase[key.case] && !noMethod[key.method],
  );
  const failed = await makeCases(run, wanted);
  const runnable = wanted.filter((key) => !failed.has(caseKey(key)));
  const noCell = withoutCase(configuration, failed);
  const errors = [...failed].map(([name, reason]) => `${name}: ${reason}`);
  await runCells(run, { hash, folder, keys: runnable }, { cells, errors, noCell });
  const refused = [...read.refused, ...known.refused];
  const table = assemble({ configuration, hash, refused, noCase, noMethod, noCell, cells });
  return { table, errors };
}

/** What can be said against each, by name; those without a reason are left out. */
const reasons = <T extends { readonly name: string }>(
  all: readonly T[],
  why: (one: T) => string,
): Record<string, string> =>
  Object.fromEntries(all.map((one) => [one.name, why(one)]).filter(([, reason]) => reason));

function whyNoMethod(name: string, { transcripts }: TablePlaces): string {
  const lacksEquations =
    name === freeForm("table").name && !existsSync(join(transcripts, "free-form", "table.jsonl"));
  return name === noLanguageModel.name || lacksEquations ? noModelReason : "";
}

/** All cells of the cases that could not be made, with the reason. */
function withoutCase(
  { cases, seeds, methods }: TableConfiguration,
  failed: ReadonlyMap<string, string>,
): Record<string, string> {
  const keys = cases.flatMap(({ name }) =>
    seeds.flatMap((seed) =>
      methods.map(({ name: method }): CellKey => ({ case: name, method, seed })),
    ),
  );
  return Object.fromEntries(
    keys.flatMap((key) => {
      const reason = failed.get(caseKey(key));
      return reason ? [[cellFile(key), `the case could not be made: ${reason}`]] : [];
    }),
  );
}

const transcriptFolders = ({ configuration, places }: TableRun) => ({
  transcripts: join(places.transcripts, suiteFolder(configuration)),
  freeForm: places.transcripts,
});

const noModelReason = "no --llm is given and there are no transcripts";

/** Every cell that can be run, seed by seed: a table that is stopped early has whole seeds. */
function keysOf({ configuration, rows, cases }: TableRun): CellKey[] {
  const { seeds, methods } = configuration;
  const isAsked = (asked: readonly string[] | undefined) => (one: { readonly name: string }) =>
    asked === undefined || asked.includes(one.name);
  return seeds.flatMap((seed) =>
    configuration.cases.filter(isAsked(cases)).flatMap((one) =>
      methods
        .filter(isAsked(rows))
        .filter((method) => whyNot(method, one) === "")
        .map((method) => ({ case: one.name, method: method.name, seed })),
    ),
  );
}

/**
 * The suite's folder belongs to one configuration, from before the first cell on. Returns the rows of
 * language models that it has cells of and that are not asked for now.
 */
async function claim(
  folder: string,
  configuration: TableConfiguration,
  hash: string,
): Promise<readonly Method[]> {
  const path = join(folder, tableConfigurationFile);
  const known = existsSync(path)
    ? ((await readJson(path)) as { hash: string; configuration: TableConfiguration })
    : undefined;
  if (known && known.hash !== hash) return refuseFolder(folder, known.configuration, configuration);
  const sleeping = known ? sleepingRows(known.configuration, configuration) : [];
  const all = { hash, configuration: withRows(configuration, sleeping) };
  await mkdir(folder, { recursive: true });
  if (canonical(encode(all)) !== canonical(encode(known ?? null))) await writeJson(path, all);
  return sleeping;
}

function refuseFolder(
  folder: string,
  known: TableConfiguration,
  configuration: TableConfiguration,
): never {
  const keys = Object.keys({ ...known, ...configuration }) as (keyof TableConfiguration)[];
  const text = (value: unknown) => canonical(encode(value));
  const changed = keys.filter((key) => text(known?.[key]) !== text(configuration[key]));
  return fail({
    code: "configuration",
    path: folder,
    message: `${folder} holds cells of another configuration: ${changed.join(", ") || "its hash"} differ.`,
    fix: "Choose another --out, or repeat the options that it was begun with.",
  });
}

const caseKey = ({ case: name, seed }: CellKey) => `${name}, seed ${seed}`;

/** Makes the cases that the cells need; returns what went wrong, by caseKey. */
async function makeCases(run: TableRun, keys: readonly CellKey[]): Promise<Map<string, string>> {
  const { configuration, places } = run;
  const failed = new Map<string, string>();
  const needed = new Map(keys.map((key) => [caseKey(key), key]));
  const tasks = [...needed].map(([name, { case: wanted, seed }]): Task<TableWork> => {
    const one = configuration.cases.find((c) => c.name === wanted)!;
    return { name, input: { kind: "case", case: one, seed, places } };
  });
  await work(run, tasks, "case", async (task, result) => {
    if (result instanceof LeadsError) failed.set(task.name, result.message);
  });
  return failed;
}

async function runCells(
  run: TableRun,
  { hash, folder, keys }: { hash: string; folder: string; keys: readonly CellKey[] },
  into: { cells: Cell[]; errors: string[]; noCell: Record<string, string> },
): Promise<void> {
  const { configuration, places } = run;
  const common = {
    configuration,
    hash,
    places,
    journals: join(folder, "journals"),
    ...transcriptFolders(run),
    build: await buildHash(),
  };
  const tasks = keys.map(
    (key): Task<TableWork> => ({
      name: `${key.method} on ${caseKey(key)}`,
      input: { kind: "cell", job: { key, ...common } },
    }),
  );
  await work(run, tasks, "cell", async ({ name, input }, result) => {
    if (result instanceof LeadsError) {
      into.errors.push(`${name}: ${result.message}`);
      if (input.kind === "cell")
        into.noCell[cellFile(input.job.key)] = `stopped with an error: ${result.message}`;
      return;
    }
    await writeCell(join(folder, "cells"), result as Cell);
    into.cells.push(result as Cell);
  });
}

/** Hands each task to a worker thread of its own: memory and crashes stay there. */
async function work(
  run: TableRun,
  tasks: readonly Task<TableWork>[],
  noun: string,
  onDone: (task: Task<TableWork>, result: unknown) => Promise<void>,
): Promise<void> {
  const line = progressLine();
  let latest = "";
  const tell = ({ done, of, name, left_s }: Step) => {
    const left = left_s === null ? "" : `, about ${timeText(left_s)} left`;
    latest = `[${bar(done / of)}] ${noun} ${done + 1} of ${of}: ${name}${left}`;
    line.update(latest);
  };
  try {
    await runTasks<TableWork, unknown>({
      tasks,
      lanes: run.workers,
      signal: run.signal,
      now: () => performance.now(),
      onStep: tell,
      run: (task, signal) =>
        inWorker({
          file: new URL("./table-worker.js", import.meta.url),
          workerData: task.input,
          signal,
          onProgress: (text) => line.update(`${latest} (${task.name}: ${text})`),
        }),
      onDone: async (task, result) => {
        await onDone(task, result);
        if (result instanceof LeadsError) {
          line.clear();
          say(`failed  ${task.name}: ${result.message}`);
        }
      },
    });
  } finally {
    line.clear();
  }
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
