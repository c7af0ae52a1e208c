/**
 * Held-out activation times of the sock recording `utah-sock490`: interpolations beside the twin and
 * the twin with a Gaussian process on its errors. Everything is fitted to the known electrodes only.
 *
 *   node sock490.js [--known 16,32,64,128] [--seeds 5] [--folds 3] [--workers 2] [--data DIR] [--json]
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Case } from "../src/case/case.js";
import { catalog } from "../src/catalog/catalog.js";
import { createSession, inlineExecutor } from "../src/fit/executor.js";
import { krigeTwin } from "../src/fit/kriging.js";
import { importMap3d } from "../src/io/map3d.js";
import { interpolators } from "../src/twin/interpolation/interpolators.js";
import { defaultSpec, type TwinSpec } from "../src/twin/spec.js";

/** A wave is resolved on the electrode mesh once divided; its times tell nothing of the reaction. */
export const sockSpec: TwinSpec = {
  ...defaultSpec,
  reaction: { name: "modified-mitchell-schaeffer", variant: "torchcor" },
  diffusion: { name: "conductivity-field", options: { smoothness: 3e-4 } },
  stimulus: { sites: 12 },
  observation: { ...defaultSpec.observation, loss: "student" },
  fit: { ...defaultSpec.fit, freeReaction: [], starts: 1, fieldIterations: 15 },
  // The conductivities, not the membrane, set the step, and they are fitted with it.
  numerics: { scheme: "euler", stepFraction: 0.9, refinements: 1 },
};

export interface SockJob {
  readonly data: string;
  readonly known: number;
  readonly seed: number;
  readonly folds: number;
}

export interface Errors {
  readonly mae_ms: number;
  readonly rmse_ms: number;
}

export interface SockResult {
  readonly known: number;
  readonly seed: number;
  readonly seconds: number;
  readonly sites: number;
  /** Weight of the kriging beside the process alone, and the scale of the twin in it. */
  readonly chance: number;
  readonly scale: number;
  /** Share of held-out times inside the kriging's 95 % interval. */
  readonly coverage: number;
  readonly errors: Readonly<Record<string, Errors>>;
}

/** Electrodes chosen by one seed: every interpolation and the twin at the held-out ones. */
export async function runSockJob({ data, known, seed, folds }: SockJob): Promise<SockResult> {
  const began = performance.now();
  const { case: whole } = await importMap3d({
    mat: join(data, "rsm10jan01-cs-0004.mat"),
    points: join(data, "490sock.pts"),
    faces: join(data, "490sock.fac"),
    known,
    seed,
  });
  const [train, heldOut] = ["train", "test"].map((part) => {
    const [id] = whole.split[part as "train" | "test"];
    return whole.recordings.find((r) => r.id === id)!;
  });
  const learnt = train.activation!;
  const errorsOf = (map: ArrayLike<number>) => errorsAt(map, heldOut.activation!);
  const errors: Record<string, Errors> = {};
  for (const [name, interpolate] of Object.entries(interpolators))
    errors[name] = errorsOf(
      interpolate(whole.mesh, { nodes: learnt.nodes, values: learnt.times_ms }),
    );
  // The fit is handed the training recording alone.
  const visible: Case = {
    ...whole,
    recordings: [train],
    split: { train: [train.id], validation: [], test: [] },
  };
  const executorFor = (part: Case) => inlineExecutor(createSession(catalog, part));
  const context = { data: visible, catalog, executor: executorFor(visible), seed };
  const twin = await krigeTwin(context, sockSpec, { recording: train.id, folds, executorFor });
  errors["twin"] = errorsOf(twin.map_ms);
  errors["twin, mean of folds"] = errorsOf(twin.ensemble_ms);
  errors["twin + gaussian-process"] = errorsOf(twin.kriged.mean);
  const { nodes, times_ms } = heldOut.activation!;
  const inside = [...nodes].filter((node, k) => {
    const distance = Math.abs(twin.kriged.mean[node] - times_ms[k]);
    return distance <= 1.96 * twin.kriged.sdWithNoise[node];
  });
  return {
    known,
    seed,
    seconds: (performance.now() - began) / 1000,
    sites: Object.values(twin.candidate.values.sites)[0].length,
    chance: twin.kriged.chance,
    scale: twin.kriged.scale.mean,
    coverage: inside.length / nodes.length,
    errors,
  };
}

