import type { CandidateResult } from "../fit/candidate.js";
import type { TwinSpec } from "../twin/spec.js";
import { costOf_usd, type Price } from "./agents/llm-prices.js";
import { systemPrompt, userPrompt } from "./agents/llm-prompt.js";
import { toolCharacters } from "./agents/llm-request.js";
import { charactersPerToken } from "./agents/llm-tokens.js";
import { defaultTiers, workOf } from "./agents/tiers.js";
import type { Candidate } from "./archive.js";
import type { CaseSummary } from "./case-summary.js";
import type { CatalogView } from "./entries.js";
import type { MemoryPrior } from "./memory-prior.js";
import { observe } from "./observation.js";

/** Low and high end of what is expected. */
export type Range = readonly [number, number];

/** What a run is expected to ask of a language model, and nothing was sent for it. */
export interface ModelEstimate {
  /** Of the first request: instructions, tools and the observation of an empty archive. */
  readonly first_prompt: { readonly characters: number; readonly tokens: Range };
  /** Of the last one, with the archive full. */
  readonly last_prompt: { readonly characters: number; readonly tokens: Range };
  readonly requests: Range;
  readonly input_tokens: Range;
  readonly output_tokens: Range;
  /** USD per million tokens, with day and source where it comes from the list; null: not known. */
  readonly price: (Price & { readonly asOf?: string; readonly source?: string }) | null;
  readonly usd: Range | null;
  readonly assumptions: readonly string[];
}

/** Tokens of an answer: a tool call with a short thought, and one with pages of reasoning. */
const answer_tokens: Range = [150, 1500];
/** Requests per evaluation: none in vain, and every second one refused or repeated. */
const requestsPerTurn: Range = [1, 1.5];

const assumptions: readonly string[] = [
  `a token is ${charactersPerToken.measured} characters of a prompt (OpenAI's o200k tokenizer on prompts like these), or ${charactersPerToken.atLeast} with tokenizers that cut finer`,
  "one request for each evaluation and one to stop, or half as many again for answers that are refused or broken",
  `${answer_tokens[0]} to ${answer_tokens[1]} tokens an answer; models that reason at length may take more`,
  "each candidate takes as much text as the trial fit's; list prices without discounts for cached prompts",
];

export interface Prospect {
  readonly case: CaseSummary;
  readonly catalog: CatalogView;
  readonly memory?: MemoryPrior;
  readonly initialSpec: TwinSpec;
  readonly evaluations: number;
  /** What the rows of the archive will look like. */
  readonly sample: CandidateResult;
  readonly price: Price | undefined;
}

export function estimateModel(prospect: Prospect): ModelEstimate {
  const { evaluations, price } = prospect;
  const sizes = Array.from({ length: evaluations + 1 }, (_, n) => promptCharacters(prospect, n));
  const characters = sizes.reduce((sum, size) => sum + size, 0);
  const requests = requestsPerTurn.map((each) => Math.ceil(each * sizes.length));
  const input = tokensOf(characters).map((tokens, k) => Math.round(tokens * requestsPerTurn[k]));
  const output = requests.map((count, k) => count * answer_tokens[k]);
  const usd = [0, 1].map((k) => costOf_usd(price, { input: input[k], output: output[k] }));
  const of = (size: number) => ({ characters: size, tokens: tokensOf(size) });
  return {
    first_prompt: of(sizes[0]),
    last_prompt: of(sizes[evaluations]),
    requests: pair(requests),
    input_tokens: pair(input),
    output_tokens: pair(output),
    price: price ?? null,
    usd: usd[0] === null || usd[1] === null ? null : [usd[0], usd[1]],
    assumptions,
  };
}

const pair = ([low, high]: readonly number[]): Range => [low, high];

const tokensOf = (characters: number): Range => [
  Math.round(characters / charactersPerToken.measured),
  Math.round(characters / charactersPerToken.atLeast),
];

/** The prompt as it is sent when so many candidates are in the archive. */
function promptCharacters(prospect: Prospect, count: number): number {
  const { initialSpec, sample, evaluations, memory } = prospect;
  const archive = Array.from({ length: count }, (_, id) => candidateOf(sample, id));
  const observation = observe({
    step: count,
    case: prospect.case,
    ...(memory ? { memory } : {}),
    catalog: prospect.catalog,
    archive,
    current:
      count === 0
        ? { candidate: null, spec: initialSpec }
        : { candidate: count - 1, spec: sample.spec },
    refused: [],
    budget: {
      evaluations: count,
      evaluationsLeft: evaluations - count,
      seconds: 0,
      secondsLeft: 1000,
    },
  });
  return systemPrompt.length + toolCharacters() + userPrompt(observation, [], true).length;
}

const candidateOf = (result: CandidateResult, id: number): Candidate => ({
  id,
  parent: id === 0 ? null : id - 1,
  thought: "",
  actions: [],
  seed: 0,
  result,
  resultHash: "",
});

/** The structure that a trial fit is made of: the first one, at the effort of a screening. */
export const trialSpec = (spec: TwinSpec): TwinSpec => ({
  ...spec,
  fit: { ...spec.fit, ...defaultTiers.screening },
});

export interface FittingEstimate {
  readonly seconds: Range;
  readonly basis: string;
}

/** From one measured fit at the screening effort, to the usual effort with its starts in a row. */
export function estimateFitting(
  evaluations: number,
  { spec, seconds }: CandidateResult,
): FittingEstimate {
  const ratio = workOf(defaultTiers.standard, true) / workOf(defaultTiers.screening, true);
  return {
    seconds: [evaluations * seconds, evaluations * seconds * ratio],
    basis:
      `one measured fit of ${spec.reaction.name} + ${spec.diffusion.name} with one start took ${seconds.toFixed(1)} s; ` +
      `the usual effort is ${ratio.toFixed(1)} times the work; all ${evaluations} evaluations are counted, though an agent may stop earlier`,
  };
}
