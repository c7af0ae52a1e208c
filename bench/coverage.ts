/**
 * Coverage of the 90 % intervals on synthetic patients, whose parameters and times are known.
 *
 *   node coverage.js [--seeds 10] [--first 1000] [--cases noise,scar,clean] [--nodes 300]
 *     [--engine wasm] [--json]
 */
import { parseArgs } from "node:util";
import { createSyntheticPatient, type SyntheticPatient } from "../src/case/synthetic.js";
import { type SyntheticOptions, syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { LeadsError } from "../src/core/errors.js";
import { createSession, inlineExecutor } from "../src/fit/executor.js";
import { createFitting, fitCandidate } from "../src/fit/fit-candidate.js";
import { type Target, targetOf, targetsOf } from "../src/fit/targets.js";
import { errorsAt, type MapInterval, mapUncertainty } from "../src/fit/uncertainty/maps.js";
import { parameterUncertainty } from "../src/fit/uncertainty/parameters.js";
import type { BackEnd } from "../src/kernel/engine.js";
import { backEndOf, engineNamed } from "../src/native/engine-name.js";
import { compileTwin } from "../src/twin/compile.js";
import { defaultSpec, type TwinSpec } from "../src/twin/spec.js";
import { truthSimulator } from "../src/twin/truth.js";

const { scar } = syntheticPresets["hard"];
const reactions = ["aliev-panfilov", "mitchell-schaeffer"] as const;

/** What is put into the patient, and the structure that is fitted: the true one. */
const cases = {
  noise: { options: { noise: 0.05, scar: undefined }, diffusion: "finite-element" },
  scar: { options: { noise: 0.05, scar }, diffusion: "conductivity-field" },
  clean: { options: { noise: 0, scar: undefined }, diffusion: "finite-element" },
} as const satisfies Record<string, { options: Partial<SyntheticOptions>; diffusion: string }>;
type CaseName = keyof typeof cases;

interface Tally {
  inside: number;
  of: number;
}
const tally = (): Tally => ({ inside: 0, of: 0 });
function count(into: Tally, isInside: boolean): void {
  into.inside += Number(isInside);
  into.of++;
}

interface CaseResult {
  readonly parameters: Record<string, Tally>;
  /** Free parameters without an interval. */
  open: number;
  /** Test nodes: the time that was measured, and the true one without noise. */
  readonly measured: Tally;
  readonly truth: Tally;
  /** Test times where the twin is silent (outside), and where the interval is infinite (inside). */
  readonly silent: Tally;
  readonly unbounded: Tally;
  readonly half_ms: number[];
  readonly error_ms: number[];
  readonly skipped: string[];
  readonly seeds: number[];
}

interface SeedRequest {
  readonly seed: number;
  readonly nodes: number;
  readonly backEnd: BackEnd;
}

async function runSeed(name: CaseName, { seed, nodes, backEnd }: SeedRequest, into: CaseResult) {
  const reaction = { name: reactions[seed % reactions.length] };
  const { options, diffusion } = cases[name];
  const small = { nodes, recordings: 8, frames: 60, observed: 1, anisotropy: 1, finerSteps: 2 };
  const patient = createSyntheticPatient(
    { ...syntheticPresets["published"], ...small, ...options, reaction, seed },
    truthSimulator(catalog),
  );
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction,
    diffusion: { name: diffusion, options: {} },
    fit: { ...defaultSpec.fit, starts: 2 },
  };
  const data = patient.case;
  const executor = inlineExecutor(createSession(catalog, data, backEnd));
  const context = { data, catalog, executor, seed };
  const fitted = await fitCandidate(context, spec);
  if (fitted.status !== "fitted") {
    into.skipped.push(`${seed}: ${fitted.reason}`);
    return;
  }
  const compiled = compileTwin(catalog, spec, data.mesh);
  const fitting = createFitting(context, compiled);
  const known = await parameterUncertainty(fitting, fitted.values, { profile: false });
  const truths = trueScalars(patient);
  for (const { name: parameter, low, high, verdict } of known.parameters) {
    if (verdict === "fixed") continue;
    if (verdict !== "identified" || low === null || high === null) {
      into.open++;
      continue;
    }
    into.parameters[parameter] ??= tally();
    count(into.parameters[parameter], low <= truths[parameter] && truths[parameter] <= high);
  }
  const test = targetsOf(data, data.split.test, spec.observation);
  const { maps } = await mapUncertainty(fitting, fitted.values, known, test);
  const clean = patient.clean.map((recording) =>
    targetOf({ ...recording, activation: undefined }, spec.observation),
  );
  maps.forEach((map, k) => {
    judgeMap(test[k], map, into.measured, into);
    judgeMap(clean[k], map, into.truth);
  });
  into.seeds.push(seed);
}

