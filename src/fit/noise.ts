import { median } from "../core/median.js";
import type { Target } from "./targets.js";

/**
 * Variance of white noise from second differences in time, robustly: their median size, since
 * up-strokes are rare. For smooth noise-free signals it is the curvature between frames, a small
 * number that is not taken off the score (see noiseFloor).
 */
export function noiseVariance(
  values: ArrayLike<number>,
  channels: number,
): { byChannel: Float64Array; typical: number } {
  const frames = values.length / channels;
  const byChannel = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const sizes: number[] = [];
    for (let f = 2; f < frames; f++) {
      const second =
        values[f * channels + c] -
        2 * values[(f - 1) * channels + c] +
        values[(f - 2) * channels + c];
      if (!Number.isNaN(second)) sizes.push(Math.abs(second));
    }
    // E (a - 2b + c)^2 = 6 sigma^2; median |x| = 0.6745 sigma for a normal x.
    if (sizes.length > 0) byChannel[c] = (median(sizes) / 0.6745) ** 2 / 6;
  }
  return { byChannel, typical: median(byChannel) };
}

/**
 * Mean over frames of the variance over nodes: the squared error of "every node follows the mean",
 * which anything that travels should beat.
 */
export function waveVariance(targets: readonly Target[]): number {
  const variances = targets.flatMap(({ potential }) => {
    if (!potential) return [];
    const { values, nodes } = potential;
    return Array.from({ length: values.length / nodes.length }, (_, f) => {
      const row = values
        .slice(f * nodes.length, (f + 1) * nodes.length)
        .filter((v) => !Number.isNaN(v));
      const mean = row.reduce((a, b) => a + b, 0) / Math.max(1, row.length);
      return row.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, row.length);
    });
  });
  return variances.reduce((a, b) => a + b, 0) / Math.max(1, variances.length);
}
