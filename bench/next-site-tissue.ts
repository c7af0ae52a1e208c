import { syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { predictAll, scorePredictions } from "../src/fit/assess.js";
import { createFitting, fitCandidate } from "../src/fit/fit-candidate.js";
import { rivalOf } from "../src/fit/next-site.js";
import { targetOf } from "../src/fit/targets.js";
import { unexplained_ms } from "../src/fit/uncertainty/maps.js";
import { compileTwin } from "../src/twin/compile.js";
import { defaultSpec, type TwinSpec, type TwinValues } from "../src/twin/spec.js";
import {
  caseWith,
  createHeart,
  type DesignOptions,
  executorFor,
  firstRanked,
  followBoth,
  type Heart,
  mean,
  reachedBy,
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

export interface TissueRow {
  readonly seed: number;
  /** Errors after 1, 2, ... recordings, ms; of random orders, each. */
  readonly byDesign: readonly number[];
  readonly byChance: readonly (readonly number[])[];
}

/** A scar that is not known: errors of activation times after 1, 2, ... recordings, ms. */
export async function tissueHeart(
  seed: number,
  { most, orders, ...options }: DesignOptions,
): Promise<{ row: TissueRow; text: string }> {
  const { scar } = syntheticPresets["hard"];
  const heart = createHeart({ ...options, spread: 1, scar, reaction, seed });
  const { designed, random } = await followBoth<Fitted>(heart, {
    most,
    orders,
    learn: (train) => fitTo(heart, train),
    choose: (train, { values }) => chosen(heart, train, values),
  });
  const errors = (steps: readonly Fitted[]) => steps.map(({ error_ms }) => error_ms);
  const row = { seed, byDesign: errors(designed), byChance: random.map(errors) };
  const text = (steps: readonly number[]) => steps.map((e) => e.toFixed(2)).join(" ");
  const typical = meanOf(row.byChance);
  return { row, text: `next-site ${text(row.byDesign)}; random ${text(typical)} ms` };
}

/** [orders][recordings] to the mean after each number of recordings. */
const meanOf = (orders: readonly (readonly number[])[]): number[] =>
  (orders[0] ?? []).map((_, n) => mean(orders.map((order) => order[n])));

/** Errors are means over hearts; `reached` is the share of orders within the target by then. */
export function tissueSummary(rows: readonly TissueRow[], target_ms: number) {
  const designs = rows.map((row) => row.byDesign);
  const orders = rows.flatMap((row) => row.byChance);
  const isGood = (error: number) => error <= target_ms;
  const reached = (some: readonly (readonly number[])[]) =>
    meanOf(some.map((errors) => errors.map((_, n) => Number(reachedBy(errors, n, isGood)))));
  const worse = rows.map(({ byDesign, byChance }) => {
    const typical = meanOf(byChance);
    return byDesign.map((error, n) => Math.log(error / typical[n]));
  });
  return {
    hearts: rows.length,
    next_site_ms: meanOf(designs),
    random_ms: meanOf(orders),
    /** Geometric mean over hearts of the error by next-site over the mean of the random orders. */
    ratio: meanOf(worse).map(Math.exp),
    target_ms,
    reached: { next_site: reached(designs), random: reached(orders) },
  };
}

/** Fits to the chosen recordings and predicts the noise-free test recordings at every node. */
async function fitTo(heart: Heart, train: readonly string[]): Promise<Fitted> {
  const { seed } = heart;
  const data = caseWith(heart, { train });
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
  const data = caseWith(heart, { train });
  const executor = executorFor(heart, data);
  const compiled = compileTwin(catalog, spec, data.mesh, { backEnd: heart.backEnd });
  const fitting = createFitting({ data, catalog, executor, seed: heart.seed }, compiled);
  return firstRanked(heart, train, {
    data,
    rivals: [await rivalOf(fitting, values, { name: "", weight: 1 })],
    noise_ms: await unexplained_ms(fitting, values),
  });
}
