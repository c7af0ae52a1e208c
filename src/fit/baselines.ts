import type { Case, Recording } from "../case/case.js";
import type { Mesh } from "../mesh/mesh.js";
import { interpolators } from "../twin/interpolation/interpolators.js";
import { type Scored, score } from "../twin/metrics.js";
import type { Score } from "../twin/spec.js";
import { channelTimes } from "../twin/times.js";
import type { Target } from "./targets.js";

/**
 * Predictors that need no model, scored like a twin: the first thing a score has to beat.
 *   zero            nothing ever happens
 *   spatial_mean    every node follows the mean of the recording's own frames: no wave, and it is
 *                   even given the answer's mean; of times alone, their mean
 *   nearest_pacing  the training recording whose pacing site is nearest
 * and, where part of the same beat is known, the spatial interpolations of its activation times.
 */
export function baselineScores(
  data: Case,
  train: readonly Target[],
  judged: readonly Target[],
): Record<string, Score> {
  const scores: Record<string, Score> = {};
  const potentials = judged.every((t) => t.potential);
  if (potentials && judged.length > 0) {
    scores["zero"] = score(judged.map((t) => frameScored(t, () => 0)));
    scores["spatial_mean"] = score(judged.map((t) => frameScored(t, spatialMean(t))));
  }
  const timesOnly = judged.every((t) => !t.potential);
  if (timesOnly && judged.length > 0)
    scores["spatial_mean"] = score(judged.map((t) => uniformTimes(t.activation_ms)));
  const paced = judged.map((t) => nearestPacing(data.mesh, train, t));
  if (judged.length > 0 && paced.every((p) => p !== undefined))
    scores["nearest_pacing"] = score(paced as Scored[]);
  return { ...scores, ...interpolationScores(data.mesh, train, judged) };
}

/** Scores frames predicted by a function of (frame, channel), with the times they imply. */
function frameScored(target: Target, value: (frame: number, channel: number) => number): Scored {
  const { values, nodes } = target.potential!;
  const channels = nodes.length;
  const predicted = new Float64Array(values.length);
  for (let k = 0, frame = 0; k < values.length; frame++)
    for (let channel = 0; channel < channels; channel++, k++) predicted[k] = value(frame, channel);
  return scoredFrames(target, predicted);
}

function scoredFrames(target: Target, predicted: ArrayLike<number>): Scored {
  const { values, nodes } = target.potential!;
  const channels = nodes.length;
  const times = channelTimes(target.potential!, predicted, channels);
  return {
    frames: { truth: values, predicted, channels },
    activation: { truth: target.activation_ms, predicted: times.activation_ms },
    recovery: { truth: target.recovery_ms, predicted: times.recovery_ms },
  };
}

function spatialMean({ potential }: Target): (frame: number) => number {
  const { values, nodes } = potential!;
  const frames = values.length / nodes.length;
  const means = Array.from({ length: frames }, (_, f) => {
    const row = values
      .slice(f * nodes.length, (f + 1) * nodes.length)
      .filter((v) => !Number.isNaN(v));
    return row.reduce((a, b) => a + b, 0) / Math.max(1, row.length);
  });
  return (frame) => means[frame];
}

/** Everything activates at once, at the recording's own mean time. */
function uniformTimes(truth: Float64Array): Scored {
  const known = truth.filter(Number.isFinite);
  const mean_ms = known.reduce((sum, t) => sum + t, 0) / known.length;
  return { activation: { truth, predicted: new Float64Array(truth.length).fill(mean_ms) } };
}

/** Mean position of the first given stimulus, mm. */
function pacingSite(mesh: Mesh, { stimuli }: Recording): number[] | undefined {
  if (stimuli.kind !== "given" || stimuli.stimuli.length === 0) return undefined;
  const { nodes } = stimuli.stimuli[0];
  return [0, 1, 2].map(
    (axis) => nodes.reduce((s, n) => s + mesh.points[3 * n + axis], 0) / nodes.length,
  );
}

function nearestPacing(mesh: Mesh, train: readonly Target[], target: Target): Scored | undefined {
  const site = pacingSite(mesh, target.recording);
  if (!site) return undefined;
  let [best, least]: [Target | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const candidate of train) {
    const other = pacingSite(mesh, candidate.recording);
    if (!other || !sameChannels(candidate, target)) continue;
    const distance = Math.hypot(...site.map((x, axis) => x - other[axis]));
    if (distance < least) [best, least] = [candidate, distance];
  }
  if (!best) return undefined;
  if (target.potential && best.potential) return scoredFrames(target, best.potential.values);
  return { activation: { truth: target.activation_ms, predicted: best.activation_ms } };
}

const sameChannels = (a: Target, b: Target): boolean =>
  a.timeNodes.length === b.timeNodes.length &&
  a.timeNodes.every((node, k) => node === b.timeNodes[k]) &&
  a.potential?.values.length === b.potential?.values.length;

function interpolationScores(
  mesh: Mesh,
  train: readonly Target[],
  judged: readonly Target[],
): Record<string, Score> {
  const pairs = judged.map((target) => ({
    target,
    known: train.find((t) => t.recording.beat === target.recording.beat),
  }));
  if (pairs.length === 0 || pairs.some(({ known }) => !known)) return {};
  return Object.fromEntries(
    Object.entries(interpolators).map(([name, interpolate]) => {
      const parts = pairs.map(({ target, known }): Scored => {
        const used = [...known!.activation_ms.keys()].filter((k) =>
          Number.isFinite(known!.activation_ms[k]),
        );
        const map = interpolate(mesh, {
          nodes: Int32Array.from(used, (k) => known!.timeNodes[k]),
          values: Float64Array.from(used, (k) => known!.activation_ms[k]),
        });
        const predicted = Float64Array.from(target.timeNodes, (node) => map[node]);
        return { activation: { truth: target.activation_ms, predicted } };
      });
      return [name, score(parts)];
    }),
  );
}
