import { fail } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import type { CandidateResult } from "../fit/candidate.js";
import type { Progress } from "../fit/context.js";
import type { Catalog, TwinSpec } from "../twin/spec.js";
import { type Action, type Decision, parseDecision } from "./actions.js";
import type { Agent, AgentDecision, Usage } from "./agents/agent.js";
import {
  type ActionContext,
  applyDecision,
  candidateSeed,
  completeSpec,
  specKey,
} from "./apply.js";
import { bestOf, type Candidate } from "./archive.js";
import { canonical, encode, hashOf, type Json, sha256 } from "./canonical.js";
import type { CaseSummary } from "./case-summary.js";
import { type Clock, systemClock } from "./clock.js";
import { type CatalogView, viewCatalog } from "./entries.js";
import { type Evaluate, evaluateOnce } from "./evaluate.js";
import { type Journal, journalFormat } from "./journal.js";
import { type Observation, observe, type Refusal, timeless } from "./observation.js";
import {
  type Budget,
  budgetStops,
  firstReason,
  type LoopState,
  type StopPredicate,
  type StopReason,
} from "./stops.js";
import { createTape, type OnEvent, type Tape } from "./tape.js";

export interface DiscoverSetup {
  readonly case: CaseSummary;
  readonly catalog: Catalog;
  readonly agent: Agent;
  readonly evaluate: Evaluate;
  readonly budget: Budget;
  readonly journal: Journal;
  readonly seed: number;
  readonly initialSpec: TwinSpec;
  /** Written into the journal and compared on resume: the command's effective configuration. */
  readonly configuration?: Json;
  readonly versions?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Ctrl-C: the run ends where it is and can be resumed. */
  readonly signal?: AbortSignal;
  readonly stops?: readonly StopPredicate[];
  readonly onEvent?: OnEvent;
  readonly onProgress?: (candidate: number, spec: TwinSpec, progress: Progress) => void;
}

export interface DiscoverOutcome {
  /** "interrupted" runs can be resumed from their journal. */
  readonly status: "finished" | "interrupted";
  readonly stop: StopReason;
  readonly best: Candidate | null;
  readonly archive: readonly Candidate[];
  readonly elapsed_s: number;
  /** Hash of the last chained event: equal for equal runs. */
  readonly fingerprint: string;
}

/** The loop's memory between steps. */
interface Run {
  readonly setup: DiscoverSetup;
  readonly tape: Tape;
  readonly view: CatalogView;
  readonly signal: AbortSignal;
  readonly archive: Candidate[];
  readonly evaluated: Map<string, number>;
  current: Observation["current"];
  refused: Refusal[];
}

/**
 * Observe, think, act, until a reason to stop. A journal with recorded events is resumed: they
 * are played first. Errors: what the agent or the fit throws, and "journal-mismatch" when the
 * journal belongs to another run; the journal stays resumable after each of them.
 */
export async function discover(setup: DiscoverSetup): Promise<DiscoverOutcome> {
  const clock = setup.clock ?? systemClock;
  const tape = createTape(setup.journal, clock, setup.onEvent ?? (() => undefined));
  const run = createRun(setup, tape);
  await start(run);
  try {
    for (let step = 0; ; step++) {
      const stop = await takeStep(run, step, clock);
      if (stop) return await finish(run, stop);
    }
  } catch (error) {
    // A journal that cannot be written must not hide the reason of the interruption.
    const note = run.signal.aborted ? "stopped by the user" : String((error as Error)?.message);
    await tape.mark("interrupted", { reason: note }).catch(() => undefined);
    if (!run.signal.aborted) throw error;
    return outcome(run, "interrupted", { code: "interrupted", detail: note });
  }
}

function createRun(setup: DiscoverSetup, tape: Tape): Run {
  if (!(setup.budget.evaluations >= 1 && setup.budget.seconds > 0))
    fail({
      code: "bad-budget",
      message: `A budget of ${setup.budget.evaluations} evaluations and ${setup.budget.seconds} seconds allows nothing.`,
      fix: "Give at least one evaluation and more than zero seconds.",
    });
  const spec = completeSpec(setup.catalog, setup.initialSpec);
  return {
    setup,
    tape,
    view: viewCatalog(setup.catalog, setup.case.mesh),
    signal: setup.signal ?? new AbortController().signal,
    archive: [],
    evaluated: new Map(),
    current: { candidate: null, spec },
    refused: [],
  };
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
}

