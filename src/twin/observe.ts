import type { PotentialData, Recording } from "../case/case.js";
import type { CompiledTwin } from "./compile.js";
import type { TimeGrid } from "./simulate.js";
import type { ObservationModel, TwinValues } from "./spec.js";

/** A linear map from samples to frames: frame f = sum of weights[k] * sample[index[k]]. */
export interface TimeMap {
  readonly rows: readonly { readonly index: Int32Array; readonly weight: Float64Array }[];
}

export interface TimeMapOptions {
  readonly blur_ms: number;
  readonly shift_ms: number;
  /** The map itself (default), or its derivative by blur_ms or shift_ms. */
  readonly part?: "value" | "d-blur" | "d-shift";
}

/**
 * Frames at `times_ms`, delayed by `shift_ms`, out of samples every `interval_ms`, blurred by a Gaussian of
 * standard deviation `blur_ms`: a convolution of the samples' linear interpolant, so it is smooth in
 * both numbers down to no blur at all. Interpolation spreads by h^2 / 6 of its own (h: the interval),
 * which is taken off the Gaussian's variance: sd^4 / (sd^2 + h^2 / 6). Ends are held. With d = sample - frame and
 * I(x) = x Phi(x/sd) + sd phi(x/sd), the twice integrated Gaussian, a weight is the second difference
 * I(d + 1) - 2 I(d) + I(d - 1); dI/dx = Phi(x/sd) and dI/dsd = phi(x/sd) give the derivatives.
 */
export function timeMap(
  times_ms: ArrayLike<number>,
  grid: TimeGrid,
  { blur_ms, shift_ms, part = "value" }: TimeMapOptions,
): TimeMap {
  const wanted = blur_ms / grid.interval_ms;
  const reach = Math.ceil(blurReach * wanted) + 1;
  const last = grid.samples - 1;
  const integral = kernelIntegral(part, wanted, grid.interval_ms);
  const rows = Array.from(times_ms, (time_ms) =>
    timeRow((time_ms - shift_ms) / grid.interval_ms, { reach, last, integral }),
  );
  return { rows };
}

/** Weights of the samples around `at`, in samples. */
function timeRow(
  at: number,
  { reach, last, integral }: { reach: number; last: number; integral: (x: number) => number },
): TimeMap["rows"][number] {
  const from = Math.floor(at + snap) - reach;
  const weights = new Map<number, number>();
  let before = integral(from - 1 - at);
  let here = integral(from - at);
  for (let k = from; k < from + 2 * reach + 2; k++) {
    const after = integral(k + 1 - at);
    const weight = after - 2 * here + before;
    const held = Math.min(last, Math.max(0, k));
    if (Math.abs(weight) > leastWeight) weights.set(held, (weights.get(held) ?? 0) + weight);
    [before, here] = [here, after];
  }
  return { index: Int32Array.from(weights.keys()), weight: Float64Array.from(weights.values()) };
}

/** Standard deviations after which a Gaussian is cut, 2e-9 of its mass. */
const blurReach = 6;
/** Weights below this are rounding. */
const leastWeight = 1e-14;
/** Frames this close to a sample, in samples, are at it. */
const snap = 1e-9;

/** Variance of linear interpolation, in samples squared. */
const interpolation = 1 / 6;

function kernelIntegral(
  part: "value" | "d-blur" | "d-shift",
  wanted: number,
  interval_ms: number,
): (x: number) => number {
  const variance = wanted * wanted + interpolation;
  const sd = (wanted * wanted) / Math.sqrt(variance);
  const stretch = (wanted * (variance + interpolation)) / variance ** 1.5;
  if (part === "d-blur")
    return sd === 0 ? () => 0 : (x) => (stretch * normalDensity(x / sd)) / interval_ms;
  const share = (x: number) => (sd === 0 ? (x > snap ? 1 : 0) : normalShare(x / sd));
  if (part === "d-shift") return (x) => share(x) / interval_ms;
  if (sd === 0) return (x) => (x > snap ? x : 0);
  return (x) => x * share(x) + sd * normalDensity(x / sd);
}

const normalDensity = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** Standard normal distribution function: 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...), to rounding. */
function normalShare(x: number): number {
  if (Math.abs(x) > 8.5) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}

/** The blur that applies: a given width, or the fitted one. */
export function blurOf(model: ObservationModel, values: TwinValues): number {
  return model.temporalBlur_ms === "fitted"
    ? values.scalars["observation.blur_ms"]
    : model.temporalBlur_ms;
}

/** Name of the delay of a beat's recordings. */
export const shiftName = (beat: string) => `observation.shift_ms.${beat}`;

