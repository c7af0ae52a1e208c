import { isNumber, type ReportData } from "../data.js";
import { gatedHtml, reportFacts } from "../facts.js";
import { absent, bestIndex, columnTitle, duration, figure, usedColumns } from "../format.js";
import { type Html, type HtmlPiece, html } from "../html.js";
import { markedHtml } from "../marked.js";
import { bestPredictor, verdicts } from "../verdicts.js";

/** Title, where the data come from, the sentence that matters, and its figures. */
export function headSection(data: ReportData): Html {
  const best = data.best === null ? null : data.candidates[data.best];
  const facts = reportFacts(data);
  return html`<header>
<p class="over">LEADS report</p>
<h1>${data.title}</h1>
<p class="lead">${best ? html`<b>${best.reaction}</b> with <b>${best.diffusion}</b>, ${best.parameterCount} fitted parameters` : "No candidate was fitted."}</p>
<p class="source">${data.case.name}. ${data.case.source}</p>
${cards(data)}
${verdicts(data).map((text) => html`<p class="verdict">${gatedHtml(text, facts)}</p>`)}
</header>`;
}

function cards(data: ReportData): Html {
  const test = data.twin?.test ?? null;
  return html`<dl class="cards">${usedColumns([test])
    .slice(0, 5)
    .map((column) => {
      const rival = bestPredictor(data, column);
      return html`<div title="${column.meaning}"><dt>${column.label}</dt>
<dd>${figure(test?.[column.key])}<small>${column.unit}</small></dd>
<dd class="rival">${rival ? `${rival.name}: ${figure(rival.value)}` : absent}</dd></div>`;
    })}</dl>`;
}

/** Twin and predictors on the test recordings; the best figure of a column is bold. */
export function scoresSection(data: ReportData): Html {
  const rows = [{ name: "The twin", test: data.twin?.test ?? null }, ...data.predictors];
  const columns = usedColumns(rows.map(({ test }) => test));
  const bests = columns.map(({ key, better }) =>
    bestIndex(
      rows.map(({ test }) => test?.[key]),
      better,
    ),
  );
  return html`<section id="scores" aria-labelledby="scores-title">
<h2 id="scores-title">On recordings that were never fitted</h2>
${
  columns.length === 0
    ? html`<p class="quiet">No test recordings, so no test scores.</p>`
    : html`<div class="scroll"><table><caption>Free runs on the test recordings; <b>bold</b> is best.</caption>
<thead><tr><th scope="col">Predictor</th>${columns.map((column) => html`<th scope="col" class="number" title="${column.meaning}">${columnTitle(column)}</th>`)}</tr></thead>
<tbody>${rows.map(
        ({ name, test }, row) =>
          html`<tr class="${row === 0 ? "best" : ""}"><th scope="row">${name}</th>${columns.map(({ key }, c) => cell(figure(test?.[key]), bests[c] === row))}</tr>`,
      )}</tbody></table></div>`
}
</section>`;
}

const cell = (text: string, bold: boolean): Html =>
  html`<td class="number">${bold ? html`<b>${text}</b>` : text}</td>`;

export function runSection({ run, case: patient, commands }: ReportData): Html {
  const facts: readonly (readonly [string, HtmlPiece])[] = [
    ["Agent", run.agent],
    ["Seed", String(run.seed)],
    ["Started", run.started],
    ["Time", duration(run.seconds)],
    ["Evaluations", isNumber(run.evaluations) ? String(run.evaluations) : absent],
    ["Stopped because", markedHtml(run.stopReason, run.unrecorded)],
  ];
  return html`<section id="run" aria-labelledby="run-title">
<h2 id="run-title">Run</h2>
<div class="columns">${factList("Case", patient.facts)}${factList("Discovery", facts)}${factList("Versions", run.versions)}${factList("Hashes", run.hashes)}</div>
${commands.length > 0 && html`<h3>Reproduce</h3><pre tabindex="0"><code>${commands.join("\n")}</code></pre>`}
</section>`;
}

const factList = (title: string, facts: readonly (readonly [string, HtmlPiece])[]): Html | null =>
  facts.length === 0
    ? null
    : html`<div><h3>${title}</h3><dl class="facts">${facts.map(
        ([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`,
      )}</dl></div>`;

export function notesSection(data: ReportData): Html | null {
  if (data.notes.length === 0) return null;
  const facts = reportFacts(data);
  return html`<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">What to keep in mind</h2>
<ul class="notes">${data.notes.map((note) => html`<li>${gatedHtml(note, facts)}</li>`)}</ul></section>`;
}
