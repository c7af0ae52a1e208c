import type { Split, StimulusSource } from "../case/case.js";
import type { Json } from "../discover/canonical.js";
import type { ParameterInterval } from "../fit/uncertainty/intervals.js";
import type { Score } from "../twin/spec.js";

/**
 * What the studio's page reads, all below the address it was opened at. `leads studio` answers from
 * run and case folders; `leads studio export` writes the very same files. Arrays travel in the
 * journal's encoding (discover/canonical.ts).
 *
 *   data/index.json                   StudioIndex
 *   data/runs/ID/run.json             RunDetails
 *   data/runs/ID/journal.jsonl        the journal as it is
 *   data/runs/ID/uncertainty.json     UncertaintyDetails, encoded, where `leads uncertainty` was run
 *   data/runs/ID/events?after=N       server-sent events, one a journal line from line N (live only)
 *   data/cases/ID/case.json           CaseDetails
 *   data/cases/ID/mesh.json           Mesh, encoded
 *   data/cases/ID/recordings/K.json   Recording number K, encoded
 *   data/cases/ID/truth.json          the truth of a synthetic patient, where there is one
 *   POST act/runs/ID/steer            a steering command (live only)
 *   POST act/runs                     NewRun: starts a discovery (live only)
 */
export const addresses = {
  index: "data/index.json",
  run: (id: string) => `data/runs/${id}/run.json`,
  journal: (id: string) => `data/runs/${id}/journal.jsonl`,
  uncertainty: (id: string) => `data/runs/${id}/uncertainty.json`,
  events: (id: string, after: number) => `data/runs/${id}/events?after=${after}`,
  case: (id: string) => `data/cases/${id}/case.json`,
  mesh: (id: string) => `data/cases/${id}/mesh.json`,
  recording: (id: string, k: number) => `data/cases/${id}/recordings/${k}.json`,
  truth: (id: string) => `data/cases/${id}/truth.json`,
  steer: (id: string) => `act/runs/${id}/steer`,
  start: "act/runs",
} as const;

export interface StudioIndex {
  readonly format: "leads-studio";
  readonly version: 1;
  readonly leads: string;
  /** False in a static export: nothing can be steered or started. */
  readonly live: boolean;
  readonly runs: readonly RunEntry[];
  readonly cases: readonly CaseEntry[];
  /** Agents that a new run may name. */
  readonly agents: readonly string[];
}

/** "running" is said of a run whose process lives; an export never says it. */
export type RunStatus = "running" | "finished" | "interrupted" | "unreadable";

export interface RunEntry {
  readonly id: string;
  /** As the user wrote it, or below a folder that was given. */
  readonly path: string;
  readonly status: RunStatus;
  /** Why it cannot be read; "" otherwise. */
  readonly problem: string;
  /** Id of its case; null where the case is not to be found. */
  readonly caseId: string | null;
  /** Name of the case; runs are grouped by it. */
  readonly patient: string;
  readonly agent: string;
  readonly seed: number;
  readonly started: string;
  readonly seconds: number | null;
  readonly evaluations: number | null;
  readonly reaction: string | null;
  readonly diffusion: string | null;
  readonly parameters: number | null;
  readonly test: Score | null;
}

export interface CaseEntry {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly source: string;
  readonly problem: string;
  readonly nodes: number | null;
  readonly recordings: number | null;
}

export interface RunDetails {
  readonly entry: RunEntry;
  /** config.json without what says where things lie on the machine. */
  readonly configuration: Json;
  /** The same of result.json; null while there is none. */
  readonly result: Json | null;
  readonly hasUncertainty: boolean;
}

/** What `leads uncertainty` says of the run's best twin. */
export interface UncertaintyDetails {
  readonly candidate: number;
  readonly parameters: readonly ParameterInterval[];
  /** Half-widths of the 90 % intervals of activation times by recording, [N] each. */
  readonly half_ms: Readonly<Record<string, Float64Array>>;
}

export interface CaseDetails {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly split: Split;
  readonly hasTruth: boolean;
  readonly recordings: readonly RecordingDetails[];
}

export interface RecordingDetails {
  readonly id: string;
  readonly beat: string;
  readonly stimuli: StimulusSource["kind"];
  readonly measured: "potential" | "activation" | "both";
  readonly channels: number;
}

/** What the start page may ask for. */
export interface NewRun {
  readonly case: string;
  readonly agent: string;
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
  /** Of a language model alone: most US dollars, and another server. */
  readonly maxUsd?: number;
  readonly baseUrl?: string;
}
