import type { Action, Decision } from "../actions.js";
import type { CandidateView, Observation } from "../observation.js";
import { respectsPins } from "../pins.js";
import type { Agent } from "./agent.js";
import { defaultTiers, type Effort, type Tiers } from "./tiers.js";

/** One arm of the search. */
interface Pair {
  readonly reaction: string;
  readonly diffusion: string;
}

/**
 * Successive halving over reaction x diffusion (linear, conservative, without networks): all pairs
 * with a short fit, the better half with a longer one, the best quarter thoroughly. With a small
 * budget fewer pairs begin, so that the last rung is always reached.
 */
export function exhaustiveAgent(options: { readonly tiers?: Tiers } = {}): Agent {
  const tiers = options.tiers ?? defaultTiers;
  return { name: "exhaustive", decide: async (observation) => halve(observation, tiers) };
}

function halve(observation: Observation, tiers: Tiers): Decision {
  const rungs: readonly Effort[] = [tiers.screening, tiers.standard, tiers.thorough];
  const { evaluations, evaluationsLeft } = observation.budget;
  let entered = pairsOf(observation, evaluations + evaluationsLeft);
  for (const [rung, effort] of rungs.entries()) {
    const open = entered.filter((pair) => !result(observation, pair, effort));
    const next = open.find((pair) => !wasRefused(observation, pair));
    if (next) return enter(next, effort, rung, entered.length);
    entered = betterHalf(observation, entered, effort);
  }
  const reason = "Successive halving has reached its last rung.";
  return { thought: reason, actions: [{ action: "stop", reason }] };
}

/** Diffusions in the outer loop, simplest first: every reaction is seen once before any twice. */
function pairsOf(observation: Observation, evaluations: number): Pair[] {
  const { catalog } = observation;
  const sensible = catalog.diffusions.filter(
    (entry) => !entry.impossible && entry.physics === "symmetric-flux" && entry.weights === 0,
  );
  const pairs = sensible
    .flatMap(({ name }) =>
      catalog.reactions.map((reaction) => ({ reaction: reaction.name, diffusion: name })),
    )
    .filter((pair) => respectsPins(observation, { thought: "", actions: actionsOf(pair, {}) }));
  let count = pairs.length;
  while (count > 1 && totalOf(count) > evaluations) count--;
  return pairs.slice(0, count);
}

const half = (count: number): number => Math.ceil(count / 2);
const totalOf = (count: number): number => count + half(count) + half(half(count));

function result(
  { candidates }: Observation,
  { reaction, diffusion }: Pair,
  effort: Effort,
): CandidateView | undefined {
  return candidates.find(
    ({ spec }) =>
      spec.reaction.name === reaction &&
      spec.diffusion.name === diffusion &&
      Object.entries(effort).every(([name, count]) => spec.fit[name as keyof Effort] === count),
  );
}

function betterHalf(observation: Observation, pairs: readonly Pair[], effort: Effort): Pair[] {
  const scored = pairs.flatMap((pair) => {
    const view = result(observation, pair, effort);
    return view?.status === "fitted" ? [{ pair, view }] : [];
  });
  scored.sort((a, b) => a.view.excess - b.view.excess || a.view.id - b.view.id);
  return scored.slice(0, half(pairs.length)).map(({ pair }) => pair);
}

const actionsOf = ({ reaction, diffusion }: Pair, effort: Partial<Effort>): Action[] => [
  { action: "set_reaction", reaction },
  { action: "select_diffusion", diffusion },
  { action: "set_fit", fit: effort },
];

const enter = (pair: Pair, effort: Effort, rung: number, count: number): Decision => ({
  thought: `Rung ${rung + 1} of successive halving (${count} pairs): ${pair.reaction} + ${pair.diffusion}.`,
  actions: actionsOf(pair, effort),
});

const wasRefused = ({ refused, steering }: Observation, { reaction, diffusion }: Pair): boolean =>
  [...refused, ...(steering?.vetoed ?? [])].some(
    ({ actions }) =>
      actions.some((a) => a.action === "set_reaction" && a.reaction === reaction) &&
      actions.some((a) => a.action === "select_diffusion" && a.diffusion === diffusion),
  );
