import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/errors.js";
import type { Agent } from "../discover/agents/agent.js";
import { replayAgent } from "../discover/agents/replay.js";
import { sha256 } from "../discover/canonical.js";
import { readJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import { readText } from "../io/files.js";
import { type Cell, type CellKey, cellFile, journalFile, type Refused } from "./cell.js";
import type { CellJob } from "./cell-job.js";
import { rowHash } from "./configuration.js";

type Folders = Pick<CellJob, "transcripts" | "freeForm" | "configuration">;

/** The transcript that a cell repeats; null for a cell that repeats none. */
function transcriptPath(key: CellKey, { configuration, ...folders }: Folders): string | null {
  const method = configuration.methods.find(({ name }) => name === key.method);
  if (method?.kind === "free-form" && method.agent === "table")
    return join(folders.freeForm, "free-form", "table.jsonl");
  const recorded = method?.kind === "language-model" && method.recorded;
  return recorded ? join(folders.transcripts, journalFile(key)) : null;
}

/** SHA-256 of the transcript that a cell repeats; undefined where there is none. */
export async function transcriptHash(key: CellKey, folders: Folders): Promise<string | undefined> {
  const path = transcriptPath(key, folders);
  return path !== null && existsSync(path) ? sha256(await readText(path)) : undefined;
}

/** A transcript is the journal of the same case and seed in another table: its decisions are repeated. */
export async function openTranscript(job: CellJob): Promise<{ agent: Agent; hash: string }> {
  const path = transcriptPath(job.key, job)!;
  const hash = await transcriptHash(job.key, job);
  if (hash === undefined)
    return fail({
      code: "no-transcript",
      path,
      message: "there is no transcript of this case and seed",
      fix: "Record one with --llm.",
    });
  const store = fileStore(path);
  const { events } = await readJournal(store);
  await store.close();
  return { agent: replayAgent(events), hash };
}

/**
 * Cells of a row that asks another model or has other limits now, or that repeat another transcript
 * than the one that lies there, are refused. Those that do not say are taken as they are.
 */
export async function refuseStale(
  cells: readonly Cell[],
  folders: Folders,
): Promise<{ cells: Cell[]; refused: Refused[] }> {
  const good: Cell[] = [];
  const refused: Refused[] = [];
  for (const cell of cells) {
    const reason = await whyStale(cell, folders);
    if (reason === "") good.push(cell);
    else refused.push({ file: cellFile(cell), reason });
  }
  return { cells: good, refused };
}

async function whyStale(cell: Cell, folders: Folders): Promise<string> {
  const method = folders.configuration.methods.find(({ name }) => name === cell.method);
  const row = method ? await rowHash(method) : undefined;
  if (cell.row !== undefined && row !== undefined && cell.row !== row)
    return "its row had another model server or other limits";
  const now = await transcriptHash(cell, folders);
  return cell.transcript !== undefined && now !== undefined && cell.transcript !== now
    ? "it repeats another transcript than the one that is there"
    : "";
}
