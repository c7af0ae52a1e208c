import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { fail } from "../core/errors.js";
import { type Candidate, describeSpec } from "../discover/archive.js";
import { type CaseSummary, summariseCase } from "../discover/case-summary.js";
import type { Evaluate } from "../discover/evaluate.js";
import { initialSpecFor } from "../discover/initial-spec.js";
import type { JournalEvent } from "../discover/journal.js";
import { openJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import { discover } from "../discover/loop.js";
import { offeredCatalog } from "../discover/offer.js";
import type { DiscoverOutcome } from "../discover/run.js";
import { describeCommand, type Steered } from "../discover/steering.js";
import type { Executor } from "../fit/executor.js";
import { fitCandidate } from "../fit/fit-candidate.js";
import { workerPool } from "../fit/worker-pool.js";
import { hashCase, readCase } from "../io/case-directory.js";
import { writeTwin } from "../io/twin-directory.js";
import { defaultSpec, type Score, type TwinSpec } from "../twin/spec.js";
import { createAgent } from "./agents.js";
import { payload, type RunConfiguration, runFiles, writeJson } from "./run-directory.js";
import { baselinesOf, type Judgement, judgeTwin, posteriorOf } from "./scoring.js";
import { inboxSteering } from "./steering-inbox.js";
import { bar, progressLine, say } from "./terminal.js";
import { versions } from "./versions.js";

/** What `leads discover --json` prints and result.json holds. */
export interface RunResult {
  readonly run: string;
  readonly case: string;
  readonly evaluations: number;
  readonly seconds: number;
  readonly stop: { readonly reason: string; readonly detail: string };
  readonly best: {
    readonly candidate: number;
    readonly reaction: string;
    readonly variant?: string;
    readonly diffusion: string;
    readonly parameters: Readonly<Record<string, number>>;
    readonly parameter_count: number;
    readonly validation: Score;
    readonly test: Score;
  } | null;
  readonly baselines: Readonly<Record<string, Score>>;
  /** How the recordings weigh the reactions that were tried; null when nothing was fitted. */
  readonly posterior: Readonly<Record<string, number>> | null;
  readonly fingerprint: string;
}

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
  return { data, summary: summariseCase(data, { trivial, inputHashes }) };
}

/** Workers: one a core, but not more than four; results do not depend on their number. */
export const workerCount = (): number => Math.min(4, Math.max(1, availableParallelism()));

export const createExecutor = (data: Case, workers = workerCount()): Executor =>
  workerPool(new URL("../fit/worker.js", import.meta.url), data, workers);

export const evaluateWith =
  (data: Case, executor: Executor): Evaluate =>
  (spec, { seed, signal, onProgress }) =>
    fitCandidate({ data, catalog, executor, seed, signal, onProgress }, spec);

export interface DiscoveryRun {
  readonly outcome: DiscoverOutcome;
  readonly result: RunResult;
  readonly summary: CaseSummary;
  readonly judgement: Judgement | null;
}

/** What can fail for a bad case or agent, before anything is written. */
export async function prepareDiscovery(configuration: RunConfiguration) {
  const agent = createAgent(configuration.agent, configuration.baseUrl);
  const offered = offeredCatalog(catalog, configuration.reactions);
  // A damaged test recording must not come to light after the fits. What is read here is dropped.
  await readCase(configuration.case, { include: ["test"] });
  return { agent, offered, configuration, ...(await openForDiscovery(configuration)) };
}
export type PreparedRun = Awaited<ReturnType<typeof prepareDiscovery>>;

/** What a run's journal begins with, whoever decides in it. */
export const setupFacts = ({ offered, configuration, summary }: PreparedRun) => ({
  case: summary,
  catalog: offered,
  budget: { evaluations: configuration.evaluations, seconds: configuration.seconds },
  seed: configuration.seed,
  initialSpec: initialSpecFor(offered, summary),
  // Of the program that runs now: a journal of another version is not gone on with.
  versions: versions(),
  ...(configuration.branch ? { parent: configuration.branch.parent } : {}),
});

/** Runs or resumes discovery in a run folder, scores the winner on the test recordings, writes all. */
export async function runDiscovery(
  directory: string,
  prepared: PreparedRun,
  signal: AbortSignal,
): Promise<DiscoveryRun> {
  const { agent, configuration, data, summary } = prepared;
  const executor = createExecutor(data);
  const store = fileStore(join(directory, runFiles.journal));
  const line = progressLine();
  const left_s = timeLeft(configuration.seconds);
  try {
    const outcome = await discover({
      ...setupFacts(prepared),
      agent,
      evaluate: evaluateWith(data, executor),
      journal: await openJournal(store),
      steering: inboxSteering(directory, say),
      signal,
      onEvent: (event, recorded) => {
        line.clear();
        left_s.heard(event);
        if (!recorded) tellEvent(event, directory);
      },
      onProgress: (candidate, spec, p) =>
        line.update(`${progressText(candidate, spec, p)}, ${left_s.text()} left`),
    });
    line.clear();
    const finished = outcome.status === "finished";
    const judgement = finished ? await judgeBest(configuration.case, outcome.best) : null;
    const result = resultOf(directory, configuration, outcome, judgement);
    if (finished) await writeOutcome(directory, data, outcome, result);
    return { outcome, result, summary, judgement };
  } finally {
    line.clear();
    await store.close();
    await executor.close();
  }
}

