import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, LeadsError } from "../core/errors.js";
import { canonical, encode } from "../discover/canonical.js";
import { assemble, type TableData } from "../table/assemble.js";
import { type Places, whyNoCase } from "../table/cases.js";
import { type Cell, type CellKey, cellFile, readCells, writeCell } from "../table/cell.js";
import { configurationHash, type TableConfiguration, whyNot } from "../table/configuration.js";
import { noLanguageModel } from "../table/methods.js";
import { runTasks, type Step, type Task } from "../table/schedule.js";
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

/** The folder of a suite: quick cells and full ones are different cells. */
export const suiteFolder = ({ suite, quick }: Pick<TableConfiguration, "suite" | "quick">) =>
  quick ? `${suite}-quick` : suite;

export interface TableOutcome {
  readonly table: TableData;
  /** Cells that stopped with an error and stay open. */
  readonly errors: readonly string[];
}

/** Runs the cells that are missing, then assembles what is there. Errors: "configuration". */
export async function runTable(run: TableRun): Promise<TableOutcome> {
  const { configuration, places } = run;
  const hash = await configurationHash(configuration);
  const folder = join(places.out, suiteFolder(configuration));
  await claim(folder, configuration, hash);
  const { cells: known, refused } = await readCells(join(folder, "cells"), hash);
  const cells = [...known];
  const have = new Set(cells.map(cellFile));
  const noCase: Record<string, string> = Object.fromEntries(
    configuration.cases.flatMap((one) => {
      const reason = whyNoCase(one, places);
      return reason ? [[one.name, reason]] : [];
    }),
  );
  const noEquations = !existsSync(join(places.transcripts, "free-form", "table.jsonl"));
  const noMethod: Record<string, string> = {
    [noLanguageModel.name]: noModelReason,
    ...(noEquations ? { "free-form": noModelReason } : {}),
  };
  const wanted = keysOf(run).filter(
    (key) => !have.has(cellFile(key)) && !noCase[key.case] && !noMethod[key.method],
  );
  const failedCases = await makeCases(run, wanted);
  const runnable = wanted.filter((key) => !failedCases.has(caseKey(key)));
  const errors = [...failedCases.values()];
  await runCells(run, { hash, folder, keys: runnable }, { cells, errors });
  const input = { configuration, hash, refused, noCase, noMethod };
  return { table: assemble({ ...input, cells }), errors };
}

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

/** The suite's folder belongs to one configuration, from before the first cell on. */
async function claim(
  folder: string,
  configuration: TableConfiguration,
  hash: string,
): Promise<void> {
  const path = join(folder, "configuration.json");
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true });
    return writeJson(path, { hash, configuration });
  }
  const known = (await readJson(path)) as { hash: string; configuration: TableConfiguration };
  if (known.hash === hash) return;
  const keys = Object.keys(configuration) as (keyof TableConfiguration)[];
  const text = (value: unknown) => canonical(encode(value));
  const changed = keys.filter(
    (key) => text(known.configuration?.[key]) !== text(configuration[key]),
  );
  fail({
    code: "configuration",
    path: folder,
    message: `${folder} holds cells of another configuration: ${changed.join(", ") || "its hash"} differ.`,
    fix: "Choose another --out, or repeat the options that it was begun with.",
  });
}

const caseKey = ({ case: name, seed }: CellKey) => `${name}, seed ${seed}`;

/** Makes the cases that the cells need; returns what went wrong, by case and seed. */
async function makeCases(run: TableRun, keys: readonly CellKey[]): Promise<Map<string, string>> {
  const { configuration, places } = run;
  const failed = new Map<string, string>();
  const needed = new Map(keys.map((key) => [caseKey(key), key]));
  const tasks = [...needed].map(([name, { case: wanted, seed }]): Task<TableWork> => {
    const one = configuration.cases.find((c) => c.name === wanted)!;
    return { name, input: { kind: "case", case: one, seed, places } };
  });
  await work(run, tasks, "case", async (task, result) => {
    if (result instanceof LeadsError) failed.set(task.name, `${task.name}: ${result.message}`);
  });
  return failed;
}

async function runCells(
  run: TableRun,
  { hash, folder, keys }: { hash: string; folder: string; keys: readonly CellKey[] },
  into: { cells: Cell[]; errors: string[] },
): Promise<void> {
  const { configuration, places } = run;
  const common = {
    configuration,
    hash,
    places,
    journals: join(folder, "journals"),
    transcripts: join(places.transcripts, suiteFolder(configuration)),
    freeForm: places.transcripts,
  };
  const tasks = keys.map(
    (key): Task<TableWork> => ({
      name: `${key.method} on ${caseKey(key)}`,
      input: { kind: "cell", job: { key, ...common } },
    }),
  );
  await work(run, tasks, "cell", async ({ name }, result) => {
    if (result instanceof LeadsError) {
      into.errors.push(`${name}: ${result.message}`);
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