function errorsAt(
  map: ArrayLike<number>,
  { nodes, times_ms }: { nodes: Int32Array; times_ms: Float64Array },
): Errors {
  let [sum, squares] = [0, 0];
  nodes.forEach((node, k) => {
    const error = map[node] - times_ms[k];
    sum += Math.abs(error);
    squares += error * error;
  });
  return { mae_ms: sum / nodes.length, rmse_ms: Math.sqrt(squares / nodes.length) };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const spread = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));

/** Rows: predictors; columns: numbers of known electrodes; cells: mean MAE and its sd over seeds. */
export function sockTable(results: readonly SockResult[]): string {
  const counts = [...new Set(results.map((r) => r.known))].sort((a, b) => a - b);
  const names = Object.keys(results[0].errors);
  const maes = (name: string, known: number) =>
    results.filter((r) => r.known === known).map((r) => r.errors[name].mae_ms);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = [
    row(["held-out MAE, ms (sd over seeds)", ...counts.map(String)]),
    row(["---", ...counts.map(() => "---")]),
    ...names.map((name) =>
      row([
        name,
        ...counts.map((known) => {
          const values = maes(name, known);
          return `${mean(values).toFixed(2)} (${spread(values).toFixed(2)})`;
        }),
      ]),
    ),
  ];
  const verdicts = counts.map((known) => {
    const [best] = Object.keys(interpolators)
      .map((name) => ({ name, mae: mean(maes(name, known)) }))
      .sort((a, b) => a.mae - b.mae);
    const against = (name: string) => {
      const share = 100 * (mean(maes(name, known)) / best.mae - 1);
      return `${name} ${share >= 0 ? "+" : ""}${share.toFixed(1)} %`;
    };
    const kriged = mean(maes("twin + gaussian-process", known));
    const winner = kriged < best.mae ? "the twin with its process wins" : "interpolation wins";
    return `K = ${known}: best interpolation ${best.name}, ${best.mae.toFixed(2)} ms; ${against("twin")}, ${against("twin + gaussian-process")}: ${winner}.`;
  });
  return [...lines, "", ...verdicts].join("\n");
}

/** All jobs over so many worker threads; results in the order of the jobs. */
export async function runSockBench(
  jobs: readonly SockJob[],
  workers: number,
  onResult: (result: SockResult) => void = () => {},
): Promise<SockResult[]> {
  const results = new Array<SockResult>(jobs.length);
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await inWorker(jobs[at]);
      onResult(results[at]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, lane));
  return results;
}

const inWorker = (job: SockJob) =>
  new Promise<SockResult>((done, failed) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { sockJob: job } });
    worker.once("message", done);
    worker.once("error", failed);
  });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      known: { type: "string", default: "16,32,64,128" },
      seeds: { type: "string", default: "5" },
      folds: { type: "string", default: "3" },
      workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
      data: { type: "string", default: "../shared/data/utah-sock490" },
      json: { type: "boolean", default: false },
    },
  });
  const data = resolve(values.data);
  if (!existsSync(data)) {
    console.error(`No recording at ${data}. Give its folder: --data DIR.`);
    process.exitCode = 2;
    return;
  }
  const seeds = Array.from({ length: Number(values.seeds) }, (_, k) => k + 1);
  const jobs = values.known
    .split(",")
    .flatMap((known) =>
      seeds.map((seed) => ({ data, known: Number(known), seed, folds: Number(values.folds) })),
    );
  const began = performance.now();
  const results = await runSockBench(jobs, Number(values.workers), (r) => {
    const twin = r.errors["twin"].mae_ms.toFixed(2);
    const kriged = r.errors["twin + gaussian-process"].mae_ms.toFixed(2);
    const process = r.errors["gaussian-process"].mae_ms.toFixed(2);
    console.error(
      `K ${r.known} seed ${r.seed}: twin ${twin}, with process ${kriged}, process alone ${process} (weight ${r.chance.toFixed(2)}, scale ${r.scale.toFixed(2)}, ${r.sites} sites, ${r.seconds.toFixed(0)} s)`,
    );
  });
  const seconds = (performance.now() - began) / 1000;
  if (values.json) console.log(JSON.stringify({ seconds, spec: sockSpec, results }, null, 2));
  else console.log(`${sockTable(results)}\n\n${jobs.length} jobs, ${seconds.toFixed(0)} s`);
}

if (!isMainThread && workerData?.sockJob)
  runSockJob(workerData.sockJob).then((result) => parentPort!.postMessage(result));
else if (isMainThread && process.argv[1] === fileURLToPath(import.meta.url)) await main();
