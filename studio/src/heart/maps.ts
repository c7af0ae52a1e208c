import type { Recording } from "../../../src/case/case.js";
import { channelTimes } from "../../../src/twin/times.js";
import type { PredictedBeat } from "../engine/protocol.js";
import type { ColourMap, Range } from "../ui/colours.js";

/** What can be shown of a beat. */
export const quantities = {
  activation: { name: "activation time", unit: "ms", isolines: true },
  recovery: { name: "repolarisation time", unit: "ms", isolines: true },
  duration: { name: "action potential duration", unit: "ms", isolines: true },
  potential: { name: "potential", unit: "normalised", isolines: false },
} as const;
export type Quantity = keyof typeof quantities;

export interface ShownPanel {
  readonly title: string;
  readonly unit: string;
  readonly values: Float64Array;
  readonly range: Range;
  readonly colours: ColourMap;
  readonly isolines: number;
}

/** One beat at the nodes of the mesh, [N] each; NaN = nothing known. */
export interface BeatMaps {
  readonly activation: Float64Array;
  readonly recovery: Float64Array;
  readonly duration: Float64Array;
  /** Measured or simulated nodes. */
  readonly nodes: ArrayLike<number>;
  /** Potential at a time, [N]; null where none was measured. */
  readonly potentialAt: ((time_ms: number) => Float64Array) | null;
  /** Trace of a node; null where nothing is known of it. */
  readonly trace: (node: number) => { times_ms: number[]; values: number[] } | null;
  readonly end_ms: number;
}

/** What was recorded, on the nodes of the mesh. */
export function measuredMaps(recording: Recording, nodes: number): BeatMaps {
  const spread = (at: ArrayLike<number>, values: ArrayLike<number>) => {
    const all = new Float64Array(nodes).fill(Number.NaN);
    for (let k = 0; k < at.length; k++) all[at[k]] = values[k];
    return all;
  };
  const { potential, activation } = recording;
  const times = potential
    ? channelTimes(potential, potential.values, potential.nodes.length)
    : undefined;
  const activated = activation
    ? spread(activation.nodes, activation.times_ms)
    : spread(potential?.nodes ?? [], times?.activation_ms ?? []);
  const recovery = spread(potential?.nodes ?? [], times?.recovery_ms ?? []);
  const channel = new Map(Array.from(potential?.nodes ?? [], (node, k) => [node, k]));
  const channels = channel.size;
  const frame = (f: number) =>
    spread(potential!.nodes, potential!.values.subarray(f * channels, (f + 1) * channels));
  return {
    activation: activated,
    recovery,
    duration: recovery.map((t, i) => t - activated[i]),
    nodes: activation?.nodes ?? potential?.nodes ?? [],
    potentialAt: potential ? (t) => frame(nearest(potential.times_ms, t)) : null,
    trace: (node) => {
      const k = channel.get(node);
      if (!potential || k === undefined) return null;
      const values = Array.from(potential.times_ms, (_, f) => potential.values[f * channels + k]);
      return { times_ms: [...potential.times_ms], values };
    },
    end_ms: potential?.times_ms.at(-1) ?? largest(activated),
  };
}

/** What a twin does. */
export function predictedMaps(beat: PredictedBeat): BeatMaps {
  const nodes = beat.activation_ms.length;
  const frame = (f: number) =>
    Float64Array.from(beat.potential.subarray(f * nodes, (f + 1) * nodes));
  const last = beat.frames - 1;
  return {
    activation: beat.activation_ms,
    recovery: beat.recovery_ms,
    duration: beat.recovery_ms.map((t, i) => t - beat.activation_ms[i]),
    nodes: [],
    potentialAt: (t) => frame(Math.max(0, Math.min(last, Math.round(t / beat.every_ms)))),
    trace: (node) => ({
      times_ms: Array.from({ length: beat.frames }, (_, f) => f * beat.every_ms),
      values: Array.from({ length: beat.frames }, (_, f) => beat.potential[f * nodes + node]),
    }),
    end_ms: last * beat.every_ms,
  };
}

/** A beat that is being simulated. */
export function unknownMaps(nodes: number): BeatMaps {
  const nothing = new Float64Array(nodes).fill(Number.NaN);
  return {
    ...{ activation: nothing, recovery: nothing, duration: nothing, nodes: [] },
    potentialAt: () => nothing,
    trace: () => null,
    end_ms: 0,
  };
}

export const difference = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => a[i] - b[i]);

export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, t) => (Number.isFinite(t) ? Math.max(most, t) : most), 0);

/** Index of the time that is closest. */
function nearest(times_ms: Float64Array, t: number): number {
  let best = 0;
  for (let f = 1; f < times_ms.length; f++)
    if (Math.abs(times_ms[f] - t) < Math.abs(times_ms[best] - t)) best = f;
  return best;
}

/** "Mean absolute error 0.8 ms, largest 3.1 ms, over 1119 nodes." */
export function errorText(errors: ArrayLike<number>, unit: string): string {
  const sizes = Array.from(errors).filter(Number.isFinite).map(Math.abs);
  if (sizes.length === 0) return "No node has both a measured and a predicted value.";
  const mean = sizes.reduce((a, b) => a + b, 0) / sizes.length;
  const text = (value: number) => `${value.toPrecision(3)} ${unit}`;
  return `Mean absolute error ${text(mean)}, largest ${text(largest(sizes))}, over ${sizes.length} nodes.`;
}
