import type { CompiledTwin } from "../twin/compile.js";
import { gaussianProcess } from "../twin/interpolation/gaussian-process.js";
import type { Known } from "../twin/interpolation/known.js";
import type { Target } from "./targets.js";

/**
 * A smooth activation map through the observed times: what a beat of unknown origin is compared
 * with where nobody measured. Without it, sites and conductivities between electrodes are free.
 */
export interface Guide {
  /** [N] all nodes of the simulated mesh. */
  readonly nodes: Int32Array;
  /** [N] the Gaussian process through the observed times of this target, ms. */
  readonly times_ms: Float64Array;
  /** [N] mean 1: s^2 / (s^2 + sd^2), low far from electrodes; s is the process' own noise. */
  readonly weights: Float64Array;
  /** Sd of a single measurement about the map, ms. */
  readonly noise_ms: number;
}

/** Process parameters are fitted to at most this many electrodes: the cost is cubic. */
const mostForParameters = 150;
/** What is compared of dense recordings; fronts are smooth, so more says nothing new. */
export const mostKnown = 256;
/** Sampling of times and the shape of the wave leave at least this error, ms. */
const leastNoise_ms = 0.5;
const fewest = 4;

const guides = new WeakMap<Target, Guide | undefined>();

/** A beat that enters from outside the mesh. */
export const isUnknownBeat = ({ recording }: Target): boolean =>
  recording.stimuli.kind === "unknown";

/** The map of an unknown beat; undefined where stimuli are given or too few times are known. */
export function guideOf(compiled: CompiledTwin, target: Target): Guide | undefined {
  if (!isUnknownBeat(target)) return undefined;
  if (!guides.has(target)) guides.set(target, createGuide(compiled, observed(target)));
  return guides.get(target);
}

/** The activated ones of the observed nodes and their times. */
export function observed({ timeNodes, activation_ms }: Target): Known & { nodes: number[] } {
  const used = [...timeNodes.keys()].filter((k) => Number.isFinite(activation_ms[k]));
  return { nodes: used.map((k) => timeNodes[k]), values: used.map((k) => activation_ms[k]) };
}

/** At most so many known nodes, evenly out of their order. */
export function thinned<T extends Known>({ nodes, values }: T, most: number) {
  const every = Math.ceil(nodes.length / most);
  const keep = (_: number, k: number) => k % every === 0;
  return { nodes: Array.from(nodes).filter(keep), values: Array.from(values).filter(keep) };
}

function createGuide({ mesh }: CompiledTwin, known: Known): Guide | undefined {
  if (known.nodes.length < fewest) return undefined;
  const some = thinned(known, mostForParameters);
  const first = gaussianProcess(mesh, some);
  const all = thinned(known, mostKnown);
  const process =
    all.nodes.length === some.nodes.length
      ? first
      : gaussianProcess(mesh, all, { fixed: first.parameters });
  const noise_ms = Math.max(leastNoise_ms, process.parameters.noiseSd);
  const trust = process.sd.map((sd) => noise_ms ** 2 / (noise_ms ** 2 + sd ** 2));
  const mean = trust.reduce((a, b) => a + b, 0) / trust.length;
  const nodes = Int32Array.from(process.mean.keys());
  return { nodes, times_ms: process.mean, weights: trust.map((w) => w / mean), noise_ms };
}
