import { fail } from "../core/errors.js";
import type { Progress } from "../fit/context.js";
import type { Catalog, TwinSpec } from "../twin/spec.js";
import { AgentError } from "./agents/agent.js";
import { completeSpec } from "./apply.js";
import { bestOf, type Candidate } from "./archive.js";
import { canonical, encode, hashOf, type Json } from "./canonical.js";
import type { CaseSummary } from "./case-summary.js";
import { type Clock, systemClock } from "./clock.js";
import { type CatalogView, viewCatalog } from "./entries.js";
import type { Evaluate } from "./evaluate.js";
import { type Journal, journalFormat } from "./journal.js";
import type { MemoryPrior } from "./memory-prior.js";
import { type Observation, observe, type Refusal, timeless } from "./observation.js";
import { type Steering, type SteeringState, unsteered, viewSteering } from "./steering.js";
import {
  type Budget,
  budgetStops,
  firstReason,
  type LoopState,
  moneyLeft,
  type StopPredicate,
  type StopReason,
} from "./stops.js";
import { createTape, type OnEvent, type Tape } from "./tape.js";
import { addUsage, noUsage, type Usage } from "./usage.js";

/** What a run needs, whoever decides in it. */
export interface RunSetup {
  readonly case: CaseSummary;
  readonly catalog: Catalog;
  /** Who decides: goes into the journal, so never a secret. */
  readonly agentName: string;
  readonly evaluate: Evaluate;
  readonly budget: Budget;
  readonly journal: Journal;
  readonly seed: number;
  readonly initialSpec: TwinSpec;
  /** What earlier patients say of this case; absent: nothing, which is the default. */
  readonly memory?: MemoryPrior;
  /** Written into the journal and compared on resume: the command's effective configuration. */
  readonly configuration?: Json;
  readonly versions?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Ctrl-C: the run ends where it is and can be resumed. */
  readonly signal?: AbortSignal;
  readonly stops?: readonly StopPredicate[];
  /** A person's commands; absent: nobody steers. */
  readonly steering?: Steering;
  /** Of a branch: where it left another run. */
  readonly parent?: Parent;
  /** Seeds of candidates that another run has fitted: a replay of a branch needs them. */
  readonly seedOf?: (candidate: number) => number | undefined;
  readonly onEvent?: OnEvent;
  readonly onProgress?: (candidate: number, spec: TwinSpec, progress: Progress) => void;
}

/** The run that a branch took its first steps from. */
export interface Parent {
  /** The other run's fingerprint where this one leaves it. */
  readonly fingerprint: string;
  /** The first step of the branch's own. */
  readonly step: number;
  /** Candidates taken over; they keep their seeds. */
  readonly candidates: number;
}

export interface DiscoverOutcome {
  /** "interrupted" runs can be resumed from their journal. */
  readonly status: "finished" | "interrupted";
  readonly stop: StopReason;
  readonly best: Candidate | null;
  readonly archive: readonly Candidate[];
  readonly elapsed_s: number;
  /** What a language model took, over all sessions. */
  readonly usage: Usage;
  /** Hash of the last chained event: equal for equal runs. */
  readonly fingerprint: string;
}

/** A run's memory between steps; step.ts takes the steps. */
export interface Run {
  readonly setup: RunSetup;
  readonly clock: Clock;
  readonly tape: Tape;
  readonly view: CatalogView;
  readonly signal: AbortSignal;
  readonly archive: Candidate[];
  /** Specs by number of their candidate. */
  readonly evaluated: Map<string, number>;
  /** Steps of vetoes, by the decision and the spec that it asked for. */
  readonly vetoed: Map<string, number>;
  /** Number of the turn that comes next or is being taken. */
  step: number;
  current: Observation["current"];
  refused: Refusal[];
  /** As it was given, or as a person has changed it since. */
  budget: Budget;
  steered: SteeringState;
  /** What a language model took so far, over all sessions. */
  usage: Usage;
  /** What the agent of this turn was shown. */
  shown?: Observation;
}

export function createRun(setup: RunSetup): Run {
  if (!(setup.budget.evaluations >= 1 && setup.budget.seconds > 0))
    fail({
      code: "bad-budget",
      message: `A budget of ${setup.budget.evaluations} evaluations and ${setup.budget.seconds} seconds allows nothing.`,
      fix: "Give at least one evaluation and more than zero seconds.",
    });
  const clock = setup.clock ?? systemClock;
  return {
    setup,
    clock,
    tape: createTape(setup.journal, clock, setup.onEvent ?? (() => undefined)),
    view: viewCatalog(setup.catalog, setup.case.mesh),
    signal: setup.signal ?? new AbortController().signal,
    archive: [],
    evaluated: new Map(),
    vetoed: new Map(),
    step: 0,
    current: { candidate: null, spec: completeSpec(setup.catalog, setup.initialSpec) },
    refused: [],
    budget: setup.budget,
    steered: unsteered,
    usage: usageOfBrokenTurns(setup.journal),
  };
}

/** Turns that ended without a decision stand beside the chain, and are spent like the others. */
export function usageOfBrokenTurns({ recorded }: Pick<Journal, "recorded">): Usage {
  const marks = recorded.filter(({ type }) => type === "interrupted");
  const usages = marks.map(({ data }) => (data as { usage?: Partial<Usage> }).usage);
  return usages.reduce<Usage>((sum, usage) => addUsage(sum, usage ?? noUsage), noUsage);
}

