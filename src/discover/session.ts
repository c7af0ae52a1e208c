import { fail } from "../core/errors.js";
import type { Decision } from "./actions.js";
import type { Usage } from "./agents/agent.js";
import type { Candidate } from "./archive.js";
import type { Observation } from "./observation.js";
import {
  createRun,
  type DiscoverOutcome,
  finishRun,
  markInterrupted,
  markResumed,
  observeRun,
  type Run,
  type RunSetup,
  recordedStop,
  startRun,
  stopNow,
  viewRun,
} from "./run.js";
import { isPaused, playSteering, steerRun, takeCommands } from "./steer-run.js";
import { type Answer, type Decided, decideRun, settleRun } from "./step.js";
import type { StopReason } from "./stops.js";

/** What became of one act. */
export type StepOutcome =
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "evaluated"; readonly candidate: Candidate }
  | { readonly kind: "stopped"; readonly outcome: DiscoverOutcome };

/**
 * A discovery that somebody drives from outside, turn by turn. Its journal holds the events that
 * `discover` would write for the same decisions. One call at a time: a second one fails with
 * "session-busy".
 */
export interface Session {
  /** Looks; the first look of a turn is written into the journal. Does not wait for a pause's end. */
  observe(): Promise<Observation>;
  /** The same without a word in the journal, at any time. */
  view(): Observation;
  /** The archive in full. */
  candidates(): readonly Candidate[];
  /**
   * Refuses a decision or fits it. What breaks the schema is refused as well. Where a reason to
   * stop is due, the run ends before the decision is read. Waits while the run is paused, until its
   * signal aborts. Errors: "session-pending", "session-ended", and those of the fit; after those the
   * decision is pending.
   */
  act(decision: unknown, more?: { readonly usage?: Usage }): Promise<StepOutcome>;
  /** Goes on with the decision that is pending. Errors: "nothing-pending". */
  resume(): Promise<StepOutcome>;
  /** Ends the run; a pending decision is dropped. An ended run gives its outcome again. */
  close(reason: string): Promise<DiscoverOutcome>;
  /** The decision whose fit was cut short, if the journal ends with one. */
  pending(): Decision | null;
  /** The reason that would end the run at the next act. */
  due(): StopReason | null;
  /** Somebody has paused the run: the next act waits. */
  paused(): boolean;
  /** Of a run that has ended. */
  outcome(): DiscoverOutcome | null;
}

interface State {
  readonly run: Run;
  pending: Decided | null;
  outcome: DiscoverOutcome | null;
  observed: boolean;
  busy: boolean;
}

/**
 * Opens a run for stepping: a new one where the journal is empty, else where it was left. Errors:
 * "journal-mismatch", "bad-budget".
 */
export async function openSession(setup: RunSetup): Promise<Session> {
  const run = createRun(setup);
  const state: State = { run, pending: null, outcome: null, observed: false, busy: false };
  await startRun(run);
  await play(state);
  return {
    observe: () => alone(state, () => observe(state)),
    view: () => viewRun(run),
    candidates: () => run.archive,
    act: (decision, { usage } = {}) => alone(state, () => act(state, { decision, usage })),
    resume: () => alone(state, () => resume(state)),
    close: (reason) =>
      alone(state, async () => state.outcome ?? end(state, { code: "closed", detail: reason })),
    pending: () => state.pending,
    due: () => (state.outcome ? null : stopNow(run)),
    paused: () => state.outcome === null && isPaused(run),
    outcome: () => state.outcome,
  };
}

/** Plays the recording; it may end before, within or after a turn, or with the run. */
async function play(state: State): Promise<void> {
  const { run } = state;
  const { tape } = run;
  const unheard = () => ({ decision: null });
  for (await playSteering(run); tape.peek() !== undefined; await playSteering(run)) {
    if (tape.peek() !== "stopped") {
      await observeRun(run);
      state.observed = true;
      await playSteering(run);
    }
    if (tape.peek() === "decided") {
      state.pending = await decideRun(run, unheard);
      await playSteering(run);
    }
    if (tape.peek() === "stopped") await end(state, recordedStop);
    else if (tape.peek() !== undefined) await settle(state);
  }
}

async function observe(state: State): Promise<Observation> {
  const { run, pending, outcome, observed } = state;
  if (!pending && !outcome) await takeCommands(run, "step");
  // A look at a turn that will not be taken, or not yet, is no event.
  if (pending || outcome || observed || isPaused(run) || stopNow(run)) return viewRun(run);
  const observation = await observeRun(run);
  state.observed = true;
  return observation;
}

async function act(state: State, answer: Answer): Promise<StepOutcome> {
  const { run } = state;
  if (state.outcome) ended(state.outcome);
  if (state.pending)
    fail({
      code: "session-pending",
      message: `The decision of step ${state.pending.step} is in the journal without its outcome: its fit was cut short, or another process is at it.`,
      fix: "Go on with that decision first, or close the session.",
    });
  await steerRun(run, "step");
  const stop = stopNow(run);
  if (stop) return { kind: "stopped", outcome: await end(state, stop) };
  run.signal.throwIfAborted();
  await observe(state);
  state.pending = await decideRun(run, () => answer);
  return guarded(run, () => settle(state));
}

async function resume(state: State): Promise<StepOutcome> {
  if (state.outcome) ended(state.outcome);
  if (!state.pending)
    fail({
      code: "nothing-pending",
      message: "No decision is waiting for its outcome.",
      fix: "Give a decision: a thought and one action or more.",
    });
  state.run.signal.throwIfAborted();
  await markResumed(state.run);
  return guarded(state.run, () => settle(state));
}

/** The outcome of the pending decision, recorded or new. */
async function settle(state: State): Promise<StepOutcome> {
  const settled = await settleRun(state.run, state.pending!);
  if (settled.kind === "stop")
    return { kind: "stopped", outcome: await end(state, settled.reason) };
  state.pending = null;
  state.observed = false;
  return settled;
}

async function end(state: State, reason: StopReason): Promise<DiscoverOutcome> {
  state.outcome = await finishRun(state.run, reason);
  state.pending = null;
  return state.outcome;
}

async function guarded<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await markInterrupted(run, error);
    throw error;
  }
}

async function alone<T>(state: State, work: () => Promise<T>): Promise<T> {
  if (state.busy)
    fail({
      code: "session-busy",
      message: "The session is at work on an earlier call.",
      fix: "Wait for its answer.",
    });
  state.busy = true;
  try {
    return await work();
  } finally {
    state.busy = false;
  }
}

const ended = ({ stop }: DiscoverOutcome): never =>
  fail({
    code: "session-ended",
    message: `This run has ended (${stop.code}: ${stop.detail}).`,
    fix: "Its result: leads session close RUN. To go on another way: leads branch RUN --from STEP.",
  });
