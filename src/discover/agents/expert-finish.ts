import type { Decision } from "../actions.js";
import type { CandidateView } from "../observation.js";
import { short } from "../render.js";
import {
  hasField,
  isAccepted,
  isDone,
  isExact,
  isOverfit,
  isPromoted,
  isStructured,
  losesToTrivial,
  type Situation,
} from "./situation.js";
import { type Tiers, workOf } from "./tiers.js";

/** Runners-up within this many times the best excess may still turn the verdict. */
const openFactor = 4;

/** Thorough fits and refinements that may fail to improve before the search ends. */
const patience = 3;

/** Fits as long as the longest one so far that must still fit into the time left. */
const reserve = 1.5;

/** A plain model at the noise floor ends the search: no other can do better on these data. */
export function found(s: Situation): Decision[] {
  const { best } = s;
  if (!best || best.parameterCount >= 20) return [];
  const atTheFloor = best.noiseFloor > 0 ? isDone(s, best) : isExact(s, best);
  return atTheFloor
    ? [stop(s, `${best.summary} explains the data to the noise floor; none can do better.`)]
    : [];
}

/** The last evaluations, or the last minutes, belong to the best structure. */
export function shortOfBudget(s: Situation): Decision[] {
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

/** The best structure, and others that the data hardly tell from it, get a thorough fit. */
export function promote(s: Situation): Decision[] {
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

export function atTheFloor(s: Situation): Decision[] {
  if (!s.best || !isDone(s, s.best)) return [];
  return [
    stop(s, "The best twin is at the noise floor; no structure can do better on these data."),
  ];
}

/** Nothing explains the data yet: runners-up may be stuck in a local minimum. */
export function secondOpinion(s: Situation): Decision[] {
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

export function outOfPatience(s: Situation): Decision[] {
  const { best, candidates } = s;
  if (!best || !isPromoted(s, best)) return [];
  const later = candidates.filter((view) => view.id > best.id && view.parent === best.id).length;
  if (later < patience) return [];
  return [stop(s, `${later} changes to the best twin did not improve it.`)];
}

export function simplify(s: Situation): Decision[] {
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

export function refine(s: Situation): Decision[] {
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
export function stop(s: Situation, reason: string): Decision {
  const { best } = s;
  const open = s.contenders.filter(
    (contender) => best && contender.best && isOpen(best, contender.best),
  );
  const undecided =
    open.length > 0
      ? ` The data do not rule out ${open.map((contender) => contender.key).join(", ")}.`
      : "";
  const trivial = best && losesToTrivial(s, best);
  const warning = trivial ? " It is no better than a predictor without a model." : "";
  const said = `${reason}${undecided}${warning}`;
  return { thought: said, actions: [{ action: "stop", reason: said }] };
}

const isOpen = (best: CandidateView, other: CandidateView): boolean =>
  other.spec.reaction.name !== best.spec.reaction.name &&
  other.excess <= Math.max(2 * best.excess, 0.02 * best.noiseFloor);
