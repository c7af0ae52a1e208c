import type { SchemeName } from "../../model/schemes.js";

/**
 * What an independent code says about an entry. One file per entry, `goldens/NAME.ts`, exports one
 * `Golden`; `goldens/index.ts` lists them. All numbers are in the entry's own units (mV, mM, or the
 * paper's dimensionless potential) and per ms, and come from the equations as an independent source
 * writes them, never from the entry's own text.
 */
export interface Golden {
  /** Which source, which version, integrated how, by what. */
  readonly provenance: string;
  /** The source's steady state, by state of the entry, and how far the declared rest may be off. */
  readonly rest: {
    readonly states: Readonly<Record<string, number>>;
    /** Allowed |declared - source|, relative to max(1e-3, |source|). */
    readonly tolerance: number;
    /**
     * Where the published start is not at rest: the largest distance of the source's potential from
     * it within 200 ms, in amplitudes (rest to peak).
     */
    readonly drift?: number;
    /** Time in which a start just above rest is back there, ms; 200 where absent. */
    readonly settle_ms?: number;
  };
  /** Rates at states far apart: on the up-stroke, the plateau, near rest, at singular points. */
  readonly rates: readonly RateGolden[];
  readonly beats: readonly BeatGolden[];
  /** Deliberate errors that `rates` must reject. */
  readonly mutants: readonly Mutant[];
}

export interface RateGolden {
  /** As published where absent. */
  readonly variant?: string;
  readonly states: Readonly<Record<string, number>>;
  /** Per ms, by state. */
  readonly rates: Readonly<Record<string, number>>;
  /** Allowed difference relative to max(1e-6, |rate|); 1e-9 where absent. */
  readonly tolerance?: number;
}

export interface BeatGolden {
  readonly variant?: string;
  /** Values that differ from the variant's. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** All other states start at the entry's declared rest, plus what `start` names. */
  readonly start?: Readonly<Record<string, number>>;
  /** Rectangular pulses from 0 ms on, potential per ms; the last beat is the one measured. */
  readonly pacing?: {
    readonly strength_per_ms: number;
    readonly duration_ms: number;
    readonly period_ms: number;
    readonly beats: number;
  };
  /** Time simulated after the last pulse (or the start), ms. */
  readonly end_ms: number;
  /** Potential at which the duration is measured, from up-crossing (or start) to down-crossing. */
  readonly level: number;
  readonly duration_ms: number;
  readonly peak: number;
  /** Largest dV/dt after the pulse has ended; left out where the pulse itself is the up-stroke. */
  readonly upstroke_per_ms?: number;
  /** Potential at times after the last pulse (or the start), [ms, potential]. */
  readonly trace: readonly (readonly [number, number])[];
  /** Step of the float64 check, ms: small enough to be stable and exact. */
  readonly fine_ms: number;
  /** Its scheme; rk4 where absent. Gates of a microsecond are too stiff for that. */
  readonly fineScheme?: SchemeName;
  /** Step of the wasm-f32x4 check (rk4) where the entry declares no scheme and step of its own. */
  readonly step_ms?: number;
  /** Allowed errors of the two checks. */
  readonly tolerance: { readonly fine: BeatTolerance; readonly own: BeatTolerance };
}

export interface BeatTolerance {
  readonly duration_ms: number;
  /** Of the peak and of the trace, in the potential's unit. */
  readonly potential: number;
  /** Relative. */
  readonly upstroke?: number;
}

interface RateTable {
  readonly states: readonly Readonly<Record<string, number>>[];
  /** Of the columns below: the states whose rates the source has. */
  readonly names: readonly string[];
  /** By variant ("published" for none), a row for each of `states`, per ms. */
  readonly rates: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly tolerance?: number;
}

/** The rates of several variants at the same states. */
export function rateTable({ states, names, rates, ...common }: RateTable): RateGolden[] {
  return Object.entries(rates).flatMap(([variant, rows]) => {
    if (rows.length !== states.length || rows.some((row) => row.length !== names.length))
      throw new Error(`The rates of "${variant}" do not fit their states and names.`);
    return rows.map((row, k) => ({
      ...(variant === "published" ? {} : { variant }),
      states: states[k],
      rates: Object.fromEntries(row.map((rate, column) => [names[column], rate])),
      ...common,
    }));
  });
}

/** Traces of beats whose potentials were taken at the same times. */
export const traceAt = (times_ms: readonly number[]) => (potentials: readonly number[]) =>
  potentials.map((potential, k) => [times_ms[k], potential] as const);

/** The entry's text with `from` replaced by `to`. */
export interface Mutant {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}
