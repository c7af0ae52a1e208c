import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { predictAll, scorePredictions } from "../fit/assess.js";
import { baselineScores } from "../fit/baselines.js";
import type { CandidateResult } from "../fit/candidate.js";
import { createSession, inlineExecutor } from "../fit/executor.js";
import type { Prediction } from "../fit/normal-equations.js";
import { effectiveSamples, type ReactionPosterior, reactionPosterior } from "../fit/posterior.js";
import { gridOf, judged, type Target, targetsOf, trainedBeats } from "../fit/targets.js";
import { nodeCount } from "../mesh/mesh.js";
import { compileTwin } from "../twin/compile.js";
import { requireWithinBounds } from "../twin/require-values.js";
import { simulate } from "../twin/simulate.js";
import type { ObservationModel, Score, Twin } from "../twin/spec.js";
import { stableStep_ms } from "../twin/stability.js";
import { timesEverywhere } from "../twin/times-everywhere.js";

/** A twin's free roll-outs on some recordings of a case, with the predictors it has to beat. */
export interface Judgement {
  readonly score: Score;
  readonly targets: readonly Target[];
  readonly predictions: readonly Prediction[];
  readonly baselines: Readonly<Record<string, Score>>;
}

export type Part = "train" | "validation" | "test";

export async function judgeTwin(data: Case, twin: Twin, part: Part): Promise<Judgement> {
  const { observation } = twin.spec;
  const targets = targetsOf(data, data.split[part], observedIn(part, observation));
  const compiled = compileTwin(catalog, twin.spec, data.mesh, { beats: trainedBeats(data) });
  requireWithinBounds(compiled, twin.values);
  const executor = inlineExecutor(createSession(catalog, data));
  const context = { data, catalog, executor, seed: 0 };
  const predictions = await predictAll({ compiled, context, simulations: 0 }, targets, twin.values);
  return {
    score: scorePredictions(targets, predictions),
    targets,
    predictions,
    baselines: baselinesOf(data, part, observation),
  };
}

/** A mask belongs to what is learnt from, never to what is judged. */
const observedIn = (part: Part, observation: ObservationModel): ObservationModel =>
  part === "train" ? observation : judged(observation);

export function baselinesOf(
  data: Case,
  part: Part,
  observation: ObservationModel,
): Record<string, Score> {
  // A predictor that has seen the answer predicts nothing: on train only those that learn nothing.
  const learnt = part === "train" ? [] : targetsOf(data, data.split.train, observation);
  const scored = targetsOf(data, data.split[part], observedIn(part, observation));
  return baselineScores(data, learnt, scored);
}

/** Activation times of a twin at every node of the case's mesh, one map per target; NaN = silent. */
export function activationEverywhere(
  data: Case,
  twin: Twin,
  targets: readonly Target[],
): Float64Array[] {
  const compiled = compileTwin(catalog, twin.spec, data.mesh, { beats: trainedBeats(data) });
  const limit_ms = stableStep_ms(compiled, twin.values);
  const nodes = nodeCount(data.mesh);
  return targets.map((target) => {
    const input = { values: twin.values, recording: target.recording };
    const simulation = simulate(compiled, [input], { grid: gridOf(target, limit_ms) });
    return timesEverywhere(target.recording, simulation, { nodes }).activation_ms;
  });
}

/** Weights of the reactions that were tried, by how well their best candidates predict. */
export function posteriorOf(
  results: readonly CandidateResult[],
  { targets, predictions }: Judgement,
  by: "reaction" | "structure" = "reaction",
): ReactionPosterior | null {
  if (!results.some((r) => r.status === "fitted")) return null;
  // Residuals of the winner tell how many of the values are independent, recording by recording.
  const samples = targets.map((target, k) => {
    const frames = predictions[k].frames;
    if (target.potential && frames) {
      const { values, nodes } = target.potential;
      return effectiveSamples(
        frames.map((p, i) => p - values[i]),
        nodes.length,
      );
    }
    const errors = target.activation_ms.map((t, c) => predictions[k].activation_ms[c] - t);
    return effectiveSamples(errors, errors.length);
  });
  return reactionPosterior(results, { effectiveSamples: samples.reduce((a, b) => a + b, 0), by });
}
