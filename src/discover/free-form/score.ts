import type { Case, Recording } from "../../case/case.js";
import { scorePredictions } from "../../fit/assess.js";
import { noScore } from "../../fit/candidate.js";
import type { Prediction } from "../../fit/normal-equations.js";
import { type Target, targetsOf } from "../../fit/targets.js";
import { nodeCount } from "../../mesh/mesh.js";
import { defaultSpec, type Score } from "../../twin/spec.js";
import { channelTimes } from "../../twin/times.js";
import type { FreeModel } from "./equations.js";
import { doseOf, neighbourMean, stimuliOf } from "./series.js";

export interface FreeScore {
  /** Null in every figure where a roll-out left the numbers. */
  readonly score: Score;
  /** Recordings whose roll-out left the numbers, by id. */
  readonly diverged: readonly string[];
}

/**
 * Free roll-outs from rest and the stimulus alone, by the rule that was fitted,
 * x[t+1] = x[t] + dt f(x[t]) with dt the distance of the frames, scored like any twin.
 */
export function scoreFreeForm(
  data: Case,
  { model, parameters }: { model: FreeModel; parameters: Readonly<Record<string, number>> },
  ids: readonly string[],
): FreeScore {
  const targets = targetsOf(data, ids, defaultSpec.observation);
  const roll = createRollOut(data, model, parameters);
  const predictions = targets.map((target) => predictionOf(target, roll(target.recording)));
  const diverged = targets.flatMap(({ recording }, k) =>
    predictions[k].finite ? [] : [recording.id],
  );
  const score = diverged.length > 0 ? noScore : scorePredictions(targets, predictions);
  return { score, diverged };
}

/** Frames of the potential at every node of the mesh, [T] of [N], at the recording's times. */
export function createRollOut(
  { mesh }: Case,
  model: FreeModel,
  parameters: Readonly<Record<string, number>>,
): (recording: Recording) => Float64Array[] {
  const nodes = nodeCount(mesh);
  const rates = model.rates(nodes);
  const meanOf = neighbourMean(mesh);
  rates.set(parameters);
  return (recording) => {
    const { times_ms } = recording.potential!;
    const stimuli = stimuliOf(recording);
    const [u, v] = [new Float64Array(nodes), new Float64Array(nodes)];
    const [mean_u, diffusion] = [new Float64Array(nodes), new Float64Array(nodes)];
    for (const stimulus of stimuli)
      if (stimulus.kind === "initial") for (const node of stimulus.nodes) u[node] = stimulus.value;
    const paced = [...new Set(stimuli.flatMap((s) => (s.kind === "current" ? [...s.nodes] : [])))];
    const step = (from_ms: number, to_ms: number) => {
      meanOf(u, mean_u);
      for (let i = 0; i < nodes; i++) diffusion[i] = mean_u[i] - u[i];
      const [du, dv] = rates.run({ u, v, mean_u, diffusion }, nodes);
      for (let i = 0; i < nodes; i++) {
        u[i] += (to_ms - from_ms) * du[i];
        v[i] += (to_ms - from_ms) * dv[i];
      }
      for (const node of paced) u[node] += doseOf(stimuli, node, from_ms, to_ms);
    };
    let now_ms = 0;
    return Array.from(times_ms, (time_ms) => {
      if (time_ms > now_ms) step(now_ms, time_ms);
      now_ms = Math.max(now_ms, time_ms);
      return u.slice();
    });
  };
}

function predictionOf({ potential }: Target, rolled: readonly Float64Array[]): Prediction {
  const { nodes } = potential!;
  const frames = Float64Array.from({ length: rolled.length * nodes.length }, (_, k) => {
    return rolled[Math.floor(k / nodes.length)][nodes[k % nodes.length]];
  });
  const finite = frames.every((value) => Number.isFinite(value));
  return { frames, finite, ...channelTimes(potential!, frames, nodes.length) };
}
