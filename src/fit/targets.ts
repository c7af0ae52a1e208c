import type { Case, PotentialData, Recording } from "../case/case.js";
import { fail } from "../core/errors.js";
import { median } from "../core/median.js";
import type { TimeGrid } from "../twin/simulate.js";
import { timeGrid } from "../twin/simulate.js";
import type { ObservationModel } from "../twin/spec.js";
import { channelTimes } from "../twin/times.js";
import { noiseVariance } from "./noise.js";

/** One recording, prepared once for fitting: what is compared, how it is weighted. */
export interface Target {
  readonly recording: Recording;
  readonly potential?: PotentialData;
  /** Observed activation and recovery, ms; NaN = not observed. Nodes as in `timeNodes`. */
  readonly timeNodes: Int32Array;
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
  /** Weight of every channel, mean 1. */
  readonly weights: Float64Array;
  /** Estimated variance of white noise in the potentials, per value. */
  readonly noise: number;
  /** End of the last frame, or a margin after the last activation. */
  readonly end_ms: number;
}

/** Room after the last activation, for waves that come late in an early guess. */
const lateness = { factor: 1.25, margin_ms: 10 };
/** Fronts of unknown beats are placed on the measured times before anything is simulated. */
const latenessOfUnknown = { factor: 1, margin_ms: 10 };
/** Samples are at most this far apart where no frames are given. */
const timesInterval_ms = 2;

export function targetsOf(
  data: Case,
  ids: readonly string[],
  observation: ObservationModel,
): Target[] {
  return ids.map((id) => {
    const recording = data.recordings.find((r) => r.id === id);
    if (!recording)
      return fail({
        code: "unknown-name",
        path: id,
        message: `The split names recording "${id}", which does not exist.`,
        fix: `Recordings: ${data.recordings.map((r) => r.id).join(", ")}.`,
      });
    return targetOf(recording, observation);
  });
}

/** Beats that are learnt from: a timing shift of theirs can be fitted. */
export function trainedBeats({ recordings, split }: Case): string[] {
  const trained = recordings.filter(({ id }) => split.train.includes(id));
  return [...new Set(trained.map(({ beat }) => beat))];
}

/** What candidates are scored with: no candidate chooses the nodes that it is judged by. */
export const judged = (observation: ObservationModel): ObservationModel => ({
  ...observation,
  mask: [],
});

export function targetOf(recording: Recording, observation: ObservationModel): Target {
  if (recording.potential) return potentialTarget(recording, recording.potential, observation);
  if (!recording.activation)
    return fail({
      code: "empty-recording",
      path: recording.id,
      message: `Recording "${recording.id}" holds neither potentials nor activation times.`,
      fix: "Remove it from the case or add its data.",
    });
  const used = keep(recording.activation.nodes, observation.mask);
  const activation_ms = pick(recording.activation.times_ms, used);
  const last = activation_ms.reduce((a, t) => (Number.isNaN(t) ? a : Math.max(a, t)), 0);
  const { factor, margin_ms } = recording.stimuli.kind === "unknown" ? latenessOfUnknown : lateness;
  return {
    recording,
    timeNodes: Int32Array.from(used, (k) => recording.activation!.nodes[k]),
    activation_ms,
    recovery_ms: new Float64Array(used.length).fill(Number.NaN),
    weights: new Float64Array(used.length).fill(1),
    noise: 0,
    end_ms: last * factor + margin_ms,
  };
}

function potentialTarget(
  recording: Recording,
  all: PotentialData,
  observation: ObservationModel,
): Target {
  const used = keep(all.nodes, observation.mask);
  const frames = all.times_ms.length;
  const values = new Float32Array(frames * used.length);
  for (let f = 0; f < frames; f++)
    for (let c = 0; c < used.length; c++)
      values[f * used.length + c] = all.values[f * all.nodes.length + used[c]];
  const nodes = Int32Array.from(used, (k) => all.nodes[k]);
  const potential: PotentialData = { ...all, nodes, values };
  const times = channelTimes(potential, values, nodes.length);
  const noise = noiseVariance(values, nodes.length);
  const weights = observation.noiseByChannel
    ? channelWeights(noise.byChannel)
    : new Float64Array(nodes.length).fill(1);
  return {
    recording,
    potential,
    timeNodes: nodes,
    ...times,
    weights,
    noise: noise.typical,
    end_ms: all.times_ms[frames - 1],
  };
}

