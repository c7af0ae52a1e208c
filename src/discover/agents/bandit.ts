import type { Random } from "../../core/random.js";
import { solveSymmetric } from "../../fit/matrix.js";
import type { Action, Decision } from "../actions.js";
import { misfitOf } from "../archive.js";
import { canonical, encode } from "../canonical.js";
import { formKey } from "../memory.js";
import { reactionForms } from "../memory-prior.js";
import type { CandidateView, Observation } from "../observation.js";
import { respectsPins } from "../pins.js";
import { short } from "../render.js";
import type { Agent } from "./agent.js";
import { doneExcess } from "./situation.js";
import { defaultTiers, type Effort, reaches, type Tiers, workOf } from "./tiers.js";

/** One thing to try: a structure and how much work its fit may take. */
interface Arm {
  readonly reaction: string;
  readonly variant?: string;
  readonly diffusion: string;
  readonly tier: keyof Tiers;
}

const tierNames = ["screening", "standard", "thorough"] as const;

/**
 * Standard deviations, in decades of excess, of the independent effects that add up to an arm's
 * log10 excess: membranes differ most, then diffusions, then what is special to a pair, what
 * effort gives to all alike, and what it gives to one pair.
 */
const spread = { reaction: 1, diffusion: 0.7, pair: 0.5, effort: 0.3, fit: 0.2 } as const;
/** Decades by which two fits of one arm would differ. */
const noise = 0.05;

/**
 * Thompson sampling (Thompson 1933; Russo et al., arXiv:1707.02038) over reaction x diffusion x
 * effort, under a Gaussian process whose kernel is a sum over the factors of an arm and their
 * interactions (Duvenaud et al., arXiv:1112.4394), on log10 of the excess over the noise floor.
 * One function is drawn from the posterior; the arm that gains most on the best so far, per share
 * of the scarcer budget that it takes (Xia et al., IJCAI 2015), is fitted next. The last evaluation
 * goes to the lowest posterior mean.
 */
export function banditAgent(options: { readonly tiers?: Tiers } = {}): Agent {
  const tiers = options.tiers ?? defaultTiers;
  return {
    name: "bandit",
    decide: async (observation, random) => sample(observation, random, tiers),
  };
}

function sample(observation: Observation, random: Random, tiers: Tiers): Decision {
  const arms = armsOf(observation).filter((arm) =>
    respectsPins(observation, { thought: "", actions: actionsOf(arm, tiers[arm.tier]) }),
  );
  const seen = seenArms(observation, tiers);
  const tried = new Set(seen.map(({ arm }) => labelOf(arm)));
  const open = arms.filter((arm) => !tried.has(labelOf(arm)) && !refused(observation, arm, tiers));
  if (open.length === 0) return stop("Every reaction, diffusion and effort has been tried.");
  const model = posterior(seen);
  const last = observation.budget.evaluationsLeft <= 1;
  const believed = last ? model.mean : model.draw(random);
  const promises = open.map((arm) => ({ arm, decades: believed(arm) }));
  const share = shareOf(observation, tiers);
  const best = seen.reduce((least, { decades }) => Math.min(least, decades), model.centre);
  const value = ({ arm, decades }: (typeof promises)[number]) => {
    const gain = best - decades;
    // Where nothing promises a gain the dearest arm is not the best one.
    return gain > 0 && !last ? gain / share(arm) : gain;
  };
  const next = promises.reduce((a, b) => (value(b) > value(a) ? b : a));
  return {
    thought:
      `${last ? "The last evaluation goes to the lowest expected excess" : "A draw from what the archive leaves open promises the most for its cost"}: ` +
      `${labelOf(next.arm)}, 10^${short(next.decades)} (expected 10^${short(model.mean(next.arm))}; ` +
      `best so far ${seen.length > 0 ? `10^${short(best)}` : "none"}; ${open.length} arms are open).`,
    actions: actionsOf(next.arm, tiers[next.arm.tier]),
  };
}

const stop = (reason: string): Decision => ({
  thought: reason,
  actions: [{ action: "stop", reason }],
});

function armsOf({ catalog }: Observation): Arm[] {
  const forms = reactionForms(catalog).map(({ name, ...variant }) => ({
    reaction: name,
    ...variant,
  }));
  return catalog.diffusions
    .filter((entry) => !entry.impossible)
    .flatMap(({ name: diffusion }) =>
      forms.flatMap((form) => tierNames.map((tier) => ({ ...form, diffusion, tier }))),
    );
}

const formOf = ({ reaction: name, variant }: Arm): string => formKey({ name, variant });
const labelOf = (arm: Arm): string => `${formOf(arm)} + ${arm.diffusion}, ${arm.tier} effort`;

interface Seen {
  readonly arm: Arm;
  /** log10 of the excess. */
  readonly decades: number;
}

