import type { CompiledTwin } from "../twin/compile.js";
import { fitChannels, observedFrames, shiftOf, spatialBlur, timeMapOf } from "../twin/observe.js";
import { type Simulation, simulate, type TimeGrid } from "../twin/simulate.js";
import type { ObservationModel, TwinValues } from "../twin/spec.js";
import { hasSoundConductances } from "../twin/tensor-check.js";
import { channelTimes } from "../twin/times.js";
import { type Loss, lossOf, robustScale } from "./losses.js";
import { activationPart, commonGrid, gridOf, type Target } from "./targets.js";

/**
 * What a fit compares: activation times alone (short roll-outs), activation and recovery times
 * (ms), or the potentials themselves.
 */
export type Comparison = "activation" | "times" | "potential";

export interface CompareOptions {
  readonly compare: Comparison;
  /** Largest time step, ms. */
  readonly limit_ms: number;
  /**
   * Scale of a robust loss, in the unit of the residuals: one number within an iteration, or costs
   * could not be compared. Absent: the robust standard deviation of the first set's residuals.
   */
  readonly scale?: number;
}

/** Recovery is slower than the up-stroke, so its time is less certain. */
const recoveryWeight = 0.5;

/** Residuals of one recording for several parameter sets, [values][residuals]; NaN = no data. */
export interface Residuals {
  readonly residuals: readonly Float64Array[];
  /** [residuals] */
  readonly weights: Float64Array;
  /** Number of sets whose roll-out left the numbers. */
  readonly diverged: readonly boolean[];
  /** Scale of a robust loss; 1 for squares. */
  readonly scale: number;
}

/** Predictions of a lane in the form in which the target was observed. */
export interface Prediction {
  /** [T * K] after blur and channel fit; undefined for recordings of times only. */
  readonly frames?: Float64Array;
  /** [K] at the target's nodes. */
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
  readonly finite: boolean;
}

export function predictLane(
  compiled: CompiledTwin,
  target: Target,
  values: TwinValues,
  simulation: Simulation,
  lane: number,
  scale?: number,
): Prediction {
  const { result, lanes, nodes, grid } = simulation;
  const finite = result.finite[lane];
  const model = compiled.spec.observation;
  if (!target.potential) {
    const shift_ms = shiftOf(model, values, target.recording);
    const at = (times: Float64Array) =>
      Float64Array.from(target.timeNodes, (node) => times[node * lanes + lane] + shift_ms);
    return { activation_ms: at(result.activation_ms), recovery_ms: at(result.recovery_ms), finite };
  }
  const { potential } = target;
  const { times_ms } = potential;
  const map = timeMapOf(model, values, { recording: target.recording, times_ms, grid });
  const source =
    model.spatialBlur_mm === 0
      ? { values: result.potential, lanes, lane, nodes }
      : { values: blurred(compiled, simulation, lane), lanes: 1, lane: 0, nodes };
  const raw = observedFrames(source, potential.nodes, map);
  const frames = fitTarget(target, raw, model, scale).fitted;
  const times = channelTimes(
    potential,
    potential.arbitraryScale ? raw : frames,
    potential.nodes.length,
  );
  return { frames, ...times, finite };
}

/**
 * Channels fitted under the loss of the observation model: for a robust one, gain and offset resist
 * outliers as the other parameters do. Without a `scale`, that of the least-squares residuals.
 */
export function fitTarget(
  { potential }: Target,
  raw: Float64Array,
  model: ObservationModel,
  scale?: number,
): ReturnType<typeof fitChannels> & { scale: number } {
  const { values } = potential!;
  if (model.loss === "squares") return { ...fitChannels(potential!, raw, model), scale: 1 };
  const misfit = () => fitChannels(potential!, raw, model).fitted.map((p, k) => p - values[k]);
  const own = scale ?? robustScale(misfit());
  const { weight } = lossOf(model.loss, own);
  return { ...fitChannels(potential!, raw, { ...model, weight }), scale: own };
}

function blurred(compiled: CompiledTwin, simulation: Simulation, lane: number): Float64Array {
  const { result, lanes, nodes, grid } = simulation;
  const own = Float64Array.from(
    { length: grid.samples * nodes },
    (_, k) => result.potential[k * lanes + lane],
  );
  return spatialBlur(compiled, own, compiled.spec.observation.spatialBlur_mm);
}

/** Simulates all parameter sets against one recording, four at a time. */
export function predictMany(
  compiled: CompiledTwin,
  target: Target,
  sets: readonly TwinValues[],
  grid: TimeGrid,
  scale?: number,
): Prediction[] {
  const predictions: Prediction[] = [];
  for (let start = 0; start < sets.length; start += 4) {
    const lanes = sets.slice(start, start + 4);
    const inputs = lanes.map((values) => ({ values, recording: target.recording }));
    const simulation = simulate(compiled, inputs, { grid, watch: !target.potential });
    lanes.forEach((values, l) => {
      predictions.push(predictLane(compiled, target, values, simulation, l, scale));
    });
  }
  return predictions;
}

/** Simulates up to four recordings side by side with the same values. */
export function predictTogether(
  compiled: CompiledTwin,
  targets: readonly Target[],
  values: TwinValues,
  limit_ms: number,
): Prediction[] {
  const grid = commonGrid(targets, limit_ms);
  const inputs = targets.map(({ recording }) => ({ values, recording }));
  const watch = targets.some((t) => !t.potential);
  const simulation = simulate(compiled, inputs, { grid, watch });
  return targets.map((target, lane) => predictLane(compiled, target, values, simulation, lane));
}

