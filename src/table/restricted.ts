import { catalog } from "../catalog/catalog.js";
import { lookUp } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { plainDiffusion } from "../discover/agents/situation.js";
import type { CaseSummary } from "../discover/case-summary.js";
import { viewCatalog } from "../discover/entries.js";
import { offeredCatalog } from "../discover/offer.js";
import type { Catalog } from "../twin/spec.js";
import type { Method, TableCase } from "./configuration.js";

export type Searching = Extract<Method, { kind: "search" | "language-model" }>;

/**
 * The catalog that a searching method meets on a case. The list of reactions happens to begin with the
 * published truths, so each case and seed has an order of its own, the same for every method.
 */
export function restrictedCatalog(
  { restrict = {} }: Searching,
  { name, truth, offered }: TableCase,
  { summary, seed }: { summary: CaseSummary; seed: number },
): Catalog {
  const { reactions, diffusions } = restrict;
  const named = typeof reactions === "string" ? undefined : reactions;
  const usual = offeredCatalog(catalog, named ?? offered);
  const order = createRandom(seed, `catalog/${name}`).shuffle(Object.keys(usual.reactions));
  const kept = reactions === "truth" ? [truth!] : reactions === "drawn" ? order.slice(0, 1) : order;
  const all = {
    ...usual,
    reactions: pick("reaction", catalog.reactions, kept),
  };
  if (!diffusions) return all;
  const wanted = diffusions === "plain" ? [plainName(all, summary)] : diffusions;
  return { ...all, diffusions: pick("diffusion", catalog.diffusions, wanted) };
}

function pick<T>(kind: string, from: Readonly<Record<string, T>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, lookUp(kind, from, name)]));
}

const plainName = (all: Catalog, summary: CaseSummary): string =>
  plainDiffusion({ catalog: viewCatalog(all, summary.mesh), case: summary })!.name;
