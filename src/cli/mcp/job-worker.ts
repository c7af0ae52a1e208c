import { parentPort, workerData } from "node:worker_threads";
import { errorData } from "../../fit/executor.js";
import type { ThreadReply } from "../in-worker.js";
import type { JobRequest } from "./apart.js";
import { jobs } from "./jobs.js";

const { name, input } = workerData as JobRequest;

const reply = (message: ThreadReply): void => parentPort!.postMessage(message);

jobs[name](input as never).then(
  (result) => reply({ result }),
  (error) => reply({ error: errorData(error) }),
);
