import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { LeadsError, type Problem } from "../../core/errors.js";
import type { Jobs } from "./jobs.js";

/** What the thread sends back. */
export type JobAnswer<Result = unknown> =
  | { readonly result: Result }
  | { readonly problem: Problem }
  | { readonly stack: string };

export interface JobRequest {
  readonly name: keyof Jobs;
  readonly input: unknown;
}

type ResultOf<Name extends keyof Jobs> = Awaited<ReturnType<Jobs[Name]>>;

/** Does a job in a thread of its own, so that the server goes on answering. Errors: the job's. */
export async function apart<Name extends keyof Jobs>(
  name: Name,
  input: Parameters<Jobs[Name]>[0],
  signal: AbortSignal,
): Promise<ResultOf<Name>> {
  signal.throwIfAborted();
  const workerData: JobRequest = { name, input };
  const worker = new Worker(new URL("./job-worker.js", import.meta.url), { workerData });
  try {
    const [answer] = (await once(worker, "message", { signal })) as [JobAnswer<ResultOf<Name>>];
    if ("result" in answer) return answer.result;
    throw "problem" in answer ? new LeadsError(answer.problem) : new Error(answer.stack);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await worker.terminate();
  }
}
