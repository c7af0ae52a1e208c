import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TableData, TableRow } from "../src/table/assemble.js";
import { differenceText, digits, spreadText } from "../src/table/text.js";

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

/** Why a table must not be recorded; "" if it is whole. */
export function whyNotRecorded(tables: readonly TableData[]): string {
  if (tables.length === 0) return "it holds no table";
  if (tables.some(({ configuration }) => configuration.quick)) return "it is a quick table";
  const open = tables.reduce((sum, table) => sum + table.open, 0);
  if (open > 0) return `${open} cells have not been run`;
  const refused = tables.reduce((sum, table) => sum + table.refused.length, 0);
  return refused > 0 ? `${refused} cells were refused` : "";
}

const cells = (list: readonly string[]) => `| ${list.join(" | ")} |`;

const header = [
  ...["", "MSE x 1e-3", "published", "activation error, ms", "right reactions"],
  ...["parameter error, %", "fits", "fits to 10 %", "time of a case"],
];

function rowText({ title, figures: f, published }: TableRow): string {
  const { right, of } = f.identified;
  const error = f.parameterError.mean;
  return cells([
    title,
    spreadText(f.mse_e3),
    digits(published?.mse_e3).replace(/^-$/, ""),
    spreadText(f.activation_ms),
    of === 0 ? "" : `${right} of ${of}`,
    error === null ? "" : digits(100 * error),
    f.evaluations.mean === null ? "" : digits(f.evaluations.mean),
    f.settled.mean === null ? "" : digits(f.settled.mean),
    `${digits(f.seconds.mean)} s`,
  ]);
}

/** "successive halving: MSE x 1e-3 -0.5 [-1, -0.1], activation -0.2 [-0.4, 0] ms". */
const comparisonText = ({ title, mse_e3, activation_ms }: TableData["comparisons"][number]) =>
  `- ${title}: MSE x 1e-3 ${differenceText(mse_e3)}, activation ${differenceText(activation_ms)} ms`;

function suiteText(table: TableData): string[] {
  const { configuration, hash, rows, comparisons } = table;
  const { cases, seeds, evaluations } = configuration;
  const controls = comparisons.filter(({ method }) =>
    rows.some((row) => row.method === method && row.kind === "search"),
  );
  const absent = rows.filter((row) => row.cells === 0);
  return [
    `${cases.length} cases (${cases.map(({ title }) => title).join(", ")}) x ${seeds.length} seeds, ${evaluations} fits a search; configuration \`${hash.slice(0, 12)}\`.`,
    "",
    cells(header),
    cells(header.map(() => "---")),
    ...rows.filter((row) => row.cells > 0).map(rowText),
    "",
    "The expert minus the other searches, paired by case and seed, mean and 95 % interval; below zero the expert is better:",
    "",
    ...controls.map(comparisonText),
    ...absent.map(
      ({ title, gaps }) => `- not run: ${title} (${gaps.map((g) => g.reason).join("; ")})`,
    ),
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
