import { existsSync } from "node:fs";
import type { Case } from "../case/case.js";
import { fail } from "../core/errors.js";
import type { CaseSummary } from "../discover/case-summary.js";
import { viewCatalog } from "../discover/entries.js";
import {
  emptyMemory,
  featuresOf,
  type Memory,
  memoryHash,
  parseMemory,
} from "../discover/memory.js";
import { type MemoryPrior, memoryPrior } from "../discover/memory-prior.js";
import { noiseFloor } from "../fit/context.js";
import { judged, targetsOf } from "../fit/targets.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readText } from "../io/files.js";
import { type Catalog, defaultSpec } from "../twin/spec.js";

/** What a run's configuration says of its memory. */
export interface MemoryChoice {
  readonly file: string;
  /** Of its content: a run goes on with the memory that it began with. */
  readonly hash: string;
}

export const readMemory = async (path: string): Promise<Memory> =>
  parseMemory(await readText(path), path);

export const readMemoryOrNew = (path: string): Promise<Memory> =>
  existsSync(path) ? readMemory(path) : Promise.resolve(emptyMemory);

export const writeMemory = (path: string, memory: Memory): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(memory, null, 2)}\n`);

/** Errors: those of readMemory. */
export const chooseMemory = async (file: string): Promise<MemoryChoice> => ({
  file,
  hash: await memoryHash(await readMemory(file)),
});

export interface OpenCase {
  readonly data: Case;
  readonly summary: CaseSummary;
  /** Reactions that the agent is offered. */
  readonly offered: Catalog;
}

/** What the memory says of a case. Errors: "changed-memory", those of readMemory. */
export async function priorOf(
  { file, hash }: MemoryChoice,
  { data, summary, offered }: OpenCase,
): Promise<MemoryPrior> {
  const memory = await readMemory(file);
  if ((await memoryHash(memory)) !== hash)
    fail({
      code: "changed-memory",
      path: file,
      message: `${file} is not the memory that the run began with.`,
      fix: "Restore the file, or start a new run.",
    });
  return memoryPrior(memory, {
    features: featuresOf(summary, noiseOf(data)),
    caseHash: summary.inputHashes["case.json"],
    catalog: viewCatalog(offered, summary.mesh),
  });
}

/** The noise that the recordings show before any fit: standard deviation over amplitude. */
export function noiseOf(data: Case): number {
  const { validation, train } = data.split;
  const scored = validation.length > 0 ? validation : train;
  return Math.sqrt(noiseFloor(targetsOf(data, scored, judged(defaultSpec.observation))));
}
