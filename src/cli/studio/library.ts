import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { fail, LeadsError } from "../../core/errors.js";
import { sha256 } from "../../io/files.js";
import { suiteNames } from "../../table/suites.js";
import type { CaseEntry, RunEntry } from "../../view/contract.js";
import { type RunConfiguration, readConfiguration, readJson, runFiles } from "../run-directory.js";
import type { RunResult } from "../run-outcome.js";
import { suiteFolder, tableConfigurationFile } from "../run-table.js";
import { runStatus } from "./run-status.js";

/** The folders that the studio shows. Pages know ids alone: no path comes from outside. */
export interface Library {
  /** Id -> path; a run that the studio starts is added. */
  readonly runs: Map<string, string>;
  readonly cases: ReadonlyMap<string, string>;
  /** The given folders. */
  readonly roots: readonly string[];
  /** What a path is called on the page. */
  label(path: string): string;
  /** A text with labels for the paths in it. */
  hide(text: string): string;
}

/** How deep folders of folders are looked through. */
const depth = 3;

/**
 * Finds runs and cases in and below the given folders, tables aside. Errors: "cannot-read",
 * "nothing-found".
 */
export async function openLibrary(folders: readonly string[]): Promise<Library> {
  const runs = new Map<string, string>();
  const cases = new Map<string, string>();
  const roots = folders.map((folder) => resolve(folder));
  for (const root of roots) {
    if (!existsSync(root))
      fail({ code: "cannot-read", path: root, message: `There is nothing at ${root}.` });
    await look(root, depth, { runs, cases });
  }
  // A run's case is shown wherever it lies.
  for (const run of runs.values()) {
    const path = await caseOf(run);
    if (path && isCase(path)) cases.set(idOf(path), path);
  }
  if (runs.size === 0 && cases.size === 0)
    fail({
      code: "nothing-found",
      message: `${folders.join(", ")}: no run and no case in there.`,
      fix: "Make one: leads demo --out demo && leads studio demo",
    });
  const label = (path: string) => labelOf(path, roots);
  const hide = (text: string) =>
    [...runs.values(), ...cases.values(), ...roots]
      .filter((path) => path !== "/")
      .sort((a, b) => b.length - a.length)
      .reduce((shown, path) => shown.replaceAll(path, label(path)), text);
  return { runs, cases, roots, label, hide };
}

/** A stable name for a path that says nothing of the machine. */
export const idOf = (path: string): string =>
  `${basename(path)
    .replaceAll(/[^\w-]+/g, "-")
    .slice(0, 40)}-${sha256(new TextEncoder().encode(path)).slice(0, 8)}`;

const isRun = (path: string) => existsSync(join(path, runFiles.configuration));
const isCase = (path: string) => existsSync(join(path, "case.json"));

interface Found {
  readonly runs: Map<string, string>;
  readonly cases: Map<string, string>;
}

async function look(path: string, deeper: number, found: Found): Promise<void> {
  if (isRun(path)) found.runs.set(idOf(path), path);
  else if (isCase(path)) found.cases.set(idOf(path), path);
  else if (deeper > 0)
    for (const name of await foldersIn(path)) {
      const inside = join(path, name);
      if (!isTable(inside)) await look(inside, deeper - 1, found);
    }
}

/** Cases of a table are drawn for its cells: they are shown where the table itself was named. */
const isTable = (path: string): boolean =>
  suiteNames.some((suite) =>
    [false, true].some((quick) =>
      existsSync(join(path, suiteFolder({ suite, quick }), tableConfigurationFile)),
    ),
  );

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

function labelOf(path: string, roots: readonly string[]): string {
  const inside = roots.map((root) => relative(root, path)).filter((to) => !to.startsWith(".."));
  const shortest = inside.sort((a, b) => a.length - b.length)[0];
  return shortest || basename(path);
}

/**
 * The given folder that a new run of a case is put into: the one that holds the case, or else any.
 * Errors: "no-folder" where runs and cases alone were given.
 */
export function folderForRun({ roots }: Library, path: string): string {
  const open = roots.filter((root) => !isRun(root) && !isCase(root));
  const folder = open.find((root) => !relative(root, path).startsWith("..")) ?? open[0];
  return (
    folder ??
    fail({
      code: "no-folder",
      message:
        "A new run has no place: the studio was given runs and cases, and no folder of them.",
      fix: "Open the folder that holds the case: leads studio FOLDER",
    })
  );
}

async function caseOf(run: string): Promise<string | undefined> {
  return readConfiguration(run).then(
    (configuration) => configuration.case,
    () => undefined,
  );
}

/** One row of the start page; a run that cannot be read says why. */
export async function runEntry(library: Library, id: string): Promise<RunEntry> {
  const path = library.runs.get(id)!;
  const entry = { ...blankRun, id, path: library.label(path) };
  try {
    const configuration = await readConfiguration(path);
    const result = (await readIfThere(join(path, runFiles.result))) as RunResult | undefined;
    const caseId = idOf(configuration.case);
    return {
      ...entry,
      status: await runStatus(path),
      caseId: library.cases.has(caseId) ? caseId : null,
      ...configured(configuration),
      ...(result ? found(result) : {}),
    };
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    const problem = [error.message, error.fix].filter(Boolean).join(" ");
    return { ...entry, status: "unreadable", problem: library.hide(problem) };
  }
}

const blankRun = {
  status: "unreadable",
  problem: "",
  caseId: null,
  patient: "",
  agent: "",
  seed: 0,
  started: "",
  seconds: null,
  evaluations: null,
  reaction: null,
  diffusion: null,
  parameters: null,
  test: null,
} as const satisfies Omit<RunEntry, "id" | "path">;

const configured = ({ case: path, agent, seed, started }: RunConfiguration) => ({
  patient: basename(path),
  agent,
  seed,
  started,
});

const found = ({ seconds, evaluations, best }: RunResult) => ({
  seconds,
  evaluations,
  reaction: best?.reaction ?? null,
  diffusion: best?.diffusion ?? null,
  parameters: best?.parameter_count ?? null,
  test: best?.test ?? null,
});

const readIfThere = (path: string): Promise<unknown> =>
  existsSync(path) ? readJson(path) : Promise.resolve(undefined);

/** One row of the start page, from case.json alone: arrays stay on the disk. */
export async function caseEntry(library: Library, id: string): Promise<CaseEntry> {
  const path = library.cases.get(id)!;
  const entry = { id, path: library.label(path), name: basename(path), source: "", problem: "" };
  try {
    const file = (await readJson(join(path, "case.json"))) as {
      name?: string;
      source?: string;
      recordings?: unknown[];
    };
    return {
      ...entry,
      name: file.name ?? entry.name,
      source: file.source ?? "",
      nodes: null,
      recordings: file.recordings?.length ?? null,
    };
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    return { ...entry, problem: library.hide(error.message), nodes: null, recordings: null };
  }
}

/** Milliseconds since 1970 of the last change of a file; 0 where there is none. */
export const changed_ms = (path: string): Promise<number> =>
  stat(path).then(
    (facts) => facts.mtimeMs,
    () => 0,
  );
