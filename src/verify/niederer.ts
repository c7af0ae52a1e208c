import type { Mesh } from "../mesh/mesh.js";
import { grid, slab } from "../mesh/structured.js";
import type { Catalog } from "../twin/spec.js";
import { chasteRows, chasteSeries } from "./chaste.js";
import {
  type Check,
  type CheckInput,
  type CheckRow,
  judged,
  type Part,
  type Plot,
} from "./check.js";
import {
  benchmarkPoints,
  type MassTreatment,
  type PointName,
  pointNames,
  publishedSpread_ms,
  type ReferenceRow,
  referenceRows,
} from "./niederer-references.js";
import { activationTimes, compileProblem, solve } from "./problem.js";
import { onDiagonal, slabSize_mm, valueAt } from "./slab-lattice.js";
import { cornerCurrent, cornerStimulus } from "./slab-stimulus.js";

/** Monodomain conductivities, S/m, over chi = 140 / mm and C_m = 0.01 uF/mm2: mm2/ms. */
const perMembrane = 1 / (140 * 0.01);
export const slabDiffusivity = {
  along_mm2_per_ms: 0.13342 * perMembrane,
  across_mm2_per_ms: 0.017606 * perMembrane,
} as const;

export interface SlabRun {
  readonly mass: MassTreatment;
  readonly spacing_mm: number;
  readonly dt_ms: number;
  readonly end_ms: number;
}

const meshOf = ({ mass, spacing_mm }: SlabRun): Mesh =>
  (mass === "differences" ? grid : slab)({ size_mm: slabSize_mm, spacing_mm, fibre: [1, 0, 0] });

/** Activation times, V through 0 mV, of all nodes of the slab, ms; node i + nx (j + ny k). */
export function simulateSlab(catalog: Catalog, slabRun: SlabRun): Float64Array {
  const reaction = catalog.reactions["ten-tusscher-panfilov"];
  const { rest_mV, amplitude_mV } = reaction.millivolts;
  const { along_mm2_per_ms: along, across_mm2_per_ms: across } = slabDiffusivity;
  const mesh = meshOf(slabRun);
  const problem = compileProblem({
    catalog,
    reaction,
    mesh,
    ...(slabRun.mass === "differences"
      ? { diffusion: "finite-difference-fibre", numerics: { scheme: "godunov" } }
      : {
          diffusion: "finite-element-fibre",
          numerics: { scheme: "godunov", diffusion: "crank-nicolson", mass: "consistent" },
        }),
    diffusionValues: { D_across: across, ratio: along / across },
  });
  const simulation = solve(problem, {
    end_ms: slabRun.end_ms,
    dt_ms: slabRun.dt_ms,
    stimuli: cornerCurrent(problem.compiled, cornerStimulus.strength_mV_per_ms / amplitude_mV),
    backEnd: "wasm-f32x4",
    threshold: -rest_mV / amplitude_mV,
  });
  return activationTimes(simulation);
}

const group = "Niederer et al. 2011";
const names: Readonly<Record<MassTreatment, string>> = {
  differences: "finite differences",
  consistent: "finite elements, consistent mass",
};

/** Codes of one method and mass treatment agree to this: see docs/verification.md. */
export function tolerance_ms(reference: ReferenceRow, point: PointName): number {
  const time = reference.times_ms[pointNames.indexOf(point)];
  return reference.mass === "differences" ? 0.1 + 0.005 * time : 0.3 + 0.03 * time;
}

/** Our nine times beside every row with the same mass treatment and spacing. */
export function compareRows(
  { mass, spacing_mm, dt_ms }: SlabRun,
  times_ms: Readonly<Record<PointName, number>>,
): CheckRow[] {
  const alike = referenceRows.filter((row) => row.mass === mass && row.spacing_mm === spacing_mm);
  const rows = alike.flatMap((row) =>
    pointNames
      .filter((_, k) => Number.isFinite(row.times_ms[k]))
      .map((point) => {
        return judged(group, {
          id: `niederer.${mass}.${spacing_mm}.${point}${row.judges ? "" : ".other"}`,
          figure: `${point}, ${names[mass]}, ${spacing_mm} mm`,
          value: times_ms[point],
          unit: "ms",
          rule: row.judges ? "near" : "shown",
          reference: row.times_ms[pointNames.indexOf(point)],
          ...(row.judges && { tolerance: tolerance_ms(row, point) }),
          source: `${row.source}; dt ${row.dt_ms} ms, ours ${dt_ms} ms`,
        });
      }),
  );
  return spacing_mm > 0.1 ? rows : [...rows, spreadRow(mass, times_ms.P8)];
}

