import type { CandidateResult } from "../fit/candidate.js";
import type { TwinSpec } from "../twin/spec.js";
import { type Action, type Decision, parseDecision } from "./actions.js";
import type { Usage } from "./agents/agent.js";
import { type ActionContext, applyDecision, candidateSeed, specKey } from "./apply.js";
import { bestOf, type Candidate } from "./archive.js";
import { hashOf } from "./canonical.js";
import { evaluateOnce } from "./evaluate.js";
import type { Refusal } from "./observation.js";
import { pinRefusal } from "./pins.js";
import { type Run, recordedStop } from "./run.js";
import { steerRun, watchForVeto } from "./steer-run.js";
import type { StopReason } from "./stops.js";

/** "decided" in the journal; `invalid` where the answer broke the schema. */
export interface Decided extends Decision {
  readonly step: number;
  readonly usage?: Usage;
  readonly invalid?: string;
}

/** What somebody answered: a decision, if it is one. */
export interface Answer {
  readonly decision: unknown;
  readonly usage?: Usage;
}

/** The decision of this turn: the recorded one, or the answer that is asked for now. */
export const decideRun = (
  { tape, step }: Run,
  ask: () => Promise<Answer> | Answer,
): Promise<Decided> => tape.next("decided", async () => checkAnswer(step, await ask()));

function checkAnswer(step: number, { decision, usage }: Answer): Decided {
  const parsed = parseDecision(decision);
  const counted = usage ? { usage } : {};
  if (parsed.ok) return { step, ...parsed.decision, ...counted };
  return { step, thought: "", actions: [], invalid: parsed.reason, ...counted };
}

/** What became of a decision. */
export type Settled =
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "evaluated"; readonly candidate: Candidate }
  | { readonly kind: "stop"; readonly reason: StopReason };

/** Refuses a decision, or fits what it asks for; then the next turn begins. */
export async function settleRun(run: Run, decided: Decided): Promise<Settled> {
  await steerRun(run, "decision");
  const judged = judge(run, decided);
  if ("refusal" in judged) return refuse(run, decided, judged.refusal);
  if (run.steered.veto !== null) return veto(run, decided, run.steered.veto);
  if ("stop" in judged) return { kind: "stop", reason: { code: "agent", detail: judged.stop } };
  return evaluateNext(run, decided, judged);
}

async function refuse(run: Run, decided: Decided, reason: string): Promise<Settled> {
  const { step } = run;
  await run.tape.next("refused", () => ({ step, reason }));
  run.refused.push(refusalOf(decided, reason));
  run.step++;
  return { kind: "refused", reason };
}

/** A person's veto stands for the whole run, and says nothing about the agent being stuck. */
async function veto(run: Run, decided: Decided, why: string): Promise<Settled> {
  const { step, steered } = run;
  const reason = `vetoed by the person who steers this run${why ? `: ${why}` : "."}`;
  await run.tape.next("refused", () => ({ step, reason, vetoed: true }));
  const vetoed = [...steered.vetoed, refusalOf(decided, reason)];
  run.steered = { ...steered, veto: null, vetoed };
  run.step++;
  return { kind: "refused", reason };
}

const refusalOf = ({ step, from, actions }: Decided, reason: string): Refusal => ({
  step,
  from: from ?? null,
  actions,
  reason,
});

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
  if (!applied.ok) return { refusal: applied.reason };
  const pinned = pinRefusal(run.steered.pins, applied.spec);
  return pinned ? { refusal: pinned } : { spec: applied.spec, parent };
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

async function evaluateNext(run: Run, decided: Decided, next: Next): Promise<Settled> {
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
    const { thought, actions } = decided;
    // The journal keeps seconds beside the hashed part.
    const timed = { ...result, spec: next.spec, seconds: result.seconds ?? seconds };
    run.archive.push({ ...finished, thought, actions, result: timed });
  } catch (error) {
    const wasCut = cut.deadline.signal.aborted || cut.veto.signal.aborted;
    if (!wasCut || run.signal.aborted) throw error;
    await steerRun(run, "decision");
    if (run.steered.veto !== null) return veto(run, decided, run.steered.veto);
    // The veto was taken back, or somebody has given the run more time.
    if (cut.veto.signal.aborted || run.budget.seconds > budget_s)
      return evaluateNext(run, decided, next);
    const detail = `the time ran out while candidate ${id} was being fitted`;
    return { kind: "stop", reason: { code: "seconds", detail } };
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
    onProgress: (progress) => setup.onProgress?.(id, spec, progress),
  }).finally(unwatch);
  const resultHash = await hashOf(result);
  return { id, parent, seed, result: result as CandidateResult, resultHash, seconds };
}
