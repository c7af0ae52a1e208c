import { join } from "node:path";
import type { Case } from "../case/case.js";
import type { Truth } from "../case/synthetic.js";
import type { Action } from "../discover/actions.js";
import { bestOf, type Candidate, describeSpec } from "../discover/archive.js";
import type { JournalEvent } from "../discover/journal.js";
import type { UnrecordedSpan } from "../discover/number-gate.js";
import type { Steered } from "../discover/steering.js";
import type { Decided } from "../discover/step.js";
import type { StopReason } from "../discover/stops.js";
import type { ReactionPosterior } from "../fit/posterior.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readCase } from "../io/case-directory.js";
import { nodeCount } from "../mesh/mesh.js";
import { boundarySurface } from "../mesh/surface.js";
import { reactionName } from "../model/program.js";
import type {
  ActivationMap,
  AgentStep,
  FieldMap,
  ReportCandidate,
  ReportData,
  ReportParameter,
  Trace,
} from "../report/data.js";
import { renderReport } from "../report/index.js";
import type { Score, Twin } from "../twin/spec.js";
import {
  payload,
  type RunConfiguration,
  readConfiguration,
  readEvents,
  runFiles,
  wayOn,
} from "./run-directory.js";
import {
  activationEverywhere,
  type Judgement,
  judgeTwin,
  type Part,
  posteriorOf,
} from "./scoring.js";
import { readTruth } from "./truth-file.js";
import { readUncertainty } from "./uncertainty.js";

/** Maps and traces shown: enough to judge, few enough to keep the file small. */
const [mostMaps, mostTraces] = [6, 6];

/** Writes RUN/report.html; returns its path. `data` is what reportOf gives, where it is at hand. */
export async function writeReport(directory: string, data?: ReportData): Promise<string> {
  const path = join(directory, runFiles.report);
  await writeFileAtomic(path, renderReport(data ?? (await reportOf(directory))));
  return path;
}

/** Everything the report shows, from the run folder and its case. */
export async function reportOf(directory: string): Promise<ReportData> {
  const configuration = await readConfiguration(directory);
  const events = await readEvents(directory);
  const data = await readCase(configuration.case);
  const truth = await readTruth(configuration.case);
  const archive = candidatesOf(events);
  const best = bestOf(archive) ?? null;
  const judge = (part: Part) => judgeTwin(data, twinOf(best!), part);
  const fitted = best !== null && best.result.status === "fitted";
  const test = fitted ? await judge("test") : null;
  const results = archive.map(({ result }) => result);
  const posterior = test && posteriorOf(results, test);
  const known = fitted ? await readUncertainty(directory) : undefined;
  const maps = (test ? activationMaps(data, twinOf(best!), test) : []).map((map) => ({
    ...map,
    uncertainty_ms: known?.half_ms.get(map.recording),
  }));
  return {
    title: `Digital twin of ${data.name}`,
    case: caseFacts(data),
    run: runFacts(configuration, events, archive.length),
    best: best?.id ?? null,
    twin: test
      ? { train: best!.result.train, validation: best!.result.validation, test: test.score }
      : null,
    predictors: Object.entries(test?.baselines ?? {}).map(([name, score]) => ({
      name,
      train: null,
      validation: null,
      test: score,
    })),
    surface: { points: data.mesh.points, triangles: boundarySurface(data.mesh).triangles },
    maps,
    fields: best ? fieldMaps(best, nodeCount(data.mesh), truth) : [],
    candidates: archive.map(candidateRow),
    steps: stepsOf(events),
    parameters: best ? parametersOf(best, truth) : [],
    uncertainty: known?.uncertainty ?? null,
    checks: best?.result.checks ?? [],
    ...(posterior ? { posterior: posterior.reactions } : {}),
    traces: test ? tracesOf(test) : [],
    notes: [
      ...(events.some((e) => e.type === "stopped")
        ? []
        : [`The search has not ended. Go on with: ${wayOn(configuration, directory)}`]),
      ...notesOf(best, test, truth),
      ...posteriorNotes(posterior),
    ],
    commands: commandsOf(configuration, directory),
  };
}

