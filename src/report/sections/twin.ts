import { chartKey, lineChart } from "../charts.js";
import { isNumber, type ReportData, type ReportParameter, type Trace } from "../data.js";
import { absent, figure, percent } from "../format.js";
import { type Html, html } from "../html.js";

const meanings: Readonly<Record<ReportParameter["identified"], string>> = {
  identified: "identified",
  weak: "weak: the data hardly tell",
  fixed: "fixed, by symmetry or choice",
};

export function parametersSection({ parameters, uncertainty }: ReportData): Html {
  const truths = parameters.some(({ truth }) => isNumber(truth));
  return html`<section id="parameters" aria-labelledby="parameters-title">
<h2 id="parameters-title">Parameters of the best twin</h2>
${
  parameters.length === 0
    ? html`<p class="quiet">There is no fitted twin.</p>`
    : html`<div class="scroll"><table>
<thead><tr><th scope="col">Parameter</th><th scope="col" class="number">Value</th><th scope="col">Unit</th><th scope="col" class="number">Relative error</th>${truths && html`<th scope="col" class="number">Truth</th><th scope="col" class="number">Off by</th>`}<th scope="col">Bounds</th><th scope="col">Known from the data?</th></tr></thead>
<tbody>${parameters.map((parameter) => parameterRow(parameter, truths))}</tbody></table></div>
<p class="quiet">The relative error is one standard error from the curvature of the fit (Gauss-Newton), as if all residuals were independent: ${uncertainty ? "the intervals under Uncertainty go before it" : html`mostly too small; <code>leads uncertainty</code> gives intervals`}. Bars run from bound to bound${truths && ", the ring is the truth"}.</p>`
}
</section>`;
}

function parameterRow(parameter: ReportParameter, truths: boolean): Html {
  const { name, unit, value, bounds, relativeError, identified, atBound, truth } = parameter;
  const off = isNumber(truth) && truth !== 0 ? value / truth - 1 : null;
  return html`<tr class="${identified}"><th scope="row"><code>${name}</code></th><td class="number">${figure(value, 4)}</td><td>${unit || "1"}</td>
<td class="number">${isNumber(relativeError) ? `\u00b1 ${percent(relativeError)}` : absent}</td>
${truths && html`<td class="number">${figure(truth, 4)}</td><td class="number">${percent(off)}</td>`}
<td class="bounds"><span>${figure(bounds[0], 2)}</span> ${boundsBar(parameter)} <span>${figure(bounds[1], 2)}</span>${atBound && html` <b class="warning">at its bound</b>`}</td><td><span class="badge ${identified}">${meanings[identified]}</span></td></tr>`;
}

/** Where the value (filled) and the truth (hollow) lie between the bounds; logarithmic if both are positive. */
function boundsBar({ value, truth, bounds: [low, high] }: ReportParameter): Html {
  const scale = low > 0 ? Math.log : (x: number) => x;
  const place = (x: number) => {
    const share = (scale(x) - scale(low)) / (scale(high) - scale(low));
    return 5 + 70 * Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0.5));
  };
  return html`<svg class="bar" viewBox="0 0 80 12" aria-hidden="true"><path class="axis" d="M5 6H75M5 3V9M75 3V9"/>${isNumber(truth) && html`<circle class="truth" cx="${place(truth).toFixed(1)}" cy="6" r="4.5"/>`}<circle class="value" cx="${place(value).toFixed(1)}" cy="6" r="2.8"/></svg>`;
}

export function checksSection({ checks }: ReportData): Html | null {
  if (checks.length === 0) return null;
  return html`<section id="checks" aria-labelledby="checks-title"><h2 id="checks-title">Physics checks</h2>
<ul class="checks">${checks.map(
    ({ name, passed, detail }) =>
      html`<li class="${passed ? "passed" : "failed"}"><b>${passed ? "\u2713" : "\u2717"} ${name}</b><span class="hidden"> ${passed ? "passed" : "failed"}:</span> ${detail}</li>`,
  )}</ul></section>`;
}

export function tracesSection({ traces }: ReportData): Html | null {
  if (traces.length === 0) return null;
  return html`<section id="traces" aria-labelledby="traces-title"><h2 id="traces-title">Measured and predicted potentials</h2>
${chartKey([
  { name: "predicted", look: "a" },
  { name: "measured", look: "c" },
])}
<div class="charts">${traces.map(
    (trace) =>
      html`<figure><figcaption>${trace.recording}, node ${trace.node}</figcaption>${traceChart(trace)}</figure>`,
  )}</div></section>`;
}

const traceChart = (trace: Trace): Html =>
  lineChart({
    title: `Potential of node ${trace.node} in ${trace.recording}, measured and predicted`,
    x: "time, ms",
    y: trace.unit,
    log: false,
    height: 190,
    series: [
      { name: "measured", look: "c", x: trace.times_ms, y: trace.measured },
      { name: "predicted", look: "a", x: trace.times_ms, y: trace.predicted },
    ],
  });