function judgeMap(
  target: Target,
  map: MapInterval,
  into: Tally,
  sizes?: Pick<CaseResult, "silent" | "unbounded" | "half_ms" | "error_ms">,
): void {
  for (const { node, error } of errorsAt(target, map.prediction_ms)) {
    const half = map.half_ms[node];
    // Silent in the twin: an infinite error and no interval, so outside.
    const isSilent = !Number.isFinite(error);
    count(into, Math.abs(error) <= half);
    if (!sizes) continue;
    count(sizes.silent, isSilent);
    count(sizes.unbounded, half === Number.POSITIVE_INFINITY);
    if (isSilent || !Number.isFinite(half)) continue;
    sizes.half_ms.push(half);
    sizes.error_ms.push(Math.abs(error));
  }
}

function trueScalars({ truth }: SyntheticPatient): Record<string, number> {
  const reaction = Object.entries(truth.reaction.parameters);
  return {
    ...Object.fromEntries(reaction.map(([name, value]) => [`reaction.${name}`, value])),
    "diffusion.D": truth.diffusion.along_mm2_per_ms,
  };
}

const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const percent = ({ inside, of }: Tally) =>
  of === 0 ? "-" : `${((100 * inside) / of).toFixed(1)} % of ${of}`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    first: { type: "string", default: "1000" },
    cases: { type: "string", default: "noise,scar,clean" },
    nodes: { type: "string", default: "300" },
    engine: { type: "string", default: "wasm" },
    json: { type: "boolean", default: false },
  },
});
const backEnd = await backEndOf(engineNamed(values.engine));
const results: Record<string, CaseResult> = {};
for (const name of values.cases.split(",") as CaseName[]) {
  const result: CaseResult = {
    parameters: {},
    open: 0,
    measured: tally(),
    truth: tally(),
    silent: tally(),
    unbounded: tally(),
    half_ms: [],
    error_ms: [],
    skipped: [],
    seeds: [],
  };
  results[name] = result;
  for (let k = 0; k < Number(values.seeds); k++) {
    const seed = Number(values.first) + k;
    try {
      await runSeed(name, { seed, nodes: Number(values.nodes), backEnd }, result);
    } catch (error) {
      if (!(error instanceof LeadsError)) throw error;
      result.skipped.push(`${seed}: ${error.message}`);
    }
    const all = Object.values(result.parameters).reduce(
      (sum, t) => ({ inside: sum.inside + t.inside, of: sum.of + t.of }),
      tally(),
    );
    process.stderr.write(
      `${name} ${seed}: parameters ${percent(all)}, times ${percent(result.measured)}\n`,
    );
  }
}
if (values.json)
  process.stdout.write(
    `${JSON.stringify(results, (key, v) => (/_ms$/.test(key) ? mean(v) : v), 2)}\n`,
  );
else
  for (const [name, result] of Object.entries(results)) {
    const all = Object.values(result.parameters).reduce(
      (sum, t) => ({ inside: sum.inside + t.inside, of: sum.of + t.of }),
      tally(),
    );
    const lines = [
      `${name}: ${result.seeds.length} patients, ${result.skipped.length} skipped`,
      `  parameters ${percent(all)}; without an interval ${result.open}`,
      ...Object.entries(result.parameters).map(([p, t]) => `    ${p} ${percent(t)}`),
      `  activation times, as measured ${percent(result.measured)}; without noise ${percent(result.truth)}`,
      `  twin silent ${percent(result.silent)}; interval infinite ${percent(result.unbounded)}`,
      `  half-width ${mean(result.half_ms).toFixed(2)} ms, error ${mean(result.error_ms).toFixed(2)} ms`,
      ...result.skipped.map((reason) => `  skipped ${reason}`),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
