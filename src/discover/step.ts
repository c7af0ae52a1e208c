import type { CandidateResult } from "../fit/candidate.js";
import type { TwinSpec } from "../twin/spec.js";
import { type Action, type Decision, parseDecision } from "./actions.js";
import type { Usage } from "./agents/agent.js";
import { type ActionContext, applyDecision, candidateSeed, specKey } from "./apply.js";
import { bestOf, type Candidate } from "./archive.js";
import { canonical, encode, hashOf } from "./canonical.js";
import { evaluateOnce } from "./evaluate.js";
import { firstStarts } from "./memory-prior.js";
import type { Observation, Refusal } from "./observation.js";
import { pinRefusal } from "./pins.js";
import { gateDecision, type Ungrounded } from "./recorded-facts.js";
import { type Run, recordedStop, viewRun } from "./run.js";
import { steerRun, watchForVeto } from "./steer-run.js";
import type { StopReason } from "./stops.js";
import { addUsage, noUsage } from "./usage.js";

/** "decided" in the journal; `invalid` where the answer broke the schema. */
export interface Decided extends Decision, Ungrounded {
  readonly step: number;
  readonly usage?: Usage;
  readonly invalid?: string;
  readonly halt?: StopReason;
}

/** What somebody answered: a decision, if it is one. */
export interface Answer {
  readonly decision: unknown;
  readonly usage?: Usage;
  /** Instead of a decision: the budget does not pay for one. */
  readonly halt?: StopReason;
}

/** The decision of this turn: the recorded one, or the answer that is asked for now. */
export async function decideRun(run: Run, ask: () => Promise<Answer> | Answer): Promise<Decided> {
  const decided = await run.tape.next("decided", async () => {
    const shown = run.shown?.step === run.step ? run.shown : viewRun(run);
    return checkAnswer(shown, await ask());
  });
  run.usage = addUsage(run.usage, decided.usage ?? noUsage);
  return decided;
}

function checkAnswer(shown: Observation, { decision, usage, halt }: Answer): Decided {
  const { step } = shown;
  const counted = usage ? { usage } : {};
  if (halt) return { step, thought: "", actions: [], halt, ...counted };
  const parsed = parseDecision(decision);
  if (parsed.ok)
    return { step, ...parsed.decision, ...gateDecision(parsed.decision, shown), ...counted };
  return { step, thought: "", actions: [], invalid: parsed.reason, ...counted };
}

/** What became of a decision. */
export type Settled =
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "evaluated"; readonly candidate: Candidate }
  | { readonly kind: "stop"; readonly reason: StopReason };

/**
 * Refuses a decision, or fits what it asks for; then the next turn begins. After a fit that was cut
 * short the decision is judged again with what was said since, as a resumed run will judge it.
 */
export async function settleRun(run: Run, decided: Decided): Promise<Settled> {
  let spent_s: number | null = null;
  for (;;) {
    await steerRun(run, "decision");
    const judged = judge(run, decided);
    if ("refusal" in judged) return refuse(run, decided, judged.refusal);
    // A veto is about this decision, a pin about all of them.
    if (run.steered.veto !== null) return veto(run, decided, judged);
    if ("stop" in judged) return { kind: "stop", reason: judged.stop };
    const pinned = pinRefusal(run.steered.pins, judged.spec);
    if (pinned) return refuse(run, decided, pinned);
    if (spent_s !== null && run.budget.seconds <= spent_s) return outOfTime(run);
    const fitted = await evaluateNext(run, decided, judged);
    if (fitted.kind !== "cut") return fitted;
    spent_s = fitted.spent_s;
  }
}

function outOfTime({ archive }: Run): Settled {
  const detail = `the time ran out while candidate ${archive.length} was being fitted`;
  return { kind: "stop", reason: { code: "seconds", detail } };
}

async function refuse(run: Run, decided: Decided, reason: string): Promise<Settled> {
  const { step } = run;
  await run.tape.next("refused", () => ({ step, reason }));
  run.refused.push(refusalOf(decided, reason));
  run.step++;
  return { kind: "refused", reason };
}

/** A person's veto stands for the whole run, and says nothing about the agent being stuck. */
async function veto(run: Run, decided: Decided, judged: Acceptable): Promise<Settled> {
  const { step, steered } = run;
  const reason = `vetoed by the person who steers this run${steered.veto ? `: ${steered.veto}` : "."}`;
  await run.tape.next("refused", () => ({ step, reason, vetoed: true }));
  const vetoed = [...steered.vetoed, refusalOf(decided, reason)];
  run.steered = { ...steered, veto: null, vetoed };
  if ("spec" in judged) run.vetoed.set(vetoKey(decided, judged.spec), step);
  run.step++;
  return { kind: "refused", reason };
}

