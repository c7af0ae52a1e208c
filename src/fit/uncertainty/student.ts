/** 95 % quantile of the standard normal: half-widths of 90 % intervals. */
export const normal95 = 1.6448536269514722;

/**
 * 95 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else by the expansion of
 * Cornish and Fisher, within 0.3 %.
 */
export function student95(freedom: number): number {
  if (freedom === Number.POSITIVE_INFINITY) return normal95;
  if (freedom <= 1) return Math.tan(Math.PI * 0.45);
  if (freedom === 2) return 0.9 * Math.sqrt(2 / (1 - 0.9 ** 2));
  const z = normal95;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}