function spreadRow(mass: MassTreatment, value: number): CheckRow {
  const [low, high] = publishedSpread_ms;
  return judged(group, {
    id: `niederer.${mass}.0.1.spread`,
    figure: `P8 inside the published spread, ${names[mass]}, 0.1 mm`,
    value,
    unit: "ms",
    rule: "near",
    reference: (low + high) / 2,
    tolerance: (high - low) / 2,
    source: `eleven codes on their finest grid, ${low} to ${high} ms (doi:10.1098/rsta.2011.0139)`,
  });
}

/** Activation along the diagonal from P1 to P8 beside the references, which have P1, P9 and P8. */
function diagonalPlot(
  { mass, spacing_mm }: SlabRun,
  times: Float64Array,
  chaste: Float64Array | undefined,
): Plot {
  const length = Math.hypot(...slabSize_mm);
  const references = referenceRows
    .filter((row) => row.mass === mass && row.spacing_mm === spacing_mm)
    .map((row) => ({
      name: row.source.split(",")[0],
      role: "points" as const,
      x: [0, length / 2, length],
      y: (["P1", "P9", "P8"] as const).map((point) => row.times_ms[pointNames.indexOf(point)]),
    }));
  return {
    title: `Diagonal, ${names[mass]}, ${spacing_mm} mm`,
    x: "distance from P1, mm",
    y: "activation, ms",
    scale: "linear",
    series: [
      { name: "leads", role: "ours", ...onDiagonal(times, spacing_mm) },
      ...references.filter(({ y }) => y.every(Number.isFinite)),
      ...(chaste && spacing_mm === 0.5 ? [chasteSeries(chaste)] : []),
    ],
  };
}

const runs = (cost: CheckInput["cost"]): readonly SlabRun[] => [
  { mass: "differences", spacing_mm: 0.5, dt_ms: 0.05, end_ms: 130 },
  { mass: "consistent", spacing_mm: 0.5, dt_ms: 0.05, end_ms: 70 },
  ...(cost === "quick"
    ? []
    : ([
        { mass: "differences", spacing_mm: 0.2, dt_ms: 0.05, end_ms: 60 },
        { mass: "consistent", spacing_mm: 0.2, dt_ms: 0.05, end_ms: 45 },
        { mass: "differences", spacing_mm: 0.1, dt_ms: 0.02, end_ms: 47 },
        { mass: "consistent", spacing_mm: 0.1, dt_ms: 0.05, end_ms: 44 },
      ] as const)),
];

function slabPart({ catalog, chaste_ms }: CheckInput, slabRun: SlabRun): Part {
  return {
    name: `slab of ${slabRun.spacing_mm} mm, ${names[slabRun.mass]}`,
    run: () => {
      const times = simulateSlab(catalog, slabRun);
      const at = (point: PointName) => valueAt(times, benchmarkPoints[point], slabRun.spacing_mm);
      const nine = Object.fromEntries(pointNames.map((point) => [point, at(point)]));
      return {
        rows: compareRows(slabRun, nine as Record<PointName, number>),
        plots: [diagonalPlot(slabRun, times, chaste_ms)],
      };
    },
  };
}

export const niedererCheck: Check = {
  group,
  explanation:
    "A slab of 20 x 7 x 3 mm of the ten Tusscher-Panfilov 2006 epicardial model, fibres along its length, stimulated at one corner; activation is V through 0 mV. On coarse meshes the treatment of mass decides the speed (finite differences near 126 ms at P8, consistent mass near 58 ms, both near 42 ms as the mesh is refined), so that every row is compared with codes of the same treatment.",
  parts: (input) => [
    ...runs(input.cost).map((slabRun) => slabPart(input, slabRun)),
    {
      name: "Chaste's stored result",
      run: () => ({ rows: chasteRows(group, input.chaste_ms), plots: [] }),
    },
  ],
};
