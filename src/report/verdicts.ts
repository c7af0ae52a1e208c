import { leastAgreement } from "../twin/metrics.js";
import type { ReportData } from "./data.js";
import { bestIndex, figure, type ScoreColumn, usedColumns } from "./format.js";

/** The twin beside its best rival without a model, in one figure of the score. */
export interface Comparison {
  readonly column: ScoreColumn;
  readonly mine: number;
  readonly rival: { readonly name: string; readonly value: number };
  /** Worse over better, two digits; null for a tie. */
  readonly factor: number | null;
}

export function comparisons(data: ReportData): readonly Comparison[] {
  const test = data.twin?.test;
  if (!test) return [];
  return usedColumns([test])
    .filter(({ key }) => key === "mse" || key === "at_mae_ms")
    .flatMap((column) => {
      const rival = bestPredictor(data, column);
      if (!rival) return [];
      const mine = test[column.key] as number;
      const [better, worse] = [Math.min(mine, rival.value), Math.max(mine, rival.value)];
      const factor = mine === rival.value ? null : Number((worse / better).toPrecision(2));
      return [{ column, mine, rival, factor }];
    });
}

export function bestPredictor(data: ReportData, { key, better }: ScoreColumn) {
  const values = data.predictors.map(({ test }) => test?.[key]);
  const index = bestIndex(values, better);
  return index < 0 ? null : { name: data.predictors[index].name, value: values[index] as number };
}

/** The comparison in words, made from the figures, whichever way it went. */
export function verdicts(data: ReportData): readonly string[] {
  if (!data.twin) return ["No candidate was fitted: no test recordings are predicted."];
  const { test } = data.twin;
  if (!test) return ["There are no test recordings: nothing here says how the twin predicts."];
  const agreement = test.activation_agreement ?? 1;
  return comparisons(data).map(({ column, mine, rival, factor }) => {
    const winner = mine < rival.value ? "the twin" : rival.name;
    const by =
      column.key === "at_mae_ms" && agreement < leastAgreement
        ? "no verdict, since at most nodes the twin is silent where it was measured active, or the other way round"
        : factor === null
          ? "a tie"
          : `${winner} wins by a factor of ${factor}`;
    return (
      `${column.label} on unseen recordings: twin ${figure(mine)}${space(column.unit)}, ` +
      `best trivial predictor (${rival.name}) ${figure(rival.value)}${space(column.unit)}: ${by}.`
    );
  });
}

const space = (unit: string): string => (unit ? ` ${unit}` : "");
