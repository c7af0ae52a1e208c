import type { TwinValues } from "../twin/spec.js";
import { type Fitting, stepLimit_ms } from "./context.js";
import { defaultMapWeight, isUnknownBeat } from "./guide.js";
import { levenbergMarquardt, type Quadratic } from "./levenberg-marquardt.js";
import { lossOf, robustScale } from "./losses.js";
import type { MapResiduals } from "./map-residuals.js";
import { moveSites, robustSum } from "./site-moves.js";
import { placeEntries } from "./site-placement.js";
import type { Target } from "./targets.js";

/** A site's current needs about this long to lift its surroundings over the threshold, ms. */
const latency_ms = 1;
/** A current that begins earlier is half over when the simulation starts. */
const earliestOnset_ms = -1.5;

/**
 * Finds where and when beats of unknown origin enter the mesh, by a front of one speed that spreads
 * over the surface (site-placement.ts); at most `spec.stimulus.sites` places each. Beats with given
 * stimuli, and beats whose sites are known already, are left alone.
 */
export async function inferSites(fitting: Fitting, values: TwinValues): Promise<TwinValues> {
  const sites = { ...values.sites };
  for (const [beat, targets] of unknownBeats(fitting.train)) {
    if (sites[beat]) continue;
    const entries = placeEntries(fitting, targets);
    sites[beat] = entries.map(({ node, onset_ms }) => ({
      node,
      onset_ms: Math.max(earliestOnset_ms, onset_ms - latency_ms),
    }));
    fitting.context.onProgress?.({ phase: "sites", iteration: 1, of: 1, loss: entries.length });
  }
  return { ...values, sites };
}

export function unknownBeats(targets: readonly Target[]): Map<string, Target[]> {
  const beats = new Map<string, Target[]>();
  for (const target of targets)
    if (isUnknownBeat(target))
      beats.set(target.recording.beat, [...(beats.get(target.recording.beat) ?? []), target]);
  return beats;
}

/** One unit of z moves an onset by so much: as a factor e moves a diffusion rate. */
const onsetUnit_ms = 3;
/** Distances of forward differences: ms of onset, logarithm of a rate. */
const differences = { onset_ms: 0.1, rate: 4e-3 } as const;
const leastScale_ms = 1;

/** Onsets and diffusion rates, then one move of every site to a better neighbour, then again. */
export async function refineSites(
  fitting: Fitting,
  start: TwinValues,
  iterations: number,
): Promise<TwinValues> {
  const beats = unknownBeats(fitting.train);
  if (beats.size === 0) return start;
  const timed = await refineOnsets(fitting, start, iterations);
  const moved = await moveSites(fitting, timed, beats);
  return moved === timed ? timed : refineOnsets(fitting, moved, iterations);
}

/**
 * Onsets of all sites of unknown beats together with the diffusion rates, by Levenberg-Marquardt on
 * the measured times and the interpolated map between them; differences in the lanes.
 */
async function refineOnsets(
  fitting: Fitting,
  start: TwinValues,
  iterations: number,
): Promise<TwinValues> {
  const { compiled, context } = fitting;
  const beats = unknownBeats(fitting.train);
  const targets = [...beats.values()].flat();
  const spots = [...beats.keys()].flatMap((beat) =>
    start.sites[beat].map((_, index) => ({ beat, index })),
  );
  const rates = compiled.layout.scalars.filter(
    ({ name, parameter }) => name.startsWith("diffusion.") && parameter.unit.endsWith("/ms"),
  );
  const mapWeight = compiled.spec.fit.mapWeight ?? defaultMapWeight;
  const z0 = Float64Array.from([
    ...spots.map(({ beat, index }) => start.sites[beat][index].onset_ms / onsetUnit_ms),
    ...rates.map(({ name }) => Math.log(start.scalars[name])),
  ]);
  const project = (z: Float64Array) =>
    z.map((v, k) => {
      if (k < spots.length) return Math.max(earliestOnset_ms / onsetUnit_ms, v);
      const [low, high] = rates[k - spots.length].parameter.bounds.map(Math.log);
      return Math.min(high, Math.max(low, v));
    });
  const valuesAt = (z: Float64Array): TwinValues => {
    const sites = { ...start.sites };
    for (const beat of beats.keys()) sites[beat] = [...sites[beat]];
    const moved = sites as Record<string, { node: number; onset_ms: number }[]>;
    spots.forEach(({ beat, index }, k) => {
      moved[beat][index] = { ...moved[beat][index], onset_ms: z[k] * onsetUnit_ms };
    });
    const scalars = { ...start.scalars };
    rates.forEach(({ name }, k) => {
      scalars[name] = Math.exp(z[spots.length + k]);
    });
    return { ...start, sites, scalars };
  };
  /** Small differences need no step of their own, trials of a whole Gauss-Newton step do. */
  const residuals = async (sets: readonly TwinValues[], limiting: readonly TwinValues[]) => {
    const limit_ms = stepLimit_ms(compiled, limiting);
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
  };
  let scale = leastScale_ms;
  const quadratic = async (z: Float64Array): Promise<Quadratic> => {
    const steps = z.map((_, k) =>
      k < spots.length ? differences.onset_ms / onsetUnit_ms : differences.rate,
    );
    const sets = [z, ...z.keys()].map((entry) => {
      if (typeof entry !== "number") return valuesAt(entry);
      const at = Float64Array.from(z);
      at[entry] += steps[entry];
      return valuesAt(at);
    });
    const parts = await residuals(sets, sets.slice(0, 1));
    scale = Math.max(leastScale_ms, robustScale(parts.flatMap((p) => [...p.residuals[0]])));
    return normal(parts, steps, scale);
  };
  const costs = async (candidates: readonly Float64Array[]) => {
    const sets = candidates.map(valuesAt);
    const parts = await residuals(sets, sets);
    return candidates.map((_, c) => parts.reduce((sum, p) => sum + robustSum(p, c, scale), 0));
  };
  const result = await levenbergMarquardt({ quadratic, costs, project }, z0, {
    iterations,
    goodEnough: 1e-4,
    leastGain: 0.01,
    onIteration: (_, loss) => {
      context.onProgress?.({ phase: "onsets", iteration: 1, of: iterations, loss });
      return false;
    },
  });
  fitting.curves.push({ phase: "onsets", train: result.curve, validation: [] });
  return valuesAt(result.z);
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
