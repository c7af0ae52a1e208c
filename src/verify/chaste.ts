import { fail } from "../core/errors.js";
import { type CheckRow, judged, type PlotSeries } from "./check.js";
import { benchmarkPoints, pointNames } from "./niederer-references.js";
import { nodeAt, onDiagonal, slabSize_mm } from "./slab-lattice.js";

const spacing_mm = 0.5;
/** Nodes of the file: 41 x 15 x 7. */
export const chasteCount = 4305;
const reason =
  "linear finite elements with state-variable interpolation: the current is evaluated from states interpolated inside the elements, which pulls a steep front forward on a coarse mesh, where nodal currents hold it back; no row of either mass treatment should meet it";

/** A wave slower than 0.1 mm/ms would be none of the benchmark's. */
const slowest_ms = spacing_mm / 0.1;

/** Throws "malformed-file" where 4305 numbers are no wave: times of neighbours must be close. */
export function requireChasteMap(times_ms: Float64Array, path: string): void {
  const nodes = slabSize_mm.map((size) => size / spacing_mm + 1);
  const strides = [1, nodes[0], nodes[0] * nodes[1]];
  for (const [node, time] of times_ms.entries())
    for (const [axis, stride] of strides.entries()) {
      const isLast = Math.floor(node / stride) % nodes[axis] === nodes[axis] - 1;
      if (isLast || Math.abs(times_ms[node + stride] - time) <= slowest_ms) continue;
      fail({
        code: "malformed-file",
        path,
        message: `${path}: times ${node + 1} and ${node + stride + 1} belong to neighbours ${spacing_mm} mm apart and differ by more than ${slowest_ms} ms: this is no wave on the benchmark's slab.`,
        fix: "Give activation_time_h0.05_dt0.01.dat of the Chaste sources, as it is.",
      });
    }
}

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
