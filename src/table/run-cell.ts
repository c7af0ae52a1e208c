import type { Truth } from "../case/synthetic.js";
import { catalog } from "../catalog/catalog.js";
import { lookUp } from "../core/errors.js";
import { reactionName } from "../model/program.js";
import type { Twin } from "../twin/spec.js";
import { openCase } from "./cases.js";
import type { Cell, ParameterPair } from "./cell.js";
import type { CellJob, CellTools, Run } from "./cell-job.js";
import { findsReaction, rowHash } from "./configuration.js";
import { diceOfLowConductivity } from "./region.js";
import { fitGiven, predict, writeEquations } from "./run-method.js";
import { search } from "./run-search.js";
import { transcriptHash } from "./transcripts.js";

/** Runs one method on one case with one seed. The same job gives the same cell but for its seconds. */
export async function runCell(job: CellJob, tools: CellTools): Promise<Cell> {
  const { configuration, key, hash } = job;
  const tableCase = configuration.cases.find(({ name }) => name === key.case)!;
  const method = configuration.methods.find(({ name }) => name === key.method)!;
  const opened = await openCase(tableCase, key.seed, job.places);
  const run: Run = { job, tools, tableCase, opened };
  const { twin, ...outcome } =
    method.kind === "trivial"
      ? predict(run, method)
      : method.kind === "given"
        ? await fitGiven(run, method)
        : method.kind === "free-form"
          ? await writeEquations(run, method)
          : await search(run, method);
  const row = await rowHash(method);
  const transcript = await transcriptHash(key, job);
  const right = outcome.reaction !== null && outcome.reaction === tableCase.truth;
  return {
    format: "leads-table-cell",
    version: 1,
    ...key,
    configuration: hash,
    caseHash: opened.hash,
    ...outcome,
    identified: findsReaction(method, tableCase) ? right : null,
    parameters: twin && right && opened.truth ? parameterPairs(twin, opened.truth) : [],
    dice:
      twin && tableCase.region && opened.truth
        ? diceOfLowConductivity(twin, opened.truth.diffusion.conductivity)
        : null,
    build: job.build,
    ...(row === undefined ? {} : { row }),
    ...(transcript === undefined ? {} : { transcript }),
  };
}

/** The fitted parameters of the reaction beside the truth. */
function parameterPairs({ spec, values }: Twin, { reaction }: Truth): ParameterPair[] {
  const entry = lookUp("reaction", catalog.reactions, spec.reaction.name);
  const declared = { ...entry.params, ...(entry.timeScale ? { time_scale: entry.timeScale } : {}) };
  return Object.entries(declared).flatMap(([name, { fitted, note }]) => {
    const [truth, value] = [reaction.parameters[name], values.scalars[reactionName(name)]];
    if (!fitted || truth === undefined || value === undefined) return [];
    return [{ name, truth, value, identifiable: !note }];
  });
}