async function start({ setup, tape, current, view }: Run): Promise<void> {
  const mine: RunStarted = {
    format: journalFormat,
    versions: setup.versions ?? {},
    configuration: setup.configuration ?? {},
    seed: setup.seed,
    agent: setup.agent.name,
    budget: setup.budget,
    inputHashes: setup.case.inputHashes,
    caseHash: await hashOf(setup.case),
    catalogHash: await hashOf(view),
    initialSpec: current.spec,
  };
  const resumed = tape.peek() !== undefined;
  const recorded = await tape.next("run-started", () => mine);
  for (const key of Object.keys(mine) as (keyof RunStarted)[])
    if (canonical(encode(recorded[key])) !== canonical(encode(mine[key])))
      fail({
        code: "journal-mismatch",
        path: setup.journal.name,
        message: `${setup.journal.name}: this run's ${key} is not the one the journal began with.`,
        fix: "Resume with the same case, agent, seed, budget and version, or start a new run.",
      });
  if (resumed) await tape.mark("resumed", { events: setup.journal.recorded.length });
}

/** One turn; returns the reason when it is the last one. */
async function takeStep(run: Run, step: number, clock: Clock): Promise<StopReason | null> {
  const { tape, setup } = run;
  const stop = stopNow(run);
  if (stop) return stop;
  run.signal.throwIfAborted();
  const observation = observeRun(run, step);
  await tape.next("observed", async () => ({
    step,
    observation: await hashOf(timeless(observation)),
    best: observation.best,
    evaluations: run.archive.length,
  }));
  const decided = await tape.next("decided", async () => {
    // Short labels that differ in the last digit alone give related first draws; hashes do not.
    const random = createRandom(setup.seed).fork(await sha256(`step/${step}`));
    return checkDecision(step, await setup.agent.decide(observation, random, run.signal));
  });
  const judged = judge(run, decided);
  if ("refusal" in judged) {
    await tape.next("refused", () => ({ step, reason: judged.refusal }));
    const { from, actions } = decided;
    run.refused.push({ step, from: from ?? null, actions, reason: judged.refusal });
    return null;
  }
  if ("stop" in judged) return { code: "agent", detail: judged.stop };
  return evaluateNext(run, decided, judged, clock);
}

/** Recorded stops count as they are; the clock of a resumed run has no say in the past. */
function stopNow(run: Run): StopReason | null {
  const next = run.tape.peek();
  if (next === "stopped") return { code: "recorded", detail: "" };
  if (next !== undefined) return null;
  const state: LoopState = {
    archive: run.archive,
    elapsed_s: run.tape.elapsed_s(),
    refusedInARow: run.refused.length,
    budget: run.setup.budget,
  };
  return firstReason([...budgetStops, ...(run.setup.stops ?? [])], state);
}

function observeRun(run: Run, step: number): Observation {
  const { budget } = run.setup;
  const seconds = run.tape.elapsed_s();
  return observe({
    step,
    case: run.setup.case,
    catalog: run.view,
    archive: run.archive,
    current: run.current,
    refused: [...run.refused],
    budget: {
      evaluations: run.archive.length,
      evaluationsLeft: Math.max(0, budget.evaluations - run.archive.length),
      seconds,
      secondsLeft: Math.max(0, budget.seconds - seconds),
    },
  });
}

/** "decided" in the journal; `invalid` where the agent's answer broke the schema. */
interface Decided extends Decision {
  readonly step: number;
  readonly usage?: Usage;
  readonly invalid?: string;
}

function checkDecision(step: number, { usage, ...decision }: AgentDecision): Decided {
  const parsed = parseDecision(decision);
  const counted = usage ? { usage } : {};
  if (parsed.ok) return { step, ...parsed.decision, ...counted };
  return { step, thought: "", actions: [], invalid: parsed.reason, ...counted };
}

