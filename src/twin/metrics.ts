import type { Score } from "./spec.js";

/** Below this agreement the few nodes that are active in both say nothing of a wave. */
export const leastAgreement = 0.5;

/** Pairs of truth and prediction to be scored; either part may be missing. */
export interface Scored {
  /** [T * K] frames of truth (NaN = missing) and prediction. */
  readonly frames?: {
    readonly truth: ArrayLike<number>;
    readonly predicted: ArrayLike<number>;
    readonly channels: number;
  };
  /** [K] ms; NaN or Infinity = did not activate. */
  readonly activation?: {
    readonly truth: ArrayLike<number>;
    readonly predicted: ArrayLike<number>;
  };
  readonly recovery?: { readonly truth: ArrayLike<number>; readonly predicted: ArrayLike<number> };
}

/**
 * Scores pooled over recordings (definitions: docs/metrics.md): MSE over all values; SCC, the
 * Pearson correlation over nodes at each frame, averaged; TCC, over time at each node, averaged;
 * activation errors over nodes that activate in both, beside the agreement on who activates.
 */
export function score(parts: readonly Scored[]): Score {
  const frames = parts.flatMap((p) => (p.frames ? [p.frames] : []));
  const activation = parts.flatMap((p) => (p.activation ? [p.activation] : []));
  const recovery = parts.flatMap((p) => (p.recovery ? [p.recovery] : []));
  const at = bothDefined(activation);
  const rt = bothDefined(recovery);
  const errors = at.truth.map((t, k) => at.predicted[k] - t);
  return {
    mse: frames.length ? meanSquare(frames) : null,
    scc: frames.length ? meanCorrelation(frames, "space") : null,
    tcc: frames.length ? meanCorrelation(frames, "time") : null,
    at_mae_ms: errors.length ? mean(errors.map(Math.abs)) : null,
    at_rmse_ms: errors.length ? Math.sqrt(mean(errors.map((e) => e * e))) : null,
    at_r: at.truth.length > 1 ? nullIfNaN(pearson(at.truth, at.predicted)) : null,
    activation_agreement: activation.length ? agreement(activation) : null,
    rt_mae_ms: rt.truth.length ? mean(rt.truth.map((t, k) => Math.abs(rt.predicted[k] - t))) : null,
  };
}

type Frames = NonNullable<Scored["frames"]>;
type Times = NonNullable<Scored["activation"]>;

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k];
  return sum / values.length;
}
const nullIfNaN = (value: number) => (Number.isNaN(value) ? null : value);

function meanSquare(parts: readonly Frames[]): number {
  let sum = 0;
  let count = 0;
  for (const { truth, predicted } of parts)
    for (let k = 0; k < truth.length; k++) {
      if (Number.isNaN(truth[k])) continue;
      sum += (predicted[k] - truth[k]) ** 2;
      count++;
    }
  return sum / count;
}

/** A spread below this share of the mean is what rounding in float64 leaves of a constant. */
const constantSpread = 1e-9;

/** Pearson correlation; NaN when either side is constant. */
export function pearson(x: Float64Array, y: Float64Array): number {
  // Declared one by one: V8 (seen in Node 20) keeps sums declared by destructuring on the heap.
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  let n = 0;
  for (let k = 0; k < x.length; k++) {
    if (Number.isNaN(x[k]) || Number.isNaN(y[k])) continue;
    n++;
    sx += x[k];
    sy += y[k];
  }
  const [mx, my] = [sx / n, sy / n];
  for (let k = 0; k < x.length; k++) {
    if (Number.isNaN(x[k]) || Number.isNaN(y[k])) continue;
    sxx += (x[k] - mx) ** 2;
    syy += (y[k] - my) ** 2;
    sxy += (x[k] - mx) * (y[k] - my);
  }
  const varies = (squares: number, m: number) => squares > n * (constantSpread * m) ** 2;
  return varies(sxx, mx) && varies(syy, my) ? sxy / Math.sqrt(sxx * syy) : Number.NaN;
}

/** Frames (space) or channels (time) where either side is constant are left out. */
function meanCorrelation(parts: readonly Frames[], over: "space" | "time"): number | null {
  const values: number[] = [];
  for (const { truth, predicted, channels } of parts) {
    const frames = truth.length / channels;
    const lines = over === "space" ? frames : channels;
    const length = over === "space" ? channels : frames;
    const [apart, next] = over === "space" ? [channels, 1] : [1, channels];
    const [x, y] = [new Float64Array(length), new Float64Array(length)];
    for (let line = 0; line < lines; line++) {
      for (let k = 0, at = line * apart; k < length; k++, at += next) {
        x[k] = truth[at];
        y[k] = predicted[at];
      }
      const r = pearson(x, y);
      if (!Number.isNaN(r)) values.push(r);
    }
  }
  return values.length ? mean(values) : null;
}

function bothDefined(parts: readonly Times[]): { truth: Float64Array; predicted: Float64Array } {
  const [truth, predicted]: [number[], number[]] = [[], []];
  for (const part of parts)
    for (let k = 0; k < part.truth.length; k++)
      if (Number.isFinite(part.truth[k]) && Number.isFinite(part.predicted[k])) {
        truth.push(part.truth[k]);
        predicted.push(part.predicted[k]);
      }
  return { truth: Float64Array.from(truth), predicted: Float64Array.from(predicted) };
}

function agreement(parts: readonly Times[]): number {
  let same = 0;
  let count = 0;
  for (const { truth, predicted } of parts)
    for (let k = 0; k < truth.length; k++) {
      if (Number.isFinite(truth[k]) === Number.isFinite(predicted[k])) same++;
      count++;
    }
  return same / count;
}
