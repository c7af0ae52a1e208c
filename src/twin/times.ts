import type { PotentialData } from "../case/case.js";

/** Activation and recovery of every channel, ms; NaN where the event is not in the frames. */
export interface ChannelTimes {
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
}

/**
 * Times out of frames, the same way for data and prediction so that their common bias cancels:
 * the first crossing of the middle between rest and peak upwards, and the last one downwards after
 * it, interpolated linearly. With an arbitrary scale the middle is each channel's own; a channel
 * whose range is below `least` of the median range does not activate.
 */
export function channelTimes(
  data: Pick<PotentialData, "times_ms" | "arbitraryScale">,
  values: ArrayLike<number>,
  channels: number,
  threshold = 0.5,
): ChannelTimes {
  const frames = data.times_ms.length;
  const activation_ms = new Float64Array(channels).fill(Number.NaN);
  const recovery_ms = new Float64Array(channels).fill(Number.NaN);
  const levels = data.arbitraryScale ? middleLevels(values, frames, channels) : undefined;
  for (let c = 0; c < channels; c++) {
    const level = levels ? levels[c] : threshold;
    let previous = values[c];
    // Lifted from the start on (an initial-value stimulus): activated at the first frame.
    if (previous >= level) activation_ms[c] = data.times_ms[0];
    for (let f = 1; f < frames; f++) {
      const value = values[f * channels + c];
      if (Number.isNaN(value)) continue;
      const moment = () =>
        data.times_ms[f - 1] +
        ((level - previous) / (value - previous)) * (data.times_ms[f] - data.times_ms[f - 1]);
      if (previous < level && value >= level && Number.isNaN(activation_ms[c]))
        activation_ms[c] = moment();
      if (previous >= level && value < level && !Number.isNaN(activation_ms[c]))
        recovery_ms[c] = moment();
      previous = value;
    }
  }
  return { activation_ms, recovery_ms };
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
