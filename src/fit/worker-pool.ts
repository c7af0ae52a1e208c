import { setFlagsFromString } from "node:v8";
import { Worker, type WorkerOptions } from "node:worker_threads";
import type { Case } from "../case/case.js";
import { LeadsError } from "../core/errors.js";
import type { EngineName } from "../native/engine-name.js";
import type { TwinSpec } from "../twin/spec.js";
import type { Executor, Job, JobResult, JobResults, Reply } from "./executor.js";

export interface PoolOptions {
  readonly workers: number;
  /** What simulations run on; "wasm" if absent. */
  readonly engine?: EngineName;
}

/**
 * Half of a worker's young generation, MiB. Simulations leave many short-lived arrays. With Node's 1 to
 * 16 MiB these grow old before they die, a full collection follows each fit and takes optimised code with
 * it: the threads that collect and compile then keep another core busy for 15 % of the time.
 */
const semiSpace_MiB = 32;

/**
 * Options of a worker with room for short-lived arrays. The smallest size can only be set for the whole
 * process, and is read when a heap is made: other threads that come later begin at their largest one.
 */
export function roomyHeap(): Pick<WorkerOptions, "resourceLimits"> {
  setFlagsFromString(`--min-semi-space-size=${semiSpace_MiB}`);
  // Two halves, and as much again for large objects.
  return { resourceLimits: { maxYoungGenerationSizeMb: 3 * semiSpace_MiB } };
}

/**
 * Worker threads, each with its own memory. `workerUrl` is the compiled worker (fit/worker.js), which
 * imports the catalog itself. Jobs go to whoever is free; results come back in the order of the jobs.
 * A worker that dies takes the pool with it: open and later jobs reject.
 */
export function workerPool(workerUrl: URL, data: Case, { workers, engine }: PoolOptions): Executor {
  const waiting: { spec: TwinSpec; job: Job; id: number }[] = [];
  const pending = new Map<
    number,
    { resolve: (r: JobResult) => void; reject: (e: Error) => void }
  >();
  const idle: Worker[] = [];
  let nextId = 0;
  let broken: LeadsError | undefined;
  const heap = roomyHeap();
  const all = Array.from({ length: workers }, () => start());

  function start(): Worker {
    const worker = new Worker(workerUrl, { workerData: { data, engine }, ...heap });
    worker.unref();
    idle.push(worker);
    worker.on("message", (reply: Reply) => {
      const entry = pending.get(reply.id);
      pending.delete(reply.id);
      idle.push(worker);
      worker.unref();
      if ("error" in reply) entry?.reject(new LeadsError(reply.error));
      else entry?.resolve(reply.result);
      dispatch();
    });
    worker.on("error", (cause) => abandon(`a worker thread failed (${cause.message})`, cause));
    worker.on("exit", () => abandon("a worker thread has ended"));
    return worker;
  }

  function abandon(message: string, cause?: unknown): void {
    broken ??= new LeadsError({
      code: "internal",
      message: `The fit cannot go on: ${message}.`,
      fix: "Start it again; if memory ran out, close other programs first.",
      cause,
    });
    waiting.length = 0;
    for (const { reject } of pending.values()) reject(broken);
    pending.clear();
  }

  function dispatch(): void {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.pop()!;
      worker.ref();
      worker.postMessage(waiting.shift()!);
    }
  }

  return {
    run: async <K extends Job["kind"]>(
      spec: TwinSpec,
      jobs: readonly Extract<Job, { kind: K }>[],
    ) => {
      if (broken) throw broken;
      const results = jobs.map(
        (job) =>
          new Promise<JobResult>((resolve, reject) => {
            const id = nextId++;
            pending.set(id, { resolve, reject });
            waiting.push({ spec, job, id });
          }),
      );
      dispatch();
      return (await Promise.all(results)) as JobResults[K][];
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}
