import type { Reaction } from "../model/declare.js";
import { beatFigures, type CellBeat, rateError, runBeat } from "./cell.js";
import {
  type Check,
  type CheckInput,
  type CheckResult,
  judged,
  type Part,
  type Plot,
} from "./check.js";
import { beatsOfFirstFive } from "./goldens/first-five.js";
import type { BeatGolden, RateGolden } from "./goldens/golden.js";
import { goldens } from "./goldens/index.js";

const group = "Single cells";

interface Known {
  readonly provenance: string;
  readonly rates?: readonly RateGolden[];
  readonly beats: readonly BeatGolden[];
}

const knownOf = (name: string): Known | undefined => goldens[name] ?? beatsOfFirstFive[name];

function rateRow(entry: Reaction, { rates = [], provenance }: Known) {
  return judged(group, {
    id: `cells.${entry.name}.rates`,
    figure: `${entry.name}: rates at ${rates.length} states, worst error / tolerance`,
    value: Math.max(...rates.map((rate) => rateError(entry, rate))),
    unit: "1",
    rule: "at most",
    reference: 1,
    source: provenance,
  });
}

function beatRows(entry: Reaction, source: string, beat: BeatGolden, trace: CellBeat) {
  const { duration_ms, peak } = beatFigures(trace, beat.level);
  const changed = Object.entries(beat.parameters ?? {}).map(([name, value]) => `${name} ${value}`);
  const which = [beat.variant, ...changed].filter((part) => part !== undefined).join(", ");
  const id = `cells.${entry.name}${which ? `.${which.replaceAll(/[^\w.-]+/g, "-")}` : ""}`;
  const title = `${entry.name}${which ? ` (${which})` : ""}`;
  const { unit } = Object.values(entry.states)[0];
  const allowed = beat.tolerance.fine;
  return [
    judged(group, {
      id: `${id}.duration`,
      figure:
        `${title}: time above ${Number(beat.level.toPrecision(3))} ${unit === "1" ? "" : unit}`.trim(),
      value: duration_ms,
      unit: "ms",
      rule: "near",
      reference: beat.duration_ms,
      tolerance: allowed.duration_ms,
      source,
    }),
    judged(group, {
      id: `${id}.peak`,
      figure: `${title}: peak`,
      value: peak,
      unit,
      rule: "near",
      reference: beat.peak,
      tolerance: allowed.potential,
      source,
    }),
  ];
}

/** Every tenth of a millisecond or so is enough for the eye. */
function tracePlot(entry: Reaction, beat: BeatGolden, { dt_ms, potential }: CellBeat): Plot {
  const stride = Math.max(1, Math.floor(potential.length / 400));
  const shown = potential.filter((_, k) => k % stride === 0);
  const { unit } = Object.values(entry.states)[0];
  const points = beat.trace.map(([t]) => t);
  const series = [
    { name: "leads", role: "ours" as const, x: shown.map((_, k) => k * stride * dt_ms), y: shown },
    { name: "reference", role: "points" as const, x: points, y: beat.trace.map(([, v]) => v) },
  ];
  return {
    title: entry.title,
    x: "time, ms",
    y: unit === "1" ? "potential" : `potential, ${unit}`,
    scale: "linear",
    series: points.length > 0 ? series : series.slice(0, 1),
  };
}

function withoutGolden(entry: Reaction): CheckResult {
  const row = judged(group, {
    id: `cells.${entry.name}`,
    figure: entry.name,
    value: Number.NaN,
    unit: "1",
    rule: "shown",
    reference: Number.NaN,
    source: "none",
    note: "no golden values of another code are known for this entry",
  });
  return { rows: [row], plots: [] };
}

function cellPart({ catalog, cost }: CheckInput, entry: Reaction): Part {
  return {
    name: `cell: ${entry.name}`,
    run: () => {
      const known = knownOf(entry.name);
      if (!known) return withoutGolden(entry);
      const beats = cost === "quick" ? known.beats.slice(0, 1) : known.beats;
      const runs = beats.map((beat) => ({ beat, trace: runBeat(catalog, entry, beat) }));
      return {
        rows: [
          ...(known.rates ? [rateRow(entry, known)] : []),
          ...runs.flatMap(({ beat, trace }) => beatRows(entry, known.provenance, beat, trace)),
        ],
        plots: runs.slice(0, 1).map(({ beat, trace }) => tracePlot(entry, beat, trace)),
      };
    },
  };
}

export const cellsCheck: Check = {
  group,
  explanation:
    "Every reaction of the catalog against independent code: its rates at states far apart, and an action potential. Rates decide whether the equations are those of the paper; duration and peak whether they are integrated well.",
  parts: (input) => Object.values(input.catalog.reactions).map((entry) => cellPart(input, entry)),
};
