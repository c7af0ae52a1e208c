import type { ParameterInterval } from "../../fit/uncertainty/intervals.js";
import type { ReportData } from "../data.js";
import { absent, figure, percent } from "../format.js";
import { type Html, html } from "../html.js";

/** Ninety per cent intervals of parameters and maps; nothing where they were not computed. */
export function uncertaintySection({ uncertainty }: ReportData): Html | null {
  if (!uncertainty) return null;
  const { parameters, maps } = uncertainty;
  return html`<section id="uncertainty" aria-labelledby="uncertainty-title">
<h2 id="uncertainty-title">Uncertainty</h2>
<div class="scroll"><table>
<caption>90 % intervals round the optimum of all training recordings.</caption>
<thead><tr><th scope="col">Parameter</th><th scope="col">Unit</th><th scope="col" class="number">Twin</th><th scope="col" class="number">Optimum</th><th scope="col" class="number">From</th><th scope="col" class="number">To</th><th scope="col" class="number">Independent residuals</th><th scope="col">Verdict</th></tr></thead>
<tbody>${parameters.map(row)}</tbody></table></div>
<p class="quiet">${
    maps
      ? `Activation maps: half-widths from ${maps.conformal.values} held-out times at ${maps.conformal.sites} pacing sites${silentAt(maps.conformal.silent)}${acrossSites(maps.conformal.acrossSites)}.${unbounded(maps.conformal.factor)} The interval is for a time as it would be measured.`
      : "Activation maps have no interval: no validation recording was held out to size it by."
  }</p></section>`;
}

const row = (p: ParameterInterval): Html =>
  html`<tr><th scope="row"><code>${p.name}</code></th><td>${p.unit || "1"}</td>
<td class="number">${figure(p.value, 4)}</td><td class="number">${figure(p.estimate, 4)}</td>
<td class="number">${figure(p.low, 4)}</td><td class="number">${figure(p.high, 4)}</td>
<td class="number">${p.effectiveSamples === null ? absent : figure(p.effectiveSamples)}</td>
<td>${p.verdict}${p.reason && html`<br><span class="quiet">${p.reason}</span>`}</td></tr>`;

/** Absent in files of earlier versions. */
const silentAt = (share = 0): string =>
  share > 0 ? `, the twin silent at ${percent(share)} of them` : "";

/** JSON has no infinity: null stands for it in files. */
const unbounded = (factor: number | null): string =>
  factor === null || !Number.isFinite(factor) ? " No bounded interval holds 90 % of them." : "";

const acrossSites = (shares: readonly [number, number] | null): string =>
  shares
    ? `; judged by the other sites, ${percent(shares[0])} to ${percent(shares[1])} of a site's times lie inside`
    : "";
