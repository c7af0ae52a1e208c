import type { Random } from "../../core/random.js";
import type { Action, Decision } from "../actions.js";
import type { Observation } from "../observation.js";
import { respectsPins } from "../pins.js";
import type { Agent } from "./agent.js";

/** Draws until one agrees with everything that is pinned; then it is refused like any other. */
const mostDraws = 1000;

/** The null policy: any structure of the catalog with equal chance, until the budget ends. */
export function randomAgent(): Agent {
  return {
    name: "random",
    decide: async (observation, random) => {
      let decision = draw(observation, random);
      for (let k = 1; k < mostDraws && !respectsPins(observation, decision); k++)
        decision = draw(observation, random);
      return decision;
    },
  };
}

const draw = (observation: Observation, random: Random): Decision => ({
  thought: "Chosen at random.",
  actions: [randomReaction, randomDiffusion, randomSites].flatMap((choose) =>
    choose(observation, random),
  ),
});

const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)];

function randomReaction({ catalog }: Observation, random: Random): Action[] {
  const { name, variants } = pick(random, catalog.reactions);
  const variant = pick(random, [undefined, ...Object.keys(variants)]);
  return [{ action: "set_reaction", reaction: name, ...(variant ? { variant } : {}) }];
}

function randomDiffusion({ catalog }: Observation, random: Random): Action[] {
  const possible = catalog.diffusions.filter((entry) => !entry.impossible);
  if (possible.length === 0) return [];
  const { name, options } = pick(random, possible);
  const chosen = Object.fromEntries(
    Object.entries(options).map(([option, range]) => [option, pick(random, range.values)]),
  );
  return [{ action: "select_diffusion", diffusion: name, options: chosen }];
}

function randomSites({ case: data }: Observation, random: Random): Action[] {
  if (!data.unknownStimuli) return [];
  return [{ action: "set_stimulus_model", sites: 1 + random.integer(20) }];
}