/** The same actions to the same end, from whatever candidate. */
const vetoKey = ({ actions }: Decision, spec: TwinSpec): string =>
  `${canonical(encode(actions))} ${specKey(spec)}`;

const refusalOf = ({ step, from, actions }: Decided, reason: string): Refusal => ({
  step,
  from: from ?? null,
  actions,
  reason,
});

type Acceptable = { readonly stop: StopReason } | Next;
type Judged = { readonly refusal: string } | Acceptable;

function judge(run: Run, decided: Decided): Judged {
  if (decided.halt) return { stop: decided.halt };
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
    const { unrecordedReason: unrecorded } = decided;
    if (run.archive.length > 0)
      return { stop: { code: "agent", detail: stop, ...(unrecorded ? { unrecorded } : {}) } };
    return { refusal: "stop: nothing has been evaluated yet, so there is no twin to return." };
  }
  const base = from === undefined ? run.current.spec : run.archive[from].result.spec;
  const applied = applyDecision(context, base, decided);
  if (!applied.ok) return { refusal: applied.reason };
  const vetoedAt = run.vetoed.get(vetoKey(decided, applied.spec));
  if (vetoedAt !== undefined)
    return { refusal: `the person who steers this run vetoed the same at step ${vetoedAt}.` };
  return { spec: applied.spec, parent };
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

interface Next {
  readonly spec: TwinSpec;
  readonly parent: number | null;
}

/** A fit that ended early. */
interface CutShort {
  readonly kind: "cut";
  /** The budget of seconds that was used up; null: a veto ended it. */
  readonly spent_s: number | null;
}

async function evaluateNext(run: Run, decided: Decided, next: Next): Promise<Settled | CutShort> {
  if (run.tape.peek() === "stopped") return { kind: "stop", reason: recordedStop };
  const id = run.archive.length;
  const cut = { deadline: new AbortController(), veto: new AbortController() };
  const budget_s = run.budget.seconds;
  let seconds = 0;
  const produce = async (): Promise<Finished> => {
    const { seconds: spent, ...finished } = await fitNext(run, next, cut);
    seconds = spent;
    return finished;
  };
  try {
    const { result, ...finished } = await run.tape.next(
      "candidate-finished",
      produce,
      () => seconds,
    );
    const { thought, actions, unrecorded } = decided;
    // The journal keeps seconds beside the hashed part.
    const timed = { ...result, spec: next.spec, seconds: result.seconds ?? seconds };
    run.archive.push({
      ...{ ...finished, thought, actions },
      ...(unrecorded ? { unrecorded } : {}),
      result: timed,
    });
  } catch (error) {
    const wasCut = cut.deadline.signal.aborted || cut.veto.signal.aborted;
    if (!wasCut || run.signal.aborted) throw error;
    return { kind: "cut", spent_s: cut.veto.signal.aborted ? null : budget_s };
  }
  run.evaluated.set(specKey(next.spec), id);
  run.current = { candidate: id, spec: next.spec };
  run.refused = [];
  run.step++;
  return { kind: "evaluated", candidate: run.archive[id] };
}

/** What may end a fit but Ctrl-C. */
interface Cut {
  readonly deadline: AbortController;
  readonly veto: AbortController;
}

/** The fit itself, under the run's deadline and a person's veto. */
async function fitNext(
  run: Run,
  { spec, parent }: Next,
  { deadline, veto }: Cut,
): Promise<Finished & { readonly seconds: number }> {
  const { setup, archive, clock, tape } = run;
  const id = archive.length;
  const seed = setup.seedOf?.(id) ?? candidateSeed(setup.seed, specKey(spec));
  const unwatch = watchForVeto(run, veto);
  const { seconds, ...result } = await evaluateOnce(setup.evaluate, spec, {
    seed,
    interrupt: AbortSignal.any([run.signal, veto.signal]),
    deadline,
    // Until there is a twin to return, the first fits may take longer than the budget.
    left_ms: bestOf(archive)
      ? 1000 * (run.budget.seconds - tape.elapsed_s())
      : Number.POSITIVE_INFINITY,
    clock,
    ...(setup.memory ? { starts: firstStarts(setup.memory) } : {}),
    onProgress: (progress) => setup.onProgress?.(id, spec, progress),
  }).finally(unwatch);
  const resultHash = await hashOf(result);
  return { id, parent, seed, result: result as CandidateResult, resultHash, seconds };
}
