import type { PotentialData } from "../case/case.js";

/** Activation and recovery of every channel, ms; NaN where the event is not in the frames. */
export interface ChannelTimes {
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
}

/** Camera signals are blurred by this much before times are taken: their noise crosses levels. */
export const timesBlur_ms = 2;

/**
 * Times out of frames, the same way for data and prediction so that their common bias cancels:
 * the first crossing of the middle between rest and peak upwards, and the last one downwards after
 * it, interpolated linearly. With an arbitrary scale the signal is blurred by `timesBlur_ms` first
 * and the middle is each channel's own; a channel whose range is below `least` of the median range
 * does not activate.
 */
export function channelTimes(
  data: Pick<PotentialData, "times_ms" | "arbitraryScale">,
  recorded: ArrayLike<number>,
  channels: number,
  threshold = 0.5,
): ChannelTimes {
  const values = data.arbitraryScale
    ? blurredFrames(recorded, data.times_ms, timesBlur_ms)
    : recorded;
  const frames = data.times_ms.length;
  const activation_ms = new Float64Array(channels).fill(Number.NaN);
  const recovery_ms = new Float64Array(channels).fill(Number.NaN);
  const levels = data.arbitraryScale ? middleLevels(values, frames, channels) : undefined;
  for (let c = 0; c < channels; c++) {
    const level = levels ? levels[c] : threshold;
    let previous = values[c];
    let previous_ms = data.times_ms[0];
    // Lifted from the start on (an initial-value stimulus): activated at the first frame.
    if (previous >= level) activation_ms[c] = data.times_ms[0];
    for (let f = 1; f < frames; f++) {
      const value = values[f * channels + c];
      if (Number.isNaN(value)) continue;
      const now_ms = data.times_ms[f];
      const isActive = !Number.isNaN(activation_ms[c]);
      const rises = !isActive && previous < level && value >= level;
      const falls = isActive && previous >= level && value < level;
      if (rises || falls) {
        const share = (level - previous) / (value - previous);
        (rises ? activation_ms : recovery_ms)[c] = previous_ms + share * (now_ms - previous_ms);
      }
      previous = value;
      previous_ms = now_ms;
    }
  }
  return { activation_ms, recovery_ms };
}

/**
 * Frames after a Gaussian of standard deviation `sd_ms` in time, over the frames that are numbers;
 * [T * K] like `values`. Frames farther apart than three standard deviations do not mix.
 */
export function blurredFrames(
  values: ArrayLike<number>,
  times_ms: ArrayLike<number>,
  sd_ms: number,
): Float64Array {
  const frames = times_ms.length;
  const channels = values.length / frames;
  const out = new Float64Array(values.length).fill(Number.NaN);
  const sum = new Float64Array(channels);
  const total = new Float64Array(channels);
  let first = 0;
  for (let f = 0; f < frames; f++) {
    sum.fill(0);
    total.fill(0);
    while (times_ms[f] - times_ms[first] > 3 * sd_ms) first++;
    for (let g = first; g < frames && times_ms[g] - times_ms[f] <= 3 * sd_ms; g++) {
      const weight = Math.exp(-0.5 * ((times_ms[g] - times_ms[f]) / sd_ms) ** 2);
      for (let c = 0; c < channels; c++) {
        const value = values[g * channels + c];
        if (Number.isNaN(value)) continue;
        sum[c] += weight * value;
        total[c] += weight;
      }
    }
    for (let c = 0; c < channels; c++)
      if (!Number.isNaN(values[f * channels + c])) out[f * channels + c] = sum[c] / total[c];
  }
  return out;
}

/** Half way between the 10th percentile and the maximum of each channel; NaN for flat channels. */
function middleLevels(values: ArrayLike<number>, frames: number, channels: number): Float64Array {
  const least = 0.25;
  const low = new Float64Array(channels);
  const high = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const column = Array.from({ length: frames }, (_, f) => values[f * channels + c])
      .filter((v) => !Number.isNaN(v))
      .sort((a, b) => a - b);
    low[c] = column[Math.floor(0.1 * (column.length - 1))] ?? Number.NaN;
    high[c] = column[Math.floor(0.98 * (column.length - 1))] ?? Number.NaN;
  }
  const ranges = [...high].map((h, c) => h - low[c]).sort((a, b) => a - b);
  const typical = ranges[Math.floor(ranges.length / 2)];
  return low.map((l, c) => (high[c] - l < least * typical ? Number.NaN : (l + high[c]) / 2));
}