/**
 * Delay of a recording, ms; 0 unless the observation model fits one. A beat that was not fitted gets
 * the mean delay of those that were.
 */
export function shiftOf(model: ObservationModel, values: TwinValues, recording: Recording): number {
  if (!model.timingShift) return 0;
  const own = values.scalars[shiftName(recording.beat)];
  if (own !== undefined) return own;
  const prefix = shiftName("");
  const known = Object.entries(values.scalars).filter(([name]) => name.startsWith(prefix));
  return known.reduce((sum, [, shift]) => sum + shift, 0) / Math.max(1, known.length);
}

/** How a recording's samples become its frames at the given values. */
export function timeMapOf(
  model: ObservationModel,
  values: TwinValues,
  {
    recording,
    times_ms,
    grid,
  }: {
    recording: Recording;
    times_ms: ArrayLike<number>;
    grid: TimeGrid;
  },
  part: TimeMapOptions["part"] = "value",
): TimeMap {
  const blur_ms = blurOf(model, values);
  return timeMap(times_ms, grid, { blur_ms, shift_ms: shiftOf(model, values, recording), part });
}

/** What potential samples of a lane look like: element (sample, node) of a lane-minor array. */
export interface LaneSamples {
  readonly values: ArrayLike<number>;
  readonly lanes: number;
  readonly lane: number;
  readonly nodes: number;
}

/** [T * K] frames of the observed nodes, before gain and offset. */
export function observedFrames(
  { values, lanes, lane, nodes: all }: LaneSamples,
  nodes: ArrayLike<number>,
  map: TimeMap,
): Float64Array {
  const count = nodes.length;
  const out = new Float64Array(map.rows.length * count);
  for (let f = 0; f < map.rows.length; f++) {
    const { index, weight } = map.rows[f];
    for (let k = 0; k < index.length; k++) {
      const [row, share, first] = [index[k] * all, weight[k], f * count];
      for (let c = 0; c < count; c++)
        out[first + c] += share * values[(row + nodes[c]) * lanes + lane];
    }
  }
  return out;
}

/** The transpose of `observedFrames`: adds d loss / d frame into d loss / d sample. */
export function pullFrames(
  bar: Float64Array,
  nodes: ArrayLike<number>,
  map: TimeMap,
  into: { values: Float64Array; lanes: number; lane: number; nodes: number },
): void {
  const count = nodes.length;
  map.rows.forEach(({ index, weight }, f) => {
    for (let k = 0; k < index.length; k++) {
      const row = index[k] * into.nodes;
      for (let c = 0; c < count; c++)
        into.values[(row + nodes[c]) * into.lanes + into.lane] += weight[k] * bar[f * count + c];
    }
  });
}

/**
 * Blur over the mesh as a short diffusion: sd^2 = 2 t for unit diffusivity, explicit steps of
 * u += dt M^-1 K u on every frame. `transpose` applies the adjoint map.
 */
export function spatialBlur(
  compiled: CompiledTwin,
  frames: Float64Array,
  sd_mm: number,
  transpose = false,
): Float64Array {
  if (sd_mm === 0) return frames;
  const { graph } = compiled;
  const operator = compiled.isotropic();
  const { w } = operator.weights;
  const { nodeCount: n, edges } = graph;
  const rate = new Float64Array(n);
  for (let e = 0; e < w.length; e++) {
    rate[edges[2 * e]] += Math.abs(w[e]) / operator.mass[edges[2 * e]];
    rate[edges[2 * e + 1]] += Math.abs(w[e]) / operator.mass[edges[2 * e + 1]];
  }
  const time = sd_mm ** 2 / 2;
  const steps = Math.max(1, Math.ceil(time * 2 * rate.reduce((a, b) => Math.max(a, b), 0)));
  const dt = time / steps;
  const out = Float64Array.from(frames);
  const flow = new Float64Array(n);
  for (let start = 0; start < out.length; start += n)
    for (let step = 0; step < steps; step++) {
      flow.fill(0);
      for (let e = 0; e < w.length; e++) {
        const [i, j] = [edges[2 * e], edges[2 * e + 1]];
        const u = (k: number) => out[start + k] / (transpose ? operator.mass[k] : 1);
        const flux = w[e] * (u(j) - u(i));
        flow[i] += flux;
        flow[j] -= flux;
      }
      for (let i = 0; i < n; i++)
        out[start + i] += (dt * flow[i]) / (transpose ? 1 : operator.mass[i]);
    }
  return out;
}

