import type { Score } from "../twin/spec.js";
import { isNumber } from "./data.js";

/** Shown where a figure does not apply. */
export const absent = "\u2013";

/** Three significant digits; powers of ten outside 0.001 .. 99999. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (!isNumber(value)) return absent;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(digits - 1);
  const rounded = Number(value.toPrecision(digits));
  return size >= 10 ** digits
    ? String(Math.round(value))
    : rounded.toFixed(decimals(rounded, digits));
}

const decimals = (value: number, digits: number): number =>
  Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));

export const percent = (fraction: number | null | undefined): string =>
  isNumber(fraction) ? `${figure(100 * fraction, 2)} %` : absent;

export function duration(seconds: number): string {
  if (!isNumber(seconds)) return absent;
  if (seconds < 90) return `${figure(seconds, 2)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 90
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export type ScoreKey = keyof Score;

/** One column of every table of scores. */
export interface ScoreColumn {
  readonly key: ScoreKey;
  readonly label: string;
  readonly unit: string;
  /** Which direction is good. */
  readonly better: "less" | "more";
  readonly meaning: string;
}

export const scoreColumns: readonly ScoreColumn[] = [
  {
    key: "mse",
    label: "MSE",
    unit: "",
    better: "less",
    meaning: "Mean squared error of the potential",
  },
  {
    key: "at_mae_ms",
    label: "AT MAE",
    unit: "ms",
    better: "less",
    meaning: "Mean absolute error of activation times",
  },
  {
    key: "at_rmse_ms",
    label: "AT RMSE",
    unit: "ms",
    better: "less",
    meaning: "Root mean square error of activation times",
  },
  {
    key: "at_r",
    label: "AT r",
    unit: "",
    better: "more",
    meaning: "Correlation of activation times",
  },
  {
    key: "activation_agreement",
    label: "Agreement",
    unit: "",
    better: "more",
    meaning: "Share of nodes on which truth and prediction agree whether they activate",
  },
  {
    key: "rt_mae_ms",
    label: "RT MAE",
    unit: "ms",
    better: "less",
    meaning: "Mean absolute error of repolarisation times",
  },
  {
    key: "scc",
    label: "SCC",
    unit: "",
    better: "more",
    meaning: "Spatial correlation, mean over frames",
  },
  {
    key: "tcc",
    label: "TCC",
    unit: "",
    better: "more",
    meaning: "Temporal correlation, mean over nodes",
  },
];

export const columnTitle = ({ label, unit }: ScoreColumn): string =>
  unit ? `${label}, ${unit}` : label;

/** Columns in which at least one of the scores has a figure. */
export const usedColumns = (scores: readonly (Score | null)[]): readonly ScoreColumn[] =>
  scoreColumns.filter(({ key }) => scores.some((score) => isNumber(score?.[key])));

/** Index of the best figure; -1 when there is none. */
export function bestIndex(
  values: readonly (number | null | undefined)[],
  better: "less" | "more",
): number {
  const sign = better === "less" ? 1 : -1;
  return values.reduce<number>((best, value, index) => {
    if (!isNumber(value)) return best;
    return best < 0 || sign * value < sign * (values[best] as number) ? index : best;
  }, -1);
}

/** The score that candidates are compared by: MSE, or activation times where no potential exists. */
export function mainColumn(scores: readonly (Score | null)[]): ScoreColumn {
  return usedColumns(scores)[0] ?? scoreColumns[0];
}
