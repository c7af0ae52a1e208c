import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case, Split } from "../case/case.js";
import type { Truth } from "../case/synthetic.js";
import { catalog } from "../catalog/catalog.js";
import { fail, lookUp } from "../core/errors.js";
import type { Agent, Usage } from "../discover/agents/agent.js";
import { replayAgent } from "../discover/agents/replay.js";
import { candidateSeed, specKey } from "../discover/apply.js";
import { bestOf, type Candidate, describeSpec, misfitOf } from "../discover/archive.js";
import { decode } from "../discover/canonical.js";
import { type CaseSummary, summariseCase } from "../discover/case-summary.js";
import type { ChosenProposer } from "../discover/free-form/choose.js";
import { scoreFreeForm } from "../discover/free-form/score.js";
import { runFreeForm } from "../discover/free-form/search.js";
import { initialSpecFor } from "../discover/initial-spec.js";
import { type JournalEvent, openJournal, readJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import { discover } from "../discover/loop.js";
import type { CandidateResult } from "../fit/candidate.js";
import { createSession, inlineExecutor } from "../fit/executor.js";
import { fitCandidate } from "../fit/fit-candidate.js";
import { reactionName } from "../model/program.js";
import { defaultSpec, type Score, type Twin } from "../twin/spec.js";
import { type OpenedCase, openCase, type Places } from "./cases.js";
import { type Cell, type CellKey, journalFile, type ParameterPair } from "./cell.js";
import type { Method, TableCase, TableConfiguration } from "./configuration.js";
import { carryTwin } from "./other-mesh.js";
import { diceOfLowConductivity } from "./region.js";
import { restrictedCatalog, type Searching } from "./restricted.js";

/** What a cell asks of the command line. */
export interface CellTools {
  /** Agents by name; keys of language models come from the environment. */
  readonly createAgent: (name: string, baseUrl: string | undefined) => Agent;
  readonly judge: (data: Case, twin: Twin) => Promise<Score>;
  readonly predictors: (data: Case, part: keyof Split) => Readonly<Record<string, Score>>;
  /** Who writes whole equations, for the row of free form. */
  readonly chooseProposer: (agent: string, baseUrl: string | undefined) => Promise<ChosenProposer>;
  readonly onProgress?: (text: string) => void;
}

export interface CellJob {
  readonly key: CellKey;
  readonly configuration: TableConfiguration;
  readonly hash: string;
  readonly places: Places;
  /** Where the journals of searches go: a search that was cut off goes on from there. */
  readonly journals: string;
  /** Journals of language models from elsewhere, to be repeated. */
  readonly transcripts: string;
  /** Folder whose free-form/table.jsonl holds recorded equations. */
  readonly freeForm: string;
}

/** Half a cell: what the method itself brings. */
type Outcome = Pick<
  Cell,
  | ("status" | "reason" | "score" | "structure" | "reaction" | "parameterCount" | "evaluations")
  | ("trace" | "simulations" | "seconds" | "tokens" | "fingerprint")
> & { readonly twin: Twin | null };

/** Runs one method on one case with one seed. The same job gives the same cell but for its seconds. */
export async function runCell(job: CellJob, tools: CellTools): Promise<Cell> {
  const { configuration, key, hash } = job;
  const tableCase = configuration.cases.find(({ name }) => name === key.case)!;
  const method = configuration.methods.find(({ name }) => name === key.method)!;
  const opened = await openCase(tableCase, key.seed, job.places);
  const run = { job, tools, tableCase, opened };
  const { twin, ...outcome } =
    method.kind === "trivial"
      ? predict(run, method)
      : method.kind === "given"
        ? await fitGiven(run, method)
        : method.kind === "free-form"
          ? await writeEquations(run, method)
          : await search(run, method);
  const searched = method.kind === "search" || method.kind === "language-model";
  const right = outcome.reaction !== null && outcome.reaction === tableCase.truth;
  return {
    format: "leads-table-cell",
    version: 1,
    ...key,
    configuration: hash,
    caseHash: opened.hash,
    ...outcome,
    identified: searched && tableCase.truth !== null ? right : null,
    parameters: twin && right && opened.truth ? parameterPairs(twin, opened.truth) : [],
    dice:
      twin && tableCase.region && opened.truth
        ? diceOfLowConductivity(twin, opened.truth.diffusion.conductivity)
        : null,
  };
}

interface Run {
  readonly job: CellJob;
  readonly tools: CellTools;
  readonly tableCase: TableCase;
  readonly opened: OpenedCase;
}

const nothing = {
  structure: null,
  reaction: null,
  parameterCount: null,
  evaluations: null,
  trace: [],
  simulations: null,
  tokens: null,
  fingerprint: "",
  twin: null,
} as const;

function predict(
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

function summaryOf({ tools, opened: { visible, hash } }: Run): CaseSummary {
  const part = visible.split.validation.length > 0 ? "validation" : "train";
  const trivial = tools.predictors(visible, part);
  return summariseCase(visible, { trivial, inputHashes: { "case.json": hash } });
}

/** As many generations as searches have fits; scored like everybody, on free roll-outs. */
async function writeEquations(
  { job, tools, opened }: Run,
  { agent, baseUrl }: Extract<Method, { kind: "free-form" }>,
): Promise<Outcome> {
  const began = performance.now();
  const chosen = await tools.chooseProposer(agent, baseUrl);
  if ("notRun" in chosen) return fail({ code: "not-run", message: chosen.notRun });
  const { seed } = job.key;
  const generations = job.configuration.evaluations;
  const { best, answers, usage, reason } = await runFreeForm({
    data: opened.visible,
    proposer: chosen.proposer,
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

async function fitGiven(
  run: Run,
  { reaction, diffusion }: Extract<Method, { kind: "given" }>,
): Promise<Outcome> {
  const { job, opened, tableCase } = run;
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
  const result = await fitWith(opened.visible, candidateSeed(job.key.seed, specKey(spec)))(spec);
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

const fitWith = (data: Case, seed: number) => (spec: Twin["spec"]) =>
  fitCandidate(
    { data, catalog, executor: inlineExecutor(createSession(catalog, data)), seed },
    spec,
  );

/** A search in a journal of its own. No clock has a say in it: the budget is evaluations alone. */
async function search(run: Run, method: Searching): Promise<Outcome> {
  const { job, tools, opened, tableCase } = run;
  const { evaluations, program } = job.configuration;
  const summary = summaryOf(run);
  const offered = restrictedCatalog(method, tableCase, { summary, seed: job.key.seed });
  const data = opened.visible;
  const executor = inlineExecutor(createSession(catalog, data));
  await mkdir(job.journals, { recursive: true });
  const store = fileStore(join(job.journals, journalFile(job.key)));
  let tokens: number | null = null;
  let fitted = 0;
  const count = ({ type, data: payload }: JournalEvent) => {
    if (type === "candidate-finished") tools.onProgress?.(`fit ${++fitted} of ${evaluations}`);
    const { usage } = (type === "decided" ? decode(payload) : {}) as { usage?: Usage };
    if (usage) tokens = (tokens ?? 0) + usage.inputTokens + usage.outputTokens;
  };
  try {
    const { archive, best, elapsed_s, fingerprint } = await discover({
      case: summary,
      catalog: offered,
      agent: await agentOf(run, method),
      evaluate: (spec, { seed, signal }) =>
        fitCandidate({ data, catalog, executor, seed, signal }, spec),
      budget: { evaluations, seconds: noLimit_s },
      journal: await openJournal(store),
      seed: job.key.seed,
      initialSpec: initialSpecFor(offered, summary, {
        fit: { ...defaultSpec.fit, ...job.configuration.effort.start },
      }),
      configuration: { table: job.hash, method: method.name },
      versions: { "leads-ep": program },
      onEvent: count,
    });
    return {
      ...(await outcomeOf(run, best?.result ?? null)),
      evaluations: archive.length,
      trace: traceOf(archive, summary),
      simulations: archive.reduce((sum, { result }) => sum + result.simulations, 0),
      seconds: elapsed_s,
      tokens,
      fingerprint,
    };
  } finally {
    await store.close();
  }
}

/** A transcript is the journal of the same case and seed in another table: its decisions are repeated. */
async function agentOf(
  { job, tools }: Run,
  { agent, baseUrl, recorded }: Searching,
): Promise<Agent> {
  if (!recorded) return tools.createAgent(agent, baseUrl);
  const path = join(job.transcripts, journalFile(job.key));
  if (!existsSync(path))
    fail({
      code: "no-transcript",
      path,
      message: "there is no transcript of this case and seed",
      fix: "Record one with --llm.",
    });
  const store = fileStore(path);
  const { events } = await readJournal(store);
  await store.close();
  return replayAgent(events);
}

/** About a year. */
const noLimit_s = 3e7;

/** Validation misfit of the best candidate after each evaluation; the best is by excess. */
const traceOf = (archive: readonly Candidate[], { measure }: CaseSummary): (number | null)[] =>
  archive.map((_, k) => {
    const best = bestOf(archive.slice(0, k + 1));
    return best ? misfitOf(best.result.validation, measure) : null;
  });

async function outcomeOf({ tools, opened }: Run, result: CandidateResult | null) {
  if (!result)
    return {
      ...nothing,
      status: "failed" as const,
      reason: "nothing could be fitted",
      score: null,
    };
  const { spec, values, parameterCount } = result;
  const twin = carryTwin({ spec, values }, opened.visible.mesh, opened.judge.mesh);
  return {
    status: "scored" as const,
    reason: "",
    score: await tools.judge(opened.judge, twin),
    structure: describeSpec(spec),
    reaction: spec.reaction.name,
    parameterCount,
    twin: { spec, values },
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
