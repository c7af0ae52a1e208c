import { adjacency, edgeGraph } from "../mesh/graph.js";
import type { Site, TwinValues } from "../twin/spec.js";
import type { Fitting } from "./context.js";
import { guideOf } from "./guide.js";
import { compareMaps, robustSum, type UnknownBeats } from "./site-onsets.js";
import type { Target } from "./targets.js";

/** Scale of the robust loss, ms, and the share that a move must gain. */
const scale_ms = 1;
const leastGain = 2e-3;
/** A site without which the loss grows by less than this share is dropped. */
const leastLoss = 1e-3;

/**
 * Tries every site of an unknown beat at the neighbouring nodes of the case's mesh, its onset moved
 * by what the interpolated map says of the way between, and keeps what lowers the loss; drops sites
 * whose front arrives after the others'. One pass.
 */
export async function moveSites(
  fitting: Fitting,
  start: TwinValues,
  beats: UnknownBeats,
): Promise<TwinValues> {
  const { rowStart, neighbour } = adjacency(edgeGraph(fitting.context.data.mesh));
  let values = start;
  for (const [beat, targets] of beats) {
    const times_ms = guideOf(fitting.compiled, targets[0])?.times_ms;
    let [lowest] = await losses(fitting, [values], targets);
    for (let k = 0; k < start.sites[beat].length; k++) {
      const { node, onset_ms } = values.sites[beat][k];
      const sets = [...neighbour.subarray(rowStart[node], rowStart[node + 1])]
        .filter((other) => values.sites[beat].every((site) => site.node !== other))
        .map((other) => {
          const later_ms = times_ms ? times_ms[other] - times_ms[node] : 0;
          return withSite(values, beat, k, { node: other, onset_ms: onset_ms + later_ms });
        });
      if (sets.length === 0) continue;
      const found = await losses(fitting, sets, targets);
      const best = found.reduce((b, loss, i) => (loss < found[b] ? i : b), 0);
      if (found[best] < (1 - leastGain) * lowest) [values, lowest] = [sets[best], found[best]];
    }
    values = await withoutIdle(fitting, values, { beat, targets, lowest });
  }
  return values;
}

/** Without the sites that change nothing: their fronts come too late, or onto others. */
async function withoutIdle(
  fitting: Fitting,
  start: TwinValues,
  { beat, targets, lowest }: { beat: string; targets: readonly Target[]; lowest: number },
): Promise<TwinValues> {
  const without = (values: TwinValues, site: Site): TwinValues => ({
    ...values,
    sites: { ...values.sites, [beat]: values.sites[beat].filter((other) => other !== site) },
  });
  if (start.sites[beat].length < 2) return start;
  const limit = (1 + leastLoss) * lowest;
  const alone = await losses(
    fitting,
    start.sites[beat].map((s) => without(start, s)),
    targets,
  );
  const idle = start.sites[beat].filter((_, k) => alone[k] <= limit);
  let values = start;
  for (const site of idle) {
    const fewer = without(values, site);
    if (fewer.sites[beat].length === 0) break;
    if ((await losses(fitting, [fewer], targets))[0] <= limit) values = fewer;
  }
  return values;
}

function withSite(values: TwinValues, beat: string, index: number, site: Site): TwinValues {
  const moved = values.sites[beat].map((old, k) => (k === index ? site : old));
  return { ...values, sites: { ...values.sites, [beat]: moved } };
}

async function losses(
  fitting: Fitting,
  sets: readonly TwinValues[],
  targets: readonly Target[],
): Promise<number[]> {
  const parts = await compareMaps(fitting, sets, { targets, limiting: sets.slice(0, 1) });
  return sets.map((_, set) => parts.reduce((sum, p) => sum + robustSum(p, set, scale_ms), 0));
}
