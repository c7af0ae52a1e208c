import type { CompiledTwin } from "../twin/compile.js";
import { pearson, type Scored, score } from "../twin/metrics.js";
import type { Score, TwinValues } from "../twin/spec.js";
import type { ErrorProfile, ParameterReport } from "./candidate.js";
import { type Fitting, groupsOfFour, stepLimit_ms } from "./context.js";
import type { Prediction } from "./normal-equations.js";
import type { Target } from "./targets.js";

/** Free roll-outs of all targets at the given values. */
export async function predictAll(
  fitting: Pick<Fitting, "compiled" | "context" | "simulations">,
  targets: readonly Target[],
  values: TwinValues,
  stepFactor = 1,
): Promise<Prediction[]> {
  const { compiled, context } = fitting;
  const limit_ms = stepFactor * stepLimit_ms(compiled, [values]);
  const parts = await context.executor.run<"predict">(
    compiled.spec,
    groupsOfFour(targets).map((group) => ({
      kind: "predict",
      recordings: group.map(({ recording }) => recording.id),
      values,
      limit_ms,
    })),
  );
  fitting.simulations += targets.length;
  return parts.flat();
}

export function scorePredictions(
  targets: readonly Target[],
  predictions: readonly Prediction[],
): Score {
  return score(
    targets.map((target, k): Scored => {
      const p = predictions[k];
      const recovery = { truth: target.recovery_ms, predicted: p.recovery_ms };
      return {
        activation: { truth: target.activation_ms, predicted: p.activation_ms },
        ...(target.potential && p.frames
          ? {
              frames: {
                truth: target.potential.values,
                predicted: p.frames,
                channels: target.potential.nodes.length,
              },
              recovery,
            }
          : {}),
      };
    }),
  );
}

/** Share of the distance between bounds, in z, that counts as "at the bound". */
const nearBound = 1e-3;
/** Relative standard errors above this mean that the data hardly tell. */
const weakAbove = 0.15;

export function parameterReports(
  compiled: CompiledTwin,
  values: TwinValues,
  errors: Readonly<Record<string, number>>,
): ParameterReport[] {
  const free = new Map(compiled.layout.scalars.map((s) => [s.name, s]));
  return Object.entries(compiled.declared).map(([name, p]) => {
    const value = values.scalars[name];
    const scalar = free.get(name);
    const distance = (bound: number) =>
      scalar?.transform === "log" ? Math.abs(Math.log(value / bound)) : Math.abs(value - bound);
    // A curvature says nothing of a parameter that single beats do not identify.
    const error = scalar && !p.note ? (errors[name] ?? null) : null;
    return {
      name,
      unit: p.unit,
      value,
      bounds: p.bounds,
      atBound: scalar !== undefined && Math.min(...p.bounds.map(distance)) < nearBound,
      relativeError: error,
      // The entry's own word counts more than a linear estimate at one optimum.
      identified: !scalar
        ? "fixed"
        : p.note || error === null || error > weakAbove
          ? "weak"
          : "identified",
    };
  });
}

/** Where and when the misfit sits. */
export function errorProfile(
  compiled: CompiledTwin,
  targets: readonly Target[],
  predictions: readonly Prediction[],
): ErrorProfile {
  const byRegion: Record<string, [number, number]> = {};
  const phase = { upstroke: 0, plateau: 0, recovery: 0 };
  const thirds = { early: [0, 0], late: [0, 0] };
  const [errorHere, errorNear]: [number[], number[]] = [[], []];
  const regionOf = nodeRegions(compiled);
  targets.forEach((target, t) => {
    const prediction = predictions[t];
    const sorted = [...target.activation_ms].filter(Number.isFinite).sort((a, b) => a - b);
    const [first, second] = [1 / 3, 2 / 3].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
    const timeError = new Map<number, number>();
    target.timeNodes.forEach((node, c) => {
      const difference = prediction.activation_ms[c] - target.activation_ms[c];
      if (Number.isFinite(difference)) timeError.set(node, difference);
      const squared = channelError(target, prediction, c, phase) ?? difference * difference;
      if (!Number.isFinite(squared)) return;
      const name = regionOf[node];
      byRegion[name] ??= [0, 0];
      addTo(byRegion[name], squared);
      if (target.activation_ms[c] <= first) addTo(thirds.early, squared);
      if (target.activation_ms[c] >= second) addTo(thirds.late, squared);
    });
    collectNeighbours(compiled, timeError, errorHere, errorNear);
  });
  const total = phase.upstroke + phase.plateau + phase.recovery || 1;
  const average = ([sum, count]: number[]) => (count ? sum / count : 0);
  const correlation = pearson(Float64Array.from(errorHere), Float64Array.from(errorNear));
  return {
    byRegion: Object.fromEntries(Object.entries(byRegion).map(([k, v]) => [k, average(v)])),
    byPhase: {
      upstroke: phase.upstroke / total,
      plateau: phase.plateau / total,
      recovery: phase.recovery / total,
    },
    early: average(thirds.early),
    late: average(thirds.late),
    spatialCorrelation: Number.isFinite(correlation) ? correlation : 0,
  };
}

