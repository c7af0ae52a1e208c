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