const twinOf = ({ result }: Candidate) => ({ spec: result.spec, values: result.values });

/** The archive as the journal recorded it. */
export function candidatesOf(events: readonly JournalEvent[]): Candidate[] {
  let decided: { thought: string; actions: readonly Action[] } = { thought: "", actions: [] };
  const archive: Candidate[] = [];
  for (const event of events) {
    if (event.type === "decided") decided = payload(event);
    if (event.type !== "candidate-finished") continue;
    const finished = payload<Omit<Candidate, "thought" | "actions">>(event);
    const seconds = finished.result.seconds ?? event.clock.seconds ?? 0;
    archive.push({ ...finished, ...decided, result: { ...finished.result, seconds } });
  }
  return archive;
}

function caseFacts({ name, source, mesh, split }: Case): ReportData["case"] {
  const parts = [split.train, split.validation, split.test].map((ids) => ids.length).join(" / ");
  return {
    name,
    source,
    facts: [
      ["Nodes", String(nodeCount(mesh))],
      ["Elements", mesh.elementKind === "triangle" ? "triangles" : "tetrahedra"],
      ["Recordings (train / validation / test)", parts],
      ["Fibres", mesh.fibres ? "yes" : "no"],
    ],
  };
}

const shifted = (spans: readonly UnrecordedSpan[], by: number): UnrecordedSpan[] =>
  spans.map(({ text, start, end }) => ({ text, start: start + by, end: end + by }));

