import type { SyntheticOptions } from "../case/synthetic-options.js";
import type { Effort, Tiers } from "../discover/agents/tiers.js";
import { hashOf } from "../discover/canonical.js";
import type { EngineName } from "../native/engine-name.js";
import { freeForm, noLanguageModel } from "./language-rows.js";

/** Catalog entries that a searching method may choose from; absent: what the case offers. */
export interface Restriction {
  /** "truth": the true one alone; "drawn": one that the seed draws. */
  readonly reactions?: "truth" | "drawn" | readonly string[];
  /** "plain": the simplest physical diffusion that suits the mesh. */
  readonly diffusions?: "plain" | readonly string[];
}

/** What a language model may cost, a search; numbers and server as its command-line options say. */
export interface ModelLimits {
  readonly baseUrl?: string;
  readonly maxUsd?: number;
  readonly maxTokens?: number;
  /** USD per million tokens. */
  readonly price?: { readonly input: number; readonly output: number };
  readonly requestTimeout_s?: number;
}

interface Named {
  /** Stands in file names and after --rows. */
  readonly name: string;
  readonly title: string;
}

/** One row of the table as data; src/table/run-cell.ts is the one function that runs it. */
export type Method = Named &
  (
    | {
        readonly kind: "search" | "language-model";
        readonly agent: string;
        readonly model?: ModelLimits;
        readonly restrict?: Restriction;
        /** True where decisions are repeated from transcripts. */
        readonly recorded?: boolean;
      }
    | {
        readonly kind: "given";
        /** "truth", or the name of an entry. */
        readonly reaction: string;
        /** "plain", or the name of an entry. */
        readonly diffusion: string;
      }
    /** Whole equations by a language model ("llm:..."), or by the transcript "table". */
    | { readonly kind: "free-form"; readonly agent: string; readonly model?: ModelLimits }
    /** `predictor`: a name of baselineScores. */
    | { readonly kind: "trivial"; readonly predictor: string }
  );

/** How a synthetic patient is made; the seed comes from the table. */
export interface SyntheticRecipe {
  readonly kind: "synthetic";
  readonly options: Omit<SyntheticOptions, "seed">;
  /** "activation": the recordings hold activation times alone. */
  readonly measure: "potential" | "activation";
  /** Recordings that may be learnt from, validation included; absent: all that are not test. */
  readonly learnt?: number;
  /** Nodes of another mesh of the same heart, on which the test recordings are simulated. */
  readonly testNodes?: number;
}

/** Electrograms of the Utah groups, below the folder of recordings. */
export interface RecordedRecipe {
  readonly kind: "recorded";
  readonly folder: string;
  readonly files: {
    readonly mat: string;
    readonly points: string;
    readonly faces: string;
    readonly channels?: string;
  };
  readonly sampling_hz?: number;
  readonly windows?: readonly {
    readonly id: string;
    readonly window_ms: readonly [number, number];
  }[];
  /** Electrodes to learn from, and how many of them are for validation; the rest is the test. */
  readonly known: number;
  readonly validation: number;
}

export interface TableCase {
  readonly name: string;
  readonly title: string;
  readonly recipe: SyntheticRecipe | RecordedRecipe;
  /** Reactions that are offered; absent: the usual ones. */
  readonly offered?: readonly string[];
  /** The reaction that a method has to find; null: there is none to find. */
  readonly truth: string | null;
  /** True where a region of low conductivity is to be found. */
  readonly region: boolean;
}

/** All that the figures of a table depend on. */
export interface TableConfiguration {
  readonly format: "leads-table";
  readonly version: 1;
  readonly program: string;
  readonly suite: string;
  readonly quick: boolean;
  /** What fits run on; absent: "wasm". */
  readonly engine?: EngineName;
  readonly seeds: readonly number[];
  /** Fits that every searching method may spend on a case. */
  readonly evaluations: number;
  /** What searches begin with, until they change it; and the one fit of methods that search nothing. */
  readonly effort: {
    readonly start: Effort;
    readonly given: Effort;
    /** Efforts that the agents of this package choose among; absent: their own. */
    readonly tiers?: Tiers;
  };
  readonly cases: readonly TableCase[];
  readonly methods: readonly Method[];
}

/** Rows that come and go with models and transcripts: each of their cells holds the row's hash. */
const comesAndGoes = (method: Method): boolean =>
  method.kind === "language-model" || method.kind === "free-form";

/** What stands in their place in the hash, whatever their number. */
const placeholders: readonly Method[] = [noLanguageModel, freeForm("table")];

/**
 * SHA-256 of the canonical JSON, made before anything runs. Language models and transcripts have no
 * part in it, so that a row for one can be added to a table that is there.
 */
export function configurationHash(configuration: TableConfiguration): Promise<string> {
  const { methods } = configuration;
  const at = methods.findIndex(comesAndGoes);
  const others = methods.filter((method) => !comesAndGoes(method));
  const hashed = at < 0 ? methods : [...others.slice(0, at), ...placeholders, ...others.slice(at)];
  return hashOf({ ...configuration, methods: hashed });
}

/**
 * Hash of a row that is no part of the configuration's hash, undefined for the others: who is asked
 * and how much it may cost, but not what a token costs or how long an answer may take.
 */
export async function rowHash(method: Method): Promise<string | undefined> {
  if (!comesAndGoes(method)) return undefined;
  const { model: { price: _, requestTimeout_s: __, ...model } = {}, ...row } = method as Method & {
    readonly model?: ModelLimits;
  };
  return hashOf({ ...row, model });
}

/** Rows of language models and transcripts that `known` has and `now` has not. */
export const sleepingRows = (known: TableConfiguration, now: TableConfiguration): Method[] =>
  known.methods.filter(
    (method) =>
      comesAndGoes(method) &&
      method.name !== noLanguageModel.name &&
      now.methods.every(({ name }) => name !== method.name),
  );

/** The configuration with further rows of that kind behind its own; hashed the same. */
export function withRows(
  configuration: TableConfiguration,
  rows: readonly Method[],
): TableConfiguration {
  if (rows.length === 0) return configuration;
  const methods = configuration.methods.filter(({ name }) => name !== noLanguageModel.name);
  const at = methods.findIndex(comesAndGoes);
  return { ...configuration, methods: [...methods.slice(0, at), ...rows, ...methods.slice(at)] };
}

/** Whether a method chooses its reaction, and the true one is among those it may choose. */
export function findsReaction(method: Method, { truth }: Pick<TableCase, "truth">): boolean {
  if (method.kind !== "search" && method.kind !== "language-model") return false;
  const { reactions } = method.restrict ?? {};
  if (truth === null || typeof reactions === "string") return false;
  return reactions === undefined || (reactions.length > 1 && reactions.includes(truth));
}

/** Why a method has no figure on a case before it is tried; "" if it can be run. */
export function whyNot(method: Method, { truth, recipe, offered }: TableCase): string {
  const wantsTruth =
    (method.kind === "given" && method.reaction === "truth") ||
    ("restrict" in method && method.restrict?.reactions === "truth");
  const inTimes = recipe.kind === "recorded" || recipe.measure === "activation";
  if (method.kind === "free-form" && inTimes)
    return "free form is fitted to potentials, and these are activation times";
  const recorded = recipe.kind === "recorded";
  if (wantsTruth && truth === null)
    return recorded ? "the true reaction is not known" : "the true reaction is not in the catalog";
  const named = method.kind === "given" && method.reaction !== "truth" ? method.reaction : null;
  if (named && offered && !offered.includes(named)) return `${named} is not offered`;
  return "";
}
