import { errorOf, type ReportData, toFloat32 } from "./data.js";
import { escapeHtml } from "./html.js";
import { type Bands, colourKit } from "./page/colours.js";
import { mapFacts } from "./page/payload.js";
import { type Layer, sceneKit } from "./page/scene.js";
import { type Scene, surfaceKit } from "./page/surface.js";

export interface PictureOptions {
  /** Recording to show; the first one if left out. */
  readonly recording?: string;
  readonly yaw_deg?: number;
  readonly pitch_deg?: number;
  /** Heading; the recording's name if left out. */
  readonly heading?: string;
}

const panel = { size: 380, gap: 20, top: 64, bottom: 62 };
const width = 3 * panel.size + 4 * panel.gap;
const height = panel.top + panel.size + panel.bottom;
// Tenths of a pixel as whole numbers: half the text of decimals.
const grain = 10;

const surfaces = surfaceKit();
const scenes = sceneKit(surfaces);
const colours = colourKit();

/** Truth, prediction and error of one recording, side by side, as a standalone SVG file. */
export function activationPicture(
  data: Pick<ReportData, "surface" | "maps">,
  options: PictureOptions = {},
): string {
  const map = data.maps.find(({ recording }) => recording === options.recording) ?? data.maps[0];
  const heading = options.heading ?? map?.recording ?? "No recordings";
  if (!map) return frame(heading, "No recordings to show.", "");
  const scene = surfaces.prepare(
    Float32Array.from(data.surface.points, Number),
    Int32Array.from(data.surface.triangles, Number),
  );
  const [truth, prediction] = [toFloat32(map.truth_ms), toFloat32(map.prediction_ms)];
  const times = colours.bands("time", truth.some(Number.isFinite) ? truth : prediction);
  const error = errorOf(map);
  const pacing = map.pacingNodes
    .map((node) => surfaces.surfaceNode(scene, node))
    .filter((node) => node >= 0);
  const look = { scene, pacing, options };
  const panels = [
    panelSvg({ ...look, values: truth, bands: times, title: "Truth", unit: "activation time, ms" }),
    panelSvg({
      ...look,
      values: prediction,
      bands: times,
      title: "Prediction",
      unit: "activation time, ms",
    }),
    panelSvg({
      ...look,
      values: error,
      bands: colours.bands("error", error),
      title: "Error",
      unit: "prediction \u2212 truth, ms",
    }),
  ];
  const placed = panels.map(
    (svg, k) =>
      `<g transform="translate(${panel.gap + k * (panel.size + panel.gap)} 0)">${svg}</g>`,
  );
  return frame(heading, mapFacts(map), placed.join("\n"));
}

const frame = (heading: string, facts: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui,Segoe UI,Helvetica,Arial,sans-serif" role="img">
<title>${escapeHtml(`Activation maps: ${heading}`)}</title><desc>${escapeHtml(facts)}</desc>
<rect width="${width}" height="${height}" rx="12" fill="#fff"/>
<text x="${panel.gap}" y="28" font-size="17" fill="#17202b"><tspan font-weight="600">${escapeHtml(heading)}</tspan><tspan dx="14" font-size="14" fill="#566270">${escapeHtml(facts)}</tspan></text>
${body}
</svg>
`;

interface PanelOptions {
  readonly scene: Scene;
  readonly pacing: readonly number[];
  readonly options: PictureOptions;
  readonly values: Float32Array;
  readonly bands: Bands;
  readonly title: string;
  readonly unit: string;
}

function panelSvg(look: PanelOptions): string {
  const cut = surfaces.cut(look.scene, look.values, look.bands.levels);
  const size = panel.size * grain;
  const lonely = cut.lonely.map(({ node, band }) => ({
    node,
    kind: "value" as const,
    colour: colours.css(look.bands.colours[band]),
  }));
  const pacing = look.pacing.map((node) => ({ node, kind: "pacing" as const, colour: "#fff" }));
  const layers = scenes.layers(look.scene, cut, {
    camera: cameraOf(look),
    frame: { x: size / 2, y: size / 2, radius: 0.48 * size },
    colours: look.bands.colours,
    markers: [...lonely, ...pacing],
    isochrones: look.title !== "Error",
  });
  return `<text y="${panel.top - 8}" font-size="15" fill="#17202b"><tspan font-weight="600">${look.title}</tspan><tspan dx="8" font-size="13" fill="#566270">${look.unit}</tspan></text>
<g transform="translate(0 ${panel.top}) scale(${1 / grain})" stroke-linejoin="round" stroke-linecap="round" stroke-width="8">${layers.map(layerSvg).join("")}</g>
${legendSvg(look.bands)}`;
}

function cameraOf({ scene, pacing, options }: PanelOptions) {
  const usual = scenes.cameraAt(scene, pacing[0]);
  const radians = (degrees: number | undefined, otherwise: number) =>
    degrees === undefined ? otherwise : (degrees * Math.PI) / 180;
  return {
    yaw: radians(options.yaw_deg, usual.yaw),
    pitch: radians(options.pitch_deg, usual.pitch),
    zoom: 1,
  };
}

function layerSvg(layer: Layer): string {
  if (layer.kind === "marker") {
    const at = `cx="${Math.round(layer.x)}" cy="${Math.round(layer.y)}"`;
    if (layer.marker.kind === "value")
      return `<circle ${at} r="30" fill="${layer.marker.colour}" stroke="#111"/>`;
    return `<circle ${at} r="65" fill="#fff" stroke="#111" stroke-width="20"/><circle ${at} r="24" fill="#d4002a"/>`;
  }
  const closed = layer.kind === "fill";
  const d = layer.paths.map((path) => relativePath(path, closed)).join("");
  if (closed) return `<path fill="${layer.colour}" stroke="${layer.colour}" d="${d}"/>`;
  return layer.kind === "outline"
    ? `<path fill="none" stroke="#5a6270" stroke-width="12" d="${d}"/>`
    : `<path fill="none" stroke="#000" stroke-opacity=".6" d="${d}"/>`;
}

/** Whole numbers, relative to the point before: "m120 340l3-14 20 5z". */
function relativePath(path: readonly number[], closed: boolean): string {
  let [x, y] = [Math.round(path[0]), Math.round(path[1])];
  let text = `M${x} ${y}l`;
  for (let i = 2; i < path.length; i += 2) {
    const [nextX, nextY] = [Math.round(path[i]), Math.round(path[i + 1])];
    text += pair(nextX - x, nextY - y, text.endsWith("l"));
    [x, y] = [nextX, nextY];
  }
  return closed ? `${text}z` : text;
}

const pair = (dx: number, dy: number, first: boolean): string =>
  `${first || dx < 0 ? "" : " "}${dx}${dy < 0 ? "" : " "}${dy}`;

function legendSvg(bands: Bands): string {
  const cells = colours.legend(bands);
  const step = panel.size / cells.length;
  const y = panel.top + panel.size + 10;
  const x = (k: number) => Math.round(10 * k * step) / 10;
  return cells
    .map(
      ({ colour, label }, k) =>
        `<rect x="${x(k)}" y="${y}" width="${x(k + 1) - x(k)}" height="12" fill="${colour}"/>` +
        (label &&
          `<text x="${x(k + 1)}" y="${y + 28}" font-size="12" text-anchor="middle" fill="#566270">${label}</text>`),
    )
    .join("");
}
