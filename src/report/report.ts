import { checkReport, type ReportData } from "./data.js";
import { type Html, html, scriptJson, trusted } from "./html.js";
import { pagePayload } from "./page/payload.js";
import { pageScript } from "./page/script.js";
import { pageHead } from "./page-head.js";
import { candidatesSection, curvesSection, discoverySection } from "./sections/discovery.js";
import { headSection, notesSection, runSection, scoresSection } from "./sections/head.js";
import { mapsSection } from "./sections/maps.js";
import { checksSection, parametersSection, tracesSection } from "./sections/twin.js";
import { uncertaintySection } from "./sections/uncertainty.js";

/**
 * One HTML file that needs nothing else: no network, no fonts, no other file. The same data give
 * the same text. Throws a LeadsError with code "bad-report-data" when the data do not fit together.
 */
export function renderReport(data: ReportData): string {
  checkReport(data);
  const painted = data.surface.triangles.length > 0 && data.maps.length + data.fields.length > 0;
  return html`<!doctype html>
<html lang="en">
${pageHead(data.title, { scripts: true })}
<body>
${contents(data)}
<main>
${headSection(data)}
${notesSection(data)}
${mapsSection(data)}
${scoresSection(data)}
${tracesSection(data)}
${parametersSection(data)}
${uncertaintySection(data)}
${checksSection(data)}
${discoverySection(data)}
${candidatesSection(data)}
${curvesSection(data)}
${runSection(data)}
</main>
${
  painted &&
  html`<script type="application/json" id="payload">${trusted(scriptJson(pagePayload(data)))}</script>
<script>${trusted(pageScript())}</script>`
}
</body>
</html>
`.html;
}

function contents(data: ReportData): Html {
  const links: readonly (readonly [id: string, label: string, shown: boolean])[] = [
    ["notes", "Notes", data.notes.length > 0],
    ["maps", "Maps", true],
    ["scores", "Scores", true],
    ["traces", "Traces", data.traces.length > 0],
    ["parameters", "Parameters", true],
    ["uncertainty", "Uncertainty", Boolean(data.uncertainty)],
    ["checks", "Checks", data.checks.length > 0],
    ["discovery", "Discovery", true],
    ["candidates", "Candidates", true],
    ["curves", "Curves", data.candidates.some(({ curves }) => curves.length > 0)],
    ["run", "Run", true],
  ];
  return html`<nav aria-label="Contents"><ul>${links
    .filter(([, , shown]) => shown)
    .map(([id, label]) => html`<li><a href="#${id}">${label}</a></li>`)}</ul></nav>`;
}
