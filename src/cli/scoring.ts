import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { predictAll, scorePredictions } from "../fit/assess.js";
import { baselineScores } from "../fit/baselines.js";
import { createSession, inlineExecutor } from "../fit/executor.js";
import type { Prediction } from "../fit/normal-equations.js";
import { type Target, targetsOf } from "../fit/targets.js";
import { compileTwin } from "../twin/compile.js";
import type { ObservationModel, Score, Twin } from "../twin/spec.js";

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
  const targets = targetsOf(data, data.split[part], observation);
  const compiled = compileTwin(catalog, twin.spec, data.mesh);
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

export function baselinesOf(
  data: Case,
  part: Part,
  observation: ObservationModel,
): Record<string, Score> {
  // A predictor that has seen the answer predicts nothing: on train only those that learn nothing.
  const learnt = part === "train" ? [] : targetsOf(data, data.split.train, observation);
  return baselineScores(data, learnt, targetsOf(data, data.split[part], observation));
}
