import type { FreeScalar } from "../twin/parameters.js";
import type { Site, TwinValues } from "../twin/spec.js";
import { checkAbort, type Fitting, stepLimit_ms } from "./context.js";
import { levenbergMarquardt, type Quadratic } from "./levenberg-marquardt.js";
import { lossOf, robustScale } from "./losses.js";
import type { MapResiduals } from "./map-residuals.js";
import type { Target } from "./targets.js";

/** Unknown beats with their recordings. */
export type UnknownBeats = ReadonlyMap<string, readonly Target[]>;

/** A current that begins earlier is half over when the simulation starts. */
export const earliestOnset_ms = -1.5;
/** One unit of z moves an onset by so much: as a factor e moves a diffusion rate. */
const onsetUnit_ms = 3;
/** Distances of forward differences in z: 0.1 ms of onset, 0.4 % of a rate. */
const differences = { onset: 0.1 / onsetUnit_ms, rate: 4e-3 } as const;
/** The residuals' robust scale is taken to be at least this, ms. */
const leastScale_ms = 1;

/**
 * Onsets of all sites of unknown beats together with the diffusion rates, by Levenberg-Marquardt on
 * the measured times and the interpolated map between them; differences in the lanes.
 */
export async function refineOnsets(
  fitting: Fitting,
  start: TwinValues,
  { beats, iterations }: { beats: UnknownBeats; iterations: number },
): Promise<TwinValues> {
  const { context } = fitting;
  const targets = [...beats.values()].flat();
  const { z0, step, project, valuesAt } = onsetLayout(fitting, start, beats);
  let scale = leastScale_ms;
  const quadratic = async (z: Float64Array): Promise<Quadratic> => {
    checkAbort(fitting);
    const moved = Array.from(z, (_, k) => valuesAt(z.map((v, at) => (at === k ? v + step(k) : v))));
    const base = valuesAt(z);
    // Small differences need no time step of their own.
    const parts = await compareMaps(fitting, [base, ...moved], { targets, limiting: [base] });
    scale = Math.max(leastScale_ms, robustScale(parts.flatMap((p) => [...p.residuals[0]])));
    return normal(
      parts,
      Float64Array.from(z, (_, k) => step(k)),
      scale,
    );
  };
  const costs = async (candidates: readonly Float64Array[]) => {
    const sets = candidates.map(valuesAt);
    const parts = await compareMaps(fitting, sets, { targets, limiting: sets });
    return sets.map((_, c) => parts.reduce((sum, p) => sum + robustSum(p, c, scale), 0));
  };
  let iteration = 0;
  const result = await levenbergMarquardt({ quadratic, costs, project }, z0, {
    iterations,
    goodEnough: 1e-4,
    leastGain: 0.01,
    onIteration: (_, loss) => {
      iteration++;
      context.onProgress?.({ phase: "onsets", iteration, of: iterations, loss });
      return false;
    },
  });
  fitting.curves.push({ phase: "onsets", train: result.curve, validation: [] });
  return valuesAt(result.z);
}

/** The flat vector: onsets of all sites in units of 3 ms, then logarithms of the diffusion rates. */
function onsetLayout({ compiled }: Fitting, start: TwinValues, beats: UnknownBeats) {
  const names = [...beats.keys()];
  const onsets = names.flatMap((beat) => start.sites[beat].map((site) => site.onset_ms));
  const rates = diffusionRates(compiled.layout.scalars);
  const bounds = rates.map(({ parameter }) => parameter.bounds.map(Math.log));
  const isOnset = (k: number) => k < onsets.length;
  return {
    z0: Float64Array.from([
      ...onsets.map((onset) => onset / onsetUnit_ms),
      ...rates.map(({ name }) => Math.log(start.scalars[name])),
    ]),
    step: (k: number) => (isOnset(k) ? differences.onset : differences.rate),
    project: (z: Float64Array) =>
      z.map((v, k) => {
        if (isOnset(k)) return Math.max(earliestOnset_ms / onsetUnit_ms, v);
        const [low, high] = bounds[k - onsets.length];
        return Math.min(high, Math.max(low, v));
      }),
    valuesAt: (z: Float64Array): TwinValues => {
      const sites: Record<string, readonly Site[]> = { ...start.sites };
      let at = 0;
      for (const beat of names)
        sites[beat] = start.sites[beat].map((s) => ({ ...s, onset_ms: z[at++] * onsetUnit_ms }));
      const scalars = { ...start.scalars };
      for (const { name } of rates) scalars[name] = Math.exp(z[at++]);
      return { ...start, sites, scalars };
    },
  };
}

/** Free diffusion coefficients: those whose unit is a rate. */
const diffusionRates = (scalars: readonly FreeScalar[]): readonly FreeScalar[] =>
  scalars.filter(
    ({ name, parameter }) => name.startsWith("diffusion.") && parameter.unit.endsWith("/ms"),
  );

/** Residuals of all sets against every target; the step is stable for the `limiting` sets. */
export async function compareMaps(
  fitting: Fitting,
  sets: readonly TwinValues[],
  { targets, limiting }: { targets: readonly Target[]; limiting: readonly TwinValues[] },
): Promise<MapResiduals[]> {
  const { compiled, context } = fitting;
  const limit_ms = stepLimit_ms(compiled, limiting);
  const mapWeight = compiled.spec.fit.mapWeight;
  fitting.simulations += sets.length * targets.length;
  return context.executor.run<"map-residuals">(
    compiled.spec,
    targets.map(({ recording }) => ({
      kind: "map-residuals",
      recording: recording.id,
      sets,
      options: { limit_ms, mapWeight },
    })),
  );
}

/** Twice the weighted robust losses of one parameter set; plain squares where residuals are small. */
export function robustSum(part: MapResiduals, set: number, scale: number): number {
  const rho = lossOf("student", scale);
  return part.residuals[set].reduce(
    (sum, r, i) => (Number.isNaN(r) ? sum : sum + 2 * part.weights[i] * rho.value(r)),
    0,
  );
}

/** J'WJ, J'Wr of forward differences: the base is the first set. */
function normal(parts: readonly MapResiduals[], steps: Float64Array, scale: number): Quadratic {
  const n = steps.length;
  const rho = lossOf("student", scale);
  const jtj = new Float64Array(n * n);
  const jtr = new Float64Array(n);
  let count = 0;
  for (const { residuals, weights } of parts) {
    const [base, ...moved] = residuals;
    for (let i = 0; i < base.length; i++) {
      if (Number.isNaN(base[i])) continue;
      count += weights[i];
      const w = weights[i] * rho.weight(base[i]);
      const row = moved.map((m, k) => (m[i] - base[i]) / steps[k]);
      for (let a = 0; a < n; a++) {
        if (row[a] === 0) continue;
        jtr[a] += w * row[a] * base[i];
        for (let b = 0; b < n; b++) jtj[a * n + b] += w * row[a] * row[b];
      }
    }
  }
  return { jtj, jtr, cost: parts.reduce((sum, p) => sum + robustSum(p, 0, scale), 0), count };
}
