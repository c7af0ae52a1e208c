import type { Case, PotentialData, Recording, Stimulus } from "../../case/case.js";
import { fail } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import { type Adjacency, adjacency, edgeGraph } from "../../mesh/graph.js";
import type { Mesh } from "../../mesh/mesh.js";

/** One recording for teacher forcing: every frame with what its nodes and their neighbours did. */
export interface Series {
  readonly id: string;
  readonly frames: number;
  readonly nodes: number;
  /** [T - 1] */
  readonly dt_ms: Float64Array;
  /** [T] of [K]: recorded potential, and the mean over the recorded neighbours. */
  readonly u: readonly Float64Array[];
  readonly mean_u: readonly Float64Array[];
  /** [T - 1] of [K]: what the stimulus adds during the step. */
  readonly dose: readonly Float64Array[];
}

/** Why a case has nothing that whole equations could be fitted to or be rolled out from; "" if it has. */
export function whyNoSeries(data: Case): string {
  const { train, validation, test } = data.split;
  const used = data.recordings.filter(({ id }) => [...train, ...validation, ...test].includes(id));
  if (used.some(({ potential }) => !potential))
    return "one-step differences need potentials, and a recording has activation times alone";
  if (used.some(({ potential }) => potential!.arbitraryScale))
    return "the potentials have an arbitrary gain and offset, which one-step differences cannot fit";
  if (used.some(({ stimuli }) => stimuli.kind === "unknown"))
    return "beats enter at places that nobody recorded, so nothing could be rolled out from them";
  return "";
}

/**
 * Up to `most` nodes of each recording, drawn without order: given the recorded neighbours, nodes
 * are independent. Nodes with a missing frame, or without a recorded neighbour, are left out.
 */
export function seriesOf(
  data: Case,
  ids: readonly string[],
  { random, most }: { random: Random; most: number },
): Series[] {
  const rows = adjacency(edgeGraph(data.mesh));
  return data.recordings
    .filter(({ id }) => ids.includes(id))
    .map((recording) => seriesFrom(recording, rows, { random: random.fork(recording.id), most }));
}

function seriesFrom(
  recording: Recording,
  rows: Adjacency,
  { random, most }: { random: Random; most: number },
): Series {
  const potential = recording.potential!;
  const { times_ms } = potential;
  const channelOf = completeChannels(potential);
  const around = (node: number) =>
    [...rows.neighbour.subarray(rows.rowStart[node], rows.rowStart[node + 1])].flatMap(
      (other) => channelOf.get(other) ?? [],
    );
  const usable = [...channelOf]
    .map(([node, channel]) => ({ node, channel, neighbours: around(node) }))
    .filter(({ neighbours }) => neighbours.length > 0);
  if (usable.length === 0)
    fail({
      code: "empty-selection",
      path: recording.id,
      message: `Recording "${recording.id}" has no two neighbours that were both recorded throughout.`,
      fix: "Whole equations need a recording of neighbouring nodes; fit a twin of the catalog.",
    });
  const chosen = random.shuffle(usable).slice(0, most);
  const frames = times_ms.length;
  const K = potential.nodes.length;
  const value = (frame: number, channel: number) => potential.values[frame * K + channel];
  const each = (count: number, at: (frame: number, item: (typeof chosen)[number]) => number) =>
    Array.from({ length: count }, (_, f) => Float64Array.from(chosen, (item) => at(f, item)));
  const stimuli = stimuliOf(recording);
  return {
    id: recording.id,
    frames,
    nodes: chosen.length,
    dt_ms: Float64Array.from({ length: frames - 1 }, (_, f) => times_ms[f + 1] - times_ms[f]),
    u: each(frames, (f, { channel }) => value(f, channel)),
    mean_u: each(
      frames,
      (f, { neighbours }) =>
        neighbours.reduce((sum, c) => sum + value(f, c), 0) / neighbours.length,
    ),
    dose: each(frames - 1, (f, { node }) => doseOf(stimuli, node, times_ms[f], times_ms[f + 1])),
  };
}

/** Node -> channel, of those without a missing frame. */
function completeChannels({ nodes, values, times_ms }: PotentialData): Map<number, number> {
  const complete = (channel: number) =>
    times_ms.every((_, f) => Number.isFinite(values[f * nodes.length + channel]));
  return new Map([...nodes].flatMap((node, c) => (complete(c) ? [[node, c] as const] : [])));
}

export const stimuliOf = ({ stimuli }: Recording): readonly Stimulus[] =>
  stimuli.kind === "given" ? stimuli.stimuli : [];

/** What currents add to the potential of a node between two times. */
export const doseOf = (
  stimuli: readonly Stimulus[],
  node: number,
  start_ms: number,
  end_ms: number,
): number =>
  stimuli.reduce((sum, stimulus) => {
    if (stimulus.kind !== "current" || !stimulus.nodes.includes(node)) return sum;
    const stop_ms = Math.min(end_ms, stimulus.start_ms + stimulus.duration_ms);
    return (
      sum + stimulus.strength_per_ms * Math.max(0, stop_ms - Math.max(start_ms, stimulus.start_ms))
    );
  }, 0);

/** [N] mean over the neighbours on the mesh; a node without any keeps its own. */
export function neighbourMean(mesh: Mesh): (u: Float64Array, to: Float64Array) => void {
  const { rowStart, neighbour } = adjacency(edgeGraph(mesh));
  return (u, to) => {
    for (let i = 0; i < u.length; i++) {
      let sum = 0;
      for (let s = rowStart[i]; s < rowStart[i + 1]; s++) sum += u[neighbour[s]];
      const count = rowStart[i + 1] - rowStart[i];
      to[i] = count > 0 ? sum / count : u[i];
    }
  };
}
