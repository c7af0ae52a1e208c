import type { Decision } from "../actions.js";
import { misfitOf } from "../archive.js";
import { canonical, encode } from "../canonical.js";
import type { CaseSummary } from "../case-summary.js";
import { type DiffusionView, operatorRank } from "../entries.js";
import type { CandidateView, Observation } from "../observation.js";
import { pinRefusal } from "../pins.js";
import { reaches, type Tiers, withoutEffort } from "./tiers.js";

/** Judgements on misfits, by what they are measured in (potential^2, ms^2). */
const tolerances = {
  potential: { accepted: 1e-4, done: 1e-6 },
  activation: { accepted: 0.25, done: 0.01 },
} as const;

/** Excess below which nothing is left to gain. */
export const doneExcess = (measure: CaseSummary["measure"]): number => tolerances[measure].done;

/** The noise floor itself is estimated to a few per cent. */
const floorShare = 0.03;
/** Residuals above this spatial correlation have a place: the tissue, not the membrane. */
export const structuredFrom = 0.25;

/** What the archive says about one reaction (and variant). */
export interface Contender {
  readonly key: string;
  readonly name: string;
  readonly variant: string | undefined;
  /** Best candidate on the plain diffusion; undefined where none could be scored. */
  readonly plain: CandidateView | undefined;
  /** Best candidate with a learnt field. */
  readonly field: CandidateView | undefined;
  readonly best: CandidateView | undefined;
  readonly tries: readonly CandidateView[];
}

/** The observation, read: what the expert's rules are written in. */
export interface Situation {
  readonly observation: Observation;
  readonly case: CaseSummary;
  readonly tiers: Tiers;
  readonly candidates: readonly CandidateView[];
  readonly best: CandidateView | undefined;
  /** Simplest physical diffusion that suits the mesh. */
  readonly plain: DiffusionView | undefined;
  /** Diffusion with a learnt conductivity per node. */
  readonly field: DiffusionView | undefined;
  /** In the order of their excess on the plain diffusion; unscored ones last. */
  readonly contenders: readonly Contender[];
  /** The best predictor without a model. */
  readonly trivialMisfit: number;
  /** Above this a fit has lost its way. */
  readonly failedFrom: number;
}

/** Where parts are pinned, only candidates that have them as pinned are rivals. */
export function readSituation(observation: Observation, tiers: Tiers): Situation {
  const { candidates } = observation;
  const plain = plainDiffusion(observation);
  const { trivial, measure } = observation.case;
  const misfits = Object.values(trivial).flatMap((score) => misfitOf(score, measure) ?? []);
  const uniform = trivial.spatial_mean ?? trivial.zero;
  return {
    observation,
    case: observation.case,
    tiers,
    candidates,
    best: lowest(eligible(observation)),
    plain,
    field: fieldDiffusion(observation, plain),
    contenders: contendersOf(observation, plain),
    trivialMisfit: Math.min(Number.POSITIVE_INFINITY, ...misfits),
    // Interpolation of activation times is hard to beat: losing to it is no failure.
    failedFrom:
      (measure === "potential" && uniform && misfitOf(uniform, measure)) ||
      Number.POSITIVE_INFINITY,
  };
}

const eligible = ({ candidates, steering }: Observation): readonly CandidateView[] =>
  candidates.filter((view) => pinRefusal(steering?.pins ?? [], view.spec) === undefined);

const physical = ({ catalog }: Pick<Observation, "catalog">): DiffusionView[] =>
  catalog.diffusions.filter((view) => !view.impossible && view.physics === "symmetric-flux");

/**
 * Scalar, conservative, built on the mesh's geometry, with fibres where there are any. A catalog
 * without one begins with its first that is physical: networks on edges are evaluated once a roll-out.
 */
export function plainDiffusion(
  observation: Pick<Observation, "catalog" | "case">,
): DiffusionView | undefined {
  const scalar = physical(observation).filter(
    (view) => view.fields.length === 0 && view.weights === 0,
  );
  const { hasFibres, hasGrid } = observation.case.mesh;
  const method = hasGrid ? "finite-difference" : "p1";
  const wanted = hasFibres ? `${method}-fibre` : method;
  const fallback = [...scalar].sort((a, b) => operatorRank(b) - operatorRank(a));
  const possible = observation.catalog.diffusions.filter((view) => !view.impossible);
  const choices = [scalar.find((view) => view.operator === wanted), fallback[0]];
  return choices.find(Boolean) ?? physical(observation)[0] ?? possible[0];
}

