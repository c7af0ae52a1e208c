import type { Random } from "../core/random.js";
import { graphDistances } from "../mesh/graph.js";
import type { EdgeGraph } from "../mesh/mesh.js";
import { farthestPoints } from "../mesh/smoothness.js";
import type { Split } from "./case.js";

/** `count` nodes spread over what `isAllowed` leaves of the mesh, from a random first one. */
export function spreadSites(
  graph: EdgeGraph,
  count: number,
  { isAllowed, random }: { isAllowed: (node: number) => boolean; random: Random },
): number[] {
  const allowed = Array.from({ length: graph.nodeCount }, (_, i) => i).filter(isAllowed);
  const first = allowed[random.integer(allowed.length)];
  // Farthest points come one after another, so a longer list only appends to a shorter one.
  for (let asked = count; ; asked = Math.min(graph.nodeCount, Math.ceil(asked * 1.3))) {
    const sites = [...farthestPoints(graph, asked, first)].filter(isAllowed);
    if (sites.length >= count || asked === graph.nodeCount) return sites.slice(0, count);
  }
}

/** Recordings of each part for `count` in the ratio 20 : 6 : 6; each part has at least one. */
export function splitSizes(count: number): { train: number; validation: number; test: number } {
  const held = Math.max(1, Math.round((6 * count) / 32));
  return { train: count - 2 * held, validation: held, test: held };
}

/**
 * Splits by pacing site. Validation and test sites are drawn in turn, each the farthest from those
 * drawn before it, and never two of which one is the other's nearest site: the nearest site of every
 * held-out one is a training site. Where that is impossible (most sites held out), only spread counts.
 */
export function splitSites(
  graph: EdgeGraph,
  sites: readonly number[],
  { ids, random }: { ids: readonly string[]; random: Random },
): Split {
  const distances = sites.map((node) => graphDistances(graph, [{ node, start: 0 }]));
  const between = (a: number, b: number) => distances[a][sites[b]];
  const { validation, test } = splitSizes(sites.length);
  const held = holdOut(sites.length, validation + test, { between, random });
  const pick = (wanted: (place: number) => boolean) =>
    held.filter((_, place) => wanted(place)).sort((a, b) => a - b);
  const testSites = pick((place) => place % 2 === 0);
  const validationSites = pick((place) => place % 2 === 1);
  return {
    train: ids.filter((_, k) => !held.includes(k)),
    validation: validationSites.map((k) => ids[k]),
    test: testSites.map((k) => ids[k]),
  };
}

type Between = (a: number, b: number) => number;

function holdOut(
  count: number,
  wanted: number,
  { between, random }: { between: Between; random: Random },
): number[] {
  const nearest = Array.from({ length: count }, (_, a) => nearestOf(count, a, between));
  const arePaired = (a: number, b: number) => nearest[a] === b || nearest[b] === a;
  const starts = random.shuffle(Array.from({ length: count }, (_, k) => k));
  for (const start of starts) {
    const held = [start];
    while (held.length < wanted) {
      const next = farthest(count, held, {
        between,
        isAllowed: (k) => !held.some((h) => arePaired(h, k)),
      });
      if (next === undefined) break;
      held.push(next);
    }
    if (held.length === wanted) return held;
  }
  const held = [starts[0]];
  while (held.length < wanted)
    held.push(farthest(count, held, { between, isAllowed: () => true }) as number);
  return held;
}

/** The site closest to `a`; of equally close ones the first. */
function nearestOf(count: number, a: number, between: Between): number {
  let best = a === 0 ? 1 : 0;
  for (let b = 0; b < count; b++) if (b !== a && between(a, b) < between(a, best)) best = b;
  return best;
}

function farthest(
  count: number,
  held: readonly number[],
  { between, isAllowed }: { between: Between; isAllowed: (k: number) => boolean },
): number | undefined {
  let best: number | undefined;
  let bestGap = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) {
    if (held.includes(k) || !isAllowed(k)) continue;
    const gap = Math.min(...held.map((h) => between(h, k)));
    if (gap > bestGap) [best, bestGap] = [k, gap];
  }
  return best;
}
