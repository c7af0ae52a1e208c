import type { FitsTo } from "./figures.js";
import type { Difference, Spread } from "./statistics.js";

export const missing = "-";

/** Three digits; powers of ten outside 0.001 .. 99999. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  if (size >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

export const spreadText = ({ mean, sd }: Spread): string =>
  mean === null ? missing : sd === null ? digits(mean) : `${digits(mean)} ± ${digits(sd)}`;

export const differenceText = ({ mean, low, high }: Difference): string =>
  mean === null
    ? missing
    : low === null
      ? digits(mean)
      : `${digits(mean)} [${digits(low)}, ${digits(high)}]`;

/** "3", "> 8" where half the cells or more never get there; misses behind it. */
export function fitsText({ of, misses, median }: FitsTo, budget: number): string {
  if (median === null) return missing;
  const fits =
    median === "beyond" ? `> ${budget}` : Number.isInteger(median) ? `${median}` : digits(median);
  return misses === 0 ? fits : `${fits} (${misses}/${of} miss)`;
}
