import { syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { predictAll, scorePredictions } from "../src/fit/assess.js";
import { createFitting, fitCandidate } from "../src/fit/fit-candidate.js";
import { designIterations } from "../src/fit/next-site.js";
import { targetOf } from "../src/fit/targets.js";
import { drawTwins, unexplained_ms } from "../src/fit/uncertainty/maps.js";
import { parameterUncertainty } from "../src/fit/uncertainty/parameters.js";
import type { BackEnd } from "../src/kernel/engine.js";
import { compileTwin } from "../src/twin/compile.js";
import { defaultSpec, type TwinSpec, type TwinValues } from "../src/twin/spec.js";
import {
  byChance,
  caseWith,
  createHeart,
  executorFor,
  firstRanked,
  follow,
  type Heart,
  mean,
  needed,
} from "./next-site-heart.js";

const reaction = { name: "aliev-panfilov" };
/** Published parameters are the true ones (spread 1), so that tissue alone is unknown. */
const spec: TwinSpec = {
  ...defaultSpec,
  reaction,
  diffusion: { name: "conductivity-field", options: {} },
  fit: { ...defaultSpec.fit, freeReaction: [], starts: 1, fieldIterations: 40 },
};

interface Fitted {
  readonly values: TwinValues;
  readonly error_ms: number;
}

export interface TissueOptions {
  readonly most: number;
  readonly orders: number;
  readonly nodes: number;
  readonly noise: number;
  readonly observed: number;
  readonly backEnd: BackEnd;
  /** Both ways are followed to this error of activation times. */
  readonly target_ms: number;
}

export interface TissueRow {
  readonly seed: number;
  readonly byDesign: readonly number[];
  /** Mean over the random orders. */
  readonly byChance: readonly number[];
  readonly recordings: { readonly byDesign: number; readonly byChance: number };
}

/** A scar that is not known: errors of activation times after 1, 2, ... recordings, ms. */
export async function tissueHeart(
  seed: number,
  { most, orders, target_ms, ...options }: TissueOptions,
): Promise<{ row: TissueRow; text: string }> {
  const { scar } = syntheticPresets["hard"];
  const heart = createHeart({ ...options, spread: 1, scar, reaction, seed });
  const learn = (train: readonly string[]) => fitTo(heart, train);
  const from = { most, learn, start: await learn([heart.first]) };
  const designed = await follow(heart, from, (train, { values }) => chosen(heart, train, values));
  const random: (readonly Fitted[])[] = [];
  for (let k = 0; k < orders; k++) random.push(await follow(heart, from, byChance(heart, k)));
  const byDesign = designed.map(({ error_ms }) => error_ms);
  const averaged = byDesign.map((_, n) => mean(random.map((steps) => steps[n].error_ms)));
  const isReached = ({ error_ms }: Fitted) => error_ms <= target_ms;
  const recordings = {
    byDesign: needed(designed, isReached),
    byChance: mean(random.map((steps) => needed(steps, isReached))),
  };
  const text = (errors: readonly number[]) => errors.map((e) => e.toFixed(2)).join(" ");
  return {
    row: { seed, byDesign, byChance: averaged, recordings },
    text: `next-site ${text(byDesign)}; random ${text(averaged)} ms`,
  };
}

export function tissueSummary(
  rows: readonly TissueRow[],
  { most, target_ms }: Pick<TissueOptions, "most" | "target_ms">,
) {
  const steps = Array.from({ length: most }, (_, n) => n);
  const recordings = (key: "byDesign" | "byChance") => mean(rows.map((r) => r.recordings[key]));
  return {
    hearts: rows.length,
    next_site_ms: steps.map((n) => mean(rows.map((row) => row.byDesign[n]))),
    random_ms: steps.map((n) => mean(rows.map((row) => row.byChance[n]))),
    target_ms,
    recordings_to_target: { next_site: recordings("byDesign"), random: recordings("byChance") },
  };
}

/** Fits to the chosen recordings and predicts the noise-free test recordings at every node. */
async function fitTo(heart: Heart, train: readonly string[]): Promise<Fitted> {
  const { seed } = heart;
  const data = caseWith(heart, train);
  const executor = executorFor(heart, data);
  const { values } = await fitCandidate({ data, catalog, executor, seed }, spec);
  const { clean } = heart.patient;
  const judgedOn = { ...data, recordings: clean };
  const judge = executorFor(heart, judgedOn);
  const context = { data: judgedOn, catalog, executor: judge, seed };
  const compiled = compileTwin(catalog, spec, data.mesh);
  const targets = clean.map((recording) => targetOf(recording, spec.observation));
  const predictions = await predictAll({ compiled, context, simulations: 0 }, targets, values);
  return { values, error_ms: scorePredictions(targets, predictions).at_mae_ms ?? Number.NaN };
}

/** The recording whose site ranks first among those that are left. */
async function chosen(heart: Heart, train: readonly string[], values: TwinValues): Promise<string> {
  const data = caseWith(heart, train);
  const executor = executorFor(heart, data);
  const compiled = compileTwin(catalog, spec, data.mesh, { backEnd: heart.backEnd });
  const fitting = createFitting({ data, catalog, executor, seed: heart.seed }, compiled);
  const options = { profile: false, iterations: designIterations };
  const known = await parameterUncertainty(fitting, values, options);
  const draws = drawTwins(fitting, values, known, fitting.random.fork("draws"));
  return firstRanked(heart, train, {
    data,
    rivals: [{ name: "", weight: 1, compiled, twins: [values, ...draws] }],
    noise_ms: await unexplained_ms(fitting, values),
  });
}