/** What a journal must share with the run that resumes it. */
export interface RunStarted {
  readonly format: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly configuration: Json;
  readonly seed: number;
  readonly agent: string;
  readonly budget: Budget;
  readonly inputHashes: Readonly<Record<string, string>>;
  readonly caseHash: string;
  readonly catalogHash: string;
  readonly initialSpec: TwinSpec;
  readonly parent?: Parent;
}

/** The prior itself stands in the journal: a replay needs no memory file. */
const withMemory = ({ configuration = {}, memory }: RunSetup): Json =>
  memory ? encode({ ...(configuration as object), memory }) : configuration;

export const memoryOf = ({ configuration }: Pick<RunStarted, "configuration">) =>
  (configuration as { readonly memory?: MemoryPrior } | null)?.memory;

/** Begins the journal, or makes sure that the one that is there belongs to this run. */
export async function startRun({ setup, tape, current, view }: Run): Promise<RunStarted> {
  const mine: RunStarted = {
    format: journalFormat,
    versions: setup.versions ?? {},
    configuration: withMemory(setup),
    seed: setup.seed,
    agent: setup.agentName,
    budget: setup.budget,
    inputHashes: setup.case.inputHashes,
    caseHash: await hashOf(setup.case),
    catalogHash: await hashOf(view),
    initialSpec: current.spec,
    ...(setup.parent ? { parent: setup.parent } : {}),
  };
  const recorded = await tape.next("run-started", () => mine);
  for (const key of Object.keys(mine) as (keyof RunStarted)[])
    if (canonical(encode(recorded[key])) !== canonical(encode(mine[key])))
      fail({
        code: "journal-mismatch",
        path: setup.journal.name,
        message: `${setup.journal.name}: this run's ${key} is not the one the journal began with.`,
        fix: "Resume with the same case, agent, seed, budget, memory and version, or start a new run.",
      });
  return mine;
}

/** A mark of a process that goes on with what an earlier one began. */
export const markResumed = ({ tape, setup }: Run): Promise<void> =>
  tape.mark("resumed", { events: setup.journal.recorded.length });

/** A mark of a process that ends before its run does; returns the reason in words. */
export async function markInterrupted(run: Run, error: unknown): Promise<string> {
  const { signal, tape } = run;
  const reason = signal.aborted ? "stopped by the user" : String((error as Error)?.message);
  const taken = error instanceof AgentError ? { usage: error.usage } : {};
  run.usage = addUsage(run.usage, taken.usage ?? noUsage);
  // A journal that cannot be written must not hide the reason of the interruption.
  await tape.mark("interrupted", { reason, ...taken }).catch(() => undefined);
  return reason;
}

/** The reason to stop before the next turn. The clock of a resumed run has no say in the past. */
export function stopNow(run: Run): StopReason | null {
  const next = run.tape.peek();
  if (next === "stopped") return recordedStop;
  if (next !== undefined) return null;
  const state: LoopState = {
    archive: run.archive,
    elapsed_s: run.tape.elapsed_s(),
    refusedInARow: run.refused.length,
    budget: run.budget,
    usage: run.usage,
  };
  return firstReason([...budgetStops, ...(run.setup.stops ?? [])], state);
}

/** Stands for the reason that the journal holds; finishRun reads it there. */
export const recordedStop: StopReason = { code: "recorded", detail: "" };

/** The observation as it stands, without a word in the journal. */
export function viewRun(run: Run): Observation {
  const { budget } = run;
  const seconds = run.tape.elapsed_s();
  const steering = viewSteering(run.steered);
  return observe({
    step: run.step,
    case: run.setup.case,
    ...(run.setup.memory ? { memory: run.setup.memory } : {}),
    catalog: run.view,
    archive: run.archive,
    current: run.current,
    refused: [...run.refused],
    budget: {
      evaluations: run.archive.length,
      evaluationsLeft: Math.max(0, budget.evaluations - run.archive.length),
      seconds,
      secondsLeft: Math.max(0, budget.seconds - seconds),
      ...moneyLeft(budget, run.usage),
    },
    ...(steering ? { steering } : {}),
  });
}

/** The observation of this turn, and its hash in the journal. */
export async function observeRun(run: Run): Promise<Observation> {
  const observation = viewRun(run);
  run.shown = observation;
  await run.tape.next("observed", async () => ({
    step: run.step,
    observation: await hashOf(timeless(observation)),
    best: observation.best,
    evaluations: run.archive.length,
  }));
  return observation;
}

export async function finishRun(run: Run, reason: StopReason): Promise<DiscoverOutcome> {
  const stop = await run.tape.next("stopped", () => reason);
  await run.tape.next("finished", () => ({
    best: bestOf(run.archive)?.id ?? null,
    evaluations: run.archive.length,
  }));
  return outcomeOf(run, "finished", stop);
}

export const outcomeOf = (
  run: Run,
  status: DiscoverOutcome["status"],
  stop: StopReason,
): DiscoverOutcome => ({
  status,
  stop,
  best: bestOf(run.archive) ?? null,
  archive: run.archive,
  elapsed_s: run.tape.elapsed_s(),
  usage: run.usage,
  fingerprint: run.setup.journal.head(),
});
