import { type Figure, type Measured, verdictOf } from "./figure.js";

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

const measured = ({ value, unit }: Measured) => `${digits(value)} ${unit}`;

const level = (figure: Figure, value: number | undefined) =>
  value === undefined
    ? ""
    : `${figure.better === "higher" ? ">=" : "<="} ${digits(value)} ${figure.unit}`;

function peerText({ peer }: Figure): string {
  if (!peer) return "";
  return "missing" in peer
    ? `${peer.name}: not installed: ${peer.missing}`
    : `${peer.name}: ${measured(peer)}`;
}

const header = ["figure", "N", "layout", "ours", "peer", "value", "must", "aim", "verdict", "load"];

export function tableRow(figure: Figure): string[] {
  return [
    figure.title,
    String(figure.nodes),
    figure.layout,
    figure.ours ? measured(figure.ours) : "",
    peerText(figure),
    figure.value === undefined ? (figure.note ?? "") : `${digits(figure.value)} ${figure.unit}`,
    level(figure, figure.reach),
    level(figure, figure.aim),
    verdictOf(figure),
    figure.load.map((l) => l.toFixed(1)).join(" - "),
  ];
}

/** Columns as wide as their widest cell. */
export function textTable(figures: readonly Figure[]): string {
  const rows = [header, ...figures.map(tableRow)];
  const widths = header.map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const line = (row: string[]) => row.map((cell, c) => cell.padEnd(widths[c])).join("  ");
  const rule = widths.map((w) => "-".repeat(w)).join("  ");
  const notes = figures.flatMap((f) =>
    f.note && f.value !== undefined ? [`${f.title}, N = ${f.nodes}: ${f.note}`] : [],
  );
  return [line(rows[0]), rule, ...rows.slice(1).map(line), ...new Set(notes)]
    .map((text) => text.trimEnd())
    .join("\n");
}
