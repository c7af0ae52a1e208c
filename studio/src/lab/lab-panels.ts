import type { ColourMap, Range } from "../ui/colours.js";

/** What the lab shows on the heart. */
export type LabQuantity = "potential" | "activation";

export interface LabPanel {
  readonly title: string;
  readonly unit: string;
  readonly values: ArrayLike<number>;
  readonly range: Range;
  readonly colours: ColourMap;
  readonly isolines: number;
}

export const potentialPanel = (values: ArrayLike<number>): LabPanel => ({
  ...{ title: "potential", unit: "normalised", values },
  ...{ range: { low: 0, high: 1 }, colours: "viridis", isolines: 0 },
});

/** A wave that runs changes its range seldom: each new one draws the heart anew. */
const step_ms = 50;

/** The latest activation of each node, with a line every 10 ms; grey where none was. */
export function beatPanel(values: ArrayLike<number>): LabPanel {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < first) first = values[i];
    if (values[i] > last) last = values[i];
  }
  const known = last >= first;
  const low = known ? step_ms * Math.floor(first / step_ms) : 0;
  const high = known ? Math.max(low + step_ms, step_ms * Math.ceil(last / step_ms)) : step_ms;
  return {
    ...{ title: "last activation", unit: "ms", values },
    ...{ range: { low, high }, colours: "viridis", isolines: 10 },
  };
}
