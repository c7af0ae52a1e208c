import { parentPort, workerData } from "node:worker_threads";
import { chooseProposer } from "../discover/free-form/choose.js";
import { errorData } from "../fit/executor.js";
import { backEndOf } from "../native/engine-name.js";
import { makeCase, type Places } from "../table/cases.js";
import type { CellJob } from "../table/cell-job.js";
import type { TableCase } from "../table/configuration.js";
import { runCell } from "../table/run-cell.js";
import { defaultSpec } from "../twin/spec.js";
import { createAgent } from "./agents.js";
import type { ThreadReply } from "./in-worker.js";
import { baselinesOf, judgeTwin } from "./scoring.js";

/** What a worker thread of the table is asked to do: one thing, then it ends. */
export type TableWork =
  | {
      readonly kind: "case";
      readonly case: TableCase;
      readonly seed: number;
      readonly places: Places;
    }
  | { readonly kind: "cell"; readonly job: CellJob };

async function work(asked: TableWork): Promise<unknown> {
  if (asked.kind === "case") return makeCase(asked.case, asked.seed, asked.places);
  const backEnd = await backEndOf(asked.job.configuration.engine ?? "wasm");
  return runCell(asked.job, {
    backEnd,
    createAgent: (name, settings, tiers) => createAgent(name, settings, { tiers }),
    judge: async (data, twin) => (await judgeTwin(data, twin, "test")).score,
    predictors: (data, part) => baselinesOf(data, part, defaultSpec.observation),
    chooseProposer: (name, settings) =>
      chooseProposer(
        name.startsWith("llm:")
          ? { llm: { name, ...settings, environment: process.env } }
          : { transcripts: { folder: asked.job.freeForm, name } },
      ),
    onProgress: (progress) => reply({ progress }),
  });
}

const reply = (message: ThreadReply): void => parentPort!.postMessage(message);

work(workerData as TableWork).then(
  (result) => reply({ result }),
  (error) => reply({ error: errorData(error) }),
);