function addTo(pair: number[], value: number): void {
  pair[0] += value;
  pair[1]++;
}

/** Mean squared error of one channel; its parts are added to the phases of the beat. */
function channelError(
  target: Target,
  { frames }: Prediction,
  channel: number,
  phase: { upstroke: number; plateau: number; recovery: number },
): number | undefined {
  if (!target.potential || !frames) return undefined;
  const { times_ms, nodes, values } = target.potential;
  const [at, rt] = [target.activation_ms[channel], target.recovery_ms[channel]];
  const window = Math.max(0.05 * (rt - at), times_ms[1] - times_ms[0]) || 0;
  let sum = 0;
  let count = 0;
  for (let f = 0; f < times_ms.length; f++) {
    const k = f * nodes.length + channel;
    if (Number.isNaN(values[k])) continue;
    const squared = (frames[k] - values[k]) ** 2;
    sum += squared;
    count++;
    const t = times_ms[f];
    if (Math.abs(t - at) <= 2 * window) phase.upstroke += squared;
    else if (t < at + 0.6 * (rt - at)) phase.plateau += squared;
    else phase.recovery += squared;
  }
  return count ? sum / count : undefined;
}

/**
 * Pairs each node's time error with the mean of the observed nodes nearest to it, the fewest edges
 * away, less the overall mean: electrodes are rarely neighbours on the mesh.
 */
function collectNeighbours(
  { topology }: CompiledTwin,
  errors: ReadonlyMap<number, number>,
  here: number[],
  near: number[],
): void {
  const mean = [...errors.values()].reduce((a, b) => a + b, 0) / Math.max(1, errors.size);
  for (const [node, error] of errors) {
    const around = nearestObserved(topology, node, errors).map((j) => errors.get(j)!);
    if (around.length === 0) continue;
    here.push(error - mean);
    near.push(around.reduce((a, b) => a + b, 0) / around.length - mean);
  }
}

/** The first ring of nodes round `node` that holds observed ones, those alone. */
function nearestObserved(
  { neighbour, rowStart }: CompiledTwin["topology"],
  node: number,
  observed: ReadonlyMap<number, number>,
): number[] {
  const seen = new Set([node]);
  let ring = [node];
  while (ring.length > 0) {
    const next: number[] = [];
    for (const i of ring)
      for (let e = rowStart[i]; e < rowStart[i + 1]; e++) {
        const j = neighbour[e];
        if (seen.has(j)) continue;
        seen.add(j);
        next.push(j);
      }
    const found = next.filter((j) => observed.has(j));
    if (found.length > 0) return found;
    ring = next;
  }
  return [];
}

/** Region name of every node: that of the last element that holds it. */
function nodeRegions({ mesh }: CompiledTwin): string[] {
  const size = mesh.elementKind === "triangle" ? 3 : 4;
  const names = new Array<string>(mesh.points.length / 3).fill("all");
  mesh.elements.forEach((node, k) => {
    const tag = String(mesh.regions[Math.floor(k / size)]);
    names[node] = mesh.regionNames[tag] ?? `region ${tag}`;
  });
  return names;
}
