import { Worker } from "node:worker_threads";
import type { Case } from "../case/case.js";
import { LeadsError } from "../core/errors.js";
import type { TwinSpec } from "../twin/spec.js";
import type { Executor, Job, JobResult, JobResults, Reply } from "./executor.js";

/**
 * Worker threads, each with its own memory. `workerUrl` is the compiled worker (fit/worker.js), which
 * imports the catalog itself. Jobs go to whoever is free; results come back in the order of the jobs.
 */
export function workerPool(workerUrl: URL, data: Case, workers: number): Executor {
  const waiting: { spec: TwinSpec; job: Job; id: number }[] = [];
  const pending = new Map<
    number,
    { resolve: (r: JobResult) => void; reject: (e: Error) => void }
  >();
  let nextId = 0;
  const idle: Worker[] = [];
  const all = Array.from({ length: workers }, () => start());

  function start(): Worker {
    const worker = new Worker(workerUrl, { workerData: { data } });
    worker.unref();
    idle.push(worker);
    worker.on("message", (reply: Reply) => {
      const entry = pending.get(reply.id);
      pending.delete(reply.id);
      idle.push(worker);
      if (pending.size === 0) worker.unref();
      if ("error" in reply) entry?.reject(new LeadsError(reply.error));
      else entry?.resolve(reply.result);
      dispatch();
    });
    worker.on("error", (error) => {
      for (const { reject } of pending.values()) reject(error as Error);
      pending.clear();
    });
    return worker;
  }

  function dispatch(): void {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.pop()!;
      worker.ref();
      worker.postMessage(waiting.shift()!);
    }
  }

  return {
    run: <K extends Job["kind"]>(spec: TwinSpec, jobs: readonly Extract<Job, { kind: K }>[]) => {
      const results = jobs.map(
        (job) =>
          new Promise<JobResult>((resolve, reject) => {
            const id = nextId++;
            pending.set(id, { resolve, reject });
            waiting.push({ spec, job, id });
          }),
      );
      dispatch();
      return Promise.all(results) as Promise<JobResults[K][]>;
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}
