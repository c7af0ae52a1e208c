import { catalog } from "../catalog/catalog.js";
import { fail, lookUp } from "../core/errors.js";
import { candidateSeed, specKey } from "../discover/apply.js";
import { misfitOf } from "../discover/archive.js";
import { scoreFreeForm } from "../discover/free-form/score.js";
import { runFreeForm } from "../discover/free-form/search.js";
import { initialSpecFor } from "../discover/initial-spec.js";
import { createSession, inlineExecutor } from "../fit/executor.js";
import { fitCandidate } from "../fit/fit-candidate.js";
import { nothing, type Outcome, outcomeOf, type Run, summaryOf } from "./cell-job.js";
import type { Method } from "./configuration.js";
import { withinLimits } from "./limits.js";

/** A predictor without a model. */
export function predict(
  { tools, opened }: Run,
  { predictor }: Extract<Method, { kind: "trivial" }>,
): Outcome {
  const began = performance.now();
  const score = tools.predictors(opened.judge, "test")[predictor] ?? null;
  return {
    ...nothing,
    status: score ? "scored" : "failed",
    reason: score ? "" : "this predictor does not apply to these recordings",
    score,
    seconds: (performance.now() - began) / 1000,
  };
}

/** As many generations as searches have fits; scored like everybody, on free roll-outs. */
export async function writeEquations(
  { job, tools, opened }: Run,
  { agent, model = {} }: Extract<Method, { kind: "free-form" }>,
): Promise<Outcome> {
  const began = performance.now();
  const chosen = await tools.chooseProposer(agent, model);
  if ("notRun" in chosen) return fail({ code: "not-run", message: chosen.notRun });
  const { seed } = job.key;
  const generations = job.configuration.evaluations;
  const { best, answers, usage, reason } = await runFreeForm({
    data: opened.visible,
    proposer: withinLimits(chosen.proposer, model),
    seed,
    generations,
    onGeneration: ({ generation }) =>
      tools.onProgress?.(`generation ${generation + 1} of ${generations}`),
  });
  const { judge } = opened;
  const scored = best ? scoreFreeForm(judge, best, judge.split.test) : null;
  return {
    ...nothing,
    status: scored ? "scored" : "failed",
    reason: scored
      ? scored.diverged.length > 0
        ? "a free roll-out of the equations leaves the numbers"
        : ""
      : reason,
    score: scored?.score ?? null,
    structure: best ? best.proposal.equations : null,
    parameterCount: best ? Object.keys(best.parameters).length : null,
    evaluations: answers.length,
    seconds: (performance.now() - began) / 1000,
    tokens: usage.requests > 0 ? usage.inputTokens + usage.outputTokens : null,
  };
}

/** One thorough fit of a structure that is given. */
export async function fitGiven(
  run: Run,
  { reaction, diffusion }: Extract<Method, { kind: "given" }>,
): Promise<Outcome> {
  const { job, opened, tableCase, tools } = run;
  const name = reaction === "truth" ? tableCase.truth! : reaction;
  const summary = summaryOf(run);
  const offered = {
    ...catalog,
    reactions: { [name]: lookUp("reaction", catalog.reactions, name) },
  };
  const first = initialSpecFor(offered, summary);
  const spec = {
    ...(diffusion === "plain"
      ? first
      : initialSpecFor(offered, summary, { diffusion: { name: diffusion, options: {} } })),
    fit: { ...first.fit, ...job.configuration.effort.given },
  };
  const began = performance.now();
  const seed = candidateSeed(job.key.seed, specKey(spec));
  const data = opened.visible;
  const executor = inlineExecutor(createSession(catalog, data, tools.backEnd));
  const result = await fitCandidate({ data, catalog, executor, seed }, spec);
  return {
    ...(await outcomeOf(run, result.status === "fitted" ? result : null)),
    ...(result.status === "fitted" ? {} : { reason: `${result.status}: ${result.reason}` }),
    evaluations: 1,
    trace: [misfitOf(result.validation, summary.measure)],
    simulations: result.simulations,
    seconds: (performance.now() - began) / 1000,
    tokens: null,
    fingerprint: "",
  };
}
