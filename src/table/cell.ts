import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/errors.js";
import { writeFileAtomic } from "../io/atomic.js";
import type { Score } from "../twin/spec.js";

/** Which cell: one method on one case with one seed. */
export interface CellKey {
  readonly case: string;
  readonly method: string;
  readonly seed: number;
}

/** What came of it. Figures that do not apply are null. */
export interface Cell extends CellKey {
  readonly format: "leads-table-cell";
  readonly version: 1;
  /** SHA-256 of the configuration that it belongs to. */
  readonly configuration: string;
  /** SHA-256 of the case's case.json, which holds the hashes of its arrays. */
  readonly caseHash: string;
  readonly status: "scored" | "failed";
  /** Why it failed; "" when scored. */
  readonly reason: string;
  readonly score: Score | null;
  /** The winning structure in one line. */
  readonly structure: string | null;
  readonly reaction: string | null;
  readonly parameterCount: number | null;
  /** The right reaction was found; null where there is none to find or nothing was searched. */
  readonly identified: boolean | null;
  /** Fitted parameters of the reaction beside the truth, where the reaction is right. */
  readonly parameters: readonly ParameterPair[];
  /** Overlap of the low-conductivity regions; null where there is none to find. */
  readonly dice: number | null;
  readonly evaluations: number | null;
  /**
   * Validation misfit of the best candidate after each evaluation, null before one could be scored. The
   * best is that of the agents, by excess over noise and parameters, so that a misfit may rise.
   */
  readonly trace: readonly (number | null)[];
  readonly simulations: number | null;
  readonly seconds: number;
  readonly tokens: number | null;
  /** Hash of the journal's last event; "" where nothing was searched. */
  readonly fingerprint: string;
  /** Hash of the program that made it; absent in cells of older programs: unknown. */
  readonly build?: string;
  /** Hash of the row as data, where the row is no part of the configuration's hash. */
  readonly row?: string;
  /** SHA-256 of the transcript whose decisions were repeated. */
  readonly transcript?: string;
}

export interface ParameterPair {
  readonly name: string;
  readonly truth: number;
  readonly value: number;
  /** False for parameters of which the catalog says that single beats do not identify them. */
  readonly identifiable: boolean;
}

export const cellFile = ({ case: name, method, seed }: CellKey): string =>
  `${name}--${method}--${seed}.json`;

/** The journal of a search; a transcript of a language model has the same name. */
export const journalFile = (key: CellKey): string => `${cellFile(key)}l`;

export async function writeCell(folder: string, cell: Cell): Promise<void> {
  await mkdir(folder, { recursive: true });
  const plain = (_: string, v: unknown) =>
    typeof v === "number" && !Number.isFinite(v) ? null : v;
  await writeFileAtomic(join(folder, cellFile(cell)), `${JSON.stringify(cell, plain, 1)}\n`);
}

export interface Refused {
  readonly file: string;
  readonly reason: string;
}

export interface ReadCells {
  readonly cells: readonly Cell[];
  readonly refused: readonly Refused[];
}

/**
 * The cells of a folder that belong to the configuration with this hash; others, and files that are no
 * cells, are refused with the reason. A folder that does not exist has none.
 */
export async function readCells(folder: string, configuration: string): Promise<ReadCells> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    return fail({
      code: "cannot-read",
      path: folder,
      message: `${folder}: cannot be read (${cause.code}).`,
      fix: "Check the path and its permissions.",
      cause,
    });
  });
  const cells: Cell[] = [];
  const refused: Refused[] = [];
  for (const file of names.filter((name) => name.endsWith(".json")).sort()) {
    const read = parseCell(await readFile(join(folder, file), "utf8"), file, configuration);
    if (typeof read === "string") refused.push({ file, reason: read });
    else cells.push(read);
  }
  return { cells, refused };
}

/** A cell, or why it does not count. */
export function parseCell(text: string, file: string, configuration: string): Cell | string {
  let value: Cell;
  try {
    value = JSON.parse(text) as Cell;
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`;
  }
  if (value?.format !== "leads-table-cell" || value.version !== 1)
    return "it is not a cell of this version";
  if (value.configuration !== configuration)
    return `it was made with configuration ${short(value.configuration)}, this table has ${short(configuration)}`;
  if (cellFile(value) !== file) return `it holds the cell ${cellFile(value)}`;
  return value;
}

const short = (hash: string): string => String(hash).slice(0, 12);
