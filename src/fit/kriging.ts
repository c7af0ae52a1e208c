import type { Case, Recording } from "../case/case.js";
import { fail } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { nodeCount } from "../mesh/mesh.js";
import { compileTwin } from "../twin/compile.js";
import { gaussianProcess, type ProcessPrediction } from "../twin/interpolation/gaussian-process.js";
import type { Known } from "../twin/interpolation/known.js";
import {
  type RegressionKrigingPrediction,
  regressionKriging,
} from "../twin/interpolation/regression-kriging.js";
import type { TwinSpec, TwinValues } from "../twin/spec.js";
import { safeStep_ms } from "../twin/stability.js";
import type { CandidateResult } from "./candidate.js";
import type { FitContext } from "./context.js";
import type { Executor } from "./executor.js";
import { fitCandidate } from "./fit-candidate.js";
import { observed } from "./guide.js";
import { activationMaps } from "./map-residuals.js";
import { targetOf } from "./targets.js";

/** A twin's activation map, and what a Gaussian process on its errors makes of it. */
export interface KrigedTwin {
  /** The twin fitted to all known times. */
  readonly candidate: CandidateResult;
  /** [N] activation of its free roll-out at the case's nodes, ms. */
  readonly map_ms: Float64Array;
  /** [N] mean of it and of the twins that each left a part of the electrodes out, ms. */
  readonly ensemble_ms: Float64Array;
  /**
   * m + s * ensemble + Gaussian process, averaged with the process alone; `chance` is the weight of
   * the first, by how well each predicts electrodes that it has not seen (stackingWeight).
   */
  readonly kriged: RegressionKrigingPrediction;
}

export interface KrigingOptions {
  /** Recording of activation times to predict from; it must be the case's training data. */
  readonly recording: string;
  /** Parts of the electrodes that are left out in turn, at least 2. */
  readonly folds?: number;
  /** Runs the simulations of the fold's case, which differs from the context's. */
  readonly executorFor: (data: Case) => Executor;
}

/** The physics explains about half of what it says, give or take: it may be ignored or believed. */
const scalePrior = { mean: 0.5, sd: 0.5 } as const;
const defaultFolds = 3;
/** Sd of the twin's weight before the data, about 0: interpolation is hard to beat on a sock. */
const weightSd = 0.25;

/**
 * Fits the twin once to all known activation times and once more without each fold of them. The
 * fold twins predict electrodes that they have not seen, so that the process learns how far the
 * physics can be believed. Only training data are read. Errors: those of the fits, as
 * "not-fitted"; "too-few-nodes" where a fold would leave nothing to fit.
 */
export async function krigeTwin(
  context: FitContext,
  spec: TwinSpec,
  options: KrigingOptions,
): Promise<KrigedTwin> {
  const { data } = context;
  const recording = findRecording(data, options.recording);
  const known = observed(targetOf(recording, spec.observation));
  const folds = Math.min(options.folds ?? defaultFolds, Math.floor(known.nodes.length / 2));
  if (folds < 2) tooFew(known.nodes.length);
  const candidate = await fitted(context, spec);
  const map_ms = twinMap(context, spec, recording, candidate.values);
  const order = createRandom(context.seed, "kriging").shuffle([...known.nodes.keys()]);
  const maps = [map_ms];
  const leaveOut: Float64Array[] = [];
  const unseen: Unseen[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const left = new Set(order.filter((_, k) => k % folds === fold).map((k) => known.nodes[k]));
    const part = withoutNodes(data, recording.id, left);
    const executor = options.executorFor(part);
    const values = await fitted({ ...context, data: part, executor }, spec)
      .then((result) => result.values)
      .finally(() => executor.close());
    const map = twinMap(context, spec, recording, values);
    maps.push(map);
    const process = gaussianProcess(
      data.mesh,
      pickNodes(known, (node) => !left.has(node)),
    ).mean;
    known.nodes.forEach((node, k) => {
      if (!left.has(node)) return;
      unseen.push({ truth: known.values[k], twin: map[node], process: process[node] });
    });
    leaveOut.push(Float64Array.from(known.nodes, (n) => (left.has(n) ? map[n] : Number.NaN)));
  }
  const ensemble_ms = map_ms.map(
    (_, i) => maps.reduce((sum, map) => sum + map[i], 0) / maps.length,
  );
  const physics = { prediction: ensemble_ms, leaveOut, scalePrior, chance: 1 };
  const kriged = regressionKriging(data.mesh, known, { physics });
  const alone = gaussianProcess(data.mesh, known);
  return { candidate, map_ms, ensemble_ms, kriged: mixed(stackingWeight(unseen), kriged, alone) };
}

