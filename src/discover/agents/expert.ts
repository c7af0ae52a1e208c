import type { Action, Decision } from "../actions.js";
import { misfitOf } from "../archive.js";
import type { CandidateView, Observation } from "../observation.js";
import { describePin, respectsPins } from "../pins.js";
import { short } from "../render.js";
import type { Agent } from "./agent.js";
import {
  type Contender,
  hasField,
  isAccepted,
  isDone,
  isExact,
  isFailed,
  isOverfit,
  isPromoted,
  isSpent,
  isStructured,
  readSituation,
  type Situation,
} from "./situation.js";
import { defaultTiers, type Tiers, workOf } from "./tiers.js";

/** One line of the policy: what it would do, best first; the first thing not done yet is done. */
interface Rule {
  readonly name: string;
  readonly propose: (s: Situation) => readonly Decision[];
}

/** Fields of this many times the best plain excess are not worth the first turns. */
const nearFactor = 3;
/** A field fit this much better than every other one has settled the question. */
const clearFactor = 4;
/** Runners-up within this many times the best excess may still turn the verdict. */
const openFactor = 4;
/** Thorough fits and refinements that may fail to improve before the search ends. */
const patience = 3;
/** Fits as long as the longest one so far that must still fit into the time left. */
const reserve = 1.5;
/** Starts before a reaction that failed is believed to have failed. */
const rescueStarts = 6;
const siteSteps = [1, 2, 3, 6, 9, 12, 16, 20, 26, 32];

/**
 * A written-down policy that works from the observation alone, with no network. Its rules are
 * read from the top; the first one that proposes something not tried yet decides.
 * Thresholds and order: reference/fitting-notes.md, "Recommendation".
 */
export function expertAgent(options: { readonly tiers?: Tiers } = {}): Agent {
  const tiers = options.tiers ?? defaultTiers;
  return { name: "expert", decide: async (observation) => decideByRules(observation, tiers) };
}

export function decideByRules(observation: Observation, tiers: Tiers = defaultTiers): Decision {
  const situation = readSituation(observation, tiers);
  let withheld = false;
  for (const rule of expertRules)
    for (const decision of rule.propose(situation)) {
      if (isSpent(situation, decision)) continue;
      if (respectsPins(observation, decision)) return decision;
      withheld = true;
    }
  return stop(
    situation,
    withheld ? pinnedAway(observation) : "Nothing on the list is left to try.",
  );
}

const pinnedAway = ({ steering }: Observation): string =>
  `All that is left to try would change what is pinned (${(steering?.pins ?? []).map(describePin).join("; ")}).`;

export const expertRules: readonly Rule[] = [
  { name: "begin", propose: begin },
  { name: "found", propose: found },
  { name: "short of budget", propose: shortOfBudget },
  { name: "screen every reaction", propose: screen },
  { name: "number of sites", propose: varySites },
  { name: "field before rejection, near contenders", propose: (s) => fields(s, nearFactor) },
  { name: "rescue failed fits", propose: rescue },
  {
    name: "field before rejection, the others",
    propose: (s) => fields(s, Number.POSITIVE_INFINITY),
  },
  { name: "promote the winner and its rivals", propose: promote },
  { name: "at the noise floor", propose: atTheFloor },
  { name: "second opinion", propose: secondOpinion },
  { name: "no improvement", propose: outOfPatience },
  { name: "simplify an over-fit", propose: simplify },
  { name: "refine a structured residual", propose: refine },
];