function fieldDiffusion(
  observation: Observation,
  plain: DiffusionView | undefined,
): DiffusionView | undefined {
  const fields = physical(observation).filter((view) => view.fields.length > 0);
  return fields.find((view) => view.operator === plain?.operator) ?? fields[0];
}

export const hasField = (situation: Pick<Situation, "observation">, view: CandidateView): boolean =>
  situation.observation.catalog.diffusions.some(
    (entry) => entry.name === view.spec.diffusion.name && entry.fields.length > 0,
  );

const lowest = (views: readonly CandidateView[]): CandidateView | undefined =>
  views
    .filter((view) => view.status === "fitted" && Number.isFinite(view.excess))
    .sort((a, b) => a.excess - b.excess || a.id - b.id)[0];

function contendersOf(
  observation: Observation,
  plain: DiffusionView | undefined,
): readonly Contender[] {
  const groups = new Map<string, CandidateView[]>();
  for (const view of eligible(observation)) {
    const { name, variant } = view.spec.reaction;
    const key = variant ? `${name}/${variant}` : name;
    groups.set(key, [...(groups.get(key) ?? []), view]);
  }
  const contenders = [...groups].map(([key, tries]) => ({
    key,
    name: tries[0].spec.reaction.name,
    variant: tries[0].spec.reaction.variant,
    plain: lowest(tries.filter((view) => view.spec.diffusion.name === plain?.name)),
    field: lowest(tries.filter((view) => hasField({ observation }, view))),
    best: lowest(tries),
    tries,
  }));
  const order = (c: Contender) => c.plain?.excess ?? Number.POSITIVE_INFINITY;
  return contenders.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

/** No better than a predictor without a model. */
export const losesToTrivial = (s: Situation, view: CandidateView): boolean =>
  (view.validationMisfit ?? 0) >= s.trivialMisfit;

/** Within a hair of the noise floor: the structure explains the data. */
export const isAccepted = (s: Situation, view: CandidateView | undefined): boolean =>
  view !== undefined && view.excess <= tolerances[s.case.measure].accepted;

/** At the noise floor as far as it is known: nothing is left to gain. */
export const isDone = (s: Situation, view: CandidateView): boolean =>
  view.excess <= Math.max(tolerances[s.case.measure].done, floorShare * view.noiseFloor);

/** Better than any noise: no fit can change the verdict. */
export const isExact = (s: Situation, view: CandidateView): boolean =>
  view.excess <= tolerances[s.case.measure].done;

export const isStructured = (view: CandidateView): boolean =>
  view.errors.spatialCorrelation >= structuredFrom;

/** A fit that lost its way says nothing about its reaction. */
export const isFailed = (s: Situation, { best }: Contender): boolean =>
  best === undefined || (best.validationMisfit ?? Number.POSITIVE_INFINITY) >= s.failedFrom;

/** Validation much worse than train, and that is where the excess comes from. */
export const isOverfit = (s: Situation, view: CandidateView): boolean =>
  view.gap !== null && !isDone(s, view) && view.gap > view.excess / 2 && view.excess > 0;

/** The same structure has been fitted with thorough effort. */
export function isPromoted(s: Situation, view: CandidateView): boolean {
  const structure = text(withoutEffort(view.spec));
  return s.candidates.some(
    (other) =>
      reaches(other.spec.fit, s.tiers.thorough) && text(withoutEffort(other.spec)) === structure,
  );
}

/** The same actions on the same candidate have been tried, refused or vetoed. */
export function isSpent(s: Situation, { from, actions }: Decision): boolean {
  const wanted = text(actions);
  const { refused: ofLate, steering } = s.observation;
  const refused = [...ofLate, ...(steering?.vetoed ?? [])].some(
    (refusal) => refusal.from === (from ?? null) && text(refusal.actions) === wanted,
  );
  return (
    refused ||
    s.candidates.some((view) => view.parent === (from ?? null) && text(view.actions) === wanted)
  );
}

const text = (value: unknown): string => canonical(encode(value));
