import { type Facts, isNumber, type ReportData } from "../data.js";
import {
  absent,
  bestIndex,
  columnTitle,
  duration,
  figure,
  type ScoreColumn,
  usedColumns,
} from "../format.js";
import { type Html, html } from "../html.js";

/** Title, where the data come from, the sentence that matters, and its figures. */
export function headSection(data: ReportData): Html {
  const best = data.best === null ? null : data.candidates[data.best];
  return html`<header>
<p class="over">LEADS report</p>
<h1>${data.title}</h1>
<p class="lead">${best ? html`<b>${best.reaction}</b> with <b>${best.diffusion}</b>, ${best.parameterCount} fitted parameters` : "No candidate could be fitted."}</p>
<p class="source">${data.case.name}. ${data.case.source}</p>
${cards(data)}
${verdicts(data).map((text) => html`<p class="verdict">${text}</p>`)}
</header>`;
}

/** The comparison in words, made from the figures, whichever way it went. */
export function verdicts(data: ReportData): readonly string[] {
  const test = data.twin?.test;
  if (!test) return ["There are no test recordings: nothing here says how the twin predicts."];
  return usedColumns([test])
    .filter(({ key }) => key === "mse" || key === "at_mae_ms")
    .flatMap((column) => {
      const rival = bestPredictor(data, column);
      if (!rival) return [];
      const [mine, theirs] = [test[column.key] as number, rival.value];
      const [winner, ratio] =
        mine <= theirs ? ["the twin", theirs / mine] : [rival.name, mine / theirs];
      const by =
        mine === theirs ? "a tie" : `${winner} wins by a factor of ${Number(ratio.toPrecision(2))}`;
      return [
        `${column.label} on unseen recordings: twin ${figure(mine)}${space(column.unit)}, ` +
          `best trivial predictor (${rival.name}) ${figure(theirs)}${space(column.unit)}: ${by}.`,
      ];
    });
}

const space = (unit: string): string => (unit ? ` ${unit}` : "");

function bestPredictor(data: ReportData, { key, better }: ScoreColumn) {
  const values = data.predictors.map(({ test }) => test?.[key]);
  const index = bestIndex(values, better);
  return index < 0 ? null : { name: data.predictors[index].name, value: values[index] as number };
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
  const facts: Facts = [
    ["Agent", run.agent],
    ["Seed", String(run.seed)],
    ["Started", run.started],
    ["Time", duration(run.seconds)],
    ["Evaluations", isNumber(run.evaluations) ? String(run.evaluations) : absent],
    ["Stopped because", run.stopReason],
  ];
  return html`<section id="run" aria-labelledby="run-title">
<h2 id="run-title">Run</h2>
<div class="columns">${factList("Case", patient.facts)}${factList("Discovery", facts)}${factList("Versions", run.versions)}${factList("Hashes", run.hashes)}</div>
${commands.length > 0 && html`<h3>Reproduce</h3><pre tabindex="0"><code>${commands.join("\n")}</code></pre>`}
</section>`;
}

const factList = (title: string, facts: Facts): Html | null =>
  facts.length === 0
    ? null
    : html`<div><h3>${title}</h3><dl class="facts">${facts.map(
        ([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`,
      )}</dl></div>`;

export const notesSection = (notes: readonly string[]): Html | null =>
  notes.length === 0
    ? null
    : html`<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">What to keep in mind</h2>
<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
