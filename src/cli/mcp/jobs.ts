import { fail } from "../../core/errors.js";
import { summaryText } from "../../report/index.js";
import type { Score } from "../../twin/spec.js";
import { evaluateRun, openTwin } from "../commands/evaluate.js";
import type { Part } from "../scoring.js";
import { type Ended, endSessionRun, openSessionRun, prepareSessionRun } from "../session-run.js";
import { type SimulationRequest, type SimulationSummary, writeSimulation } from "../simulation.js";
import { reportOf, writeReport } from "../write-report.js";

interface InRun {
  readonly directory: string;
}

/** Work of seconds without a pause, on plain data: done in a thread of its own. */
export const jobs = {
  /** Scores the winner of a session that has ended; writes result, twin and report. */
  conclude: async ({ directory }: InRun): Promise<Ended> => {
    const run = await openSessionRun(directory, await prepareSessionRun(directory));
    try {
      const outcome = run.session.outcome();
      if (!outcome) return fail({ code: "not-ended", message: `${directory} has not ended.` });
      return await endSessionRun(run, outcome);
    } finally {
      await run.close();
    }
  },
  evaluate: async (asked: InRun & { readonly case: string; readonly part: Part }) => {
    const { score, baselines } = await evaluateRun(asked.directory, asked.case, asked.part);
    return { score, baselines } as {
      readonly score: Score;
      readonly baselines: Readonly<Record<string, Score>>;
    };
  },
  simulate: async ({
    directory,
    ...request
  }: InRun & SimulationRequest): Promise<SimulationSummary> =>
    writeSimulation(await openTwin(directory), request),
  report: async ({ directory }: InRun) => {
    const told = await reportOf(directory);
    return { report: await writeReport(directory, told), summary: summaryText(told) };
  },
} as const;

export type Jobs = typeof jobs;