function begin({ candidates, case: data, observation, plain, tiers }: Situation): Decision[] {
  if (candidates.length > 0) return [];
  const { spec } = observation.current;
  const actions: Action[] = [{ action: "set_fit", fit: tiers.screening }];
  if (plain) actions.unshift({ action: "select_diffusion", diffusion: plain.name });
  if (data.arbitraryScale && !spec.observation.gainOffset)
    actions.push({
      action: "set_observation",
      observation: {
        gainOffset: true,
        drift: true,
        temporalBlur_ms: "fitted",
        noiseByChannel: true,
      },
    });
  // Electrode times have heavy tails: RMSE / MAE is 1.5 on the sock.
  if (data.measure === "activation" && data.unknownStimuli && spec.observation.loss === "squares")
    actions.push({ action: "set_observation", observation: { loss: "huber" } });
  const why = data.mesh.hasFibres
    ? "The mesh has fibres, so conduction along and across them is the simplest honest diffusion"
    : "A scalar diffusion on the mesh's own geometry is the simplest physical one";
  const signals = data.arbitraryScale
    ? " The signals have an arbitrary scale, so gain, offset, drift and blur belong to the observation."
    : "";
  const free = actions.filter((action) =>
    respectsPins(observation, { thought: why, actions: [action] }),
  );
  if (free.length < actions.length)
    return [{ thought: "I start with what is pinned and a short fit.", actions: free }];
  return [{ thought: `${why}; I start with it and a short fit.${signals}`, actions }];
}

/** A plain model at the noise floor ends the search: no other can do better on these data. */
function found(s: Situation): Decision[] {
  const { best } = s;
  if (!best || best.parameterCount >= 20) return [];
  const atTheFloor = best.noiseFloor > 0 ? isDone(s, best) : isExact(s, best);
  return atTheFloor
    ? [stop(s, `${best.summary} explains the data to the noise floor; none can do better.`)]
    : [];
}

/** The last evaluations, or the last minutes, belong to the best structure. */
function shortOfBudget(s: Situation): Decision[] {
  const { best, observation, tiers } = s;
  if (!best) return [];
  const { evaluationsLeft, secondsLeft } = observation.budget;
  const work = workOf(best.spec.fit, hasField(s, best));
  const cost_s = (effort: Tiers[keyof Tiers]) =>
    (best.seconds * workOf(effort, hasField(s, best))) / Math.max(1, work);
  const longest_s = Math.max(...s.candidates.map((view) => view.seconds));
  const lastEvaluation = evaluationsLeft <= 1;
  const lastMinutes = secondsLeft < reserve * longest_s;
  if (!lastEvaluation && !lastMinutes) return [];
  if (isPromoted(s, best)) return lastMinutes && secondsLeft < longest_s / 2 ? [tooLate(s)] : [];
  const affordable = ([tiers.thorough, tiers.standard] as const).find(
    (effort) => cost_s(effort) < secondsLeft && workOf(effort, hasField(s, best)) > work,
  );
  if (!affordable) return secondsLeft < longest_s / 2 ? [tooLate(s)] : [];
  return [
    {
      thought:
        `The budget is nearly spent (left: evaluations ${evaluationsLeft}, ${short(secondsLeft)} s): ` +
        `what is left goes into a longer fit of the best so far, ${best.summary}.`,
      from: best.id,
      actions: [{ action: "set_fit", fit: affordable }],
    },
  ];
}

const tooLate = (s: Situation): Decision =>
  stop(s, "The time left is shorter than another fit takes.");

/** Every reaction, and every variant that is a model of its own (it fixes parameters). */
function screen({ case: data, candidates, observation, contenders, tiers }: Situation): Decision[] {
  const known = new Set(contenders.map((contender) => contender.key));
  const forms = observation.catalog.reactions.flatMap(({ name, variants }) => [
    { name, variant: undefined },
    ...Object.keys(variants)
      .filter((variant) => variants[variant].fixed.length > 0)
      .map((variant) => ({ name, variant })),
  ]);
  const timesOnly = data.measure === "activation";
  if (timesOnly && contenders.some((contender) => contender.best)) return [];
  const from = candidates[0]?.id;
  return forms
    .filter(({ name, variant }) => !known.has(variant ? `${name}/${variant}` : name))
    .map(({ name, variant }) => ({
      thought: timesOnly
        ? `The reaction so far could not be fitted; activation times hardly tell reactions apart, so ${name} will do as well.`
        : `Screening: ${variant ? `${name} in its form "${variant}"` : name} has not been seen with the plain diffusion yet.`,
      from,
      actions: [
        { action: "set_reaction", reaction: name, ...(variant ? { variant } : {}) },
        { action: "set_fit", fit: tiers.screening },
      ],
    }));
}

