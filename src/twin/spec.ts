import type { Diffusion, OptionValues, Reaction } from "../model/declare.js";
import {
  type DiffusionStep,
  isSplit,
  type MassKind,
  type SchemeName,
  schemes,
  splittings,
  thetas,
} from "../model/schemes.js";

/** Names that `numerics` may hold, out of the tables of src/model/schemes.ts. */
export const numericsNames = {
  scheme: [...keysOf(schemes), ...keysOf(splittings)],
  diffusion: keysOf(thetas),
} as const;

function keysOf<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}

/** What exists: passed as a value, so that users can add entries of their own. */
export interface Catalog {
  readonly reactions: Readonly<Record<string, Reaction>>;
  readonly diffusions: Readonly<Record<string, Diffusion>>;
}

/**
 * The structure of a twin: names of catalog entries and their options, plain JSON. The agent
 * decides it; every number that is not an option is fitted (TwinValues).
 */
export interface TwinSpec {
  readonly reaction: { readonly name: string; readonly variant?: string };
  readonly diffusion: { readonly name: string; readonly options: OptionValues };
  readonly stimulus: StimulusModel;
  readonly observation: ObservationModel;
  readonly fit: FitSettings;
  readonly numerics: Numerics;
}

/** Given stimuli are used as recorded; unknown beats start at `sites` places found by the fit. */
export interface StimulusModel {
  readonly sites: number;
}

/** How a simulated potential becomes a recorded one; each part can be switched. */
export interface ObservationModel {
  /** Gain and offset of every channel, solved in closed form. */
  readonly gainOffset: boolean;
  /** A straight line in time on every channel, solved with gain and offset. */
  readonly drift: boolean;
  /** One delay per recording, fractions of a sample, fitted. */
  readonly timingShift: boolean;
  /** Standard deviation of a Gaussian in time, ms; "fitted" starts from 2 ms; 0 = off. */
  readonly temporalBlur_ms: number | "fitted";
  /** Standard deviation of a diffusion-like blur over the mesh, mm; 0 = off. */
  readonly spatialBlur_mm: number;
  /** Weight channels by their own estimated noise. */
  readonly noiseByChannel: boolean;
  /** Nodes that are never used. */
  readonly mask: readonly number[];
  readonly loss: "squares" | "huber" | "student";
}

export interface FitSettings {
  /** Which reaction parameters may move; the rest stay as published. "all" = every fitted one. */
  readonly freeReaction: "all" | readonly string[];
  /** Reaction parameters that vary from node to node: the fitted value times exp(a smooth field). */
  readonly nodalReaction: readonly string[];
  /** Independent starts; the best one counts. */
  readonly starts: number;
  /** Gauss-Newton iterations on times, then on potentials. */
  readonly timeIterations: number;
  readonly potentialIterations: number;
  /** L-BFGS iterations for fields and networks. */
  readonly fieldIterations: number;
  /** Multiplies the smoothness penalty that the diffusion entry declares. */
  readonly smoothness: number;
  /** Weight of activation and recovery times beside the potentials. */
  readonly timeWeight: number;
  /**
   * Weight of a smooth map interpolated from the known times, beside the times themselves, in fits
   * of beats of unknown origin; 3 if absent. 0: the measured times alone.
   */
  readonly mapWeight: number;
}

/** How a twin is stepped in time; see docs/numerics.md. */
export interface Numerics {
  readonly scheme: SchemeName;
  /** For split schemes: how diffusion steps; "explicit" if absent. */
  readonly diffusion?: DiffusionStep;
  /** For split schemes: the mass of finite elements; "lumped" if absent. */
  readonly mass?: MassKind;
  /** A step of one's own instead of the largest stable one; shortened to divide the samples. */
  readonly dt_ms?: number;
  /** Fraction of the stable step that is used. */
  readonly stepFraction: number;
  /** Times the triangles are divided in four, for electrode meshes too coarse for a wave. */
  readonly refinements: number;
}

export const defaultSpec: Omit<TwinSpec, "reaction" | "diffusion"> = {
  stimulus: { sites: 6 },
  observation: {
    gainOffset: false,
    drift: false,
    timingShift: false,
    temporalBlur_ms: 0,
    spatialBlur_mm: 0,
    noiseByChannel: false,
    mask: [],
    loss: "squares",
  },
  fit: {
    freeReaction: "all",
    nodalReaction: [],
    starts: 4,
    timeIterations: 12,
    potentialIterations: 20,
    fieldIterations: 60,
    smoothness: 1,
    timeWeight: 0,
    mapWeight: 3,
  },
  numerics: { scheme: "rk4", stepFraction: 0.72, refinements: 0 },
};

/**
 * A stiff reaction brings its own scheme; without one, the usual scheme or what is set. A split
 * scheme stays: its reaction steps bear stiff gates.
 */
export const numericsFor = (reaction: Reaction, set: Numerics = defaultSpec.numerics): Numerics => {
  if (isSplit(set.scheme)) return set;
  const usual = schemes[set.scheme].exactGates ? defaultSpec.numerics.scheme : set.scheme;
  return { ...set, scheme: reaction.numerics?.scheme ?? usual };
};

/** The numbers of a fitted twin. */
export interface TwinValues {
  /** "reaction.k", "diffusion.D", "observation.blur_ms", ... -> value in the unit of its entry. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Node fields of the diffusion, [N] each. */
  readonly fields: Readonly<Record<string, Float64Array>>;
  /** Network weights. */
  readonly network: Float64Array;
  /** Where and when unknown beats enter, per beat. */
  readonly sites: Readonly<Record<string, readonly Site[]>>;
}

export interface Site {
  readonly node: number;
  readonly onset_ms: number;
}

export interface Twin {
  readonly spec: TwinSpec;
  readonly values: TwinValues;
}

/** Free roll-outs against recordings; null where a figure does not apply. */
export interface Score {
  readonly mse: number | null;
  readonly scc: number | null;
  readonly tcc: number | null;
  readonly at_mae_ms: number | null;
  readonly at_rmse_ms: number | null;
  readonly at_r: number | null;
  /** Share of nodes on which truth and prediction agree whether they activate. */
  readonly activation_agreement: number | null;
  readonly rt_mae_ms: number | null;
}
