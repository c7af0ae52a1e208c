/** Corners of the slab in the benchmark's order, mm, and its centre. */
export const benchmarkPoints = {
  P1: [0, 0, 0],
  P2: [0, 7, 0],
  P3: [20, 0, 0],
  P4: [20, 7, 0],
  P5: [0, 0, 3],
  P6: [0, 7, 3],
  P7: [20, 0, 3],
  P8: [20, 7, 3],
  P9: [10, 3.5, 1.5],
} as const satisfies Record<string, readonly [number, number, number]>;

export type PointName = keyof typeof benchmarkPoints;
export const pointNames = Object.keys(benchmarkPoints) as PointName[];

/** How mass is treated: it decides the speed on coarse meshes, so rows are compared like with like. */
export type MassTreatment = "differences" | "consistent";

export interface ReferenceRow {
  readonly mass: MassTreatment;
  readonly spacing_mm: number;
  readonly dt_ms: number;
  /** P1 .. P9, ms; NaN where the source gives none. */
  readonly times_ms: readonly number[];
  readonly source: string;
  /** False: shown only, since the source gives no more than these numbers. */
  readonly judges: boolean;
}

const differences =
  "explicit finite differences written separately in C, node-centred 7-point, Rush-Larsen";
const beat = "fenicsx-beat repository, linear finite elements, consistent mass";
const carp = "openCARP, full mass matrix, second-hand; its stimulus and step differ";
const none = Number.NaN;

/** Activation times of other codes, ms. */
export const referenceRows: readonly ReferenceRow[] = [
  {
    mass: "differences",
    spacing_mm: 0.5,
    dt_ms: 0.05,
    times_ms: [1.304, 112.673, 44.477, 124.428, 26.882, 114.183, 50.097, 125.411, 55.402],
    source: differences,
    judges: true,
  },
  {
    mass: "differences",
    spacing_mm: 0.2,
    dt_ms: 0.05,
    times_ms: [1.304, 40.008, 34.449, 53.328, 11.907, 41.866, 35.858, 54.319, 24.309],
    source: differences,
    judges: true,
  },
  {
    mass: "differences",
    spacing_mm: 0.1,
    dt_ms: 0.01,
    times_ms: [1.237, 30.31, 32.258, 43.387, 9.087, 31.718, 33.435, 44.282, 20.151],
    source: differences,
    judges: true,
  },
  {
    mass: "consistent",
    spacing_mm: 0.5,
    dt_ms: 0.05,
    times_ms: [1.25, 51.1, 34.9, 58.9, 14.1, 49.5, 34.0, 56.65, 26.05],
    source: beat,
    judges: true,
  },
  {
    mass: "consistent",
    spacing_mm: 0.2,
    dt_ms: 0.05,
    times_ms: [1.25, 29.7, 32.9, 40.2, 9.55, 30.0, 32.95, 39.9, 18.9],
    source: beat,
    judges: true,
  },
  {
    mass: "consistent",
    spacing_mm: 0.1,
    dt_ms: 0.05,
    times_ms: [1.25, 26.85, 33.3, 40.35, 8.4, 27.5, 33.85, 40.55, 18.95],
    source: beat,
    judges: true,
  },
  {
    mass: "consistent",
    spacing_mm: 0.5,
    dt_ms: 0.02,
    times_ms: [none, none, none, none, none, none, none, 58.329, 25.009],
    source: carp,
    judges: false,
  },
  {
    mass: "consistent",
    spacing_mm: 0.2,
    dt_ms: 0.02,
    times_ms: [none, none, none, none, none, none, none, 40.865, none],
    source: carp,
    judges: false,
  },
  {
    mass: "consistent",
    spacing_mm: 0.1,
    dt_ms: 0.02,
    times_ms: [1.278, none, none, none, none, none, none, 40.654, 18.983],
    source: carp,
    judges: false,
  },
];

/** P8 of the codes of the paper on its finest grid, ms. */
export const publishedSpread_ms: readonly [number, number] = [37.8, 48.7];