/** Where a node does not activate in time, it is taken to activate just after the end. */
function timeResiduals(target: Target, prediction: Prediction): Float64Array {
  const count = target.timeNodes.length;
  const out = new Float64Array(2 * count);
  const late = target.end_ms * 1.05;
  for (let k = 0; k < count; k++) {
    const at = Number.isFinite(prediction.activation_ms[k]) ? prediction.activation_ms[k] : late;
    const rt = Number.isFinite(prediction.recovery_ms[k]) ? prediction.recovery_ms[k] : late;
    out[k] = at - target.activation_ms[k];
    out[count + k] = rt - target.recovery_ms[k];
  }
  return out;
}

function potentialResiduals(target: Target, prediction: Prediction): Float64Array {
  return difference(prediction.frames!, target.potential!.values);
}

/** (a - b) / by; a loop, since callbacks of typed arrays are not inlined. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>, by = 1): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] - b[i]) / by;
  return out;
}

/** Times weigh by kind; potentials as their channel does, frame after frame. */
function weightsOf(target: Target, compare: CompareOptions["compare"]): Float64Array {
  const count = target.timeNodes.length;
  const isPotential = compare === "potential";
  const weights = new Float64Array(isPotential ? target.potential!.values.length : 2 * count);
  if (!isPotential) return weights.fill(1).fill(recoveryWeight ** 2, count);
  for (let k = 0; k < weights.length; k++) weights[k] = target.weights[k % count];
  return weights;
}

export function residualsOf(
  compiled: CompiledTwin,
  whole: Target,
  sets: readonly TwinValues[],
  options: CompareOptions,
): Residuals {
  const target = options.compare === "activation" ? activationPart(whole) : whole;
  const grid = gridOf(target, options.limit_ms);
  const { loss } = compiled.spec.observation;
  const onPotential = options.compare === "potential" ? options.scale : undefined;
  const predictions = predictMany(compiled, target, sets, grid, onPotential);
  const of = options.compare === "potential" ? potentialResiduals : timeResiduals;
  const residuals = predictions.map((p) => of(target, p));
  return {
    residuals,
    weights: weightsOf(target, options.compare),
    diverged: predictions.map((p) => !p.finite),
    scale: loss === "squares" ? 1 : (options.scale ?? robustScale(residuals[0])),
  };
}

/** J'WJ, J'Wr and the cost r'Wr of one recording; sums over recordings are the fit's. */
export interface NormalEquations {
  readonly jtj: Float64Array;
  readonly jtr: Float64Array;
  /** Sum of weighted squared residuals (robust losses: of 2 rho) and their number. */
  readonly cost: number;
  readonly count: number;
  readonly diverged: boolean;
  /** For the costs of the trials that follow. */
  readonly scale: number;
}

/**
 * Gauss-Newton's normal equations from forward differences: `sets` holds the base and, for each
 * parameter, a set in which its z is moved by `steps[k]`. All run side by side in the lanes. Channel
 * coefficients are refitted for every set, so their change is in the differences (variable projection).
 */
export function normalEquations(
  compiled: CompiledTwin,
  target: Target,
  sets: readonly TwinValues[],
  steps: readonly number[],
  options: CompareOptions,
): NormalEquations {
  const { residuals, weights, diverged, scale } = residualsOf(compiled, target, sets, options);
  const base = residuals[0];
  const rho = lossOf(compiled.spec.observation.loss, scale);
  const size = steps.length;
  const columns = steps.map((h, k) => difference(residuals[k + 1], base, h));
  const jtj = new Float64Array(size * size);
  const jtr = new Float64Array(size);
  let cost = 0;
  let count = 0;
  for (let i = 0; i < base.length; i++) {
    if (Number.isNaN(base[i])) continue;
    const w = weights[i] * rho.weight(base[i]);
    cost += 2 * weights[i] * rho.value(base[i]);
    count++;
    for (let a = 0; a < size; a++) {
      const wa = w * columns[a][i];
      jtr[a] += wa * base[i];
      for (let b = 0; b <= a; b++) jtj[a * size + b] += wa * columns[b][i];
    }
  }
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) jtj[b * size + a] = jtj[a * size + b];
  return { jtj, jtr, cost, count, diverged: diverged.some(Boolean), scale };
}

/** Cost alone, for several parameter sets; infinite where one diverges, or cannot be simulated. */
export function costs(
  compiled: CompiledTwin,
  target: Target,
  sets: readonly TwinValues[],
  options: CompareOptions,
): { cost: number; count: number }[] {
  const sound = sets.filter((values) => hasSoundConductances(compiled, values));
  if (sound.length === 0) return sets.map(() => ({ cost: Number.POSITIVE_INFINITY, count: 0 }));
  const { residuals, weights, diverged, scale } = residualsOf(compiled, target, sound, options);
  const rho = lossOf(compiled.spec.observation.loss, scale);
  return sets.map((values) => {
    const s = sound.indexOf(values);
    if (s < 0) return { cost: Number.POSITIVE_INFINITY, count: 0 };
    const sum = costOf(residuals[s], weights, rho);
    return diverged[s] ? { ...sum, cost: Number.POSITIVE_INFINITY } : sum;
  });
}

function costOf(residuals: Float64Array, weights: Float64Array, rho: Loss) {
  let cost = 0;
  let count = 0;
  for (let i = 0; i < residuals.length; i++) {
    if (Number.isNaN(residuals[i])) continue;
    cost += 2 * weights[i] * rho.value(residuals[i]);
    count++;
  }
  return { cost, count };
}
