import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runFiles } from "./run-directory.js";

/** Is the process that a run names as working on it alive? */
export const isWorkedOn = async (directory: string): Promise<boolean> =>
  isAlive(await markedBy(directory));

/** Names this process as the one that works on the run; another that lives keeps its mark. */
export async function markRun(directory: string): Promise<() => Promise<void>> {
  const mark = join(directory, runFiles.process);
  const other = await markedBy(directory);
  if (other === process.pid || !isAlive(other)) await writeFile(mark, String(process.pid));
  return async () => {
    if ((await markedBy(directory)) === process.pid) await rm(mark, { force: true });
  };
}

async function markedBy(directory: string): Promise<number> {
  const text = await readFile(join(directory, runFiles.process), "utf8").catch(() => "");
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 ? pid : 0;
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
