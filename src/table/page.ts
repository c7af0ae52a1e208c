import { chartKey, lineChart, type Series } from "../report/charts.js";
import { type Html, html } from "../report/html.js";
import { pageHead } from "../report/page-head.js";
import type { TableData } from "./assemble.js";
import { digits } from "./figures-text.js";
import { suites } from "./suites.js";
import { answerBlock, type Block, blocksOf, headLine } from "./text.js";

/** One HTML file without scripts that needs nothing else; the same tables give the same text. */
export function tablePage(tables: readonly TableData[]): string {
  return html`<!doctype html>
<html lang="en">
${pageHead("Agents, controls and baselines on equal budgets")}
<body>
<nav aria-label="Contents"><ul>${tables.map(
    ({ configuration: { suite } }) =>
      html`<li><a href="#${suite}">${suites[suite]?.title ?? suite}</a></li>`,
  )}</ul></nav>
<main>
<header>
<p class="over">LEADS table</p>
<h1>Agents, controls and baselines on equal budgets</h1>
<p class="source">Scores are free roll-outs on recordings that no fit and no agent has seen. Figures are means over cases and seeds, with the standard deviation over seeds. Published figures are those of arXiv:2606.18154, on its own data: rows are not paired with ours.</p>
</header>
${tables.map(suiteSection)}
</main>
</body>
</html>
`.html;
}

function suiteSection(data: TableData): Html {
  const { suite } = data.configuration;
  return html`<section id="${suite}" aria-labelledby="${suite}-title">
<h2 id="${suite}-title">${headLine(data)}</h2>
<p class="source">${suites[suite]?.about ?? ""}</p>
${cards(data)}
<h3>${answerBlock(data).title}</h3>
<ul>${answerBlock(data).notes.map((sentence) => html`<li>${sentence}</li>`)}</ul>
${convergence(data)}
${blocksOf(data).map(block)}
${
  data.refused.length > 0 &&
  html`<ul class="notes">${data.refused.map(({ file, reason }) => html`<li><b class="warning">Refused:</b> ${file}: ${reason}</li>`)}</ul>`
}
</section>`;
}

/** The reference row in large figures. */
function cards({ rows, reference }: TableData): Html | null {
  const row = rows.find(({ method, cells }) => method === reference && cells > 0);
  if (!row) return null;
  const { mse_e3, activation_ms, identified, evaluations } = row.figures;
  const facts = [
    ["Expert, test MSE x 1e-3", digits(mse_e3.mean), ""],
    ["Expert, activation error", digits(activation_ms.mean), "ms"],
    ["Right reactions", String(identified.right), `of ${identified.of}`],
    ["Fits a case", digits(evaluations.mean), ""],
  ];
  return html`<dl class="cards">${facts.map(
    ([label, value, unit]) =>
      html`<div><dt>${label}</dt><dd>${value}<small>${unit}</small></dd></div>`,
  )}</dl>`;
}

const looks: readonly Series["look"][] = ["a", "b", "c"];

/** The first three searches of the table. */
function convergence({ rows }: TableData): Html | null {
  const lines = rows
    .filter(({ convergence: line }) => line.some((misfit) => misfit !== null))
    .slice(0, looks.length)
    .map(
      ({ title, convergence: y }, k): Series => ({
        name: title,
        look: looks[k],
        x: y.map((_, i) => i + 1),
        y,
      }),
    );
  if (lines.length === 0) return null;
  const title =
    "Validation misfit of the best candidate so far, geometric mean over cases and seeds";
  const chart = lineChart({ title, x: "fits", y: "misfit", log: true, series: lines });
  return html`<div class="charts"><figure><figcaption>${title}</figcaption>${chart}${chartKey(lines)}</figure></div>`;
}

const block = ({ title, head, rows, notes }: Block): Html => html`<h3>${title}</h3>
${
  rows.length > 0 &&
  html`<div class="scroll"><table>
<thead><tr>${head.map((cell, k) => html`<th scope="col" class="${k > 0 ? "number" : ""}">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`
}
${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li class="quiet">${note}</li>`)}</ul>`}`;
