import type { Case, Recording } from "../case/case.js";
import { fail } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { nodeCount } from "../mesh/mesh.js";
import { compileTwin } from "../twin/compile.js";
import {
  type RegressionKrigingPrediction,
  regressionKriging,
} from "../twin/interpolation/regression-kriging.js";
import type { TwinSpec, TwinValues } from "../twin/spec.js";
import { stableStep_ms } from "../twin/stability.js";
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
  /** m + s * ensemble + Gaussian process, averaged with the process alone by their evidence. */
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
const defaultFolds = 5;

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
  for (let fold = 0; fold < folds; fold++) {
    const left = new Set(order.filter((_, k) => k % folds === fold).map((k) => known.nodes[k]));
    const part = withoutNodes(data, recording.id, left);
    const executor = options.executorFor(part);
    const values = await fitted({ ...context, data: part, executor }, spec)
      .then((result) => result.values)
      .finally(() => executor.close());
    const map = twinMap(context, spec, recording, values);
    maps.push(map);
    leaveOut.push(Float64Array.from(known.nodes, (n) => (left.has(n) ? map[n] : Number.NaN)));
  }
  const ensemble_ms = map_ms.map(
    (_, i) => maps.reduce((sum, map) => sum + map[i], 0) / maps.length,
  );
  const physics = { prediction: ensemble_ms, leaveOut, scalePrior };
  return {
    candidate,
    map_ms,
    ensemble_ms,
    kriged: regressionKriging(data.mesh, known, { physics }),
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
  const map = activationMaps(compiled, target, [values], stableStep_ms(compiled, values))[0];
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
