/** How a single cell is excited; u is the normalised potential, 0 at rest. */
export type CellStart =
  /** The potential starts at `u`, every other state at rest. */
  | { readonly kind: "lift"; readonly u: number }
  /** `beats` currents, `period_ms` apart from t = 0; the last beat is measured. */
  | {
      readonly kind: "current";
      /** du/dt of the normalised potential, 1/ms. */
      readonly strength_per_ms: number;
      readonly duration_ms: number;
      readonly period_ms: number;
      readonly beats: number;
    };

/**
 * rest: the potential before the measured beat. peak: its largest value. upstroke: its largest rate.
 * apd50, apd90: time from the first upward to the next downward crossing of
 * peak - 0.5 (peak - rest) and peak - 0.9 (peak - rest); a lifted cell starts above, at t = 0.
 * All in physical units, mV = rest_mV + amplitude_mV * u, except for entries without mV ("1").
 */
export type CellFigure = "rest" | "peak" | "upstroke" | "apd50" | "apd90";

export interface GoldenFigure {
  readonly figure: CellFigure;
  readonly value: number;
  /** "mV", "mV/ms", "ms", or "1" and "1/ms" for the normalised potential. */
  readonly unit: "mV" | "mV/ms" | "ms" | "1" | "1/ms";
  /** Largest accepted |ours - value|, in the same unit: the source's digits and both step errors. */
  readonly tolerance: number;
}

/** One action potential of one reaction, from a source that is not this project's engine. */
export interface Golden {
  /** Name in the catalog. */
  readonly reaction: string;
  readonly variant?: string;
  /** Which code or paper, which version, which integrator and tolerance. */
  readonly source: string;
  readonly start: CellStart;
  /** Length of the measured beat, ms; for currents one period is simulated for each beat before. */
  readonly end_ms: number;
  readonly figures: readonly GoldenFigure[];
}
