import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { createSyntheticPatient } from "../../src/case/synthetic.js";
import { syntheticOptions } from "../../src/case/synthetic-options.js";
import { catalog } from "../../src/catalog/catalog.js";
import { fitCandidates } from "../../src/fit/fit-candidates.js";
import { workerPool } from "../../src/fit/worker-pool.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { truthSimulator } from "../../src/twin/truth.js";
import { underLock } from "../peers/process.js";
import type { Session } from "../session.js";
import { interleave, median, pairedRatio } from "../stats.js";
import type { RowFigure } from "./row.js";

/** So many that it matters little which worker ends first. */
const fits = 32;

/** Arithmetic on a few floats that never leave the registers: nothing to share but the processor. */
const spinning = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (count) => {
    let [a, b, c, d] = [1, 2, 3, 4];
    for (let k = 0; k < count; k++) {
      a = a * 0.999 + 0.001;
      b = b * 0.998 + 0.002;
      c = c * 0.997 + 0.003;
      d = d * 0.996 + 0.004;
    }
    parentPort.postMessage(a + b + c + d);
  });
`;
const spins = 2e8;

/** What two threads do in the time of one where they have nothing in common: what a machine allows. */
async function machineRatio(rounds: number): Promise<number> {
  const threads = [0, 1].map(() => new Worker(spinning, { eval: true }));
  const spin = async (count: number) => {
    const start = performance.now();
    await Promise.all(
      threads.slice(0, count).map(async (thread) => {
        const done = once(thread, "message");
        thread.postMessage(spins);
        await done;
      }),
    );
    return performance.now() - start;
  };
  try {
    await spin(2);
    const turn = (count: number) => () => underLock(() => spin(count));
    const times = await interleave({ one: turn(1), two: turn(2) }, rounds);
    return 2 * pairedRatio(times.one, times.two);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** Nodes of a published patient, which the figure is about, and of a small heart. */
const sizes = [1119, 320];

/** Independent fits: their throughput with two workers over that with one. */
export async function workersRow(session: Session): Promise<RowFigure[]> {
  const rounds = Math.min(session.rounds, 3);
  const possible = await machineRatio(rounds);
  const figures: RowFigure[] = [];
  for (const nodes of sizes) figures.push(await fitsRow({ nodes, rounds, possible }));
  return figures;
}

interface FitsRequest {
  readonly nodes: number;
  readonly rounds: number;
  /** What two threads do in the time of one on this machine. */
  readonly possible: number;
}

async function fitsRow({ nodes, rounds, possible }: FitsRequest): Promise<RowFigure> {
  const options = syntheticOptions("published", {
    reaction: { name: "mitchell-schaeffer" },
    seed: 1,
    nodes,
    recordings: 3,
  });
  const data = createSyntheticPatient(options, truthSimulator(catalog)).case;
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction: { name: "mitchell-schaeffer" },
    diffusion: { name: "finite-element", options: {} },
    fit: { ...defaultSpec.fit, starts: 1, timeIterations: 2, potentialIterations: 1 },
  };
  const url = new URL("../../src/fit/worker.js", import.meta.url);
  const pools = {
    one: workerPool(url, data, { workers: 1 }),
    two: workerPool(url, data, { workers: 2 }),
  };
  const fitAll = async (pool: keyof typeof pools, count: number) => {
    const start = performance.now();
    const requests = Array.from({ length: count }, (_, k) => ({ spec, seed: k + 1 }));
    const done = await fitCandidates({ executor: pools[pool] }, requests);
    const failed = done.find(({ status }) => status !== "fitted");
    if (failed) throw new Error(`A fit of the workers' row failed: ${failed.reason}`);
    return performance.now() - start;
  };
  try {
    // Every worker compiles the structure before anything is timed.
    for (const pool of ["one", "two"] as const) await fitAll(pool, 2);
    const turn = (pool: keyof typeof pools) => () => underLock(() => fitAll(pool, fits));
    const before = performance.eventLoopUtilization();
    const times = await interleave({ one: turn("one"), two: turn("two") }, rounds);
    const { utilization } = performance.eventLoopUtilization(before);
    return {
      row: "workers",
      title: "independent fits, two workers over one",
      nodes: data.mesh.points.length / 3,
      layout: `${fits} fits`,
      headline: nodes === sizes[0],
      ours: { value: median(times.two) / fits, unit: "ms per fit" },
      peer: { name: "one worker", value: median(times.one) / fits, unit: "ms per fit" },
      value: pairedRatio(times.one, times.two),
      unit: "x",
      better: "higher",
      reach: 1.9,
      aim: 2,
      note: `two threads of bare arithmetic do ${possible.toFixed(2)} times the work of one on this machine; each fit is one job of a worker, and the main thread was busy for ${(100 * utilization).toFixed(0)} % of the time`,
    };
  } finally {
    await Promise.all(Object.values(pools).map((pool) => pool.close()));
  }
}
