import type { Mesh } from "../mesh/mesh.js";

/**
 * One patient: a mesh, recordings on it, and which recordings may be learnt from.
 * Plain data: a Case is a directory on disk (src/io/case-directory.ts) and travels to workers.
 */
export interface Case {
  readonly name: string;
  /** Where it comes from, with licence or citation; shown in reports. */
  readonly source: string;
  readonly mesh: Mesh;
  readonly recordings: readonly Recording[];
  /** Recording ids. Scores come from `test` alone, which discovery never reads. */
  readonly split: Split;
}

export interface Split {
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
}

export interface Recording {
  readonly id: string;
  /** Recordings of one beat share a beat, and so the stimulus that was inferred for it. */
  readonly beat: string;
  readonly stimuli: StimulusSource;
  /** Normalised transmembrane potential u at some nodes. */
  readonly potential?: PotentialData;
  /** Activation times at some nodes. */
  readonly activation?: ActivationData;
}

export interface PotentialData {
  /** [T] frame times, ms, increasing. */
  readonly times_ms: Float64Array;
  /** [K] observed nodes. */
  readonly nodes: Int32Array;
  /** [T * K] frame-major values; NaN = missing. */
  readonly values: Float32Array;
  /** True where the signal has an arbitrary gain and offset per channel (optical mapping). */
  readonly arbitraryScale: boolean;
}

export interface ActivationData {
  /** [K] observed nodes. */
  readonly nodes: Int32Array;
  /** [K] ms; NaN = the node did not activate. */
  readonly times_ms: Float64Array;
}

/** Given stimuli, or a beat that enters from outside the mesh (conduction system). */
export type StimulusSource =
  | { readonly kind: "given"; readonly stimuli: readonly Stimulus[] }
  | { readonly kind: "unknown" };

/** Either a current for a while, or a value the potential starts from at t = 0. */
export type Stimulus =
  | {
      readonly kind: "current";
      readonly nodes: readonly number[];
      readonly start_ms: number;
      readonly duration_ms: number;
      /** du/dt of the normalised potential, 1/ms. */
      readonly strength_per_ms: number;
    }
  | { readonly kind: "initial"; readonly nodes: readonly number[]; readonly value: number };
