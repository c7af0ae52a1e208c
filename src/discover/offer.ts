import { fail, lookUp } from "../core/errors.js";
import type { Catalog } from "../twin/spec.js";

/**
 * The catalog that agents meet: by default without the entries that are there on request alone
 * (many states or another organ: a screening would spend its budget on them). `asked` names
 * reactions, or is ["all"].
 */
export function offeredCatalog(catalog: Catalog, asked?: readonly string[]): Catalog {
  const all = Object.entries(catalog.reactions);
  const chosen = () => asked!.map((name) => [name, lookUp("reaction", catalog.reactions, name)]);
  if (asked?.length === 0)
    fail({
      code: "empty-catalog",
      message: "No reaction is named.",
      fix: `There are: ${Object.keys(catalog.reactions).join(", ")}.`,
    });
  const reactions = !asked
    ? all.filter(([, entry]) => !entry.onRequest)
    : asked.includes("all")
      ? all
      : chosen();
  return { ...catalog, reactions: Object.fromEntries(reactions) };
}
