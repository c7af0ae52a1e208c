import { fail } from "../core/errors.js";
import type { Catalog, TwinSpec } from "../twin/spec.js";
import { offeredCatalog } from "./offer.js";

/**
 * A control experiment as data: the part of the catalog that its agent may use. A search of the
 * whole catalog restricts nothing.
 */
export interface Restriction {
  readonly name: string;
  readonly title: string;
  /** Names, ["all"], or absent: those that every agent meets. */
  readonly reactions?: readonly string[];
  readonly diffusions?: readonly string[];
}

/** The published graph Laplacian, without distances, angles or weights. */
const plain = ["graph-laplacian"] as const;

/** Which membrane, on a diffusion that is given. */
export const reactionOnly: Restriction = {
  name: "reaction-only",
  title: "Reaction-only search",
  diffusions: plain,
};

/** Which diffusion, under a membrane that is given and may well be the wrong one. */
export const diffusionOnly = (reaction: string): Restriction => ({
  name: `diffusion-only/${reaction}`,
  title: `Diffusion-only search with ${reaction}`,
  reactions: [reaction],
});

/** The catalog of arXiv:2606.18154 as far as it is known: mean aggregation up to graph attention. */
export const leadsAsPublished: Restriction = {
  name: "leads-as-published",
  title: "LEADS as published",
  reactions: ["aliev-panfilov", "rogers-mcculloch", "mitchell-schaeffer"],
  diffusions: ["mean-aggregation", "graph-attention"],
};

/** The hybrid that a person would write down: the true membrane, and attention between the nodes. */
export const humanHybrid = (truth: string): Restriction => ({
  name: "human-hybrid",
  title: "Human-designed hybrid (true reaction, graph attention)",
  reactions: [truth],
  diffusions: ["graph-attention"],
});

/** Physics alone, with one membrane that nobody chose. */
export const singleReaction = (reaction: string): Restriction => ({
  name: `single-reaction/${reaction}`,
  title: `Physics with ${reaction}`,
  reactions: [reaction],
  diffusions: plain,
});

/** Physics alone, with the membrane that made the recordings. */
export const oracle = (truth: string, diffusion: string = plain[0]): Restriction => ({
  name: `oracle/${diffusion}`,
  title: `Physics with the true reaction, ${diffusion}`,
  reactions: [truth],
  diffusions: [diffusion],
});

/** Networks in place of membrane and conduction. */
export const allNeural: Restriction = {
  name: "all-neural",
  title: "All-neural (networks as reaction and diffusion)",
  reactions: ["neural-membrane"],
  diffusions: ["graph-attention", "neural-flux", "neural-conductance"],
};

/** Errors: "unknown-name" for what the catalog has not, "empty-catalog" for lists without a name. */
export const restricted = (catalog: Catalog, restriction: Restriction): Catalog =>
  offeredCatalog(catalog, restriction.reactions, restriction.diffusions);

/**
 * The only structure that a restriction to one reaction and one diffusion leaves: a fixed model to
 * be fitted once, with no agent. Errors: "not-one" where there is a choice to make.
 */
export function onlyStructure(
  catalog: Catalog,
  restriction: Restriction,
): Pick<TwinSpec, "reaction" | "diffusion"> {
  const { reactions, diffusions } = restricted(catalog, restriction);
  const [names, kinds] = [Object.keys(reactions), Object.keys(diffusions)];
  if (names.length * kinds.length !== 1)
    return fail({
      code: "not-one",
      path: restriction.name,
      message: `${restriction.title} leaves ${names.length} reactions and ${kinds.length} diffusions.`,
      fix: "Let an agent choose, or name one of each.",
    });
  return { reaction: { name: names[0] }, diffusion: { name: kinds[0], options: {} } };
}