type Judged =
  | { readonly refusal: string }
  | { readonly stop: string }
  | { readonly spec: TwinSpec; readonly parent: number | null };

function judge(run: Run, decided: Decided): Judged {
  if (decided.invalid) return { refusal: `not a decision: ${decided.invalid}` };
  const { from } = decided;
  const parent = from === undefined ? run.current.candidate : from;
  if (from !== undefined && !run.archive[from])
    return { refusal: `there is no candidate ${from}; there are ${run.archive.length}.` };
  const context: ActionContext = {
    catalog: run.setup.catalog,
    view: run.view,
    case: run.setup.case,
    evaluated: run.evaluated,
  };
  const stop = stopOf(decided.actions);
  if (stop !== undefined) {
    if (decided.actions.length > 1) return { refusal: "stop stands alone." };
    if (run.archive.length > 0) return { stop };
    return { refusal: "stop: nothing has been evaluated yet, so there is no twin to return." };
  }
  const base = from === undefined ? run.current.spec : run.archive[from].result.spec;
  const applied = applyDecision(context, base, decided);
  return applied.ok ? { spec: applied.spec, parent } : { refusal: applied.reason };
}

function stopOf(actions: readonly Action[]): string | undefined {
  for (const action of actions) if (action.action === "stop") return action.reason;
  return undefined;
}

interface Finished {
  readonly id: number;
  readonly parent: number | null;
  readonly seed: number;
  readonly result: CandidateResult;
  readonly resultHash: string;
}

async function evaluateNext(
  run: Run,
  decided: Decided,
  { spec, parent }: { spec: TwinSpec; parent: number | null },
  clock: Clock,
): Promise<StopReason | null> {
  if (run.tape.peek() === "stopped") return { code: "recorded", detail: "" };
  const id = run.archive.length;
  const key = specKey(spec);
  const deadline = new AbortController();
  let seconds = 0;
  const produce = async (): Promise<Finished> => {
    const seed = candidateSeed(run.setup.seed, key);
    const { seconds: spent, ...result } = await evaluateOnce(run.setup.evaluate, spec, {
      seed,
      interrupt: run.signal,
      deadline,
      // Until there is a twin to return, the first fits may take longer than the budget.
      left_ms: bestOf(run.archive)
        ? 1000 * (run.setup.budget.seconds - run.tape.elapsed_s())
        : Number.POSITIVE_INFINITY,
      clock,
      onProgress: (progress) => run.setup.onProgress?.(id, spec, progress),
    });
    seconds = spent;
    return {
      id,
      parent,
      seed,
      result: result as CandidateResult,
      resultHash: await hashOf(result),
    };
  };
  try {
    const { result, ...finished } = await run.tape.next(
      "candidate-finished",
      produce,
      () => seconds,
    );
    run.archive.push({
      ...finished,
      thought: decided.thought,
      actions: decided.actions,
      // The journal keeps seconds beside the hashed part.
      result: { ...result, spec, seconds: result.seconds ?? seconds },
    });
  } catch (error) {
    if (!deadline.signal.aborted || run.signal.aborted) throw error;
    return { code: "seconds", detail: `the time ran out while candidate ${id} was being fitted` };
  }
  run.evaluated.set(key, id);
  run.current = { candidate: id, spec };
  run.refused = [];
  return null;
}

async function finish(run: Run, reason: StopReason): Promise<DiscoverOutcome> {
  const stop = await run.tape.next("stopped", () => reason);
  await run.tape.next("finished", () => ({
    best: bestOf(run.archive)?.id ?? null,
    evaluations: run.archive.length,
  }));
  return outcome(run, "finished", stop);
}

const outcome = (
  run: Run,
  status: DiscoverOutcome["status"],
  stop: StopReason,
): DiscoverOutcome => ({
  status,
  stop,
  best: bestOf(run.archive) ?? null,
  archive: run.archive,
  elapsed_s: run.tape.elapsed_s(),
  fingerprint: run.setup.journal.head(),
});
