/**
 * Recordings chosen by next-site against random ones: hearts with a scar and the true reaction given,
 * one recording to begin with; the error of activation times on pacing sites that no fit has seen.
 *
 *   node next-site.js [--seeds 5] [--first 3000] [--most 4] [--orders 2] [--nodes 300] [--json]
 */
import { parseArgs } from "node:util";
import type { Case } from "../src/case/case.js";
import { createSyntheticPatient, type SyntheticPatient } from "../src/case/synthetic.js";
import { syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { LeadsError } from "../src/core/errors.js";
import { createRandom } from "../src/core/random.js";
import { predictAll, scorePredictions } from "../src/fit/assess.js";
import { createSession, inlineExecutor } from "../src/fit/executor.js";
import { createFitting, fitCandidate } from "../src/fit/fit-candidate.js";
import { designIterations, rankSites } from "../src/fit/next-site.js";
import { targetOf } from "../src/fit/targets.js";
import { drawTwins, unexplained_ms } from "../src/fit/uncertainty/maps.js";
import { parameterUncertainty } from "../src/fit/uncertainty/parameters.js";
import { compileTwin } from "../src/twin/compile.js";
import { defaultSpec, type TwinSpec, type TwinValues } from "../src/twin/spec.js";
import { truthSimulator } from "../src/twin/truth.js";

const reaction = { name: "aliev-panfilov" };
/** Published parameters are the true ones (spread 1), so that tissue alone is unknown. */
const spec: TwinSpec = {
  ...defaultSpec,
  reaction,
  diffusion: { name: "conductivity-field", options: {} },
  fit: { ...defaultSpec.fit, freeReaction: [], starts: 1, fieldIterations: 40 },
};

interface Bench {
  readonly patient: SyntheticPatient;
  readonly pool: readonly string[];
  readonly first: string;
  readonly seed: number;
}

function createBench(seed: number, nodes: number): Bench {
  const small = { nodes, recordings: 16, frames: 50, noise: 0.02, spread: 1, observed: 0.5 };
  const { scar } = syntheticPresets["hard"];
  const patient = createSyntheticPatient(
    { ...syntheticPresets["published"], ...small, scar, reaction, seed },
    truthSimulator(catalog),
  );
  const [first, ...pool] = createRandom(seed, "order").shuffle(patient.case.split.train);
  return { patient, pool, first, seed };
}

const withTraining = ({ patient }: Bench, train: readonly string[]): Case => ({
  ...patient.case,
  split: { ...patient.case.split, train },
});

interface Fitted {
  readonly values: TwinValues;
  readonly error_ms: number;
}

/** Fits to the chosen recordings and predicts the noise-free test recordings at every node. */
async function fitTo(bench: Bench, train: readonly string[]): Promise<Fitted> {
  const data = withTraining(bench, train);
  const executor = inlineExecutor(createSession(catalog, data));
  const { values } = await fitCandidate({ data, catalog, executor, seed: bench.seed }, spec);
  const { clean } = bench.patient;
  const judgedOn = { ...data, recordings: clean };
  const judge = inlineExecutor(createSession(catalog, judgedOn));
  const context = { data: judgedOn, catalog, executor: judge, seed: bench.seed };
  const compiled = compileTwin(catalog, spec, data.mesh, []);
  const targets = clean.map((recording) => targetOf(recording, spec.observation));
  const predictions = await predictAll({ compiled, context, simulations: 0 }, targets, values);
  return { values, error_ms: scorePredictions(targets, predictions).at_mae_ms ?? Number.NaN };
}

/** The recording whose site ranks first among those that are left. */
async function chosen(bench: Bench, train: readonly string[], values: TwinValues): Promise<string> {
  const data = withTraining(bench, train);
  const executor = inlineExecutor(createSession(catalog, data));
  const compiled = compileTwin(catalog, spec, data.mesh, []);
  const fitting = createFitting({ data, catalog, executor, seed: bench.seed }, compiled);
  const options = { profile: false, iterations: designIterations };
  const known = await parameterUncertainty(fitting, values, options);
  const draws = drawTwins(fitting, values, known, fitting.random.fork("draws"));
  const left = bench.patient.truth.sites.filter(
    ({ recording }) => bench.pool.includes(recording) && !train.includes(recording),
  );
  const [best] = rankSites({
    data,
    rivals: [{ name: "", weight: 1, compiled, twins: [values, ...draws] }],
    noise_ms: await unexplained_ms(fitting, values),
    sites: left.map(({ node }) => node),
  });
  return left.find(({ node }) => node === best.node)!.recording;
}

/** Errors after 1, 2, ... recordings; `next` names the one to add. */
async function follow(
  bench: Bench,
  most: number,
  start: Fitted,
  next: (train: readonly string[], fitted: Fitted) => Promise<string>,
): Promise<number[]> {
  let [train, fitted] = [[bench.first], start];
  const errors = [fitted.error_ms];
  while (train.length < most) {
    train = [...train, await next(train, fitted)];
    fitted = await fitTo(bench, train);
    errors.push(fitted.error_ms);
  }
  return errors;
}

const { values: asked } = parseArgs({
  options: {
    seeds: { type: "string", default: "5" },
    first: { type: "string", default: "3000" },
    most: { type: "string", default: "4" },
    orders: { type: "string", default: "2" },
    nodes: { type: "string", default: "300" },
    json: { type: "boolean", default: false },
  },
});
const most = Number(asked.most);
const rows: { seed: number; byDesign: number[]; byChance: number[] }[] = [];
for (let k = 0; k < Number(asked.seeds); k++) {
  const seed = Number(asked.first) + k;
  try {
    const bench = createBench(seed, Number(asked.nodes));
    const start = await fitTo(bench, [bench.first]);
    const byDesign = await follow(bench, most, start, (train, { values }) =>
      chosen(bench, train, values),
    );
    const orders: number[][] = [];
    for (let order = 0; order < Number(asked.orders); order++) {
      const shuffled = createRandom(seed, `random-${order}`).shuffle(bench.pool);
      orders.push(await follow(bench, most, start, async (train) => shuffled[train.length - 1]));
    }
    const byChance = byDesign.map((_, n) => orders.reduce((s, o) => s + o[n], 0) / orders.length);
    rows.push({ seed, byDesign, byChance });
    const text = (errors: readonly number[]) => errors.map((e) => e.toFixed(2)).join(" ");
    process.stderr.write(`${seed}: next-site ${text(byDesign)}; random ${text(byChance)} ms\n`);
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    process.stderr.write(`${seed}: skipped, ${error.message}\n`);
  }
}
const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
/** Recordings until the error is at most what chance ends with; one more than all where it never is. */
const needed = (errors: readonly number[], target: number) => {
  const at = errors.findIndex((error) => error <= target);
  return at < 0 ? errors.length + 1 : at + 1;
};
const steps = Array.from({ length: most }, (_, n) => n);
const summary = {
  patients: rows.length,
  next_site_ms: steps.map((n) => mean(rows.map(({ byDesign }) => byDesign[n]))),
  random_ms: steps.map((n) => mean(rows.map(({ byChance }) => byChance[n]))),
  recordings_to_the_error_random_ends_with: {
    next_site: mean(rows.map(({ byDesign, byChance }) => needed(byDesign, byChance[most - 1]))),
    random: mean(rows.map(({ byChance }) => needed(byChance, byChance[most - 1]))),
  },
};
process.stdout.write(`${JSON.stringify(asked.json ? { rows, ...summary } : summary, null, 2)}\n`);
