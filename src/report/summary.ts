import { markUnrecorded, unrecordedLegend, unrecordedMark } from "../discover/number-gate.js";
import { isNumber, type ReportData } from "./data.js";
import { gatedText, reportFacts } from "./facts.js";
import { absent, columnTitle, duration, figure, percent, usedColumns } from "./format.js";
import { verdicts } from "./verdicts.js";

/** The report in a terminal's page: winner, scores beside the trivial predictors, parameters. */
export function summaryText(data: ReportData): string {
  const best = data.best === null ? null : data.candidates[data.best];
  const facts = reportFacts(data);
  const gated = (lines: readonly string[]) =>
    lines.map((line) => gatedText(line, facts)).join("\n");
  const blocks = [
    best
      ? `${data.title}\nBest: ${best.reaction} + ${best.diffusion} (${best.parameterCount} parameters)`
      : `${data.title}\nNo candidate was fitted.`,
    scoresText(data),
    gated(verdicts(data)),
    parametersText(data),
    data.checks
      .filter(({ passed }) => !passed)
      .map(({ name, detail }) => `Failed check: ${name}: ${detail}`)
      .join("\n"),
    gated(data.notes.map((note) => `Note: ${note}`)),
    `${data.run.evaluations} evaluations in ${duration(data.run.seconds)}, agent ${data.run.agent}, seed ${data.run.seed}; stopped: ${markUnrecorded(data.run.stopReason, data.run.unrecorded)}`,
  ];
  const legend = blocks.some((block) => block.includes(unrecordedMark)) ? unrecordedLegend : "";
  return `${[...blocks, legend]
    .filter((block) => block !== "")
    .map(printable)
    .join("\n\n")}\n`;
}

function scoresText(data: ReportData): string {
  const rows = [{ name: "twin", test: data.twin?.test ?? null }, ...data.predictors];
  const columns = usedColumns(rows.map(({ test }) => test)).slice(0, 6);
  if (columns.length === 0) return "";
  return table([
    ["Test recordings", ...columns.map(columnTitle)],
    ...rows.map(({ name, test }) => [name, ...columns.map(({ key }) => figure(test?.[key]))]),
  ]);
}

function parametersText({ parameters, uncertainty }: ReportData): string {
  if (parameters.length === 0) return "";
  const truths = parameters.some(({ truth }) => isNumber(truth));
  const intervals = new Map(uncertainty?.parameters.map((one) => [one.name, one]));
  const known = ({ name, relativeError, identified }: ReportData["parameters"][number]) => {
    const interval = intervals.get(name);
    if (!interval) return { width: percent(relativeError), verdict: identified as string };
    const { low, high, verdict } = interval;
    const ends = [low, high].map((end) => (end === null ? "" : figure(end, 4)));
    return { width: low === null && high === null ? absent : ends.join(" .. "), verdict };
  };
  return table([
    [
      ...["Parameter", "value", intervals.size > 0 ? "interval" : "standard error"],
      ...(truths ? ["truth"] : []),
      "known",
    ],
    ...parameters.map((parameter) => {
      const { name, value, unit, truth, atBound } = parameter;
      const { width, verdict } = known(parameter);
      return [
        unit ? `${name}, ${unit}` : name,
        figure(value, 4),
        width,
        ...(truths ? [figure(truth, 4)] : []),
        atBound ? `${verdict}, at its bound` : verdict,
      ];
    }),
  ]);
}

/** First column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) =>
    row.map((cell) => printable(cell === absent ? "-" : cell.replace(/\s+/g, " "))),
  );
  const widths = clean[0].map((_, column) => Math.max(...clean.map((row) => row[column].length)));
  return clean
    .map((row) =>
      row
        .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Names from files must not steer a terminal: control characters other than line feeds go. */
function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, "");
}
