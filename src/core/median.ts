/** Middle value; the mean of both middles of an even number; NaN of nothing. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half];
  return sorted.length === 0 ? Number.NaN : 0.5 * (sorted[half - 1] + sorted[half]);
}
