import { type Candidate, describeSpec } from "../discover/archive.js";
import type { JournalEvent } from "../discover/journal.js";
import type { UnrecordedSpan } from "../discover/number-gate.js";
import type { Steered } from "../discover/steering.js";
import type { Decided } from "../discover/step.js";
import type { StopReason } from "../discover/stops.js";
import type { AgentStep, ReportCandidate, ReportData } from "../report/data.js";
import type { Score } from "../twin/spec.js";
import { payloadOf } from "../view/history.js";
import type { RunConfiguration } from "./run-directory.js";

const shifted = (spans: readonly UnrecordedSpan[], by: number): UnrecordedSpan[] =>
  spans.map(({ text, start, end }) => ({ text, start: start + by, end: end + by }));

export function runFacts(
  configuration: RunConfiguration,
  events: readonly JournalEvent[],
  evaluations: number,
): ReportData["run"] {
  const stopped = events.findLast((e) => e.type === "stopped");
  const stop = stopped ? payloadOf<StopReason>(stopped) : undefined;
  return {
    agent: configuration.agent,
    seed: configuration.seed,
    started: configuration.started,
    seconds: events.at(-1)?.clock.elapsed_s ?? 0,
    evaluations,
    stopReason: stop ? `${stop.code}: ${stop.detail}` : "not finished",
    ...(stop?.unrecorded ? { unrecorded: shifted(stop.unrecorded, stop.code.length + 2) } : {}),
    versions: Object.entries(configuration.versions),
    hashes: [
      ...Object.entries(configuration.inputHashes),
      ...(configuration.memory ? [["memory", configuration.memory.hash] as const] : []),
    ],
  };
}

export function candidateRow({ parent, result }: Candidate): ReportCandidate {
  const { spec, status, reason, parameterCount, train, validation, excess, curves } = result;
  return {
    parent,
    reaction: spec.reaction.name,
    diffusion: describeSpec(spec).split(" + ").at(-1) ?? spec.diffusion.name,
    parameterCount,
    status,
    reason,
    train,
    validation,
    excess: Number.isFinite(excess) ? excess : null,
    seconds: result.seconds,
    curves,
  };
}

/** Decisions in order, each with what came of it. */
export function stepsOf(events: readonly JournalEvent[]): AgentStep[] {
  const steps: AgentStep[] = [];
  let open: AgentStep[] = [];
  const close = (
    outcome: string,
    candidate: number | null,
    unrecordedOutcome?: StopReason["unrecorded"],
  ) => {
    steps.push(
      ...open.map((step, k) => ({
        ...step,
        // A reason to stop is the outcome of its step: it is shown once.
        arguments: step.action === "stop" ? {} : step.arguments,
        outcome,
        ...(unrecordedOutcome ? { unrecordedOutcome } : {}),
        candidate: k === open.length - 1 ? candidate : null,
      })),
    );
    open = [];
  };
  for (const event of events) {
    if (event.type === "decided") {
      const { thought, actions, unrecorded } = payloadOf<Decided>(event);
      const list = actions.length > 0 ? actions : [{ action: "fit" }];
      open = list.map(({ action, ...rest }, k) => ({
        thought: k === 0 ? thought : "",
        ...(k === 0 && unrecorded ? { unrecorded } : {}),
        action,
        arguments: rest,
        candidate: null,
        outcome: "",
      }));
    }
    if (event.type === "steered") steps.push(steeredStep(payloadOf<Steered>(event)));
    if (event.type === "refused")
      close(`refused: ${payloadOf<{ reason: string }>(event).reason}`, null);
    if (event.type === "candidate-finished") {
      const { id, result } = payloadOf<Pick<Candidate, "id" | "result">>(event);
      close(
        result.status === "fitted"
          ? scoreText(result.validation)
          : `${result.status}: ${result.reason}`,
        id,
      );
    }
    if (event.type === "stopped") {
      const { code, detail, unrecorded } = payloadOf<StopReason>(event);
      if (code !== "agent") close("stopped", null);
      else close(detail, null, unrecorded);
    }
  }
  return steps;
}

/** A person's word stands among the agent's decisions, where it was heard. */
function steeredStep({ command: { command, ...rest }, outcome }: Steered): AgentStep {
  return { thought: "", action: `steered: ${command}`, arguments: rest, candidate: null, outcome };
}

const scoreText = ({ mse, at_mae_ms }: Score): string =>
  [
    mse === null ? "" : `validation MSE ${mse.toExponential(2)}`,
    at_mae_ms === null ? "" : `activation error ${at_mae_ms.toFixed(2)} ms`,
  ]
    .filter(Boolean)
    .join(", ");
