import type { Mesh } from "../mesh/mesh.js";
import type { Parameter } from "../model/declare.js";
import type { Stimulus } from "./case.js";

/** The name of a catalog entry, and of one of its variants. */
export interface ReactionChoice {
  readonly name: string;
  readonly variant?: string;
}

/** Parameter name (and "time_scale") -> value in the unit of the entry. */
export type ParameterValues = Readonly<Record<string, number>>;

/** One isolated cell: what a draw of parameters must keep. */
export interface CellFacts {
  readonly restsAtRest: boolean;
  /** A start well below the threshold dies away. */
  readonly holdsBelowThreshold: boolean;
  /** Largest potential after a start at 0.5. */
  readonly peak: number;
  /** Time above 0.1, ms; NaN where the cell does not come back. */
  readonly duration_ms: number;
}

/** A plane wave at a diffusivity of 1 mm2/ms; both lengths grow with the square root of it. */
export interface WaveFront {
  readonly speed_mm_per_ms: number;
  /** From 10 % to 90 % of the wave's own peak. */
  readonly width_mm: number;
}

export interface TruthDiffusion {
  readonly along_mm2_per_ms: number;
  readonly across_mm2_per_ms: number;
  /** [N] ln(conductivity / healthy conductivity). */
  readonly logConductivity: Float64Array;
}

export interface TruthRequest {
  readonly mesh: Mesh;
  readonly reaction: ReactionChoice & { readonly parameters: ParameterValues };
  readonly diffusion: TruthDiffusion;
  /** One roll-out each. */
  readonly recordings: readonly (readonly Stimulus[])[];
  readonly interval_ms: number;
  /** Samples at 0, interval, ..., (samples - 1) interval. */
  readonly samples: number;
  /** "draft" is for pilots: the wave to a part in a thousand, quickly. */
  readonly accuracy: "draft" | "truth";
  /** Divides the step of the truth; 2 shows its error in time. */
  readonly finerSteps: number;
}

export interface TruthRun {
  /** [samples * N] */
  readonly potential: Float32Array | Float64Array;
  /** [N] ms; Infinity where the node does not activate; 0 where it starts lifted. */
  readonly activation_ms: Float64Array;
}

export interface TruthRuns {
  readonly runs: readonly TruthRun[];
  readonly numerics: {
    readonly scheme: string;
    readonly backEnd: string;
    readonly step_ms: number;
  };
}

/** Everything the generator asks of reaction models; src/twin/truth.ts answers with the engine. */
export interface TruthSimulator {
  /** Published values and which of them are fitted; throws for unknown names. */
  parameters(reaction: ReactionChoice): Readonly<Record<string, Parameter>>;
  cell(reaction: ReactionChoice, parameters: ParameterValues): CellFacts;
  /** undefined where the model does not conduct. */
  front(reaction: ReactionChoice, parameters: ParameterValues): WaveFront | undefined;
  simulate(request: TruthRequest): TruthRuns;
}
