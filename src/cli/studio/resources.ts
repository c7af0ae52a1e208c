import { join } from "node:path";
import type { Case, Recording } from "../../case/case.js";
import { encode, type Json } from "../../discover/canonical.js";
import { readCase } from "../../io/case-directory.js";
import { readBytes } from "../../io/files.js";
import type { CaseDetails, RunDetails, StudioIndex } from "../../view/contract.js";
import { agentNames } from "../agents.js";
import { readConfiguration, readJson, runFiles } from "../run-directory.js";
import { readTruth } from "../truth-file.js";
import { packageVersion } from "../versions.js";
import { caseEntry, changed_ms, type Library, runEntry } from "./library.js";

/** Everything the page can read; undefined where there is no such thing. */
export interface Resources {
  index(live: boolean): Promise<StudioIndex>;
  run(id: string): Promise<RunDetails | undefined>;
  journal(id: string): Promise<Uint8Array | undefined>;
  case(id: string): Promise<CaseDetails | undefined>;
  mesh(id: string): Promise<Json | undefined>;
  recording(id: string, k: number): Promise<Json | undefined>;
  truth(id: string): Promise<Json | undefined>;
}

export function createResources(library: Library): Resources {
  const open = cases(library);
  return {
    index: async (live) => ({
      format: "leads-studio",
      version: 1,
      leads: packageVersion,
      live,
      runs: await Promise.all([...library.runs.keys()].map((id) => runEntry(library, id))),
      cases: await Promise.all([...library.cases.keys()].map((id) => caseEntry(library, id))),
      agents: live ? agentNames.split(", ") : [],
    }),
    run: async (id) => {
      const path = library.runs.get(id);
      if (!path) return undefined;
      const entry = await runEntry(library, id);
      const readable = entry.status !== "unreadable";
      const configuration = readable ? (shared(await readConfiguration(path)) as Json) : {};
      const finished = entry.status === "finished";
      const result = finished ? await readJson(join(path, runFiles.result)) : null;
      return { entry, configuration, result: result ? (shared(result) as Json) : null };
    },
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

/** Where things lie on this machine is nobody's business. */
const shared = (value: object): object => {
  const { case: _, run: __, ...rest } = value as { case?: unknown; run?: unknown };
  return rest;
};

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
