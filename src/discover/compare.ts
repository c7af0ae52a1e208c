import type { Candidate } from "./archive.js";
import type { Measure } from "./case-summary.js";
import { viewCandidate } from "./observation.js";

/** Where two candidates differ: path of a figure or a choice, and what each has there. */
export type Differences = Readonly<Record<string, readonly [unknown, unknown]>>;

/** Structure, fit settings, scores, errors, checks and fitted values; not who thought what. */
export function compareCandidates(
  a: Candidate,
  b: Candidate,
  { measure }: { readonly measure: Measure },
): Differences {
  const [left, right] = [a, b].map((candidate) => flatten(comparable(candidate, measure)));
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return Object.fromEntries(
    paths
      .filter((path) => !Object.is(left.get(path), right.get(path)))
      .map((path) => [path, [left.get(path) ?? null, right.get(path) ?? null]]),
  );
}

function comparable(candidate: Candidate, measure: Measure): unknown {
  const { id, parent, thought, actions, curves, seconds, summary, ...view } = viewCandidate(
    candidate,
    measure,
  );
  const values = candidate.result.parameters.map(({ name, value }) => [name, value]);
  return { ...view, parameters: Object.fromEntries(values) };
}

/** Leaves by path; lists count as leaves, by their text. */
function flatten(value: unknown, path = "", into = new Map<string, unknown>()) {
  if (typeof value !== "object" || value === null) return into.set(path, value);
  if (Array.isArray(value)) return into.set(path, JSON.stringify(value));
  for (const [key, item] of Object.entries(value))
    flatten(item, path ? `${path}.${key}` : key, into);
  return into;
}
