import type { Case } from "../../case/case.js";
import { LeadsError } from "../../core/errors.js";
import { createRandom } from "../../core/random.js";
import { nodeCount } from "../../mesh/mesh.js";
import { AgentError } from "../agents/agent.js";
import { addUsage, noUsage, type Usage } from "../usage.js";
import { compileProposal, type FreeModel } from "./equations.js";
import { fitOneStep } from "./one-step.js";
import {
  type Answer,
  type Failed,
  type History,
  type Kept,
  type Proposer,
  writeAnswer,
} from "./proposer.js";
import { type Series, seriesOf, whyNoSeries } from "./series.js";

export interface FreeFormSetup {
  /** Train and validation recordings; test recordings are not read. */
  readonly data: Case;
  readonly proposer: Proposer;
  readonly seed: number;
  /** One proposal each; 20 if absent. */
  readonly generations?: number;
  /** Models that stay in the prompt; 16 if absent. */
  readonly keep?: number;
  /** L-BFGS iterations of a fit, 150 if absent; early stopping ends most fits before. */
  readonly iterations?: number;
  readonly signal?: AbortSignal;
  readonly onGeneration?: (generation: Kept | Failed) => void;
}

export interface FreeFormResult {
  /** "not-run": no model was ever proposed, or the case has nothing to fit it to; never a score. */
  readonly status: "finished" | "not-run";
  /** Why it ended, or why it did not run. */
  readonly reason: string;
  /** Lowest one-step loss on validation; null where no answer could be fitted. */
  readonly best: (Kept & { readonly model: FreeModel }) | null;
  readonly kept: readonly Kept[];
  readonly failed: readonly Failed[];
  /** Every answer in order, as a transcript can repeat it. */
  readonly answers: readonly string[];
  readonly usage: Usage;
}

/** Nodes of a recording that a fit looks at. */
const mostNodes = 256;
const mostTrain = 6;
/** Failures that stay in the prompt. */
const remembered = 4;

/**
 * HDTwinGen's way (Holt, Liu and van der Schaar, NeurIPS 2024): whole equations by a proposer, one program a generation, the
 * best kept as context, parameters fitted teacher-forced on one-step differences, no gates. The
 * winner is the lowest loss on validation; `scoreFreeForm` judges it by free roll-outs.
 */
export async function runFreeForm(setup: FreeFormSetup): Promise<FreeFormResult> {
  const why = whyNoSeries(setup.data);
  if (why) return notRun(why);
  const { data, proposer } = setup;
  const { generations = 20, keep = 16, iterations = 150 } = setup;
  const signal = setup.signal ?? new AbortController().signal;
  const parts = partsOf(setup);
  const state = { kept: [] as Kept[], failed: [] as Failed[], answers: [] as string[] };
  let usage = noUsage;
  let reason = `all ${generations} generations are done`;
  for (let generation = 0; generation < generations; generation++) {
    signal.throwIfAborted();
    const { kept, failed } = state;
    const history = {
      ...{ generation, generations, data: factsOf(data, parts.train) },
      ...{ kept: kept.slice(0, keep), failed: failed.slice(-remembered) },
    };
    const answer = await ask(proposer, history, signal);
    usage = addUsage(usage, answer.usage ?? noUsage);
    if (answer.kind === "end") {
      reason = answer.reason;
      break;
    }
    state.answers.push(answer.kind === "proposal" ? writeAnswer(answer.proposal) : answer.answer);
    const outcome = await tryAnswer(answer, generation, (model) =>
      fitOneStep(model, parts, { iterations, signal }),
    );
    if ("problem" in outcome) failed.push(outcome);
    else kept.push(outcome);
    kept.sort((a, b) => a.loss.validation - b.loss.validation || a.generation - b.generation);
    kept.splice(keep);
    setup.onGeneration?.(outcome);
  }
  if (state.answers.length === 0) return { ...notRun(reason), usage };
  const [first] = state.kept;
  const best = first ? { ...first, model: compileProposal(first.proposal) } : null;
  return { status: "finished", reason, best, ...state, usage };
}

export const notRun = (reason: string): FreeFormResult => ({
  ...{ status: "not-run", reason, best: null, kept: [], failed: [], answers: [], usage: noUsage },
});

/** A proposer that breaks down ends the search in order: what it has found so far stays. */
async function ask(proposer: Proposer, history: History, signal: AbortSignal): Promise<Answer> {
  try {
    return await proposer.propose(history, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LeadsError)) throw error;
    const reason = [error.message, error.fix].filter(Boolean).join(" ");
    return { kind: "end", reason, ...(error instanceof AgentError ? { usage: error.usage } : {}) };
  }
}

async function tryAnswer(
  answer: Exclude<Answer, { kind: "end" }>,
  generation: number,
  fitted: (model: FreeModel) => Promise<Omit<Kept, "generation" | "proposal">>,
): Promise<Kept | Failed> {
  if (answer.kind === "unreadable")
    return { generation, answer: answer.answer, problem: answer.problem };
  const { proposal } = answer;
  const said = writeAnswer(proposal);
  try {
    const outcome = await fitted(compileProposal(proposal));
    if (Number.isFinite(outcome.loss.validation)) return { generation, proposal, ...outcome };
    const problem =
      "with its starting values the model leaves the numbers along the recordings: smaller rates, or bounded terms";
    return { generation, answer: said, problem };
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    const problem = [error.message, error.fix].filter(Boolean).join(" ");
    return { generation, answer: said, problem };
  }
}

function partsOf({ data, seed }: FreeFormSetup) {
  const { train, validation } = data.split;
  const random = createRandom(seed, "free-form");
  const series = (ids: readonly string[]) =>
    seriesOf(data, ids.slice(0, mostTrain), { random, most: mostNodes });
  return { train: series(train), validation: series(validation) };
}

function factsOf(data: Case, series: readonly Series[]): History["data"] {
  const duration_ms = Math.max(0, ...series.map(({ dt_ms }) => dt_ms.reduce((a, b) => a + b, 0)));
  return {
    nodes: nodeCount(data.mesh),
    recordings: { train: data.split.train.length, validation: data.split.validation.length },
    duration_ms,
    frame_ms: series[0]?.dt_ms[0] ?? 0,
  };
}
