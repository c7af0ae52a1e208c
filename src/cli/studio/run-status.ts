import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunStatus } from "../../view/contract.js";
import { runFiles } from "../run-directory.js";

/** Finished runs have a result; a running one names its process, which must be alive. */
export async function runStatus(directory: string): Promise<RunStatus> {
  if (existsSync(join(directory, runFiles.result))) return "finished";
  return (await isAlive(directory)) ? "running" : "interrupted";
}

async function isAlive(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, runFiles.process), "utf8").catch(() => "");
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
