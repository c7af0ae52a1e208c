import { isNumber, type Numbers } from "./data.js";
import { figure } from "./format.js";
import { type Html, html } from "./html.js";

/** One line of a chart; `look` is its class in the style sheet: a solid, b dashed, c thin, d dots. */
export interface Series {
  readonly name: string;
  readonly look: "a" | "b" | "c" | "d";
  readonly x: Numbers;
  readonly y: Numbers;
}

export interface ChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly log: boolean;
  /** Logarithmic in x as well. */
  readonly logX?: boolean;
  readonly series: readonly Series[];
  readonly width?: number;
  readonly height?: number;
}

/** Where values go on the paper, and which of them get a tick. */
export interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

const margin = { left: 62, right: 14, top: 12, bottom: 40 };

/** Lines over two labelled axes as an SVG; gaps where values are missing. */
export function lineChart(options: ChartOptions): Html {
  const { width = 460, height = 230, series, log, logX = false } = options;
  const usable = (value: number | null): value is number => isNumber(value) && (!log || value > 0);
  const xs = series.flatMap((line) => Array.from(line.x).filter(isNumber));
  const ys = series.flatMap((line) => Array.from(line.y).filter(usable));
  if (xs.length === 0 || ys.length === 0)
    return html`<p class="quiet">${options.title}: no values to draw.</p>`;
  const bottom = height - margin.bottom;
  const x = (logX ? logAxis : linearAxis)(xs, margin.left, width - margin.right);
  const y = (log ? logAxis : linearAxis)(ys, bottom, margin.top);
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.title}">
<title>${options.title}</title>
${y.ticks.map((tick) => gridLine(margin.left, width - margin.right, y.place(tick), tick))}
${x.ticks.map((tick) => html`<text class="tick" x="${px(x.place(tick))}" y="${bottom + 16}" text-anchor="middle">${figureTick(tick)}</text>`)}
<path class="axis" d="M${margin.left} ${margin.top}V${bottom}H${width - margin.right}"/>
<text class="label" x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${options.x}</text>
<text class="label" transform="translate(13 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${options.y}</text>
${series.map((line) => html`<path class="line ${line.look}" d="${pathOf(line, x, y, usable)}"/>`)}
</svg>`;
}

/** What the lines mean; beside the chart, because a title inside it would be cropped away. */
export const chartKey = (series: readonly Pick<Series, "name" | "look">[]): Html =>
  html`<p class="key">${series.map(
    ({ name, look }) => html`<span><i class="${look}"></i>${name}</span>`,
  )}</p>`;

function pathOf(
  line: Series,
  x: Axis,
  y: Axis,
  usable: (value: number | null) => value is number,
): string {
  let pen = "M";
  let path = "";
  let points = 0;
  for (let i = 0; i < line.y.length; i++) {
    const [xi, yi] = [line.x[i], line.y[i]];
    if (!isNumber(xi) || !usable(yi)) {
      pen = "M";
      continue;
    }
    path += `${pen}${px(x.place(xi))} ${px(y.place(yi))}`;
    if (line.look === "d") path += "h0.01";
    else pen = "L";
    points++;
  }
  // A single point is a line of no length; with round caps it shows as a dot.
  return points === 1 && line.look !== "d" ? `${path}h0.01` : path;
}

const gridLine = (from: number, to: number, y: number, tick: number): Html =>
  html`<path class="grid" d="M${from} ${px(y)}H${to}"/><text class="tick" x="${from - 6}" y="${px(y + 3.5)}" text-anchor="end">${figureTick(tick)}</text>`;

export const px = (value: number): number => Math.round(10 * value) / 10;

function figureTick(value: number): string {
  const power = Math.log10(Math.abs(value));
  if (value !== 0 && (power < -2.5 || power >= 5)) return value.toExponential().replace("e+", "e");
  return String(Number(figure(value, 6))).replace("-", "\u2212");
}

export function linearAxis(values: readonly number[], from: number, to: number): Axis {
  const [low, high] = range(values);
  const size = high - low || Math.abs(high) || 1;
  const step = tickStep(size / 5);
  const [start, end] = high > low ? [low, high] : [low - size / 2, high + size / 2];
  const first = Math.ceil(start / step - 1e-9);
  const count = Math.floor(end / step + 1e-9) - first + 1;
  return {
    place: (value) => from + ((value - start) / (end - start)) * (to - from),
    ticks: Array.from({ length: count }, (_, k) => Number(((first + k) * step).toPrecision(12))),
  };
}

/** Whole decades; 2 and 5 get ticks too where there are few decades. */
export function logAxis(values: readonly number[], from: number, to: number): Axis {
  const [low, high] = range(values);
  const start = Math.floor(Math.log10(low) + 1e-9);
  const end = Math.max(start + 1, Math.ceil(Math.log10(high) - 1e-9));
  const stride = Math.ceil((end - start) / 6);
  const within = end - start === 1 ? [1, 2, 5] : [1];
  const decades = Array.from({ length: Math.floor((end - start) / stride) + 1 }, (_, k) => k);
  return {
    place: (value) => from + ((Math.log10(value) - start) / (end - start)) * (to - from),
    ticks: decades
      .flatMap((k) => within.map((m) => Number(`${m}e${start + k * stride}`)))
      .filter((tick) => tick <= 10 ** end * 1.0001),
  };
}

function tickStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10) * power;
}

function range(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