function runFacts(
  configuration: RunConfiguration,
  events: readonly JournalEvent[],
  evaluations: number,
): ReportData["run"] {
  const stopped = events.findLast((e) => e.type === "stopped");
  const stop = stopped ? payload<StopReason>(stopped) : undefined;
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

/** Measured times where they were measured, the twin's everywhere. */
function activationMaps(data: Case, twin: Twin, { targets }: Judgement): ActivationMap[] {
  const nodes = nodeCount(data.mesh);
  const shown = targets.slice(0, mostMaps);
  const everywhere = activationEverywhere(data, twin, shown);
  return shown.map((target, k) => {
    const spread = (values: Float64Array) => {
      const map = new Float64Array(nodes).fill(Number.NaN);
      target.timeNodes.forEach((node, c) => {
        map[node] = Number.isFinite(values[c]) ? values[c] : Number.NaN;
      });
      return map;
    };
    const { stimuli } = target.recording;
    return {
      recording: target.recording.id,
      truth_ms: spread(target.activation_ms),
      prediction_ms: everywhere[k],
      pacingNodes: stimuli.kind === "given" ? stimuli.stimuli.flatMap((s) => [...s.nodes]) : [],
      electrodeNodes: target.timeNodes.length < nodes ? [...target.timeNodes] : [],
    };
  });
}

function fieldMaps({ result }: Candidate, nodes: number, truth: Truth | undefined): FieldMap[] {
  const fields = Object.entries(result.values.fields).map(
    ([name, values]): FieldMap => ({
      name: `${name} (factor)`,
      unit: "1",
      values: values.subarray(0, nodes).map(Math.exp),
      scale: "log",
    }),
  );
  const known = truth?.diffusion.conductivity;
  if (known && fields.length > 0 && known.some((c) => c !== 1))
    fields.push({ name: "true conductivity (factor)", unit: "1", values: known, scale: "log" });
  return fields;
}

function candidateRow({ parent, result }: Candidate): ReportCandidate {
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
function stepsOf(events: readonly JournalEvent[]): AgentStep[] {
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
      const { thought, actions, unrecorded } = payload<Decided>(event);
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
    if (event.type === "steered") steps.push(steeredStep(payload<Steered>(event)));
    if (event.type === "refused")
      close(`refused: ${payload<{ reason: string }>(event).reason}`, null);
    if (event.type === "candidate-finished") {
      const { id, result } = payload<Pick<Candidate, "id" | "result">>(event);
      close(
        result.status === "fitted"
          ? scoreText(result.validation)
          : `${result.status}: ${result.reason}`,
        id,
      );
    }
    if (event.type === "stopped") {
      const { code, detail, unrecorded } = payload<StopReason>(event);
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

function parametersOf({ result }: Candidate, truth: Truth | undefined): ReportParameter[] {
  const sameReaction = truth?.reaction.name === result.spec.reaction.name;
  return result.parameters.map((p) => {
    const [, value] =
      Object.entries(truth?.reaction.parameters ?? {}).find(([k]) => reactionName(k) === p.name) ??
      [];
    return { ...p, ...(sameReaction && value !== undefined ? { truth: value } : {}) };
  });
}

/** The nodes of the first test recording at evenly spread activation times. */
function tracesOf({ targets, predictions }: Judgement): Trace[] {
  const [target] = targets;
  const frames = predictions[0]?.frames;
  if (!target?.potential || !frames) return [];
  const { nodes, times_ms, values } = target.potential;
  const order = [...nodes.keys()].sort((a, b) => target.activation_ms[a] - target.activation_ms[b]);
  const shown = Math.min(mostTraces, order.length);
  return Array.from({ length: shown }, (_, k) => {
    const channel = order[Math.floor(((k + 0.5) * order.length) / shown)];
    const column = (from: ArrayLike<number>) =>
      Array.from(times_ms, (_time, f) => from[f * nodes.length + channel]);
    return {
      recording: target.recording.id,
      node: nodes[channel],
      times_ms,
      measured: column(values),
      predicted: column(frames),
      unit: "u",
    };
  });
}

/** Sentences a reader must not have to find out for themselves. */
function notesOf(
  best: Candidate | null,
  test: Judgement | null,
  truth: Truth | undefined,
): string[] {
  if (!best || !test)
    return ["No candidate could be fitted: the table of candidates gives the reasons."];
  const notes: string[] = [];
  const beaten = Object.entries(test.baselines).filter(([, s]) => betterThan(s, test.score));
  if (beaten.length > 0) {
    const names = beaten.map(([name]) => name).join(", ");
    notes.push(`Better than the twin on the test recordings, without any model: ${names}.`);
  }
  const weak = best.result.parameters.filter((p) => p.identified === "weak").map((p) => p.name);
  if (weak.length > 0) notes.push(`The data hardly identify: ${weak.join(", ")}.`);
  const edge = best.result.parameters.filter((p) => p.atBound).map((p) => p.name);
  if (edge.length > 0) notes.push(`At a bound of their range: ${edge.join(", ")}.`);
  if (truth)
    notes.push(
      `Synthetic patient: the true reaction is ${truth.reaction.name}; the truth was not read by discovery.`,
    );
  return notes;
}

/** More than one reaction may explain the recordings: that belongs in front of the reader. */
function posteriorNotes(posterior: ReactionPosterior | null): string[] {
  if (!posterior || posterior.reactions.length < 2) return [];
  const weights = posterior.reactions.map((r) => `${r.reaction} ${r.weight.toPrecision(2)}`);
  const verdict = posterior.decided
    ? "The recordings decide between the reactions that were tried"
    : "The recordings do not decide between the reactions that were tried";
  return [`${verdict}; posterior weights: ${weights.join(", ")}.`];
}

const betterThan = (a: Score, b: Score): boolean =>
  a.at_mae_ms !== null && b.at_mae_ms !== null && (a.activation_agreement ?? 0) > 0.95
    ? a.at_mae_ms < b.at_mae_ms
    : a.mse !== null && b.mse !== null && a.mse < b.mse;

const commandsOf = (c: RunConfiguration, directory: string): string[] => [
  `leads discover ${c.case} --agent ${c.agent}${c.memory ? ` --memory ${c.memory.file}` : ""} --seed ${c.seed} --evaluations ${c.evaluations} --seconds ${c.seconds} --out RUN`,
  `leads replay ${directory}`,
  `leads report ${directory}`,
];