/** What has no score counts as the worst that was seen, or as a predictor without a model. */
function seenArms({ candidates, case: data }: Observation, tiers: Tiers): Seen[] {
  const floor = doneExcess(data.measure);
  const decades = (excess: number) => Math.log10(Math.max(excess, floor));
  const trivial = Object.values(data.trivial).flatMap((s) => misfitOf(s, data.measure) ?? []);
  const scored = candidates.flatMap(({ status, excess }) => (status === "fitted" ? excess : []));
  const worst = [...trivial, ...scored]
    .filter(Number.isFinite)
    .reduce((most, excess) => Math.max(most, excess), floor);
  return candidates.map((view) => ({
    arm: armOf(view, tiers),
    decades: decades(view.status === "fitted" ? Math.min(view.excess, worst) : worst),
  }));
}

function armOf({ spec: { reaction, diffusion, fit } }: CandidateView, tiers: Tiers): Arm {
  const tier = tierNames.findLast((name) => reaches(fit, tiers[name])) ?? "screening";
  const { name, variant } = reaction;
  return { reaction: name, ...(variant ? { variant } : {}), diffusion: diffusion.name, tier };
}

/** The effects an arm is the sum of, by name, with their standard deviations. */
function effectsOf(arm: Arm): readonly (readonly [name: string, deviation: number])[] {
  const { diffusion, tier } = arm;
  const form = formOf(arm);
  return [
    [`reaction ${form}`, spread.reaction],
    [`diffusion ${diffusion}`, spread.diffusion],
    [`pair ${form} ${diffusion}`, spread.pair],
    [`effort ${tier}`, spread.effort],
    [`fit ${form} ${diffusion} ${tier}`, spread.fit],
  ];
}

function covariance(a: Arm, b: Arm): number {
  const other = new Set(effectsOf(b).map(([name]) => name));
  return effectsOf(a).reduce((sum, [name, sd]) => sum + (other.has(name) ? sd * sd : 0), 0);
}

/**
 * The process given what was seen. A draw follows Matheron's rule (Wilson et al., arXiv:2002.09309):
 * a draw from the prior plus the update that its own mistakes at the seen arms call for.
 */
function posterior(seen: readonly Seen[]) {
  const centre = seen.reduce((sum, { decades }) => sum + decades / seen.length, 0);
  const n = seen.length;
  const matrix = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return covariance(seen[i].arm, seen[j].arm) + (i === j ? noise * noise : 0);
  });
  const update = (residuals: readonly number[]) => {
    const weights = solveSymmetric(matrix, Float64Array.from(residuals));
    return (arm: Arm) =>
      seen.reduce((sum, { arm: other }, k) => sum + weights[k] * covariance(arm, other), 0);
  };
  const expected = update(seen.map(({ decades }) => decades - centre));
  const mean = (arm: Arm) => centre + expected(arm);
  const draw = (random: Random) => {
    const prior = priorDraw(random);
    const correction = update(
      seen.map(({ arm, decades }) => decades - centre - prior(arm) - noise * random.normal()),
    );
    return (arm: Arm) => centre + prior(arm) + correction(arm);
  };
  return { centre, mean, draw };
}

/** Every effect has a stream of its own, so that the order of asking does not matter. */
const priorDraw = (random: Random) => (arm: Arm) =>
  effectsOf(arm).reduce((sum, [name, sd]) => sum + sd * random.fork(name).normal(), 0);

/** Share of the scarcer of the two budgets, evaluations and seconds, that an arm would take. */
function shareOf({ budget, candidates, catalog }: Observation, tiers: Tiers) {
  const learnt = (diffusion: string) =>
    catalog.diffusions.some(
      (entry) => entry.name === diffusion && entry.fields.length + entry.weights > 0,
    );
  const paces = candidates
    .map(({ spec, seconds }) => seconds / workOf(spec.fit, learnt(spec.diffusion.name)))
    .sort((a, b) => a - b);
  const pace_s = paces[paces.length >> 1] ?? 0;
  return ({ diffusion, tier }: Arm): number => {
    const cost_s = pace_s * workOf(tiers[tier], learnt(diffusion));
    return Math.max(1 / budget.evaluationsLeft, cost_s / Math.max(budget.secondsLeft, 1e-3));
  };
}

const actionsOf = ({ reaction, variant, diffusion }: Arm, effort: Effort): Action[] => [
  { action: "set_reaction", reaction, ...(variant ? { variant } : {}) },
  { action: "select_diffusion", diffusion },
  { action: "set_fit", fit: effort },
];

function refused(observation: Observation, arm: Arm, tiers: Tiers): boolean {
  const wanted = canonical(encode(actionsOf(arm, tiers[arm.tier])));
  const { refused: ofLate, steering } = observation;
  return [...ofLate, ...(steering?.vetoed ?? [])].some(
    ({ actions }) => canonical(encode(actions)) === wanted,
  );
}