async function judgeBest(path: string, best: Candidate | null): Promise<Judgement | null> {
  if (best?.result.status !== "fitted") return null;
  const { spec, values } = best.result;
  return judgeTwin(await readCase(path), { spec, values }, "test");
}

async function writeOutcome(
  directory: string,
  data: Case,
  { best }: DiscoverOutcome,
  result: RunResult,
): Promise<void> {
  if (best) {
    const { spec, values } = best.result;
    await writeTwin(join(directory, runFiles.twin), { twin: { spec, values }, mesh: data.mesh });
  }
  await writeJson(join(directory, runFiles.result), result);
}

function resultOf(
  directory: string,
  configuration: RunConfiguration,
  outcome: DiscoverOutcome,
  judgement: Judgement | null,
): RunResult {
  const { best } = outcome;
  return {
    run: directory,
    case: configuration.case,
    evaluations: outcome.archive.length,
    seconds: Math.round(10 * outcome.elapsed_s) / 10,
    stop: { reason: outcome.stop.code, detail: outcome.stop.detail },
    best:
      best && judgement
        ? {
            candidate: best.id,
            reaction: best.result.spec.reaction.name,
            ...variantOf(best),
            diffusion: best.result.spec.diffusion.name,
            parameters: best.result.values.scalars,
            parameter_count: best.result.parameterCount,
            validation: best.result.validation,
            test: judgement.score,
          }
        : null,
    baselines: judgement?.baselines ?? {},
    posterior: judgement ? posteriorWeights(outcome, judgement) : null,
    fingerprint: outcome.fingerprint,
  };
}

/** Seconds of the budget that are left: what the journal counts, and the time since its last event. */
function timeLeft(seconds: number) {
  let [elapsed_s, at, budget_s] = [0, performance.now(), seconds];
  return {
    heard: (event: JournalEvent) => {
      [elapsed_s, at] = [event.clock.elapsed_s, performance.now()];
      if (event.type !== "steered") return;
      const { command } = payload<Steered>(event);
      if (command.command === "budget") budget_s = command.seconds ?? budget_s;
    },
    text: () => {
      const left_s = Math.max(0, budget_s - elapsed_s - (performance.now() - at) / 1000);
      const [minutes, rest] = [Math.floor(left_s / 60), Math.floor(left_s % 60)];
      return `${minutes}:${String(rest).padStart(2, "0")}`;
    },
  };
}

const variantOf = ({ result }: Candidate): { variant?: string } => {
  const { variant } = result.spec.reaction;
  return variant ? { variant } : {};
};

function posteriorWeights({ archive }: DiscoverOutcome, judgement: Judgement) {
  const posterior = posteriorOf(
    archive.map(({ result }) => result),
    judgement,
  );
  return posterior && Object.fromEntries(posterior.reactions.map((r) => [r.reaction, r.weight]));
}

interface EventText {
  readonly thought?: string;
  readonly actions?: readonly { readonly action: string }[];
  readonly reason?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly id?: number;
  readonly result?: Candidate["result"];
}

/** The run as it happens, one line an event. */
function tellEvent(event: JournalEvent, directory: string): void {
  if (event.type === "steered") tellSteered(payload<Steered>(event), directory);
  const data = payload<EventText>(event);
  if (event.type === "decided" && data.thought) say(`think   ${data.thought}`);
  if (event.type === "refused") say(`refused ${data.reason}`);
  if (event.type === "candidate-finished" && data.result) say(`fitted  ${candidateText(data)}`);
  if (event.type === "stopped") say(`stop    ${data.code}: ${data.detail}`);
}

function tellSteered({ command, outcome }: Steered, directory: string): void {
  const wayOn = command.command === "pause" ? `; go on with: leads steer ${directory} resume` : "";
  say(`steered ${describeCommand(command)}: ${outcome}${wayOn}`);
}

function candidateText({ id, result }: EventText): string {
  const { spec, status, reason, validation, excess } = result!;
  const name = `#${id} ${describeSpec(spec)}`;
  if (status !== "fitted") return `${name}: ${status}, ${reason}`;
  const mse = validation.mse === null ? "" : `validation MSE ${validation.mse.toExponential(2)}, `;
  const at = validation.at_mae_ms === null ? "-" : `${validation.at_mae_ms.toFixed(2)} ms`;
  return `${name}: ${mse}activation error ${at}, excess ${excess.toExponential(2)}`;
}

function progressText(
  candidate: number,
  spec: TwinSpec,
  p: { phase: string; iteration: number; of: number; loss: number },
): string {
  const share = `[${bar(p.iteration / p.of)}] ${p.iteration}/${p.of}`;
  return `fit #${candidate} ${describeSpec(spec)} ${p.phase} ${share} loss ${p.loss.toExponential(2)}`;
}