/** Beats from outside the mesh: walk along the number of early sites while validation improves. */
function varySites({ case: data, best, candidates }: Situation): Decision[] {
  if (!data.unknownStimuli || !best) return [];
  const sites = best.spec.stimulus.sites;
  const here = JSON.stringify([best.spec.reaction, best.spec.diffusion]);
  const tried = new Set(
    candidates
      .filter((view) => JSON.stringify([view.spec.reaction, view.spec.diffusion]) === here)
      .map((view) => view.spec.stimulus.sites),
  );
  const more = siteSteps.find((count) => count > sites);
  const fewer = siteSteps.findLast((count) => count < sites);
  return [more, fewer]
    .filter((count) => count !== undefined && count <= data.mesh.nodes && !tried.has(count))
    .map((count) => ({
      thought:
        `Where the beat enters is unknown; ${sites} sites give a validation misfit of ` +
        `${short(best.validationMisfit)}, so I try ${count}.`,
      from: best.id,
      actions: [{ action: "set_stimulus_model", sites: Number(count) }],
    }));
}

/**
 * A scar imitates a wrong reaction: while the residual has a place in the tissue, a reaction is
 * judged with a conductivity field. Contenders within `factor` of the best plain excess take part.
 */
function fields(s: Situation, factor: number): Decision[] {
  const { field, contenders, tiers } = s;
  const lead = contenders[0]?.plain;
  // A plain diffusion that explains the data needs no field.
  if (!field || !lead || isAccepted(s, lead)) return [];
  const fielded = contenders.filter((contender) => contender.field);
  return contenders
    .filter(
      (contender) =>
        contender.plain !== undefined &&
        !contender.field &&
        !isFailed(s, contender) &&
        isStructured(contender.plain) &&
        contender.plain.excess <= factor * lead.excess &&
        !isSettled(s, fielded, contender),
    )
    .map(({ key, plain }) => ({
      thought:
        `${key} leaves an excess of ${short(plain?.excess)} that has a place in the tissue ` +
        `(spatial correlation ${short(plain?.errors.spatialCorrelation)}). A scar imitates a wrong ` +
        "reaction, so it gets a conductivity field before it is judged.",
      from: plain?.id,
      actions: [
        { action: "select_diffusion", diffusion: field.name },
        // A start is not judged here but the field on top of it.
        { action: "set_fit", fit: { ...tiers.standard, starts: tiers.screening.starts } },
      ],
    }));
}

/** A field fit has decided against `rival` without one of its own. */
function isSettled(s: Situation, fielded: readonly Contender[], rival: Contender): boolean {
  const [first, second] = [...fielded].sort((a, b) => a.field!.excess - b.field!.excess);
  if (!first?.field || !first.plain || !rival.plain) return false;
  // Nearly equal before the field: the order of trying must not decide.
  if (isAccepted(s, first.field)) return rival.plain.excess > 1.5 * first.plain.excess;
  const clear = second?.field && clearFactor * first.field.excess <= second.field.excess;
  return clear === true && rival.plain.excess > nearFactor * first.plain.excess;
}

/** Worse than a predictor without a model: the fit lost its way, which is no verdict. */
function rescue(s: Situation): Decision[] {
  if (s.contenders.some(({ best }) => isAccepted(s, best))) return [];
  return s.contenders
    .filter((contender) => isFailed(s, contender))
    .filter(({ tries }) => tries.every((view) => view.spec.fit.starts < rescueStarts))
    .filter(({ tries }) => tries.some((view) => view.status !== "rejected"))
    .map(({ key, tries, best }) => ({
      thought:
        `${key} is worse than a predictor without a model (${short(best?.validationMisfit)} against ` +
        `${short(s.failedFrom)}): a failed fit rather than a wrong reaction. It gets more starts.`,
      from: (best ?? tries[0]).id,
      actions: [
        {
          action: "set_fit",
          fit: { ...s.tiers.standard, starts: rescueStarts },
        },
      ],
    }));
}

