import { parentPort, workerData } from "node:worker_threads";
import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { backEndOf, type EngineName } from "../native/engine-name.js";
import type { TwinSpec } from "../twin/spec.js";
import { createSession, errorData, type Job, runJob } from "./executor.js";

/** A worker thread: receives jobs, answers with results (see worker-pool.ts). */
const { data, engine } = workerData as { data: Case; engine?: EngineName };
const session = createSession(catalog, data, await backEndOf(engine));

parentPort!.on("message", async ({ spec, job, id }: { spec: TwinSpec; job: Job; id: number }) => {
  try {
    parentPort!.postMessage({ id, result: await runJob(session, spec, job) });
  } catch (error) {
    parentPort!.postMessage({ id, error: errorData(error) });
  }
});
