import type { PotentialData, Recording } from "../case/case.js";
import type { CompiledTwin } from "./compile.js";
import type { TimeGrid } from "./simulate.js";
import type { ObservationModel, TwinValues } from "./spec.js";

/** A linear map from samples to frames: frame f = sum of weights[k] * sample[index[k]]. */
export interface TimeMap {
  readonly rows: readonly { readonly index: Int32Array; readonly weight: Float64Array }[];
}

/**
 * Frames at `times_ms` (moved by `shift_ms`) out of samples every `interval_ms`, after a Gaussian blur of
 * standard deviation `blur_ms`. Linear interpolation; ends are held.
 */
export function timeMap(
  times_ms: ArrayLike<number>,
  grid: TimeGrid,
  { blur_ms, shift_ms }: { blur_ms: number; shift_ms: number },
): TimeMap {
  const sd = blur_ms / grid.interval_ms;
  const reach = Math.ceil(4 * sd);
  const last = grid.samples - 1;
  const rows = Array.from({ length: times_ms.length }, (_, f) => {
    const at = Math.min(last, Math.max(0, (times_ms[f] - shift_ms) / grid.interval_ms));
    const weights = new Map<number, number>();
    const add = (sample: number, weight: number) => {
      const held = Math.min(last, Math.max(0, sample));
      if (weight !== 0) weights.set(held, (weights.get(held) ?? 0) + weight);
    };
    if (reach === 0) {
      const low = Math.floor(at + 1e-9);
      const fraction = Math.max(0, at - low);
      add(low, 1 - (fraction < 1e-9 ? 0 : fraction));
      add(low + 1, fraction < 1e-9 ? 0 : fraction);
    } else {
      const centre = Math.round(at);
      const kernel = Array.from({ length: 2 * reach + 3 }, (_, k) => {
        const sample = centre - reach - 1 + k;
        return { sample, weight: Math.exp(-0.5 * ((sample - at) / sd) ** 2) };
      });
      const total = kernel.reduce((sum, k) => sum + k.weight, 0);
      for (const { sample, weight } of kernel) add(sample, weight / total);
    }
    return { index: Int32Array.from(weights.keys()), weight: Float64Array.from(weights.values()) };
  });
  return { rows };
}

/** The blur that applies: a given width, or the fitted one. */
export function blurOf(model: ObservationModel, values: TwinValues): number {
  return model.temporalBlur_ms === "fitted"
    ? values.scalars["observation.blur_ms"]
    : model.temporalBlur_ms;
}

/** Delay of a recording, ms; 0 unless the observation model fits one. */
export const shiftName = (recording: Recording) => `observation.shift_ms.${recording.beat}`;
export function shiftOf(model: ObservationModel, values: TwinValues, recording: Recording): number {
  return model.timingShift ? (values.scalars[shiftName(recording)] ?? 0) : 0;
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
  samples: LaneSamples,
  nodes: ArrayLike<number>,
  map: TimeMap,
): Float64Array {
  const count = nodes.length;
  const out = new Float64Array(map.rows.length * count);
  map.rows.forEach(({ index, weight }, f) => {
    for (let k = 0; k < index.length; k++) {
      const row = index[k] * samples.nodes;
      for (let c = 0; c < count; c++)
        out[f * count + c] +=
          weight[k] * samples.values[(row + nodes[c]) * samples.lanes + samples.lane];
    }
  });
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
  const { graph, operator } = compiled;
  const w = operator.weights.w ?? Object.values(operator.weights)[0];
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

/**
 * Gain, offset and slope of each channel in closed form: y ~ gain p + offset + slope t, least
 * squares over frames that are numbers. Returns the fitted frames and the coefficients, [K * 3].
 */
export function fitChannels(
  data: PotentialData,
  predicted: Float64Array,
  model: Pick<ObservationModel, "gainOffset" | "drift">,
): { fitted: Float64Array; coefficients: Float64Array } {
  const [frames, channels] = [data.times_ms.length, data.nodes.length];
  const fitted = Float64Array.from(predicted);
  const coefficients = new Float64Array(channels * 3);
  for (let c = 0; c < channels; c++) coefficients[3 * c] = 1;
  if (!model.gainOffset) return { fitted, coefficients };
  const middle = (data.times_ms[0] + data.times_ms[frames - 1]) / 2;
  const half = Math.max(1e-9, (data.times_ms[frames - 1] - data.times_ms[0]) / 2);
  for (let c = 0; c < channels; c++) {
    const basis = (f: number): number[] => {
      const row = [predicted[f * channels + c], 1];
      if (model.drift) row.push((data.times_ms[f] - middle) / half);
      return row;
    };
    const solution = leastSquares(frames, basis, (f) => data.values[f * channels + c]);
    // A negative gain would turn the wave upside down: the channel then carries no signal.
    const gain = Math.max(0, solution[0]);
    coefficients.set([gain, solution[1], solution[2] ?? 0], 3 * c);
    for (let f = 0; f < frames; f++) {
      const row = basis(f);
      fitted[f * channels + c] = gain * row[0] + solution[1] + (solution[2] ?? 0) * (row[2] ?? 0);
    }
  }
  return { fitted, coefficients };
}

/** Normal equations with a ridge of 1e-9 of the diagonal; rows whose value is NaN are left out. */
export function leastSquares(
  rows: number,
  basis: (row: number) => number[],
  value: (row: number) => number,
): number[] {
  const n = basis(0).length;
  const a = Array.from({ length: n }, () => new Float64Array(n + 1));
  for (let f = 0; f < rows; f++) {
    const y = value(f);
    if (Number.isNaN(y)) continue;
    const b = basis(f);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) a[i][j] += b[i] * b[j];
      a[i][n] += b[i] * y;
    }
  }
  for (let i = 0; i < n; i++) a[i][i] += 1e-9 * a[i][i] + 1e-30;
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = a[k][i] / a[i][i];
      for (let j = i; j <= n; j++) a[k][j] -= factor * a[i][j];
    }
  return a.map((row, i) => row[n] / row[i]);
}
