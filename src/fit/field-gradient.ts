import type { BackEnd } from "../kernel/engine.js";
import { reactionName } from "../model/program.js";
import type { CompiledTwin } from "../twin/compile.js";
import {
  observedFrames,
  pullFrames,
  shiftName,
  shiftOf,
  spatialBlur,
  timeMapOf,
} from "../twin/observe.js";
import { nodalFieldName, nodalValues, packGradient } from "../twin/parameters.js";
import { activationThreshold, type Simulation, simulate } from "../twin/simulate.js";
import type { TwinValues } from "../twin/spec.js";
import { hasSoundConductances } from "../twin/tensor-check.js";
import { guideOf } from "./guide.js";
import { lossOf, robustScale } from "./losses.js";
import { fitTarget } from "./normal-equations.js";
import { commonGrid, type Target } from "./targets.js";

/** Loss of up to four recordings and its exact gradient in z, by the adjoint. */
export interface LossGradient {
  /** Sum over recordings of the mean loss per value. */
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly diverged: boolean;
  /** Scales of a robust loss on the potentials, by recording: keep them for the next evaluation. */
  readonly scales: readonly number[];
}

export interface GradientOptions {
  readonly limit_ms: number;
  /** Weight of squared time errors (ms^2) beside the potentials'; 1 for recordings of times only. */
  readonly timeWeight: number;
  /** Scales of a robust loss on the potentials, by recording; absent: the residuals' own. */
  readonly scales?: readonly number[];
  /** Weight of the interpolated map of unknown beats (guide.ts) beside the times; 0 if absent. */
  readonly mapWeight?: number;
  /** Scale of the robust loss on times, ms; absent: the residuals' own, at least 1. */
  readonly timeScale_ms?: number;
  /** Loss without its gradient (zeros then), at a quarter of the work. */
  readonly lossOnly?: boolean;
  readonly backEnd?: BackEnd;
}

export function lossGradient(
  compiled: CompiledTwin,
  targets: readonly Target[],
  values: TwinValues,
  options: GradientOptions,
): LossGradient {
  if (!hasSoundConductances(compiled, values)) return divergedAt(compiled, targets);
  const grid = commonGrid(targets, options.limit_ms);
  const inputs = targets.map(({ recording }) => ({ values, recording }));
  const { backEnd, lossOnly = false } = options;
  const simulation = simulate(compiled, inputs, { grid, adjoint: !lossOnly, backEnd });
  const { result, lanes, nodes } = simulation;
  const potential = new Float64Array(result.potential.length);
  const activation = new Float64Array(nodes * lanes);
  const observation: Record<string, number> = {};
  const scales: number[] = targets.map(() => 1);
  let loss = 0;
  targets.forEach((target, lane) => {
    const part = { target, values, simulation, lane, observation, scales };
    if (target.potential) loss += potentialSeeds(compiled, part, potential, options.scales?.[lane]);
    if (!target.potential || options.timeWeight > 0)
      loss += timeSeeds(compiled, part, {
        weight: options.timeWeight,
        scale_ms: options.timeScale_ms,
        activation,
        potential,
      });
    const guide = options.mapWeight ? guideOf(compiled, target) : undefined;
    if (!guide) return;
    const map = { ...target, timeNodes: guide.nodes, activation_ms: guide.times_ms };
    loss += timeSeeds(
      compiled,
      { ...part, target: map },
      {
        weight: options.mapWeight!,
        byNode: guide.weights,
        scale_ms: options.timeScale_ms,
        activation,
        potential,
      },
    );
  });
  const diverged = !targets.every((_, l) => result.finite[l]) || !Number.isFinite(loss);
  if (diverged) return divergedAt(compiled, targets);
  if (lossOnly) return { loss, gradient: new Float64Array(compiled.layout.size), diverged, scales };
  // Seeds of order one keep the single-precision adjoint clear of its flush level.
  const scale = largest(potential, activation);
  const seeds = {
    potential: scaled(potential, 1 / scale),
    activation: scaled(activation, 1 / scale),
  };
  const rollout = simulation.gradient(seeds);
  const bars = Object.fromEntries(
    Object.entries(rollout.edges).map(([name, g]) => [name, sumLanes(g, lanes)]),
  );
  const edges = compiled.edgeMap.pullBack(values, bars);
  const scalars: Record<string, number> = { ...edges.scalars };
  const network = Float64Array.from(edges.network);
  for (const [name, g] of Object.entries(rollout.globals)) {
    const total = g.reduce((a, b) => a + b, 0);
    const weight = /^diffusion\.n(\d+)$/.exec(name);
    if (weight && network.length > 0) network[Number(weight[1])] += total;
    else scalars[name] = (scalars[name] ?? 0) + total;
  }
  for (const [name, slope] of Object.entries(observation))
    scalars[name] = (scalars[name] ?? 0) + slope / scale;
  const nodal: Record<string, Float64Array> = {};
  for (const p of compiled.program.nodeParameters) {
    // d/d log_scale_i = value_i d/d value_i; the common factor gets the sum of the same.
    const at = nodalValues(values, p, nodes);
    const field = sumLanes(rollout.nodes[p], lanes).map((g, i) => g * at[i]);
    nodal[nodalFieldName(p)] = field;
    const name = reactionName(p);
    scalars[name] = field.reduce((a, b) => a + b, 0) / values.scalars[name];
  }
  const gradient = packGradient(compiled.layout, values, {
    scalars,
    fields: { ...edges.fields, ...nodal },
    network,
  });
  return { loss, gradient: gradient.map((g) => g * scale), diverged: false, scales };
}