/** What `fitChannels` needs beside data and prediction. */
export interface ChannelFitOptions extends Pick<ObservationModel, "gainOffset" | "drift"> {
  /** Weight rho'(r) / r of a robust loss; the channels then minimise that loss, too. */
  readonly weight?: (residual: number) => number;
}

/** Rounds of reweighting; the gain of a channel with outliers settles to 1e-6 in about ten. */
const reweightings = 30;

/**
 * Gain, offset and slope of each channel: y ~ gain p + offset + slope t over frames that are
 * numbers, t from -1 to 1. In closed form for least squares, by iterative reweighting for a robust
 * loss. Returns the fitted frames and the coefficients (gain, offset, slope), [K * 3].
 */
export function fitChannels(
  data: PotentialData,
  predicted: Float64Array,
  options: ChannelFitOptions,
): { fitted: Float64Array; coefficients: Float64Array } {
  const [frames, channels] = [data.times_ms.length, data.nodes.length];
  const fitted = Float64Array.from(predicted);
  const coefficients = new Float64Array(channels * 3);
  for (let c = 0; c < channels; c++) coefficients[3 * c] = 1;
  if (!options.gainOffset) return { fitted, coefficients };
  const middle = (data.times_ms[0] + data.times_ms[frames - 1]) / 2;
  const half = Math.max(1e-9, (data.times_ms[frames - 1] - data.times_ms[0]) / 2);
  const time = Float64Array.from(data.times_ms, (t) => (t - middle) / half);
  const signal = { p: new Float64Array(frames), y: new Float64Array(frames), time };
  for (let c = 0; c < channels; c++) {
    for (let f = 0; f < frames; f++) {
      signal.p[f] = predicted[f * channels + c];
      signal.y[f] = data.values[f * channels + c];
    }
    const [gain, offset, slope] = channelCoefficients(signal, options);
    coefficients.set([gain, offset, slope], 3 * c);
    for (let f = 0; f < frames; f++)
      fitted[f * channels + c] = gain * signal.p[f] + offset + slope * time[f];
  }
  return { fitted, coefficients };
}

interface ChannelSignal {
  readonly p: Float64Array;
  readonly y: Float64Array;
  readonly time: Float64Array;
}

function channelCoefficients(signal: ChannelSignal, options: ChannelFitOptions): number[] {
  const { p, y, time } = signal;
  const { weight, drift } = options;
  let solution = weightedFit(signal, drift);
  for (let round = 0; weight && round < reweightings; round++) {
    const [gain, offset, slope] = solution;
    const next = weightedFit(signal, drift, (f) =>
      weight(gain * p[f] + offset + slope * time[f] - y[f]),
    );
    const change = Math.max(...next.map((v, k) => Math.abs(v - solution[k])));
    solution = next;
    if (change < 1e-10) break;
  }
  return solution;
}

/** Gain, offset, slope by weighted least squares; a gain below zero becomes zero. */
function weightedFit(
  { p, y, time }: ChannelSignal,
  drift: boolean,
  weight: (frame: number) => number = () => 1,
): number[] {
  const solve = (withGain: boolean) => {
    const columns = [...(withGain ? [p] : []), undefined, ...(drift ? [time] : [])];
    return [...(withGain ? [] : [0]), ...leastSquares(columns, y, weight), 0].slice(0, 3);
  };
  const solution = solve(true);
  // A negative gain would turn the wave upside down: the channel then carries no signal.
  return solution[0] > 0 ? solution : solve(false);
}

/** Normal equations with a ridge of 1e-9 of the diagonal; rows whose value is NaN are left out. */
function leastSquares(
  columns: readonly (Float64Array | undefined)[],
  y: Float64Array,
  weight: (row: number) => number,
): number[] {
  const n = columns.length;
  const a = Array.from({ length: n }, () => new Float64Array(n + 1));
  const row = new Float64Array(n + 1);
  for (let f = 0; f < y.length; f++) {
    if (Number.isNaN(y[f])) continue;
    // An absent column is the constant.
    for (let i = 0; i < n; i++) row[i] = columns[i]?.[f] ?? 1;
    row[n] = y[f];
    const w = weight(f);
    for (let i = 0; i < n; i++) for (let j = 0; j <= n; j++) a[i][j] += w * row[i] * row[j];
  }
  for (let i = 0; i < n; i++) a[i][i] += 1e-9 * a[i][i] + 1e-30;
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = a[k][i] / a[i][i];
      for (let j = i; j <= n; j++) a[k][j] -= factor * a[i][j];
    }
  return a.map((line, i) => line[n] / line[i]);
}
