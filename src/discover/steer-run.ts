import { bestOf } from "./archive.js";
import { decode } from "./canonical.js";
import type { JournalEvent } from "./journal.js";
import type { Run } from "./run.js";
import {
  applyCommand,
  type Steered,
  type Steering,
  type SteeringCommand,
  type SteeringContext,
} from "./steering.js";

/** How often commands are looked for while a run is paused or fits. */
const poll_ms = 500;

/**
 * Takes what a person has said since the last look, and stays here while the run is paused. Recorded
 * commands come from the tape; nobody is asked before its end.
 */
export async function steerRun(run: Run, place: Steered["place"]): Promise<void> {
  for (;;) {
    await takeCommands(run, place);
    if (!isPaused(run)) return;
    await run.tape.rest(() => run.clock.wait(poll_ms, run.signal));
    run.signal.throwIfAborted();
  }
}

/** Where nobody can say "resume", a paused run goes on. */
export const isPaused = ({ tape, setup, steered }: Run): boolean =>
  steered.paused && setup.steering !== undefined && tape.peek() === undefined;

/** The same without a wait: one look, one "steered" event a command. */
export async function takeCommands(run: Run, place: Steered["place"]): Promise<void> {
  const { tape, setup, step } = run;
  await playSteering(run);
  if (tape.peek() !== undefined || !setup.steering) return;
  for (const given of await setup.steering.take(run.steered.taken, { step, place })) {
    const { outcome } = applyCommand(run.steered, given.command, contextOf(run));
    apply(run, await tape.next<Steered>("steered", () => ({ ...given, step, place, outcome })));
  }
}

/** Commands that the journal holds at this place; nobody is asked. */
export async function playSteering(run: Run): Promise<void> {
  const recorded = () => Promise.reject(new Error("a recorded event is not made again"));
  while (run.tape.peek() === "steered")
    apply(run, await run.tape.next<Steered>("steered", recorded));
}

function apply(run: Run, { number, command }: Steered): void {
  const { state, budget } = applyCommand(run.steered, command, contextOf(run));
  run.steered = { ...state, taken: Math.max(state.taken, number ?? 0) };
  run.budget = budget;
}

const contextOf = ({ step, budget, archive, current }: Run): SteeringContext => ({
  step,
  budget,
  archive,
  best: bestOf(archive),
  initialSpec: current.spec,
});

/** Aborts `fit` when a veto arrives while it runs; the veto itself is taken by steerRun. */
export function watchForVeto(run: Run, fit: AbortController): () => void {
  const { steering } = run.setup;
  if (!steering) return () => undefined;
  const done = new AbortController();
  const watch = async () => {
    while (!fit.signal.aborted) {
      await run.clock.wait(poll_ms, done.signal);
      if (done.signal.aborted) return;
      const at = { step: run.step, place: "fit" } as const;
      const given = await steering.take(run.steered.taken, at);
      if (given.some(({ command }) => command.command === "veto")) fit.abort(new Error("vetoed"));
    }
  };
  // A folder that cannot be read is an error where commands are taken, not here.
  watch().catch(() => undefined);
  return () => done.abort(new Error("done"));
}

/** Commands without a part in what a replay repeats: the clock, the budget. */
const untold: readonly SteeringCommand["command"][] = ["pause", "resume", "budget"];

/** The commands of a journal, each where it was taken. */
export function replaySteering(events: readonly JournalEvent[]): Steering {
  const recorded = events
    .filter(({ type }) => type === "steered")
    .map((event, k) => ({ ...(decode(event.data) as Steered), number: k + 1 }))
    .filter(({ command }) => !untold.includes(command.command));
  return {
    take: async (after, at) =>
      recorded
        .filter(({ number, step, place }) => {
          return number > after && step === at.step && place === at.place;
        })
        .map(({ number, command }) => ({ number, command })),
  };
}
