import type { LeadsError } from "../core/errors.js";
import type { Score, TwinSpec, TwinValues } from "../twin/spec.js";

/** Everything that is known of one fitted structure: what the agent observes and reports show. */
export interface CandidateResult {
  /** "fitted", or why there is nothing to score. */
  readonly status: "fitted" | "rejected" | "diverged";
  /** Why a gate rejected it or what went wrong; "" when fitted. */
  readonly reason: string;
  readonly spec: TwinSpec;
  readonly values: TwinValues;
  readonly parameterCount: number;
  readonly train: Score;
  readonly validation: Score;
  /** What candidates are ranked by: validation misfit minus the estimated noise floor. */
  readonly excess: number;
  /** Estimated variance of the noise in the validation data (potential) or ms^2 (times). */
  readonly noiseFloor: number;
  /** Loss after every iteration, by phase. */
  readonly curves: readonly LearningCurve[];
  readonly parameters: readonly ParameterReport[];
  readonly errors: ErrorProfile;
  readonly checks: readonly PhysicsCheck[];
  readonly seconds: number;
  /** Simulated trajectories that the fit took. */
  readonly simulations: number;
}

export interface LearningCurve {
  /**
   * "onsets", "activation", "times" or "potential", with the number of a start behind the first one,
   * "reaction free" or "polished"; "fields" of what L-BFGS fits.
   */
  readonly phase: string;
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

export interface ParameterReport {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly bounds: readonly [number, number];
  readonly atBound: boolean;
  /** Standard error in relative terms from the Gauss-Newton Hessian; null if not computed. */
  readonly relativeError: number | null;
  /** "identified", "weak" (the data hardly tell), or "fixed" (by symmetry or choice). */
  readonly identified: "identified" | "weak" | "fixed";
}

/** Where and when the misfit sits: mean squared error, or ms of activation time. */
export interface ErrorProfile {
  readonly byRegion: Readonly<Record<string, number>>;
  /** Shares of the squared error by phase of the action potential. */
  readonly byPhase: {
    readonly upstroke: number;
    readonly plateau: number;
    readonly recovery: number;
  };
  /** Shares by time of activation: first and last third of the nodes. */
  readonly early: number;
  readonly late: number;
  /** Moran-like spatial correlation of the activation time error, -1..1: high = local structure. */
  readonly spatialCorrelation: number;
}

export interface PhysicsCheck {
  readonly name: "rest" | "threshold" | "bounds" | "conduction" | "time-step" | "half-step";
  readonly passed: boolean;
  readonly detail: string;
}

/** No figure applies. */
export const noScore: Score = {
  mse: null,
  scc: null,
  tcc: null,
  at_mae_ms: null,
  at_rmse_ms: null,
  at_r: null,
  activation_agreement: null,
  rt_mae_ms: null,
};

// biome-ignore format: one line a list
const noVerdicts: readonly string[] = ["internal", "interrupted", "cannot-write", "cannot-read", "no-native", "native-compiler"];

/** Errors of the program or the machine say nothing of the structure that was being fitted. */
export const isNoVerdict = ({ code }: LeadsError): boolean => noVerdicts.includes(code);

/** A structure that was not fitted: no values, no scores, last in every ranking. */
export function emptyResult(spec: TwinSpec): CandidateResult {
  return {
    status: "rejected",
    reason: "",
    spec,
    values: { scalars: {}, fields: {}, network: new Float64Array(0), sites: {} },
    parameterCount: 0,
    train: noScore,
    validation: noScore,
    excess: Number.POSITIVE_INFINITY,
    noiseFloor: 0,
    curves: [],
    parameters: [],
    errors: {
      byRegion: {},
      byPhase: { upstroke: 0, plateau: 0, recovery: 0 },
      early: 0,
      late: 0,
      spatialCorrelation: 0,
    },
    checks: [],
    seconds: 0,
    simulations: 0,
  };
}
