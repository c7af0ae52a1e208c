import type { ReportData } from "../data.js";
import { type Html, html, trusted } from "../html.js";
import { mapFacts } from "../page/payload.js";
import { activationPicture } from "../picture.js";

// A still picture of a finer mesh would outweigh the rest of the page.
const stillTriangles = 6000;

/** The panels that the page's script paints; without scripts a still picture stands in. */
export function mapsSection(data: ReportData): Html {
  const drawable = data.surface.triangles.length > 0;
  if (!drawable || data.maps.length + data.fields.length === 0)
    return html`<section id="maps" aria-labelledby="maps-title"><h2 id="maps-title">Activation maps</h2>
<p class="quiet">No test recordings, so no maps.</p></section>`;
  return html`<section id="maps" aria-labelledby="maps-title">
<h2 id="maps-title">${data.maps.length > 0 ? "Activation maps" : "Maps"}</h2>
${controls(data)}
${data.maps.length > 0 && activationPanels(data)}
${data.fields.length > 0 && fieldPanels(data)}
<p class="quiet">Drag to turn, or press the arrow keys in a map; + and \u2212 zoom, Home resets. Hover for values, click to hold a node.
<span class="marker pacing"></span> pacing site <span class="marker electrode"></span> measured node <span class="marker nodata"></span> no data</p>
${data.maps.length > 0 && data.surface.triangles.length <= 3 * stillTriangles && html`<noscript>${trusted(activationPicture(data))}</noscript>`}
</section>`;
}

const turns: readonly (readonly [command: string, sign: string, label: string])[] = [
  ["left", "\u2190", "Turn left"],
  ["right", "\u2192", "Turn right"],
  ["up", "\u2191", "Tilt up"],
  ["down", "\u2193", "Tilt down"],
  ["closer", "+", "Zoom in"],
  ["farther", "\u2212", "Zoom out"],
  ["above", "Above", "View from above"],
  ["below", "Below", "View from below"],
  ["reset", "Reset", "Face the pacing site"],
];

const spacings = [0, 1, 2, 5, 10, 20];

function controls(data: ReportData): Html {
  const electrodes = data.maps.some(({ electrodeNodes }) => electrodeNodes.length > 0);
  return html`<div class="controls">
${
  data.maps.length > 0 &&
  html`<label>Recording <select id="recording">${data.maps.map(
    ({ recording }) => html`<option>${recording}</option>`,
  )}</select></label>
<label>Isochrones every <select id="spacing">${spacings.map(
    (step) => html`<option value="${step}">${step === 0 ? "auto" : `${step} ms`}</option>`,
  )}</select></label>`
}
${electrodes && html`<label><input type="checkbox" id="electrodes" checked> Measured nodes</label>`}
<label>Node <input id="node" type="number" min="0" max="${data.surface.points.length / 3 - 1}" step="1" placeholder="\u2013"></label>
<span class="turns" role="group" aria-label="Turn the maps">${turns.map(
    ([command, sign, label]) =>
      html`<button type="button" data-command="${command}" title="${label}" aria-label="${label}">${sign}</button>`,
  )}</span></div>`;
}

function activationPanels(data: ReportData): Html {
  const uncertain = data.maps.some((map) => map.uncertainty_ms);
  return html`<div class="panels">
${panel("truth", "Truth", "activation time, ms")}
${panel("prediction", "Prediction", "activation time, ms")}
${panel("error", "Error", "prediction \u2212 truth, ms")}
${uncertain && panel("uncertainty", "Uncertainty", "half-width of the 90 % interval, ms")}
</div><p class="facts-line" id="map-facts" aria-live="polite">${mapFacts(data.maps[0])}</p>`;
}

const fieldPanels = (data: ReportData): Html =>
  html`<h3>What the twin learnt about the tissue</h3><div class="panels fields">${data.fields.map(
    ({ name, unit }, index) => panel(`field-${index}`, name, unit),
  )}</div>`;

const panel = (key: string, title: string, unit: string): Html =>
  html`<figure class="panel" data-panel="${key}"><figcaption><b>${title}</b> <span>${unit}</span></figcaption>
<canvas tabindex="0" role="img" aria-label="${title}, ${unit}: surface map, arrow keys turn it"></canvas>
<div class="legend" role="img" aria-label="Colour scale of ${title}, ${unit}"></div><output></output></figure>`;
