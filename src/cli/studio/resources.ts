import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Case, Recording } from "../../case/case.js";
import { encode, type Json } from "../../discover/canonical.js";
import { readCase } from "../../io/case-directory.js";
import { readBytes } from "../../io/files.js";
import type {
  CaseDetails,
  RunDetails,
  RunEntry,
  StudioIndex,
  UncertaintyDetails,
} from "../../view/contract.js";
import { agentNames } from "../agents.js";
import { type RunConfiguration, readConfiguration, readJson, runFiles } from "../run-directory.js";
import type { RunResult } from "../run-outcome.js";
import { readTruth } from "../truth-file.js";
import { readUncertainty } from "../uncertainty.js";
import { packageVersion } from "../versions.js";
import { caseEntry, changed_ms, type Library, runEntry } from "./library.js";

/** Everything the page can read; undefined where there is no such thing. */
export interface Resources {
  index(): Promise<StudioIndex>;
  run(id: string): Promise<RunDetails | undefined>;
  journal(id: string): Promise<Uint8Array | undefined>;
  uncertainty(id: string): Promise<Json | undefined>;
  case(id: string): Promise<CaseDetails | undefined>;
  mesh(id: string): Promise<Json | undefined>;
  recording(id: string, k: number): Promise<Json | undefined>;
  truth(id: string): Promise<Json | undefined>;
}

/** Not `live`: nobody will follow a run, so none is said to be running. */
export function createResources(library: Library, { live }: { live: boolean }): Resources {
  const open = cases(library);
  const entryOf = async (id: string): Promise<RunEntry> => {
    const entry = await runEntry(library, id);
    return !live && entry.status === "running" ? { ...entry, status: "interrupted" } : entry;
  };
  return {
    index: async () => ({
      format: "leads-studio",
      version: 1,
      leads: packageVersion,
      live,
      runs: await Promise.all([...library.runs.keys()].map(entryOf)),
      cases: await Promise.all([...library.cases.keys()].map((id) => caseEntry(library, id))),
      agents: live ? agentNames.split(", ") : [],
    }),
    run: async (id) =>
      whereKnown(library.runs, id, async (path) => runDetails(path, await entryOf(id))),
    uncertainty: (id) => whereKnown(library.runs, id, uncertaintyOf),
    journal: (id) =>
      whereKnown(library.runs, id, (path) => readBytes(join(path, runFiles.journal))),
    case: async (id) => {
      const value = await open(id);
      return value && detailsOf(id, value, (await readTruth(library.cases.get(id)!)) !== undefined);
    },
    mesh: async (id) => {
      const value = await open(id);
      return value && encode(value.mesh);
    },
    recording: async (id, k) => {
      const recording = (await open(id))?.recordings[k];
      return recording && encode(recording);
    },
    truth: (id) =>
      whereKnown(library.cases, id, async (path) => (await readTruth(path)) as Json | undefined),
  };
}

const whereKnown = async <T>(
  paths: ReadonlyMap<string, string>,
  id: string,
  read: (path: string) => Promise<T>,
): Promise<T | undefined> => {
  const path = paths.get(id);
  return path === undefined ? undefined : read(path);
};

async function runDetails(path: string, entry: RunEntry): Promise<RunDetails> {
  const nothing = { entry, configuration: {}, result: null, hasUncertainty: false };
  if (entry.status === "unreadable") return nothing;
  const configuration = sharedConfiguration(await readConfiguration(path));
  if (entry.status !== "finished") return { ...nothing, configuration };
  const result = sharedResult((await readJson(join(path, runFiles.result))) as RunResult);
  const hasUncertainty = (await uncertaintyOf(path)) !== undefined;
  return { entry, configuration, result, hasUncertainty };
}

async function uncertaintyOf(path: string): Promise<Json | undefined> {
  const known = existsSync(join(path, runFiles.result)) && (await readUncertainty(path));
  if (!known) return undefined;
  const { best } = (await readJson(join(path, runFiles.result))) as RunResult;
  if (!best) return undefined;
  const details: UncertaintyDetails = {
    candidate: best.candidate,
    parameters: known.uncertainty.parameters,
    half_ms: Object.fromEntries(known.half_ms),
  };
  return encode(details);
}

/** Where things lie on this machine, and on which servers, is nobody's business. */
const sharedConfiguration = ({ memory, branch, ...all }: RunConfiguration): Json =>
  ({
    ...pick(all, ["agent", "reactions", "diffusions", "seed", "evaluations", "seconds"]),
    ...pick(all, ["maxUsd", "maxTokens", "price", "requestTimeout_s", "started", "versions"]),
    ...pick(all, ["inputHashes"]),
    ...(memory ? { memory: { hash: memory.hash } } : {}),
    ...(branch ? { branch: { parent: branch.parent } } : {}),
  }) as Json;

const sharedResult = (all: RunResult): Json =>
  ({
    ...pick(all, ["evaluations", "seconds", "stop", "best", "baselines", "posterior", "model"]),
    ...pick(all, ["fingerprint"]),
  }) as Json;

const pick = <T extends object>(value: T, names: readonly (keyof T)[]): Partial<T> =>
  Object.fromEntries(
    names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  ) as Partial<T>;

/** Cases are read once and again when they have changed; the last few are kept. */
function cases(library: Library) {
  const kept = new Map<string, { readonly at_ms: number; readonly value: Promise<Case> }>();
  return async (id: string): Promise<Case | undefined> => {
    const path = library.cases.get(id);
    if (!path) return undefined;
    const at_ms = await changed_ms(join(path, "case.json"));
    const known = kept.get(id);
    if (known?.at_ms === at_ms) return known.value;
    const value = readCase(path);
    kept.delete(id);
    kept.set(id, { at_ms, value });
    for (const old of [...kept.keys()].slice(0, -3)) kept.delete(old);
    return value;
  };
}

function detailsOf(id: string, value: Case, hasTruth: boolean): CaseDetails {
  const { name, source, split } = value;
  return { id, name, source, split, hasTruth, recordings: value.recordings.map(facts) };
}

const facts = ({ id, beat, stimuli, potential, activation }: Recording) => ({
  id,
  beat,
  stimuli: stimuli.kind,
  measured:
    potential && activation
      ? ("both" as const)
      : potential
        ? ("potential" as const)
        : ("activation" as const),
  channels: (potential ?? activation)?.nodes.length ?? 0,
});
