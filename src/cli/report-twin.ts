import type { Case } from "../case/case.js";
import type { Truth } from "../case/synthetic.js";
import type { Candidate } from "../discover/archive.js";
import type { ReactionPosterior } from "../fit/posterior.js";
import { nodeCount } from "../mesh/mesh.js";
import { reactionName } from "../model/program.js";
import type { ActivationMap, FieldMap, ReportParameter, Trace } from "../report/data.js";
import type { Score, Twin } from "../twin/spec.js";
import { activationEverywhere, type Judgement } from "./scoring.js";

/** Maps and traces shown: enough to judge, few enough to keep the file small. */
const [mostMaps, mostTraces] = [6, 6];

/** Measured times where they were measured, the twin's everywhere. */
export function activationMaps(data: Case, twin: Twin, { targets }: Judgement): ActivationMap[] {
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

export function fieldMaps(
  { result }: Candidate,
  nodes: number,
  truth: Truth | undefined,
): FieldMap[] {
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

export function parametersOf({ result }: Candidate, truth: Truth | undefined): ReportParameter[] {
  const sameReaction = truth?.reaction.name === result.spec.reaction.name;
  return result.parameters.map((p) => {
    const [, value] =
      Object.entries(truth?.reaction.parameters ?? {}).find(([k]) => reactionName(k) === p.name) ??
      [];
    return { ...p, ...(sameReaction && value !== undefined ? { truth: value } : {}) };
  });
}

/** The nodes of the first test recording at evenly spread activation times. */
export function tracesOf({ targets, predictions }: Judgement): Trace[] {
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
export function notesOf(
  best: Candidate | null,
  test: Judgement | null,
  truth: Truth | undefined,
): string[] {
  if (!best || !test)
    return ["No candidate was fitted; the table of candidates gives the reasons of those tried."];
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
export function posteriorNotes(posterior: ReactionPosterior | null): string[] {
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