const divergedAt = ({ layout }: CompiledTwin, targets: readonly Target[]): LossGradient => ({
  loss: Number.POSITIVE_INFINITY,
  gradient: new Float64Array(layout.size),
  diverged: true,
  scales: targets.map(() => 1),
});

/** One recording in its lane, and where slopes of the observation model's scalars are added up. */
interface LanePart {
  readonly target: Target;
  readonly values: TwinValues;
  readonly simulation: Simulation;
  readonly lane: number;
  readonly observation: Record<string, number>;
  readonly scales: number[];
}

/** Adds d(mean loss)/d(sampled potential) of one lane; returns the mean loss. */
function potentialSeeds(
  compiled: CompiledTwin,
  { target, values, simulation, lane, observation, scales }: LanePart,
  seeds: Float64Array,
  scale: number | undefined,
): number {
  const { result, lanes, nodes, grid } = simulation;
  const { recording } = target;
  const potential = target.potential!;
  const model = compiled.spec.observation;
  const frames = { recording, times_ms: potential.times_ms, grid };
  const map = timeMapOf(model, values, frames);
  const whole = Float64Array.from(
    { length: grid.samples * nodes },
    (_, k) => result.potential[k * lanes + lane],
  );
  const source = spatialBlur(compiled, whole, model.spatialBlur_mm);
  const raw = observedFrames({ values: source, lanes: 1, lane: 0, nodes }, potential.nodes, map);
  const channelFit = fitTarget(target, raw, model, scale);
  const { fitted, coefficients } = channelFit;
  const residual = fitted.map((p, k) => p - potential.values[k]);
  scales[lane] = channelFit.scale;
  const rho = lossOf(model.loss, channelFit.scale);
  const channels = potential.nodes.length;
  const count = residual.reduce((n, r) => (Number.isNaN(r) ? n : n + 1), 0);
  let loss = 0;
  // At the optimal gain and offset their own derivative vanishes (envelope theorem).
  const bar = residual.map((r, k) => {
    if (Number.isNaN(r)) return 0;
    const weight = target.weights[k % channels];
    loss += (weight * rho.value(r)) / count;
    return (weight * rho.weight(r) * r * coefficients[3 * (k % channels)]) / count;
  });
  const pulled = new Float64Array(grid.samples * nodes);
  pullFrames(bar, potential.nodes, map, { values: pulled, lanes: 1, lane: 0, nodes });
  const back = spatialBlur(compiled, pulled, model.spatialBlur_mm, true);
  for (let k = 0; k < back.length; k++) seeds[k * lanes + lane] += back[k];
  const slopeBy = (part: "d-blur" | "d-shift") => {
    const change = timeMapOf(model, values, frames, part);
    const moved = observedFrames(
      { values: source, lanes: 1, lane: 0, nodes },
      potential.nodes,
      change,
    );
    return moved.reduce((sum, d, k) => sum + d * bar[k], 0);
  };
  if (model.temporalBlur_ms === "fitted")
    add(observation, "observation.blur_ms", slopeBy("d-blur"));
  if (model.timingShift) add(observation, shiftName(recording.beat), slopeBy("d-shift"));
  return loss;
}

