import type { Case, Split } from "../case/case.js";
import type { Agent } from "../discover/agents/agent.js";
import type { Tiers } from "../discover/agents/tiers.js";
import { describeSpec } from "../discover/archive.js";
import { type CaseSummary, summariseCase } from "../discover/case-summary.js";
import type { ChosenProposer } from "../discover/free-form/choose.js";
import type { CandidateResult } from "../fit/candidate.js";
import type { CompileOptions } from "../twin/compile.js";
import type { Score, Twin } from "../twin/spec.js";
import type { OpenedCase, Places } from "./cases.js";
import type { Cell, CellKey } from "./cell.js";
import type { ModelLimits, TableCase, TableConfiguration } from "./configuration.js";
import { carryTwin } from "./other-mesh.js";

/** What a cell asks of the command line. */
export interface CellTools {
  /** Agents by name; keys of language models come from the environment. */
  readonly createAgent: (name: string, settings: ModelLimits, tiers?: Tiers) => Agent;
  readonly judge: (data: Case, twin: Twin) => Promise<Score>;
  readonly predictors: (data: Case, part: keyof Split) => Readonly<Record<string, Score>>;
  /** Who writes whole equations, for the row of free form. */
  readonly chooseProposer: (agent: string, settings: ModelLimits) => Promise<ChosenProposer>;
  /** What fits run on; absent: WebAssembly. */
  readonly backEnd?: CompileOptions["backEnd"];
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
  /** Hash of this program. */
  readonly build: string;
}

/** Half a cell: what the method itself brings. */
export type Outcome = Pick<
  Cell,
  | ("status" | "reason" | "score" | "structure" | "reaction" | "parameterCount" | "evaluations")
  | ("trace" | "simulations" | "seconds" | "tokens" | "fingerprint")
> & { readonly twin: Twin | null };

/** A job at work: its case is open. */
export interface Run {
  readonly job: CellJob;
  readonly tools: CellTools;
  readonly tableCase: TableCase;
  readonly opened: OpenedCase;
}

export const nothing = {
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

export function summaryOf({ tools, opened: { visible, hash } }: Run): CaseSummary {
  const part = visible.split.validation.length > 0 ? "validation" : "train";
  const trivial = tools.predictors(visible, part);
  return summariseCase(visible, { trivial, inputHashes: { "case.json": hash } });
}

export async function outcomeOf({ tools, opened }: Run, result: CandidateResult | null) {
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
