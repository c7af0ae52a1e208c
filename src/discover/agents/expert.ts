import type { Decision } from "../actions.js";
import type { Observation } from "../observation.js";
import { describePin, respectsPins } from "../pins.js";
import type { Agent } from "./agent.js";
import {
  atTheFloor,
  found,
  outOfPatience,
  promote,
  refine,
  secondOpinion,
  shortOfBudget,
  simplify,
  stop,
} from "./expert-finish.js";
import {
  begin,
  fields,
  nearFactor,
  rememberedField,
  rescue,
  screen,
  varySites,
} from "./expert-search.js";
import { isSpent, readSituation, type Situation } from "./situation.js";
import { defaultTiers, type Tiers } from "./tiers.js";

/** One line of the policy: what it would do, best first; the first thing not done yet is done. */
interface Rule {
  readonly name: string;
  readonly propose: (s: Situation) => readonly Decision[];
}

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
  { name: "memory's field", propose: rememberedField },
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
