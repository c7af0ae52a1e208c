import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { fail, LeadsError } from "../core/errors.js";
import { summariseCase } from "../discover/case-summary.js";
import type { Evaluate } from "../discover/evaluate.js";
import { initialSpecFor } from "../discover/initial-spec.js";
import { openJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import { offeredCatalog } from "../discover/offer.js";
import type { RunSetup } from "../discover/run.js";
import type { Budget } from "../discover/stops.js";
import type { Executor } from "../fit/executor.js";
import { fitCandidate } from "../fit/fit-candidate.js";
import { workerPool } from "../fit/worker-pool.js";
import { hashCase, readCase, readSplit } from "../io/case-directory.js";
import { backEndOf, type EngineName, versionsOf } from "../native/engine-name.js";
import { defaultSpec } from "../twin/spec.js";
import { priorOf } from "./memory-file.js";
import { moneyOf } from "./model-settings.js";
import { markRun } from "./process-mark.js";
import { type RunConfiguration, runFiles } from "./run-directory.js";
import { baselinesOf } from "./scoring.js";
import { inboxSteering } from "./steering-inbox.js";
import { say } from "./terminal.js";
import { versions } from "./versions.js";

/** Everything a fit and an agent may see of a case: test recordings are not even opened. */
export async function openForDiscovery({
  case: path,
  inputHashes,
}: Pick<RunConfiguration, "case" | "inputHashes">) {
  if ((await hashCase(path)) !== inputHashes["case.json"])
    fail({
      code: "changed-case",
      path,
      message: `${path} is not the case that the run began with: its case.json has changed.`,
      fix: "Restore the case, or start a new run.",
    });
  const data = await readCase(path, { include: ["train", "validation"] });
  const trivial = baselinesOf(
    data,
    data.split.validation.length > 0 ? "validation" : "train",
    defaultSpec.observation,
  );
  const tests = (await readSplit(path)).test.length;
  return { data, summary: summariseCase(data, { trivial, inputHashes, tests }) };
}

/** Workers: one a core, but not more than four; results do not depend on their number. */
export const workerCount = (): number => Math.min(4, Math.max(1, availableParallelism()));

/** Workers on an engine that this machine is known to have: they could not say what it lacks. */
export const createExecutor = (data: Case, engine?: EngineName): Executor =>
  workerPool(new URL("../fit/worker.js", import.meta.url), data, {
    workers: workerCount(),
    engine,
  });

export const evaluateWith =
  (data: Case, executor: Executor): Evaluate =>
  (spec, { seed, signal, onProgress, starts }) =>
    fitCandidate({ data, catalog, executor, seed, signal, onProgress, starts }, spec);

/** What a step of a run needs; the agent aside. Errors: "no-native" where its engine is not here. */
export async function prepareRun(configuration: RunConfiguration) {
  const offered = offeredCatalog(catalog, configuration.reactions, configuration.diffusions);
  const engine = versionsOf(await backEndOfRun(configuration));
  const opened = await openForDiscovery(configuration);
  const { memory: choice } = configuration;
  const memory = choice && (await priorOf(choice, { ...opened, offered }));
  return { offered, configuration, ...opened, memory, versions: { ...versions(), ...engine } };
}

/** The engine that a run was begun with. Errors: "no-native" where it is not here. */
export async function backEndOfRun({ engine }: Pick<RunConfiguration, "engine">) {
  try {
    return await backEndOf(engine);
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    const { code, path, message, fix } = error;
    return fail({
      ...{ code, path, fix, cause: error },
      message: `The run was begun with --engine ${engine}. ${message}`,
    });
  }
}

export type PreparedRun = Awaited<ReturnType<typeof prepareRun>>;

/** A damaged test recording must not come to light after the fits. What is read here is dropped. */
export async function checkTestRecordings({ case: path }: RunConfiguration): Promise<void> {
  await readCase(path, { include: ["test"] });
}

export const budgetOf = (configuration: RunConfiguration): Budget => ({
  evaluations: configuration.evaluations,
  seconds: configuration.seconds,
  ...moneyOf(configuration),
});

/** A run folder in use: its journal is open, and workers start with the first fit. */
export interface RunInUse {
  readonly setup: Omit<RunSetup, "agentName">;
  close(): Promise<void>;
}

export async function useRun(
  directory: string,
  { offered, configuration, data, summary, memory, versions }: PreparedRun,
): Promise<RunInUse> {
  const store = fileStore(join(directory, runFiles.journal));
  const journal = await openJournal(store).catch(async (error) => {
    await store.close();
    throw error;
  });
  const unmark = await markRun(directory);
  let executor: Executor | undefined;
  const setup: RunInUse["setup"] = {
    case: summary,
    catalog: offered,
    evaluate: (spec, context) => {
      executor ??= createExecutor(data, configuration.engine);
      return evaluateWith(data, executor)(spec, context);
    },
    budget: budgetOf(configuration),
    journal,
    seed: configuration.seed,
    initialSpec: initialSpecFor(offered, summary),
    ...(memory ? { memory } : {}),
    // Of the program that runs now: a journal of another version is not gone on with.
    versions,
    steering: inboxSteering(directory, say),
    ...(configuration.branch ? { parent: configuration.branch.parent } : {}),
  };
  const close = async () => {
    try {
      await store.close();
      await executor?.close();
    } finally {
      await unmark();
    }
  };
  return { setup, close };
}
