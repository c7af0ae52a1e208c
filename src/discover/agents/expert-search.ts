import type { Action, Decision } from "../actions.js";
import { formKey } from "../memory.js";
import { reactionForms } from "../memory-prior.js";
import type { CandidateView } from "../observation.js";
import { respectsPins } from "../pins.js";
import { short } from "../render.js";
import {
  type Contender,
  isAccepted,
  isDone,
  isFailed,
  isStructured,
  losesToTrivial,
  type Situation,
} from "./situation.js";

/** Fields of this many times the best plain excess are not worth the first turns. */
export const nearFactor = 3;

/** A field fit this much better than every other one has settled the question. */
const clearFactor = 4;

/** Starts before a reaction that failed is believed to have failed. */
const rescueStarts = 6;

const siteSteps = [1, 2, 3, 6, 9, 12, 16, 20, 26, 32];

export function begin(s: Situation): Decision[] {
  const { candidates, case: data, observation, plain, tiers } = s;
  if (candidates.length > 0) return [];
  const { spec } = observation.current;
  const actions: Action[] = [{ action: "set_fit", fit: tiers.screening }];
  if (plain) actions.unshift({ action: "select_diffusion", diffusion: plain.name });
  const { memory } = observation;
  const likely = memory && memory.patients > 0 ? memory.reactions[0] : undefined;
  if (likely && formKey(likely) !== formKey(spec.reaction)) actions.unshift(setReaction(likely));
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
  const earlier = likely
    ? ` ${formKey(likely)} won in ${likely.wins} of ${memory?.patients} earlier cases ` +
      `(prior ${short(likely.weight)}), so it comes first.`
    : "";
  return [{ thought: `${why}; I start with it and a short fit.${signals}${earlier}`, actions }];
}

/** Every reaction, and every variant that is a model of its own (it fixes parameters). */
export function screen({
  case: data,
  candidates,
  observation,
  contenders,
  tiers,
}: Situation): Decision[] {
  const known = new Set(contenders.map((contender) => contender.key));
  // A memory of earlier patients has them in the order of their prior.
  const forms = observation.memory?.reactions ?? reactionForms(observation.catalog);
  const timesOnly = data.measure === "activation";
  if (timesOnly && contenders.some((contender) => contender.best)) return [];
  const from = candidates[0]?.id;
  return forms
    .filter((form) => !known.has(formKey(form)))
    .map(({ name, variant }) => ({
      thought: timesOnly
        ? `The reaction so far could not be fitted; activation times hardly tell reactions apart, so ${name} will do as well.`
        : `Screening: ${variant ? `${name} in its form "${variant}"` : name} has not been seen with the plain diffusion yet.`,
      from,
      actions: [setReaction({ name, variant }), { action: "set_fit", fit: tiers.screening }],
    }));
}

const setReaction = ({ name, variant }: { name: string; variant?: string }): Action => ({
  action: "set_reaction",
  reaction: name,
  ...(variant ? { variant } : {}),
});

/**
 * Where the error of the likeliest reaction has a place, and such errors of earlier patients mostly
 * ended in a field: its field comes before the other reactions, which are screened all the same.
 */
export function rememberedField(s: Situation): Decision[] {
  const { observation, contenders, field } = s;
  const { memory } = observation;
  const [likely] = memory?.reactions ?? [];
  const row = memory?.diffusions.find(({ name }) => name === field?.name);
  if (!field || !likely || !row || Math.min(likely.weight, row.weightIfStructured) < 0.5) return [];
  return contenders
    .filter((one) => one.key === formKey(likely) && !one.field && !isFailed(s, one))
    .flatMap(({ plain }) => (plain && isStructured(plain) && !isDone(s, plain) ? [plain] : []))
    .map((plain) => ({
      thought:
        `The error of ${plain.summary} has a place in the tissue (spatial correlation ` +
        `${short(plain.errors.spatialCorrelation)}); in earlier patients ${field.name} carried ` +
        `such errors (prior ${short(row.weightIfStructured)}), so it comes before the other reactions.`,
      from: plain.id,
      actions: fieldActions(s, field.name),
    }));
}

/** A start is not judged here but the field on top of it. */
const fieldActions = ({ tiers }: Situation, diffusion: string): Action[] => [
  { action: "select_diffusion", diffusion },
  { action: "set_fit", fit: { ...tiers.standard, starts: tiers.screening.starts } },
];

/** Beats from outside the mesh: walk along the number of early sites while validation improves. */
export function varySites({ case: data, best, candidates }: Situation): Decision[] {
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
export function fields(s: Situation, factor: number): Decision[] {
  const { field, contenders } = s;
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
        (isStructured(contender.plain) || losesToInterpolation(s, contender.plain)) &&
        contender.plain.excess <= factor * lead.excess &&
        !isSettled(s, fielded, contender),
    )
    .map(({ key, plain }) => ({
      thought:
        plain && isStructured(plain)
          ? `${key} leaves an excess of ${short(plain.excess)} that has a place in the tissue ` +
            `(spatial correlation ${short(plain.errors.spatialCorrelation)}). A scar imitates a wrong ` +
            "reaction, so it gets a conductivity field before it is judged."
          : `${key} is worse at times than interpolation (${short(plain?.validationMisfit)} against ` +
            `${short(s.trivialMisfit)}), which knows where tissue is slow: it gets a conductivity field.`,
      from: plain?.id,
      actions: fieldActions(s, field.name),
    }));
}

/** Too few electrodes tell where an error has its place; interpolation of their times does better. */
const losesToInterpolation = (s: Situation, view: CandidateView): boolean =>
  s.case.measure === "activation" && losesToTrivial(s, view);

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
export function rescue(s: Situation): Decision[] {
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
