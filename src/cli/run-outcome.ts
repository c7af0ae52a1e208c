import { join } from "node:path";
import type { Case } from "../case/case.js";
import type { Candidate } from "../discover/archive.js";
import type { DiscoverOutcome } from "../discover/run.js";
import { readCase } from "../io/case-directory.js";
import { writeTwin } from "../io/twin-directory.js";
import type { Score } from "../twin/spec.js";
import type { PreparedRun } from "./prepare-run.js";
import { type RunConfiguration, runFiles, writeJson } from "./run-directory.js";
import { type Judgement, judgeTwin, posteriorOf } from "./scoring.js";

/** What `leads discover --json` prints and result.json holds. */
export interface RunResult {
  readonly run: string;
  readonly case: string;
  readonly evaluations: number;
  readonly seconds: number;
  readonly stop: { readonly reason: string; readonly detail: string };
  readonly best: {
    readonly candidate: number;
    readonly reaction: string;
    readonly variant?: string;
    readonly diffusion: string;
    readonly parameters: Readonly<Record<string, number>>;
    /** Of the parameters; "1" where they have none. */
    readonly units: Readonly<Record<string, string>>;
    readonly parameter_count: number;
    readonly validation: Score;
    readonly test: Score;
  } | null;
  readonly baselines: Readonly<Record<string, Score>>;
  /** How the recordings weigh the reactions that were tried; null when nothing was fitted. */
  readonly posterior: Readonly<Record<string, number>> | null;
  /** Of the language model, over all sessions of the run; null where none was asked. */
  readonly model: {
    readonly requests: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    /** Requests whose tokens the server did not count. */
    readonly estimated_requests: number;
    readonly schema_errors: number;
    /** Null: the price is not known. */
    readonly usd: number | null;
  } | null;
  readonly fingerprint: string;
}

export interface Concluded {
  readonly result: RunResult;
  readonly judgement: Judgement | null;
}

/** Scores the winner of an ended run on the test recordings and writes its twin and result. */
export async function concludeRun(
  directory: string,
  { configuration, data }: Pick<PreparedRun, "configuration" | "data">,
  outcome: DiscoverOutcome,
): Promise<Concluded> {
  const judgement = await judgeBest(configuration.case, outcome.best);
  const result = resultOf(directory, configuration, outcome, judgement);
  await writeOutcome(directory, data, outcome, result);
  return { result, judgement };
}

async function judgeBest(path: string, best: Candidate | null): Promise<Judgement | null> {
  if (best?.result.status !== "fitted") return null;
  const { spec, values } = best.result;
  return judgeTwin(await readCase(path), { spec, values }, "test");
}

async function writeOutcome(
  directory: string,
  data: Case,
  { best }: DiscoverOutcome,
  result: RunResult,
): Promise<void> {
  if (best) {
    const { spec, values } = best.result;
    await writeTwin(join(directory, runFiles.twin), { twin: { spec, values }, mesh: data.mesh });
  }
  await writeJson(join(directory, runFiles.result), result);
}

const unitsOf = ({ result }: Candidate): Record<string, string> =>
  Object.fromEntries(result.parameters.map(({ name, unit }) => [name, unit]));

export function resultOf(
  directory: string,
  configuration: RunConfiguration,
  outcome: DiscoverOutcome,
  judgement: Judgement | null,
): RunResult {
  const { best } = outcome;
  return {
    run: directory,
    case: configuration.case,
    evaluations: outcome.archive.length,
    seconds: Math.round(10 * outcome.elapsed_s) / 10,
    stop: { reason: outcome.stop.code, detail: outcome.stop.detail },
    best:
      best && judgement
        ? {
            candidate: best.id,
            reaction: best.result.spec.reaction.name,
            ...variantOf(best),
            diffusion: best.result.spec.diffusion.name,
            parameters: best.result.values.scalars,
            units: unitsOf(best),
            parameter_count: best.result.parameterCount,
            validation: best.result.validation,
            test: judgement.score,
          }
        : null,
    baselines: judgement?.baselines ?? {},
    posterior: judgement ? posteriorWeights(outcome, judgement) : null,
    model: modelOf(configuration, outcome),
    fingerprint: outcome.fingerprint,
  };
}

function modelOf({ agent }: RunConfiguration, { usage }: DiscoverOutcome): RunResult["model"] {
  if (usage.requests === 0 && !agent.startsWith("llm:")) return null;
  return {
    requests: usage.requests,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    estimated_requests: usage.estimated,
    schema_errors: usage.schemaErrors,
    usd: usage.usd,
  };
}

const variantOf = ({ result }: Candidate): { variant?: string } => {
  const { variant } = result.spec.reaction;
  return variant ? { variant } : {};
};

function posteriorWeights({ archive }: DiscoverOutcome, judgement: Judgement) {
  const posterior = posteriorOf(
    archive.map(({ result }) => result),
    judgement,
  );
  return posterior && Object.fromEntries(posterior.reactions.map((r) => [r.reaction, r.weight]));
}
