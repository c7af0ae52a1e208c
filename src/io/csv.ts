import { writeFileAtomic } from "./atomic.js";
import { readText } from "./files.js";
import { malformed, mismatch } from "./problems.js";
import { parseNumber } from "./text.js";

/** A table of text cells; `header` is undefined where the first row is numbers. */
export interface CsvTable {
  readonly header: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
}

/** Numeric columns by name ("0", "1", ... without a header), [rows] each; NaN = empty cell. */
export type NumberColumns = Readonly<Record<string, Float64Array>>;

/**
 * RFC 4180 with comma, semicolon or tab (the one the first line holds most of), quotes, both line ends.
 * Errors: "malformed-file" for an open quote or a row of another length, with its line.
 */
export function parseCsv(text: string, path: string): CsvTable {
  const rows = splitRows(text.replace(/^\uFEFF/, ""), path);
  if (rows.length === 0) malformed(path, "the table is empty");
  const width = rows[0].cells.length;
  for (const row of rows)
    if (row.cells.length !== width)
      malformed(path, `line ${row.line}: ${row.cells.length} cells, the first row has ${width}`);
  const cells = rows.map((row) => row.cells);
  const named = cells[0].some((cell) => cell.trim() !== "" && cellNumber(cell) === undefined);
  return named ? { header: cells[0], rows: cells.slice(1) } : { header: undefined, rows: cells };
}

function separatorOf(text: string): string {
  // Marks inside quotes separate nothing.
  const [first] = text.replace(/"(?:[^"]|"")*"/g, "").split("\n", 1);
  const counts = [",", ";", "\t"].map((mark) => ({ mark, count: first.split(mark).length }));
  return counts.sort((a, b) => b.count - a.count)[0].mark;
}

function splitRows(text: string, path: string): { cells: string[]; line: number }[] {
  const separator = separatorOf(text);
  const rows: { cells: string[]; line: number }[] = [];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const row = { cells: [] as string[], line };
    for (;;) {
      const cell = readCell(text, at, { separator, path, line });
      row.cells.push(cell.text);
      line += cell.lines;
      at = cell.end;
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    line++;
    if (row.cells.length > 1 || row.cells[0] !== "") rows.push(row);
  }
  return rows;
}

interface CellContext {
  readonly separator: string;
  readonly path: string;
  readonly line: number;
}

function readCell(text: string, start: number, context: CellContext) {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && !`${context.separator}\r\n`.includes(text[end])) end++;
    return { text: text.slice(start, end), end, lines: 0 };
  }
  let content = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') content += text[at];
    else if (text[at + 1] === '"') content += text[at++];
    else if (at + 1 === text.length || `${context.separator}\r\n`.includes(text[at + 1]))
      return { text: content, end: at + 1, lines: content.split("\n").length - 1 };
    else malformed(context.path, `line ${context.line}: text after a closing quote`);
  }
  return malformed(context.path, `line ${context.line}: a quote is never closed`);
}

const cellNumber = (cell: string): number | undefined => parseNumber(cell.trim());

/** The table as numbers; a cell that is neither a number nor empty is an error with row and column. */
export function parseNumberColumns(text: string, path: string): NumberColumns {
  const table = parseCsv(text, path);
  const names = table.header ?? table.rows[0].map((_, i) => `${i}`);
  const columns: Record<string, Float64Array> = {};
  for (const [j, name] of names.entries()) {
    if (Object.hasOwn(columns, name.trim())) malformed(path, `two columns are called "${name}"`);
    Object.defineProperty(columns, name.trim(), {
      value: Float64Array.from(table.rows, (row, i) =>
        toNumber(row[j], { path, name, row: i + 1 }),
      ),
      enumerable: true,
    });
  }
  return columns;
}

function toNumber(cell: string, place: { path: string; name: string; row: number }): number {
  if (cell.trim() === "") return Number.NaN;
  const { path, name, row } = place;
  return (
    cellNumber(cell) ?? malformed(path, `row ${row}, column "${name}": "${cell}" is not a number`)
  );
}

/** Columns of equal length -> CSV text with a header; NaN becomes an empty cell. */
export function encodeCsv(columns: Readonly<Record<string, ArrayLike<number | string>>>): string {
  const names = Object.keys(columns);
  const length = names.length === 0 ? 0 : columns[names[0]].length;
  for (const name of names)
    if (columns[name].length !== length)
      mismatch(
        "csv",
        `column "${name}" has ${columns[name].length} rows, not ${length}`,
        "Pass columns of one length.",
      );
  const lines = [names.map(quote).join(",")];
  for (let i = 0; i < length; i++)
    lines.push(names.map((name) => formatCell(columns[name][i])).join(","));
  return `${lines.join("\n")}\n`;
}

const quote = (text: string) =>
  /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function formatCell(value: number | string): string {
  if (typeof value === "string") return quote(value);
  if (Number.isNaN(value)) return "";
  // String(-0) is "0": the sign is kept so that a round trip loses nothing.
  return Object.is(value, -0) ? "-0" : String(value);
}

export const readCsvFile = async (path: string): Promise<CsvTable> =>
  parseCsv(await readText(path), path);

export const writeCsvFile = (
  path: string,
  columns: Parameters<typeof encodeCsv>[0],
): Promise<void> => writeFileAtomic(path, encodeCsv(columns));
