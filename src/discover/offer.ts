import { fail, lookUp } from "../core/errors.js";
import type { Catalog } from "../twin/spec.js";

/**
 * The catalog that agents meet: by default without the entries that are there on request alone
 * (many states or another organ: a screening would spend its budget on them). `reactions` and
 * `diffusions` name entries, or are ["all"].
 */
export function offeredCatalog(
  catalog: Catalog,
  reactions?: readonly string[],
  diffusions?: readonly string[],
): Catalog {
  return {
    ...catalog,
    reactions: reactions ? chosen("reaction", catalog.reactions, reactions) : usual(catalog),
    diffusions: diffusions
      ? chosen("diffusion", catalog.diffusions, diffusions)
      : catalog.diffusions,
  };
}

const usual = ({ reactions }: Catalog): Catalog["reactions"] =>
  Object.fromEntries(Object.entries(reactions).filter(([, entry]) => !entry.onRequest));

function chosen<Entry>(
  kind: string,
  entries: Readonly<Record<string, Entry>>,
  asked: readonly string[],
): Readonly<Record<string, Entry>> {
  if (asked.length === 0)
    fail({
      code: "empty-catalog",
      message: `No ${kind} is named.`,
      fix: `There are: ${Object.keys(entries).join(", ")}.`,
    });
  if (asked.includes("all")) return entries;
  return Object.fromEntries(asked.map((name) => [name, lookUp(kind, entries, name)]));
}
