import { fail } from "../core/errors.js";
import { describeSpec } from "./archive.js";
import { canonical, decode, encode } from "./canonical.js";
import { isMark, type JournalEvent } from "./journal.js";
import { createRun, type Parent, type RunSetup, type RunStarted, startRun } from "./run.js";
import type { Steered } from "./steering.js";
import type { Budget } from "./stops.js";

/** Where a run can be left for another way, and what it had done just before. */
export interface BranchPoint {
  readonly step: number;
  readonly after: string;
}

/** What a branch takes over from another run. */
export interface BranchStart {
  readonly parent: Parent;
  /** Events behind "run-started", to be chained anew. */
  readonly shared: readonly JournalEvent[];
  readonly started: RunStarted;
  /** The other run's budget as it stood there. */
  readonly budget: Budget;
}

const dataOf = <T>(event: JournalEvent): T => decode(event.data) as T;

/** Step 0, and the one behind each step that has come to an end. */
export function branchPoints(events: readonly JournalEvent[]): BranchPoint[] {
  const points: BranchPoint[] = [{ step: 0, after: "the start" }];
  for (const event of events) {
    const step = points.length;
    if (event.type === "refused") points.push({ step, after: "a refusal" });
    if (event.type !== "candidate-finished") continue;
    const { id, result } = dataOf<{ id: number; result: { spec: never } }>(event);
    points.push({ step, after: `candidate ${id}, ${describeSpec(result.spec)}` });
  }
  return points;
}

/**
 * The steps of a run before `step`. Errors: "unknown-step" with those that exist, "journal-empty".
 */
export function branchAt(events: readonly JournalEvent[], step: number, name: string): BranchStart {
  const chained = events.filter(({ type }) => !isMark(type));
  if (chained.length === 0)
    fail({
      code: "journal-empty",
      path: name,
      message: `${name} holds no run yet.`,
      fix: "Name the folder of a run that was started.",
    });
  const points = branchPoints(chained);
  if (!points.some((point) => point.step === step)) unknownStep(step, points, name);
  const cut = chained.findIndex((event) => beginsAt(event, step));
  const before = cut < 0 ? chained : chained.slice(0, cut);
  const started = dataOf<RunStarted>(before[0]);
  return {
    parent: {
      fingerprint: before[before.length - 1].hash,
      step,
      candidates: before.filter(({ type }) => type === "candidate-finished").length,
    },
    shared: before.slice(1).flatMap(taken),
    started,
    budget: budgetAfter(started.budget, before),
  };
}

function beginsAt({ type, data }: JournalEvent, step: number): boolean {
  if (type === "stopped") return true;
  if (type !== "observed" && type !== "steered") return false;
  return (data as { readonly step: number }).step >= step;
}

/** What was said to the other run's clock and budget is not said to the branch. */
function taken(event: JournalEvent): JournalEvent[] {
  if (event.type !== "steered") return [event];
  const { number: _, ...steered } = event.data as unknown as Steered;
  const { command } = steered.command;
  if (command === "pause" || command === "resume" || command === "budget") return [];
  return [{ ...event, data: steered as unknown as JournalEvent["data"] }];
}

/** A budget as a person's commands among these events have left it. */
export function budgetAfter(budget: Budget, events: readonly JournalEvent[]): Budget {
  let now = budget;
  for (const event of events) {
    if (event.type !== "steered") continue;
    const { command, ...changed } = dataOf<Steered>(event).command;
    if (command === "budget") now = { ...now, ...changed };
  }
  return now;
}

function unknownStep(step: number, points: readonly BranchPoint[], name: string): never {
  const listed = points.map((point) => `${point.step} (after ${point.after})`);
  return fail({
    code: "unknown-step",
    path: name,
    message: `${name} has no step ${step} to branch from.`,
    fix: `There are: ${listed.join(", ")}.`,
  });
}

/** What two runs must have in common to share steps. */
const common = [
  "format",
  "versions",
  "inputHashes",
  "caseHash",
  "catalogHash",
  "initialSpec",
] as const satisfies readonly (keyof RunStarted)[];

/**
 * Writes the beginning of a branch into the empty journal of `setup`: its own "run-started", then
 * the shared events. Errors: "journal-mismatch" where the other run had another case, catalog or
 * version.
 */
export async function beginBranch(setup: RunSetup, start: BranchStart): Promise<void> {
  const started = await startRun(createRun({ ...setup, parent: start.parent }));
  for (const key of common)
    if (canonical(encode(started[key])) !== canonical(encode(start.started[key])))
      fail({
        code: "journal-mismatch",
        message: `The branch and the run that it leaves differ in their ${key}.`,
        fix: "Branch with the case and the version of leads that the run has, or start a new run.",
      });
  for (const { type, data, clock } of start.shared) await setup.journal.append(type, data, clock);
}
