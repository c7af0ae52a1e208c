import type { SyntheticOptions } from "../case/synthetic-options.js";
import { hashOf } from "../discover/canonical.js";

/** Catalog entries that a searching method may choose from; absent: what the case offers. */
export interface Restriction {
  /** "truth": the true one alone; "drawn": one that the seed draws. */
  readonly reactions?: "truth" | "drawn" | readonly string[];
  /** "plain": the simplest physical diffusion that suits the mesh. */
  readonly diffusions?: "plain" | readonly string[];
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
        readonly baseUrl?: string;
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
    | { readonly kind: "free-form"; readonly agent: string; readonly baseUrl?: string }
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

/** Counts of FitSettings. */
export interface Effort {
  readonly starts: number;
  readonly timeIterations: number;
  readonly potentialIterations: number;
  readonly fieldIterations: number;
}

/** All that the figures of a table depend on. Hashed before anything runs. */
export interface TableConfiguration {
  readonly format: "leads-table";
  readonly version: 1;
  readonly program: string;
  readonly suite: string;
  readonly quick: boolean;
  readonly seeds: readonly number[];
  /** Fits that every searching method may spend on a case. */
  readonly evaluations: number;
  /** What searches begin with, until they change it; and the one fit of methods that search nothing. */
  readonly effort: { readonly start: Effort; readonly given: Effort };
  readonly cases: readonly TableCase[];
  readonly methods: readonly Method[];
}

/** SHA-256 of the canonical JSON. */
export const configurationHash = (configuration: TableConfiguration): Promise<string> =>
  hashOf(configuration);

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
