/** Gaussian smoothing; sd in samples; the kernel is cut at four sd and renormalised at the ends. */
export function smooth(signal: ArrayLike<number>, sd: number): Float64Array {
  const reach = Math.ceil(4 * sd);
  const kernel = Float64Array.from({ length: reach + 1 }, (_, k) => Math.exp(-0.5 * (k / sd) ** 2));
  return Float64Array.from({ length: signal.length }, (_, i) => {
    let [sum, weight] = [0, 0];
    for (let k = Math.max(-reach, -i); k <= reach && i + k < signal.length; k++) {
      sum += kernel[Math.abs(k)] * signal[i + k];
      weight += kernel[Math.abs(k)];
    }
    return sum / weight;
  });
}

/** Central differences per sample, one-sided at the ends. */
export function slope(signal: Float64Array): Float64Array {
  const last = signal.length - 1;
  return signal.map((_, i) => {
    const [a, b] = [Math.max(0, i - 1), Math.min(last, i + 1)];
    return b > a ? (signal[b] - signal[a]) / (b - a) : 0;
  });
}

export interface PickOptions {
  readonly sampling_hz: number;
  /** [from, to] ms after the first frame. */
  readonly window_ms: readonly [number, number];
  /** "steepest-fall" for unipolar electrograms, "steepest-rise" for transmembrane potential. */
  readonly mark: "steepest-fall" | "steepest-rise";
  readonly smoothing_ms?: number;
}

/**
 * Activation time in ms after the first frame: steepest slope of the signal, smoothed by a Gaussian of
 * sd 1 ms, at the top of the parabola through the three samples about it. NaN when the steepest slope
 * lies at the window's end or there is none.
 */
export function pickActivation(signal: ArrayLike<number>, options: PickOptions): number {
  const { sampling_hz, window_ms, mark, smoothing_ms = 1 } = options;
  const per_ms = sampling_hz / 1000;
  const sign = mark === "steepest-fall" ? -1 : 1;
  const rates = slope(smooth(signal, smoothing_ms * per_ms)).map((rate) => sign * rate);
  const first = Math.max(1, Math.ceil(window_ms[0] * per_ms));
  const last = Math.min(rates.length - 2, Math.floor(window_ms[1] * per_ms));
  let best = first;
  for (let i = first; i <= last; i++) if (rates[i] > rates[best]) best = i;
  const inside = last > first && best > first && best < last && rates[best] > 0;
  return inside
    ? (best + parabolaTop(rates[best - 1], rates[best], rates[best + 1])) / per_ms
    : Number.NaN;
}

/** Where the parabola through (-1, a), (0, b), (1, c) has its top. */
export function parabolaTop(a: number, b: number, c: number): number {
  const bend = a - 2 * b + c;
  return bend < 0 ? (0.5 * (a - c)) / bend : 0;
}

/** Frames where `trace` has a local top above `fraction` of its largest, `gap` frames apart at least. */
export function findTops(
  trace: Float64Array,
  options: { fraction: number; gap: number },
): number[] {
  const limit = options.fraction * trace.reduce((a, b) => Math.max(a, b), -Infinity);
  const tops = [...trace.keys()].filter(
    (i) =>
      trace[i] > 0 &&
      trace[i] >= limit &&
      trace[i] >= (trace[i - 1] ?? -Infinity) &&
      trace[i] > (trace[i + 1] ?? -Infinity),
  );
  const chosen: number[] = [];
  for (const i of tops.sort((a, b) => trace[b] - trace[a] || a - b))
    if (chosen.every((j) => Math.abs(i - j) >= options.gap)) chosen.push(i);
  return chosen.sort((a, b) => a - b);
}
