import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunStatus } from "../../view/contract.js";
import { isWorkedOn } from "../process-mark.js";
import { runFiles } from "../run-directory.js";

/** Finished runs have a result; a running one names its process, which must be alive. */
export async function runStatus(directory: string): Promise<RunStatus> {
  if (existsSync(join(directory, runFiles.result))) return "finished";
  return (await isWorkedOn(directory)) ? "running" : "interrupted";
}
