import { createRandom } from "../core/random.js";
import type { Agent } from "./agents/agent.js";
import { sha256 } from "./canonical.js";
import type { Observation } from "./observation.js";
import {
  createRun,
  type DiscoverOutcome,
  finishRun,
  markInterrupted,
  markResumed,
  observeRun,
  outcomeOf,
  type Run,
  type RunSetup,
  recordedStop,
  startRun,
  stopNow,
} from "./run.js";
import { steerRun } from "./steer-run.js";
import { type Answer, decideRun, settleRun } from "./step.js";
import type { StopReason } from "./stops.js";

export interface DiscoverSetup extends Omit<RunSetup, "agentName"> {
  readonly agent: Agent;
}

/**
 * Observe, think, act, until a reason to stop. A journal with recorded events is resumed: they
 * are played first. Errors: what the agent or the fit throws, and "journal-mismatch" when the
 * journal belongs to another run; the journal stays resumable after each of them.
 */
export async function discover({ agent, ...setup }: DiscoverSetup): Promise<DiscoverOutcome> {
  const run = createRun({ ...setup, agentName: agent.name });
  const resumed = run.tape.peek() !== undefined;
  await startRun(run);
  if (resumed) await markResumed(run);
  try {
    for (;;) {
      const stop = await takeTurn(run, agent);
      if (stop) return await finishRun(run, stop);
    }
  } catch (error) {
    const detail = await markInterrupted(run, error);
    if (!run.signal.aborted) throw error;
    return outcomeOf(run, "interrupted", { code: "interrupted", detail });
  }
}

/** One turn; returns the reason when it is the last one. */
async function takeTurn(run: Run, agent: Agent): Promise<StopReason | null> {
  await steerRun(run, "step");
  const stop = stopNow(run);
  if (stop) return stop;
  run.signal.throwIfAborted();
  const observation = await observeRun(run);
  if (run.tape.peek() === "stopped") return recordedStop;
  const decided = await decideRun(run, () => ask(run, agent, observation));
  const settled = await settleRun(run, decided);
  return settled.kind === "stop" ? settled.reason : null;
}

async function ask(run: Run, agent: Agent, observation: Observation): Promise<Answer> {
  // Short labels that differ in the last digit alone give related first draws; hashes do not.
  const random = createRandom(run.setup.seed).fork(await sha256(`step/${run.step}`));
  const { usage, ...decision } = await agent.decide(observation, random, run.signal);
  return { decision, usage };
}
