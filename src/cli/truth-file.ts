import { existsSync } from "node:fs";
import type { Truth } from "../case/synthetic.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readJson } from "./run-directory.js";

/** The truth of a synthetic patient lies beside its folder, never in it. */
export const truthPath = (caseDirectory: string): string =>
  `${caseDirectory.replace(/[/\\]+$/, "")}.truth.json`;

export const writeTruth = (caseDirectory: string, truth: Truth): Promise<void> =>
  writeFileAtomic(truthPath(caseDirectory), `${JSON.stringify(truth)}\n`);

export async function readTruth(caseDirectory: string): Promise<Truth | undefined> {
  const path = truthPath(caseDirectory);
  return existsSync(path) ? ((await readJson(path)) as Truth) : undefined;
}
