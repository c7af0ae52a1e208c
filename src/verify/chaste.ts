import { type CheckRow, judged, type PlotSeries } from "./check.js";
import { benchmarkPoints, pointNames } from "./niederer-references.js";
import { nodeAt, onDiagonal } from "./slab-lattice.js";

const spacing_mm = 0.5;
/** Nodes of the file: 41 x 15 x 7. */
export const chasteCount = 4305;
const reason =
  "linear finite elements with state-variable interpolation: the current is evaluated from states interpolated inside the elements, which pulls a steep front forward on a coarse mesh, where nodal currents hold it back; no row of either mass treatment should meet it";

/** Chaste's nine times; nothing of ours is judged by them. */
export function chasteRows(group: string, times_ms: Float64Array | undefined): CheckRow[] {
  const source = "Chaste, stored result of the benchmark, 0.5 mm, dt 0.01 ms (BSD-3-Clause)";
  if (!times_ms)
    return [
      judged(group, {
        id: "niederer.chaste",
        figure: "Chaste's stored result",
        value: Number.NaN,
        unit: "ms",
        rule: "shown",
        reference: Number.NaN,
        source,
        note: "not given: --chaste activation_time_h0.05_dt0.01.dat of the Chaste sources adds it",
      }),
    ];
  return pointNames.map((point) =>
    judged(group, {
      id: `niederer.chaste.${point}`,
      figure: `${point}, Chaste, 0.5 mm`,
      value: times_ms[nodeAt(benchmarkPoints[point], spacing_mm)],
      unit: "ms",
      rule: "shown",
      reference: Number.NaN,
      source,
      ...(point === "P8" && { note: reason }),
    }),
  );
}

export const chasteSeries = (times_ms: Float64Array): PlotSeries => ({
  name: "Chaste (state-variable interpolation)",
  role: "other",
  ...onDiagonal(times_ms, spacing_mm),
});
