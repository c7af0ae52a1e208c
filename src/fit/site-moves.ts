import { adjacency, edgeGraph } from "../mesh/graph.js";
import type { Site, TwinValues } from "../twin/spec.js";
import { type Fitting, stepLimit_ms } from "./context.js";
import { defaultMapWeight, guideOf } from "./guide.js";
import { lossOf } from "./losses.js";
import type { MapResiduals } from "./map-residuals.js";
import type { Target } from "./targets.js";

/** Scale of the robust loss, ms, and the share that a move must gain. */
const scale_ms = 1;
const leastGain = 2e-3;

/**
 * Tries every site of an unknown beat at the neighbouring nodes of the case's mesh, its onset moved
 * by what the interpolated map says of the way between, and keeps what lowers the loss. One pass.
 */
export async function moveSites(
  fitting: Fitting,
  start: TwinValues,
  beats: ReadonlyMap<string, readonly Target[]>,
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
  const { compiled, context } = fitting;
  const limit_ms = stepLimit_ms(compiled, sets.slice(0, 1));
  const mapWeight = compiled.spec.fit.mapWeight ?? defaultMapWeight;
  fitting.simulations += sets.length * targets.length;
  const parts = await context.executor.run<"map-residuals">(
    compiled.spec,
    targets.map(({ recording }) => ({
      kind: "map-residuals",
      recording: recording.id,
      sets,
      options: { limit_ms, mapWeight },
    })),
  );
  return sets.map((_, set) => parts.reduce((sum, p) => sum + robustSum(p, set, scale_ms), 0));
}

/** 2 sum of weighted robust losses of one parameter set; plain squares where residuals are small. */
export function robustSum(part: MapResiduals, set: number, scale: number): number {
  const rho = lossOf("student", scale);
  return part.residuals[set].reduce(
    (sum, r, i) => (Number.isNaN(r) ? sum : sum + 2 * part.weights[i] * rho.value(r)),
    0,
  );
}
