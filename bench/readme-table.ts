import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layoutText } from "./figure.js";
import type { BenchRecord } from "./record.js";
import { digits } from "./table.js";

export const marks = {
  begin: "<!-- performance: written by npm run bench:readme, never by hand -->",
  end: "<!-- end of performance -->",
} as const;

/** The last record by date (names begin with it); undefined if there is none. */
export function newestRecord(folder: string): BenchRecord | undefined {
  const names = existsSync(folder) ? readdirSync(folder).filter((n) => n.endsWith(".json")) : [];
  const last = names.sort().at(-1);
  return last === undefined ? undefined : JSON.parse(readFileSync(join(folder, last), "utf8"));
}

type Line = BenchRecord["figures"][number];

const amount = (value: number, unit: string) => `${digits(value)} ${unit}`;
const cells = (list: readonly string[]) => `| ${list.join(" | ")} |`;

function peerCell({ peer }: Line): string {
  if (!peer) return "";
  return "missing" in peer
    ? `${peer.name}: not installed`
    : `${peer.name}: ${amount(peer.value, peer.unit)}`;
}

function levelCell({ reach, aim, unit, better }: Line): string {
  if (reach === undefined) return "";
  const sign = better === "higher" ? ">=" : "<=";
  return `${sign} ${digits(reach)}${aim === undefined ? "" : ` (${digits(aim)})`} ${unit}`;
}

/** Bold where the target is reached, with a star where the aim is. */
function result({ value, unit, verdict }: Line): string {
  if (value === undefined) return "";
  const text = amount(value, unit);
  if (verdict === "aim reached") return `**${text}** *`;
  return verdict === "reached" ? `**${text}**` : text;
}

/** The ways beside the headline, in the order of the columns. */
const beside = (
  [
    ["wasm", 4],
    ["native", 1],
    ["native", 4],
  ] as const
).map(([engine, lanes]) => layoutText(engine, lanes));

/** One row of the README per headline; the same in other layouts and engines stands beside it. */
function readmeRow(line: Line, all: readonly Line[]): string {
  const same = all.filter(({ title, nodes }) => title === line.title && nodes === line.nodes);
  const others = beside.map((layout) => same.find((other) => other.layout === layout));
  return cells([
    line.title,
    String(line.nodes),
    peerCell(line),
    levelCell(line),
    result(line) || (line.note ?? ""),
    ...others.map((other) => (other ? result(other) : "")),
  ]);
}

const header = [
  ...["figure", "N", "beside", "must reach (aim)", "WebAssembly", "four side by side"],
  ...["native C", "native C, four side by side"],
];

/** What stands between the marks of the README. */
export function performanceSection(record: BenchRecord | undefined): string {
  if (!record) return "No run of `npm run bench -- --record` has been recorded yet.";
  const { machine, versions, figures } = record;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const load = record.load.map((l) => l.toFixed(1)).join(" / ");
  const memory = `${machine.memory_GiB} GiB`;
  return [
    `${record.date}, commit ${record.commit}: ${machine.cpu}, ${machine.cores} cores, ${memory}, ${machine.system};`,
    `${programs.join(", ")}; load ${load}.`,
    "One thread unless said; medians of interleaved runs. Bold: reached; with a star: the aim, too.",
    "",
    cells(header),
    cells(header.map(() => "---")),
    ...figures.filter(({ headline }) => headline).map((line) => readmeRow(line, figures)),
  ].join("\n");
}

/** The document with the section between the marks replaced. */
export function withSection(document: string, section: string): string {
  const [from, to] = [document.indexOf(marks.begin), document.indexOf(marks.end)];
  if (from < 0 || to < from) throw new Error(`The document lacks "${marks.begin}" or its end.`);
  return `${document.slice(0, from)}${marks.begin}\n${section}\n${document.slice(to)}`;
}
