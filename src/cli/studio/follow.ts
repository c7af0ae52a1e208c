import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runFiles } from "../run-directory.js";
import { changed_ms } from "./library.js";
import { runStatus } from "./run-status.js";

/** How often a journal is looked at, and how long silence may last on the wire. */
const [look_ms, silence_ms] = [250, 15_000];

export interface Followed {
  /** Number of the line in the journal, from 0. */
  readonly line: number;
  readonly text: string;
}

/**
 * Lines of a run's journal from number `from` on, as they are written: batches, empty ones now and
 * then as a sign of life. Ends when the run is no longer being worked on and all was told.
 */
export async function* follow(
  directory: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Followed[]> {
  const path = join(directory, runFiles.journal);
  let [next, seen_ms, told_ms] = [from, -1, Date.now()];
  while (!signal.aborted) {
    // The status is asked first: what was written before the end is read after it.
    const status = await runStatus(directory);
    const now_ms = await changed_ms(path);
    if (now_ms !== seen_ms) {
      seen_ms = now_ms;
      const lines = await wholeLines(path);
      const fresh = lines.slice(next).map((text, k) => ({ line: next + k, text }));
      next = Math.max(next, lines.length);
      if (fresh.length > 0) {
        told_ms = Date.now();
        yield fresh;
      }
    }
    if (status !== "running") return;
    if (Date.now() - told_ms > silence_ms) {
      told_ms = Date.now();
      yield [];
    }
    await pause(look_ms, undefined, { signal }).catch(() => undefined);
  }
}

/** A last line without its end is still being written. */
async function wholeLines(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").slice(0, -1);
}