function add(into: Record<string, number>, name: string, value: number): void {
  into[name] = (into[name] ?? 0) + value;
}

/** A node that should activate and does not is pulled up: (shortfall of its peak * this)^2, ms^2. */
const shortfallScale_ms = 20;

interface TimeSeeds {
  readonly weight: number;
  /** Factors of the weight, one for each of the target's nodes; 1 if absent. */
  readonly byNode?: Float64Array;
  readonly scale_ms?: number;
  readonly activation: Float64Array;
  readonly potential: Float64Array;
}

/** Squared activation-time errors, with a graceful penalty where a node stays silent. */
function timeSeeds(
  compiled: CompiledTwin,
  { target, values, simulation, lane, observation }: LanePart,
  { weight: all, byNode, scale_ms, activation, potential }: TimeSeeds,
): number {
  const { result, lanes, nodes, grid } = simulation;
  const model = compiled.spec.observation;
  const shift_ms = shiftOf(model, values, target.recording);
  const residual = Float64Array.from(
    target.timeNodes,
    (node, k) => result.activation_ms[node * lanes + lane] + shift_ms - target.activation_ms[k],
  );
  const finite = residual.filter((r) => Number.isFinite(r));
  // Heavy tails of measured times: Student's loss with its own scale, at least 1 ms.
  const rho = lossOf("student", scale_ms ?? Math.max(1, robustScale(finite)));
  const count = target.timeNodes.length;
  let loss = 0;
  residual.forEach((r, k) => {
    const index = target.timeNodes[k] * lanes + lane;
    if (Number.isNaN(target.activation_ms[k])) return;
    const weight = all * (byNode?.[k] ?? 1);
    if (Number.isFinite(r)) {
      loss += (weight * rho.value(r)) / count;
      const slope = (weight * rho.weight(r) * r) / count;
      activation[index] += slope;
      if (model.timingShift) add(observation, shiftName(target.recording.beat), slope);
      return;
    }
    let best = 0;
    let peak = Number.NEGATIVE_INFINITY;
    for (let f = 0; f < grid.samples; f++) {
      const u = result.potential[f * nodes * lanes + index];
      if (u > peak) [best, peak] = [f, u];
    }
    const shortfall = shortfallScale_ms * (activationThreshold + 0.1 - peak);
    loss += (weight * shortfall * shortfall) / 2 / count;
    potential[best * nodes * lanes + index] -= (weight * shortfall * shortfallScale_ms) / count;
  });
  return loss;
}

function largest(...arrays: readonly Float64Array[]): number {
  let size = 0;
  for (const array of arrays) for (const x of array) size = Math.max(size, Math.abs(x));
  return size || 1;
}

const scaled = (values: Float64Array, factor: number) => values.map((v) => v * factor);

function sumLanes(values: Float64Array, lanes: number): Float64Array {
  return Float64Array.from({ length: values.length / lanes }, (_, e) => {
    let sum = 0;
    for (let l = 0; l < lanes; l++) sum += values[e * lanes + l];
    return sum;
  });
}
