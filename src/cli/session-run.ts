import { fail } from "../core/errors.js";
import { type CandidateView, viewCandidate } from "../discover/observation.js";
import type { DiscoverOutcome, RunSetup } from "../discover/run.js";
import { openSession, type Session, type StepOutcome } from "../discover/session.js";
import { newConfiguration, type RunRequest } from "./new-configuration.js";
import { checkTestRecordings, type PreparedRun, prepareRun, useRun } from "./prepare-run.js";
import {
  createRunDirectory,
  isSession,
  readConfiguration,
  sessionAgent,
  wayOn,
} from "./run-directory.js";
import { concludeRun, type RunResult } from "./run-outcome.js";
import { writeReport } from "./write-report.js";

/** A run folder that is open for one step or more. */
export interface SessionRun {
  readonly directory: string;
  readonly prepared: PreparedRun;
  readonly session: Session;
  close(): Promise<void>;
}

export type SessionHooks = Pick<RunSetup, "signal" | "onEvent" | "onProgress">;

/** Makes the folder of a new session; `driver` names the program that will drive it. */
export async function createSessionRun(
  directory: string,
  { driver, ...asked }: Omit<RunRequest, "agent"> & { readonly driver?: string },
): Promise<PreparedRun> {
  const agent = driver ? `${sessionAgent}:${driver}` : sessionAgent;
  const configuration = await newConfiguration({ ...asked, agent });
  const prepared = await prepareRun(configuration);
  await checkTestRecordings(configuration);
  await createRunDirectory(directory, configuration);
  return prepared;
}

/** Reads the folder of a session. Errors: "not-a-session". */
export async function prepareSessionRun(directory: string): Promise<PreparedRun> {
  const configuration = await readConfiguration(directory);
  if (!isSession(configuration))
    fail({
      code: "not-a-session",
      path: directory,
      message: `${directory} is a run of the agent "${configuration.agent}", which decides alone.`,
      fix: `Go on with: ${wayOn(configuration, directory)}, or begin: leads session open CASE --out RUN`,
    });
  return prepareRun(configuration);
}

/** Plays the journal and stands where the last step left it. */
export async function openSessionRun(
  directory: string,
  prepared: PreparedRun,
  hooks: SessionHooks = {},
): Promise<SessionRun> {
  const { setup, close } = await useRun(directory, prepared);
  try {
    const agentName = prepared.configuration.agent;
    const session = await openSession({ ...setup, ...hooks, agentName });
    return { directory, prepared, session, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What became of an act, for programs. */
export type ActReport =
  | { readonly kind: "refused"; readonly reason: string }
  | ({ readonly kind: "evaluated" } & Evaluated);

interface Evaluated {
  readonly candidate: CandidateView;
  readonly best: number | null;
  readonly evaluations_left: number;
  readonly seconds_left: number;
  /** Why the run would end at the next act; null: it would not. */
  readonly due: string | null;
}

export function reportAct(
  { session, prepared }: Pick<SessionRun, "session" | "prepared">,
  outcome: Exclude<StepOutcome, { kind: "stopped" }>,
): ActReport {
  if (outcome.kind === "refused") return outcome;
  const { best, budget } = session.view();
  return {
    kind: "evaluated",
    candidate: viewCandidate(outcome.candidate, prepared.summary.measure),
    best,
    evaluations_left: budget.evaluationsLeft,
    seconds_left: budget.secondsLeft,
    due: session.due()?.detail ?? null,
  };
}

export interface Ended {
  readonly result: RunResult;
  readonly report: string;
}

/** The result, the twin and the report of an ended run. */
export async function endSessionRun(
  { directory, prepared }: Pick<SessionRun, "directory" | "prepared">,
  outcome: DiscoverOutcome,
): Promise<Ended> {
  const { result } = await concludeRun(directory, prepared, outcome);
  return { result, report: await writeReport(directory) };
}