/** The best structure, and others that the data hardly tell from it, get a thorough fit. */
function promote(s: Situation): Decision[] {
  const { best, contenders, tiers } = s;
  if (!best || isExact(s, best)) return [];
  const rivals = contenders.filter(
    (contender) =>
      contender.best &&
      contender.best.id !== best.id &&
      contender.best.spec.reaction.name !== best.spec.reaction.name &&
      isAccepted(s, contender.best) &&
      contender.best.excess <= 2 * best.excess,
  );
  // At the noise floor a longer fit has nothing to gain; only a rival could still turn the verdict.
  const leader = isDone(s, best) ? [] : [best];
  return [...leader, ...rivals.flatMap((contender) => contender.best ?? [])]
    .filter((view) => !isPromoted(s, view))
    .map((view) => ({
      thought:
        view === best
          ? `${view.summary} leads with an excess of ${short(view.excess)} over the noise floor; a thorough fit shows what it can do.`
          : `${view.summary} is too close to the leader (${short(view.excess)} against ${short(best.excess)}) to be dismissed; it gets the same effort.`,
      from: view.id,
      actions: [{ action: "set_fit", fit: tiers.thorough }],
    }));
}

function atTheFloor(s: Situation): Decision[] {
  if (!s.best || !isDone(s, s.best)) return [];
  return [
    stop(s, "The best twin is at the noise floor; no structure can do better on these data."),
  ];
}

/** Nothing explains the data yet: runners-up may be stuck in a local minimum. */
function secondOpinion(s: Situation): Decision[] {
  const { best, contenders, tiers } = s;
  if (!best || contenders.some((contender) => isAccepted(s, contender.best))) return [];
  if (s.case.measure === "activation") return [];
  return contenders
    .flatMap((contender) => contender.best ?? [])
    .filter((view) => view.spec.reaction.name !== best.spec.reaction.name)
    .filter((view) => view.excess <= openFactor * best.excess && !isPromoted(s, view))
    .sort((a, b) => a.excess - b.excess || a.id - b.id)
    .slice(0, 2)
    .map((view) => ({
      thought:
        `No reaction is at the noise floor. ${view.summary} (${short(view.excess)}) may be stuck in a ` +
        `local minimum; before ${best.summary} (${short(best.excess)}) wins it gets a thorough fit.`,
      from: view.id,
      actions: [{ action: "set_fit", fit: tiers.thorough }],
    }));
}

function outOfPatience(s: Situation): Decision[] {
  const { best, candidates } = s;
  if (!best || !isPromoted(s, best)) return [];
  const later = candidates.filter((view) => view.id > best.id && view.parent === best.id).length;
  if (later < patience) return [];
  return [stop(s, `${later} changes to the best twin did not improve it.`)];
}

function simplify(s: Situation): Decision[] {
  const { best } = s;
  if (!best || !isOverfit(s, best) || best.parameterCount < 20) return [];
  return [
    {
      thought:
        `Over-fit: validation misfit ${short(best.validationMisfit)} against ${short(best.trainMisfit)} ` +
        "on train. A simpler diffusion should generalise better.",
      from: best.id,
      actions: [{ action: "simplify_diffusion" }],
    },
  ];
}

function refine(s: Situation): Decision[] {
  const { best } = s;
  if (!best || isDone(s, best) || !isStructured(best) || isOverfit(s, best)) return [];
  return [
    {
      thought:
        `The residual still has a place in the tissue (spatial correlation ` +
        `${short(best.errors.spatialCorrelation)}) and train is above the noise floor as well: ` +
        "a richer diffusion may carry it.",
      from: best.id,
      actions: [{ action: "refine_diffusion" }],
    },
  ];
}

/** Ends the search, and says which other reactions the data leave open. */
function stop(s: Situation, reason: string): Decision {
  const { best } = s;
  const open = s.contenders.filter(
    (contender) => best && contender.best && isOpen(best, contender.best),
  );
  const undecided =
    open.length > 0
      ? ` The data do not rule out ${open.map((contender) => contender.key).join(", ")}.`
      : "";
  const trivial = best && (misfitOf(best.validation, s.case.measure) ?? 0) >= s.trivialMisfit;
  const warning = trivial ? " It is no better than a predictor without a model." : "";
  const said = `${reason}${undecided}${warning}`;
  return { thought: said, actions: [{ action: "stop", reason: said }] };
}

const isOpen = (best: CandidateView, other: CandidateView): boolean =>
  other.spec.reaction.name !== best.spec.reaction.name &&
  other.excess <= Math.max(2 * best.excess, 0.02 * best.noiseFloor);