/** What twin and process said of an electrode that neither had seen, ms. */
interface Unseen {
  readonly truth: number;
  readonly twin: number;
  readonly process: number;
}

/**
 * Weight of the twin beside the process: s in truth = process + s (twin - process), by ridge
 * regression towards 0 (a normal prior of sd 0.25) over electrodes left out, clipped to [0, 1].
 * (Wolpert 1992, stacked generalisation, doi:10.1016/S0893-6080(05)80023-1)
 */
export function stackingWeight(unseen: readonly Unseen[]): number {
  let [product, size, misfit] = [0, 0, 0];
  for (const { truth, twin, process } of unseen) {
    product += (truth - process) * (twin - process);
    size += (twin - process) ** 2;
    misfit += (truth - process) ** 2;
  }
  const ridge = misfit / Math.max(1, unseen.length) / weightSd ** 2;
  return size > 0 ? Math.min(1, Math.max(0, product / (size + ridge))) : 0;
}

/** Moments of believing the kriging with probability `weight` and the process alone otherwise. */
function mixed(
  weight: number,
  kriged: RegressionKrigingPrediction,
  alone: ProcessPrediction,
): RegressionKrigingPrediction {
  const mean = kriged.mean.map((a, i) => weight * a + (1 - weight) * alone.mean[i]);
  const sdOf = (a: Float64Array, b: Float64Array) =>
    a.map((sd, i) => {
      const apart = kriged.mean[i] - alone.mean[i];
      const own = weight * sd ** 2 + (1 - weight) * b[i] ** 2;
      return Math.sqrt(own + weight * (1 - weight) * apart ** 2);
    });
  return {
    ...kriged,
    mean,
    sd: sdOf(kriged.sd, alone.sd),
    sdWithNoise: sdOf(kriged.sdWithNoise, alone.sdWithNoise),
    chance: weight,
  };
}

/** [N] activation times of the twin's free roll-out at the case's nodes, ms. */
export function twinMap(
  { catalog, data }: Pick<FitContext, "catalog" | "data">,
  spec: TwinSpec,
  recording: Recording,
  values: TwinValues,
): Float64Array {
  const compiled = compileTwin(catalog, spec, data.mesh);
  const target = targetOf(recording, spec.observation);
  const map = activationMaps(compiled, target, [values], safeStep_ms(compiled, values))[0];
  return map.subarray(0, nodeCount(data.mesh));
}

async function fitted(context: FitContext, spec: TwinSpec): Promise<CandidateResult> {
  const result = await fitCandidate(context, spec);
  if (result.status !== "fitted")
    fail({
      code: "not-fitted",
      message: `The twin could not be fitted: ${result.reason}`,
      fix: "Choose another structure, or refine the mesh (numerics.refinements).",
    });
  return result;
}

function findRecording(data: Case, id: string): Recording {
  const recording = data.recordings.find((r) => r.id === id);
  if (recording?.activation && data.split.train.includes(id)) return recording;
  return fail({
    code: "unknown-name",
    path: id,
    message: `"${id}" is not a training recording of activation times.`,
    fix: `Training recordings: ${data.split.train.join(", ")}.`,
  });
}

function pickNodes({ nodes, values }: Known, keep: (node: number) => boolean): Known {
  const kept = Array.from(nodes, (_, k) => k).filter((k) => keep(nodes[k]));
  return { nodes: kept.map((k) => nodes[k]), values: kept.map((k) => values[k]) };
}

function withoutNodes(data: Case, id: string, left: ReadonlySet<number>): Case {
  const recordings = data.recordings.map((recording) => {
    if (recording.id !== id || !recording.activation) return recording;
    const { nodes, times_ms } = recording.activation;
    const kept = [...nodes.keys()].filter((k) => !left.has(nodes[k]));
    const activation = {
      nodes: Int32Array.from(kept, (k) => nodes[k]),
      times_ms: Float64Array.from(kept, (k) => times_ms[k]),
    };
    return { ...recording, activation };
  });
  return { ...data, recordings };
}

const tooFew = (count: number): never =>
  fail({
    code: "too-few-nodes",
    message: `${count} known electrodes cannot be split into folds.`,
    fix: "Give at least 4 known electrodes.",
  });
