/** Middle value; the mean of both middles of an even number; NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  const sorted = new Float64Array(values).sort();
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half];
  return sorted.length === 0 ? Number.NaN : 0.5 * (sorted[half - 1] + sorted[half]);
}