function keep(nodes: Int32Array, mask: readonly number[]): number[] {
  const used = [...nodes.keys()].filter((k) => !mask.includes(nodes[k]));
  if (used.length === 0)
    fail({
      code: "empty-selection",
      path: "observation.mask",
      message: "The mask leaves no observed node.",
      fix: "Remove nodes from the mask.",
    });
  return used;
}

const pick = (values: Float64Array, indices: readonly number[]) =>
  Float64Array.from(indices, (k) => values[k]);

/** Inverse variances, mean 1; a floor keeps one quiet channel from taking over. */
function channelWeights(variances: Float64Array): Float64Array {
  const typical = median(variances);
  const weights = variances.map((v) => 1 / Math.max(v, 0.1 * typical, 1e-12));
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  return weights.map((w) => w / mean);
}

const activationParts = new WeakMap<Target, Target>();

/** The target up to a margin after its last activation, without recovery: for short roll-outs. */
export function activationPart(target: Target): Target {
  const known = activationParts.get(target);
  if (known) return known;
  const last = target.activation_ms.reduce((a, t) => (Number.isNaN(t) ? a : Math.max(a, t)), 0);
  const end_ms = Math.min(target.end_ms, last * lateness.factor + lateness.margin_ms);
  const recovery_ms = new Float64Array(target.timeNodes.length).fill(Number.NaN);
  const part = { ...target, ...shortened(target.potential, end_ms), end_ms, recovery_ms };
  activationParts.set(target, part);
  return part;
}

function shortened(potential: PotentialData | undefined, end_ms: number) {
  if (!potential) return {};
  const frames = Math.max(3, potential.times_ms.filter((t) => t <= end_ms).length);
  const times_ms = potential.times_ms.slice(0, frames);
  const values = potential.values.slice(0, frames * potential.nodes.length);
  const part = { ...potential, times_ms, values };
  // The middle of an arbitrary scale depends on the frames it is taken from.
  const times = potential.arbitraryScale
    ? { activation_ms: channelTimes(part, values, potential.nodes.length).activation_ms }
    : {};
  return { potential: part, ...times };
}

/** Sampling grid of a target: its frames, or a fixed interval up to its end. */
export function gridOf(target: Target, limit_ms: number, end_ms = target.end_ms): TimeGrid {
  const interval = target.potential ? frameInterval(target.potential) : timesInterval_ms;
  const samples = Math.ceil(end_ms / interval - 1e-6) + 1;
  return timeGrid(interval, Math.max(2, samples), limit_ms);
}

/** One grid for recordings that run side by side: the finest frames, the latest end. */
export function commonGrid(targets: readonly Target[], limit_ms: number): TimeGrid {
  const end = targets.reduce((latest, t) => Math.max(latest, t.end_ms), 0);
  const grids = targets.map((t) => gridOf(t, limit_ms, end));
  return grids.reduce((finest, g) => (g.interval_ms < finest.interval_ms ? g : finest));
}

/** Behind a camera the shape of the up-stroke tells blur from delay: it is sampled this finely. */
const cameraInterval_ms = 0.5;

/**
 * Smallest distance between frames, ms, or a fraction of it for cameras; frames in between are
 * interpolated.
 */
function frameInterval(potential: PotentialData): number {
  let least = Number.POSITIVE_INFINITY;
  for (let f = 1; f < potential.times_ms.length; f++)
    least = Math.min(least, potential.times_ms[f] - potential.times_ms[f - 1]);
  return potential.arbitraryScale ? least / Math.ceil(least / cameraInterval_ms - 1e-9) : least;
}
