import type { Agent } from "../discover/agents/agent.js";
import type { CaseSummary } from "../discover/case-summary.js";
import type { JournalEvent } from "../discover/journal.js";
import { discover } from "../discover/loop.js";
import type { DiscoverOutcome, RunSetup } from "../discover/run.js";
import { createAgent } from "./agents.js";
import { checkTestRecordings, type PreparedRun, prepareRun, useRun } from "./prepare-run.js";
import type { RunConfiguration } from "./run-directory.js";
import { type Concluded, concludeRun, resultOf } from "./run-outcome.js";
import { progressText, sayWarning, tellEvent, timeLeft, warner } from "./run-text.js";
import { progressLine } from "./terminal.js";
import { createThoughts, type Thoughts } from "./thoughts.js";

export interface DiscoveryRun extends Concluded {
  readonly outcome: DiscoverOutcome;
  readonly summary: CaseSummary;
}

export type PreparedDiscovery = PreparedRun & {
  readonly agent: Agent;
  readonly thoughts: Thoughts;
};

/** What can fail for a bad case or agent, before anything is written. */
export async function prepareDiscovery(
  configuration: RunConfiguration,
): Promise<PreparedDiscovery> {
  const thoughts = createThoughts({
    live: process.stderr.isTTY === true,
    write: (text) => process.stderr.write(text),
  });
  const agent = createAgent(configuration.agent, configuration, {
    onThought: thoughts.onThought,
  });
  await checkTestRecordings(configuration);
  return { agent, thoughts, ...(await prepareRun(configuration)) };
}

/** Runs or resumes discovery in a run folder, scores the winner on the test recordings, writes all. */
export async function runDiscovery(
  directory: string,
  { agent, thoughts, ...prepared }: PreparedDiscovery,
  signal: AbortSignal,
): Promise<DiscoveryRun> {
  const { summary, configuration } = prepared;
  const { setup, close } = await useRun(directory, prepared);
  const tell = (event: JournalEvent) => tellEvent(event, directory, thoughts);
  const { clear, ...told } = teller(configuration.seconds, tell, warner(setup));
  try {
    const outcome = await discover({ ...setup, ...told, agent, signal });
    clear();
    const concluded =
      outcome.status === "finished"
        ? await concludeRun(directory, prepared, outcome)
        : { result: resultOf(directory, configuration, outcome, null), judgement: null };
    return { outcome, summary, ...concluded };
  } finally {
    thoughts.shown("");
    clear();
    await close();
  }
}

/** Tells a run on stderr as it happens; `tell` says what of its events. */
export function teller(
  seconds: number,
  tell: (event: JournalEvent) => void,
  warn?: ReturnType<typeof warner>,
): Pick<RunSetup, "onEvent" | "onProgress"> & {
  clear(): void;
} {
  const line = progressLine();
  const left_s = timeLeft(seconds);
  return {
    clear: line.clear,
    onEvent: (event, recorded) => {
      line.clear();
      left_s.heard(event);
      if (!recorded) tell(event);
      const warnings = warn?.hear(event) ?? [];
      if (!recorded) warnings.forEach(sayWarning);
    },
    onProgress: (candidate, spec, p) => {
      const warnings = warn?.look() ?? [];
      if (warnings.length > 0) line.clear();
      warnings.forEach(sayWarning);
      line.update(`${progressText(candidate, spec, p)}, ${left_s.text()} left`);
    },
  };
}
