import type { CheckRow, Plot, PlotSeries } from "../verify/check.js";
import { chartKey, lineChart, type Series } from "./charts.js";
import type { Facts } from "./data.js";
import { duration } from "./format.js";
import { type Html, html } from "./html.js";
import { pageHead } from "./page-head.js";
import { countText, referenceText, toleranceText, valueText } from "./verification-text.js";

/** Everything the page shows, as plain data. */
export interface VerificationReport {
  readonly cost: "quick" | "full";
  /** ISO 8601; the caller's clock. */
  readonly started: string;
  readonly seconds: number;
  readonly versions: Facts;
  readonly groups: readonly VerificationGroup[];
}

export interface VerificationGroup {
  readonly group: string;
  readonly explanation: string;
  readonly rows: readonly CheckRow[];
  readonly plots: readonly Plot[];
}

/** One HTML file without scripts that needs nothing else; the same data give the same text. */
export function renderVerification(report: VerificationReport): string {
  const rows = report.groups.flatMap((group) => group.rows);
  const failed = rows.filter(({ verdict }) => verdict === "failed");
  return html`<!doctype html>
<html lang="en">
${pageHead(`Verification of leads: ${countText(rows)}`)}
<body>
<nav aria-label="Contents"><ul>${report.groups.map(
    ({ group }) => html`<li><a href="#${anchor(group)}">${group}</a></li>`,
  )}</ul></nav>
<main class="verification">
<header>
<p class="over">LEADS verification, ${report.cost}</p>
<h1>${failed.length === 0 ? "Every check passed" : `${failed.length} of ${rows.length} checks failed`}</h1>
<p class="lead">${countText(rows)}; computed on this machine in ${duration(report.seconds)}.</p>
${cards(report)}
${failed.map(
  (row) =>
    html`<p class="verdict"><b class="warning">Failed:</b> <a href="#${row.id}">${row.figure}</a>: ${valueText(row)} against ${referenceText(row)} ${toleranceText(row)}</p>`,
)}
</header>
${report.groups.map(groupSection)}
<section id="run" aria-labelledby="run-title"><h2 id="run-title">Run</h2><dl class="facts">${[
    ["Started", report.started] as const,
    ...report.versions,
  ].map(([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl></section>
</main>
</body>
</html>
`.html;
}

const anchor = (group: string): string => group.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

function cards({ groups }: VerificationReport): Html {
  return html`<dl class="cards">${groups.map(({ group, rows }) => {
    const judged = rows.filter(({ verdict }) => verdict !== "shown");
    const passed = judged.filter(({ verdict }) => verdict === "passed").length;
    return html`<div><dt>${group}</dt><dd>${passed}<small>of ${judged.length}</small></dd></div>`;
  })}</dl>`;
}

function groupSection({ group, explanation, rows, plots }: VerificationGroup): Html {
  const id = anchor(group);
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${group}</h2>
<p class="source">${explanation}</p>
${plots.length > 0 && html`<div class="charts">${plots.map(chart)}</div>`}
<div class="scroll"><table><caption>${countText(rows)}</caption>
<thead><tr><th scope="col">Figure</th><th scope="col" class="number">Ours</th><th scope="col" class="number">Reference</th><th scope="col" class="number">Tolerance</th><th scope="col">Verdict</th><th scope="col">Source</th></tr></thead>
<tbody>${rows.map(tableRow)}</tbody></table></div>
</section>`;
}

const marks = { passed: "\u2713 passed", failed: "\u2717 failed", shown: "shown" } as const;

const tableRow = (row: CheckRow): Html =>
  html`<tr id="${row.id}" class="${row.verdict}"><th scope="row" class="figure">${row.figure}${row.note && html`<small>${row.note}</small>`}</th><td class="number">${valueText(row)}</td><td class="number">${referenceText(row)}</td><td class="number">${toleranceText(row)}</td><td><span class="badge ${row.verdict}">${marks[row.verdict]}</span></td><td class="origin">${row.source}</td></tr>`;

const looks: Readonly<Record<PlotSeries["role"], Series["look"]>> = {
  ours: "a",
  reference: "b",
  other: "c",
  points: "d",
};

function chart({ title, x, y, scale, series }: Plot): Html {
  const lines = series.map((line) => ({ ...line, look: looks[line.role] }));
  const log = scale === "log";
  return html`<figure><figcaption>${title}</figcaption>${lineChart({ title, x, y, log, logX: log, height: 220, series: lines })}${chartKey(lines)}</figure>`;
}
