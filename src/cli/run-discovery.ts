import type { Agent } from "../discover/agents/agent.js";
import type { CaseSummary } from "../discover/case-summary.js";
import { discover } from "../discover/loop.js";
import type { DiscoverOutcome, RunSetup } from "../discover/run.js";
import { createAgent } from "./agents.js";
import { checkTestRecordings, type PreparedRun, prepareRun, useRun } from "./prepare-run.js";
import type { RunConfiguration } from "./run-directory.js";
import { type Concluded, concludeRun, resultOf } from "./run-outcome.js";
import { progressText, tellEvent, timeLeft } from "./run-text.js";
import { progressLine } from "./terminal.js";

export interface DiscoveryRun extends Concluded {
  readonly outcome: DiscoverOutcome;
  readonly summary: CaseSummary;
}

export type PreparedDiscovery = PreparedRun & { readonly agent: Agent };

/** What can fail for a bad case or agent, before anything is written. */
export async function prepareDiscovery(
  configuration: RunConfiguration,
): Promise<PreparedDiscovery> {
  const agent = createAgent(configuration.agent, configuration.baseUrl);
  await checkTestRecordings(configuration);
  return { agent, ...(await prepareRun(configuration)) };
}

/** Runs or resumes discovery in a run folder, scores the winner on the test recordings, writes all. */
export async function runDiscovery(
  directory: string,
  { agent, ...prepared }: PreparedDiscovery,
  signal: AbortSignal,
): Promise<DiscoveryRun> {
  const { summary, configuration } = prepared;
  const { setup, close } = await useRun(directory, prepared);
  const { clear, ...told } = teller(configuration.seconds);
  try {
    const outcome = await discover({ ...setup, ...told, agent, signal });
    clear();
    const concluded =
      outcome.status === "finished"
        ? await concludeRun(directory, prepared, outcome)
        : { result: resultOf(directory, configuration, outcome, null), judgement: null };
    return { outcome, summary, ...concluded };
  } finally {
    clear();
    await close();
  }
}

/** Tells a run on stderr as it happens; `tell` says what of its events. */
export function teller(
  seconds: number,
  tell = tellEvent,
): Pick<RunSetup, "onEvent" | "onProgress"> & {
  clear(): void;
} {
  const line = progressLine();
  const left_s = timeLeft(seconds);
  return {
    clear: line.clear,
    onEvent: (event, recorded) => {
      line.clear();
      left_s.spent(event.clock.elapsed_s);
      if (!recorded) tell(event);
    },
    onProgress: (candidate, spec, p) =>
      line.update(`${progressText(candidate, spec, p)}, ${left_s.text()} left`),
  };
}
