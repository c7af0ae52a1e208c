import { LeadsError } from "../../core/errors.js";
import { inWorker } from "../in-worker.js";
import type { Jobs } from "./jobs.js";

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
  const file = new URL("./job-worker.js", import.meta.url);
  const result = await inWorker({ file, workerData, signal });
  if (!(result instanceof LeadsError)) return result as ResultOf<Name>;
  // Not for the client: the server writes it down.
  throw result.code === "internal" ? new Error(result.message) : result;
}
