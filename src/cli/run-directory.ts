import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/errors.js";
import { type JournalEvent, readJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import type { Parent } from "../discover/run.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../io/atomic.js";
import { isFolderWithout, listFolder, readText } from "../io/files.js";
import type { EngineName } from "../native/engine-name.js";
import type { ModelSettings } from "./model-settings.js";

/** The files of a run; everything in it can be read by people or other programs. */
export const runFiles = {
  configuration: "config.json",
  journal: "journal.jsonl",
  result: "result.json",
  twin: "best",
  report: "report.html",
  /** Number of the process that works on the run; gone when it has ended in order. */
  process: "process",
} as const;

/** What a run was asked to do: written beside its results, and read again by resume and replay. */
export interface RunConfiguration extends ModelSettings {
  readonly format: "leads-run";
  readonly version: 1;
  readonly case: string;
  readonly agent: string;
  /** Names of the reactions that the agent is offered, or ["all"]; absent: the usual ones. */
  readonly reactions?: readonly string[];
  /** The same of diffusions; absent: all. */
  readonly diffusions?: readonly string[];
  /** A memory of earlier patients; absent: none, the default. */
  readonly memory?: { readonly file: string; readonly hash: string };
  /** What its fits run on; absent: "wasm", whose results are the same on every machine. */
  readonly engine?: EngineName;
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
  readonly started: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly inputHashes: Readonly<Record<string, string>>;
  /** Of a branch: the run it left, and where. */
  readonly branch?: { readonly of: string; readonly parent: Parent; readonly hint?: string };
}

/** In a run's configuration where agents have their names; a driver may add its own behind it. */
export const sessionAgent = "session";

/** Runs that are driven from outside, turn by turn. */
export const isSession = ({ agent }: Pick<RunConfiguration, "agent">): boolean =>
  agent.split(":")[0] === sessionAgent;

/** The command that goes on with a run that has not ended; "close" where its result is wanted. */
export const wayOn = (
  configuration: Pick<RunConfiguration, "agent">,
  directory: string,
  step: "act" | "close" = "act",
): string =>
  isSession(configuration)
    ? `leads session ${step} ${directory}`
    : `leads discover --resume ${directory}`;

/** Errors: "exists" for a folder that holds something. `fill` adds to the new folder. */
export async function createRunDirectory(
  directory: string,
  configuration: RunConfiguration,
  fill: (folder: string) => Promise<void> = async () => undefined,
): Promise<void> {
  if (existsSync(directory) && (await listFolder(directory)).length > 0)
    fail({
      code: "exists",
      path: directory,
      message: `${directory} already exists and is not empty.`,
      fix: await otherFolder(directory),
    });
  await writeDirectoryAtomic(directory, async (folder) => {
    await writeJson(join(folder, runFiles.configuration), configuration);
    await fill(folder);
  });
}

async function otherFolder(directory: string): Promise<string> {
  const old = await readConfiguration(directory).catch(() => undefined);
  return old
    ? `Choose another --out, or go on with: ${wayOn(old, directory)}`
    : "Choose another --out.";
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFileAtomic(
    path,
    `${JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? null : v), 2)}\n`,
  );

export async function readConfiguration(directory: string): Promise<RunConfiguration> {
  const path = join(directory, runFiles.configuration);
  if (isFolderWithout(directory, runFiles.configuration))
    fail({
      code: "cannot-read",
      path: directory,
      message: `${directory} is not the folder of a run: it has no ${runFiles.configuration}.`,
      fix: "Name a folder that leads discover or leads session wrote.",
    });
  const value = await readJson(path);
  const { format, version } = value as RunConfiguration;
  if (format !== "leads-run" || !(version >= 1))
    fail({
      code: "malformed",
      path,
      message: `${path} is not the configuration of a run.`,
      fix: "Name a folder that leads discover wrote.",
    });
  if (version > 1)
    fail({
      code: "newer-version",
      path,
      message: `${path} has version ${version} of its format; this leads reads version 1.`,
      fix: "Read it with the leads that wrote it, or a later one.",
    });
  return value as RunConfiguration;
}

export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail({
      code: "malformed",
      path,
      message: `${path} is not JSON (${(cause as Error).message}).`,
      fix: "Name a folder that leads discover wrote.",
      cause,
    });
  }
}

/** The recorded events with their payloads decoded. */
export async function readEvents(directory: string): Promise<readonly JournalEvent[]> {
  const store = fileStore(join(directory, runFiles.journal));
  const { events } = await readJournal(store);
  await store.close();
  return events;
}
