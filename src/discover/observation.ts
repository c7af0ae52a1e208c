import type { CandidateResult, ErrorProfile, LearningCurve } from "../fit/candidate.js";
import type { Score, TwinSpec } from "../twin/spec.js";
import type { Action } from "./actions.js";
import { bestOf, type Candidate, describeSpec, misfitOf } from "./archive.js";
import type { CaseSummary, Measure } from "./case-summary.js";
import type { CatalogView } from "./entries.js";
import type { SteeringView } from "./steering.js";

/** One row of the archive as any agent sees it. */
export interface CandidateView {
  readonly id: number;
  readonly parent: number | null;
  readonly thought: string;
  readonly actions: readonly Action[];
  readonly summary: string;
  readonly spec: TwinSpec;
  readonly status: CandidateResult["status"];
  readonly reason: string;
  readonly parameterCount: number;
  readonly train: Score;
  readonly validation: Score;
  /** The fitted figure on train and validation recordings; null where nothing was scored. */
  readonly trainMisfit: number | null;
  readonly validationMisfit: number | null;
  /** Validation misfit above the noise floor. */
  readonly excess: number;
  readonly noiseFloor: number;
  /** Validation minus train misfit: above zero = over-fit. */
  readonly gap: number | null;
  /** At most 12 points each, first and last among them. */
  readonly curves: readonly LearningCurve[];
  readonly errors: ErrorProfile;
  readonly atBounds: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
  }[];
  readonly weak: readonly string[];
  readonly failedChecks: readonly { readonly name: string; readonly detail: string }[];
  readonly simulations: number;
  readonly seconds: number;
}

export interface Refusal {
  readonly step: number;
  /** The candidate that was to be changed; null: the latest. */
  readonly from: number | null;
  readonly actions: readonly Action[];
  readonly reason: string;
}

export interface BudgetView {
  readonly evaluations: number;
  readonly evaluationsLeft: number;
  /** Wall clock; not part of the observation's hash. */
  readonly seconds: number;
  readonly secondsLeft: number;
}

/** All that an agent may know when it decides. Plain data, the same for every agent. */
export interface Observation {
  readonly step: number;
  readonly case: CaseSummary;
  readonly catalog: CatalogView;
  readonly candidates: readonly CandidateView[];
  readonly best: number | null;
  /** The structure that actions change unless they say `from`. */
  readonly current: { readonly candidate: number | null; readonly spec: TwinSpec };
  /** Decisions that were refused since the latest candidate. */
  readonly refused: readonly Refusal[];
  readonly budget: BudgetView;
  /** Pins, hints and vetoes of the person who steers; absent where nobody has. */
  readonly steering?: SteeringView | undefined;
}

export interface ObservedState {
  readonly step: number;
  readonly case: CaseSummary;
  readonly catalog: CatalogView;
  readonly archive: readonly Candidate[];
  readonly current: Observation["current"];
  readonly refused: readonly Refusal[];
  readonly budget: BudgetView;
  /** Pins, hints and vetoes of the person who steers; absent where nobody has. */
  readonly steering?: SteeringView | undefined;
}

export const observe = ({ archive, ...state }: ObservedState): Observation => ({
  ...state,
  candidates: archive.map((candidate) => viewCandidate(candidate, state.case.measure)),
  best: bestOf(archive)?.id ?? null,
});

export function viewCandidate(candidate: Candidate, measure: Measure): CandidateView {
  const { result, id, parent, thought, actions } = candidate;
  const trainMisfit = misfitOf(result.train, measure);
  const validationMisfit = misfitOf(result.validation, measure);
  const scored = trainMisfit !== null && validationMisfit !== null;
  return {
    id,
    parent,
    thought,
    actions,
    summary: describeSpec(result.spec),
    spec: result.spec,
    status: result.status,
    reason: result.reason,
    parameterCount: result.parameterCount,
    train: result.train,
    validation: result.validation,
    trainMisfit,
    validationMisfit,
    excess: result.excess,
    noiseFloor: result.noiseFloor,
    gap: scored ? validationMisfit - trainMisfit : null,
    curves: result.curves.map((curve) => ({
      phase: curve.phase,
      train: downSample(curve.train),
      validation: downSample(curve.validation),
    })),
    errors: result.errors,
    atBounds: result.parameters.flatMap(({ name, value, unit, atBound }) =>
      atBound ? [{ name, value, unit }] : [],
    ),
    weak: result.parameters.flatMap(({ name, identified }) =>
      identified === "weak" ? [name] : [],
    ),
    failedChecks: result.checks.flatMap(({ name, passed, detail }) =>
      passed ? [] : [{ name, detail }],
    ),
    simulations: result.simulations,
    seconds: result.seconds,
  };
}

/** Evenly spaced points, first and last kept. */
export function downSample(values: readonly number[], points = 12): readonly number[] {
  if (values.length <= points) return values;
  const stride = (values.length - 1) / (points - 1);
  return Array.from({ length: points }, (_, k) => values[Math.round(k * stride)]);
}

/** The observation without what the clock wrote into it: equal runs observe equal things. */
export function timeless(observation: Observation): unknown {
  const { evaluations, evaluationsLeft } = observation.budget;
  return {
    ...observation,
    candidates: observation.candidates.map(({ seconds: _, ...view }) => view),
    budget: { evaluations, evaluationsLeft },
  };
}
