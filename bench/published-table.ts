import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { answerOf } from "../src/table/answer.js";
import { notRun, type TableData, type TableRow } from "../src/table/assemble.js";
import { digits, fitsText, spreadText } from "../src/table/figures-text.js";
import { gapNotes } from "../src/table/text.js";

export const marks = {
  begin: "<!-- table: written by npm run table:readme, never by hand -->",
  end: "<!-- end of table -->",
} as const;

/** A whole table of `leads table` with what its times depend on. */
export interface TableRecord {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly machine: string;
  readonly tables: readonly TableData[];
}

/** The last record by name; undefined if there is none. */
export function newestTable(folder: string): TableRecord | undefined {
  const names = existsSync(folder) ? readdirSync(folder).filter((n) => n.endsWith(".json")) : [];
  const last = names.sort().at(-1);
  return last === undefined ? undefined : JSON.parse(readFileSync(join(folder, last), "utf8"));
}

/** Cells of a row that were tried and stopped with an error, or that others of it have. */
const lacking = ({ cells, open, gaps }: TableRow): number =>
  cells > 0 || gaps.some(({ reason }) => reason !== notRun) ? open : 0;

/** Why a table must not be recorded; "" if every row that was begun is whole, the expert's first. */
export function whyNotRecorded(tables: readonly TableData[]): string {
  if (tables.length === 0) return "it holds no table";
  if (tables.some(({ configuration }) => configuration.quick)) return "it is a quick table";
  const isThere = ({ rows, reference }: TableData) =>
    rows.some(({ method, cells }) => method === reference && cells > 0);
  if (!tables.every(isThere)) return "the row that others are compared with has not been run";
  const partial = tables.flatMap(({ rows }) => rows).find((row) => lacking(row) > 0);
  if (partial) return `${lacking(partial)} cells of "${partial.title}" have not been run`;
  const refused = tables.reduce((sum, table) => sum + table.refused.length, 0);
  if (refused > 0) return `${refused} cells were refused`;
  const mixed = tables.find(({ builds }) => builds.length > 1);
  return mixed ? `its cells were made by ${mixed.builds.length} builds of the program` : "";
}

const cells = (list: readonly string[]) => `| ${list.join(" | ")} |`;

const header = [
  ...["", "MSE x 1e-3", "published", "activation error, ms", "right reactions"],
  ...["parameter error, %", "fits", "fits to the expert's misfit", "time of a case"],
];

/** A mean, and of how many cells where some have no value. */
const meanText = (figure: TableRow["figures"]["mse_e3"], cells: number): string =>
  figure.cells === cells
    ? spreadText(figure)
    : `${spreadText(figure)} (${figure.cells} of ${cells})`;

function rowText(row: TableRow, budget: number): string {
  const { title, figures: f, published, cells: all } = row;
  const { right, of } = f.identified;
  const error = f.parameterError.mean;
  return cells([
    title,
    meanText(f.mse_e3, all),
    digits(published?.mse_e3).replace(/^-$/, ""),
    meanText(f.activation_ms, all),
    of === 0 ? "" : `${right} of ${of}`,
    error === null ? "" : digits(100 * error),
    f.evaluations.mean === null ? "" : digits(f.evaluations.mean),
    f.toReference.of === 0 ? "" : fitsText(f.toReference, row.kind === "given" ? 1 : budget),
    `${digits(f.seconds.mean)} s`,
  ]);
}

/** Another search has spent the same budget. */
const isCompared = ({ rows, reference }: TableData): boolean =>
  rows.some(({ method, kind, cells }) => kind === "search" && method !== reference && cells > 0);

function suiteText(table: TableData): string[] {
  const { configuration, hash, rows, builds } = table;
  const { cases, seeds, evaluations } = configuration;
  return [
    `${cases.length} cases (${cases.map(({ title }) => title).join(", ")}) x ${seeds.length} seeds, ${evaluations} fits a search; configuration \`${hash.slice(0, 12)}\`, build ${builds.map(({ build }) => build.slice(0, 12)).join(", ")}.`,
    "",
    `${isCompared(table) ? "What the agent adds, at equal budgets" : "What the agent finds; no other search was run beside it"} (95 % intervals; a factor below 1, or a difference below 0, is in its favour):`,
    "",
    ...answerOf(table).map((sentence) => `- ${sentence}`),
    "",
    cells(header),
    cells(header.map(() => "---")),
    ...rows.filter((row) => row.cells > 0).map((row) => rowText(row, evaluations)),
    "",
    ...gapNotes(table).map((note) => `- ${note}`),
  ];
}

/** What stands between the marks of the README. */
export function tableSection(record: TableRecord | undefined): string {
  if (!record) return "No full run of `leads table` has been recorded yet.";
  const { date, machine, tables } = record;
  return [`${date}, ${machine}.`, ...tables.flatMap((table) => ["", ...suiteText(table)])].join(
    "\n",
  );
}

/** The document with the section between the marks replaced. */
export function withTable(document: string, section: string): string {
  const [from, to] = [document.indexOf(marks.begin), document.indexOf(marks.end)];
  if (from < 0 || to < from) throw new Error(`The document lacks "${marks.begin}" or its end.`);
  return `${document.slice(0, from)}${marks.begin}\n${section}\n${document.slice(to)}`;
}
