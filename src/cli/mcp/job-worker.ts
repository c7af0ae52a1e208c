import { parentPort, workerData } from "node:worker_threads";
import { LeadsError } from "../../core/errors.js";
import type { JobAnswer, JobRequest } from "./apart.js";
import { jobs } from "./jobs.js";

const { name, input } = workerData as JobRequest;

async function answer(): Promise<JobAnswer> {
  try {
    return { result: await jobs[name](input as never) };
  } catch (error) {
    if (!(error instanceof LeadsError)) return { stack: (error as Error)?.stack ?? String(error) };
    const { code, message, path, fix } = error;
    return { problem: { code, message, path, fix } };
  }
}

parentPort?.postMessage(await answer());
