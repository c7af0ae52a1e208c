import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

const result = (line: Line | undefined) =>
  line?.value === undefined ? "" : amount(line.value, line.unit);

/** One row of the README per headline; the same in four lanes stands beside it. */
function readmeRow(line: Line, all: readonly Line[]): string {
  const four = all.find(
    (other) =>
      other !== line &&
      !other.headline &&
      other.title === line.title &&
      other.nodes === line.nodes &&
      other.layout.includes("four"),
  );
  return cells([
    line.title,
    String(line.nodes),
    line.ours ? amount(line.ours.value, line.ours.unit) : "",
    peerCell(line),
    result(line) || (line.note ?? ""),
    levelCell(line),
    line.verdict,
    result(four),
  ]);
}

const header = [
  ...["figure", "N", "ours", "beside", "result", "must reach (aim)", "verdict"],
  "four trajectories side by side",
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
    `${programs.join(", ")}; load ${load}. One thread unless said; medians of interleaved runs.`,
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
