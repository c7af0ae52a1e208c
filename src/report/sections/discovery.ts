import type { LearningCurve } from "../../fit/candidate.js";
import type { Score } from "../../twin/spec.js";
import { chartKey, lineChart, logAxis, px, type Series } from "../charts.js";
import { type AgentStep, isNumber, type ReportCandidate, type ReportData } from "../data.js";
import { absent, columnTitle, duration, figure, mainColumn, type ScoreColumn } from "../format.js";
import { type Html, html } from "../html.js";
import { markedHtml, markLegend } from "../marked.js";

/** Numbered from 1 for people. */
export const candidateName = (index: number): string => `#${index}`;

export function discoverySection(data: ReportData): Html {
  return html`<section id="discovery" aria-labelledby="discovery-title">
<h2 id="discovery-title">How it was found</h2>
${data.candidates.length > 0 ? tree(data) : html`<p class="quiet">No candidate was evaluated.</p>`}
${data.steps.length > 0 && html`<h3>Thoughts and actions</h3>${data.steps.some(hasMarks) && markLegend}<ol class="steps">${data.steps.map((step) => stepItem(step, data))}</ol>`}
</section>`;
}

const hasMarks = ({ unrecorded, unrecordedOutcome }: AgentStep): boolean =>
  (unrecorded ?? []).length + (unrecordedOutcome ?? []).length > 0;

function stepItem(step: AgentStep, { candidates, best }: ReportData): Html {
  const made = step.candidate === null ? null : candidates[step.candidate];
  const status = made ? (step.candidate === best ? "best" : made.status) : "none";
  return html`<li class="${status}"><p class="action"><code>${step.action}</code> <code class="arguments">${argumentText(step.arguments)}</code>
${step.candidate !== null && html`<a href="#candidate-${step.candidate}">${candidateName(step.candidate)}</a>`}</p>
${step.thought !== "" && html`<p class="thought">${markedHtml(step.thought, step.unrecorded)}</p>`}
${step.outcome !== "" && html`<p class="outcome">${markedHtml(step.outcome, step.unrecordedOutcome)}</p>`}</li>`;
}

function argumentText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, item]) => `${key}=${typeof item === "string" ? item : JSON.stringify(item)}`)
    .join(" ");
}

interface TreeRow {
  readonly index: number;
  readonly depth: number;
}

/** Depth first, children in the order they were tried. */
export function treeRows(candidates: readonly ReportCandidate[]): readonly TreeRow[] {
  const visit = (index: number, depth: number): TreeRow[] => [
    { index, depth },
    ...childrenOf(candidates, index).flatMap((child) => visit(child, depth + 1)),
  ];
  return childrenOf(candidates, null).flatMap((index) => visit(index, 0));
}

const childrenOf = (candidates: readonly ReportCandidate[], parent: number | null): number[] =>
  candidates.flatMap((candidate, index) => (candidate.parent === parent ? [index] : []));

const paper = { width: 1060, row: 30, top: 34, step: 22, plot: 640, right: 1040 };

/** Family tree on the left, scores on one logarithmic axis on the right, row by row. */
function tree(data: ReportData): Html {
  const rows = treeRows(data.candidates);
  const scored = data.candidates.flatMap(({ train, validation }) => [train, validation]);
  const column = mainColumn(scored);
  const values = scored.map((score) => score?.[column.key]).filter((v) => isNumber(v) && v > 0);
  const axis = values.length > 0 ? logAxis(values as number[], paper.plot, paper.right) : null;
  const height = paper.top + rows.length * paper.row + 8;
  const places = new Map(
    rows.map(({ index, depth }, row) => [index, { x: 14 + depth * paper.step, y: rowY(row) }]),
  );
  const title = `Tree of ${rows.length} candidates with ${columnTitle(column)} of training and validation`;
  return html`<div class="scroll"><svg class="tree" viewBox="0 0 ${paper.width} ${height}" role="img" aria-label="${title}"><title>${title}</title>
${axis?.ticks.map((tick) => html`<path class="grid" d="M${px(axis.place(tick))} ${paper.top - 8}V${height}"/><text class="tick" x="${px(axis.place(tick))}" y="${paper.top - 14}" text-anchor="middle">${tick < 0.01 ? tick.toExponential() : tick}</text>`)}
${axis && html`<text class="label" x="${paper.plot - 32}" y="${paper.top - 14}" text-anchor="end">${columnTitle(column)}</text>`}
${rows.map(({ index }) => branch(data.candidates[index].parent, index, places))}
${rows.map(({ index }) => treeNode(data, index, places.get(index)!))}
${axis && rows.map(({ index }, row) => scoreDots(data.candidates[index], column, rowY(row), axis.place))}
</svg></div>
<p class="key"><span><i class="dot train"></i>training</span><span><i class="dot validation"></i>validation (unseen pacing sites)</span><span><i class="dot best"></i>best</span><span><i class="dot rejected"></i>rejected or diverged</span></p>`;
}

const rowY = (row: number): number => paper.top + row * paper.row + paper.row / 2;

function branch(
  parent: number | null,
  index: number,
  places: ReadonlyMap<number, { x: number; y: number }>,
): Html | null {
  const [from, to] = [parent === null ? undefined : places.get(parent), places.get(index)!];
  return from
    ? html`<path class="branch" d="M${from.x} ${from.y}V${to.y - 8}q0 8 8 8H${to.x}"/>`
    : null;
}

function treeNode(data: ReportData, index: number, { x, y }: { x: number; y: number }): Html {
  const { reaction, diffusion, status, reason } = data.candidates[index];
  const look = index === data.best ? "best" : status;
  const room = Math.floor((paper.plot - 60 - x) / 7);
  const text = `${reaction} + ${diffusion}`;
  return html`<a href="#candidate-${index}" class="${look}"><title>${text}${reason && `: ${reason}`}</title>
<circle cx="${x}" cy="${y}" r="${index === data.best ? 7 : 5}"/><text x="${x + 13}" y="${y + 4.5}"><tspan class="index">${candidateName(index)}</tspan> ${shorten(text, room)}</text></a>`;
}

const shorten = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}\u2026`;

function scoreDots(
  candidate: ReportCandidate,
  { key }: ScoreColumn,
  y: number,
  place: (value: number) => number,
): Html {
  const at = (score: Score | null) => {
    const value = score?.[key];
    return isNumber(value) && value > 0 ? px(place(value)) : null;
  };
  const [train, validation] = [at(candidate.train), at(candidate.validation)];
  if (train === null && validation === null)
    return html`<text class="tick" x="${paper.plot + 4}" y="${y + 4}">${candidate.status}: ${shorten(candidate.reason, 52)}</text>`;
  return html`${train !== null && validation !== null && html`<path class="gap" d="M${train} ${y}H${validation}"/>`}
${train !== null && html`<circle class="train" cx="${train}" cy="${y}" r="4.5"/>`}${validation !== null && html`<circle class="validation" cx="${validation}" cy="${y}" r="4.5"/>`}`;
}

export function candidatesSection(data: ReportData): Html {
  const rows = ranked(data);
  const potentials = [...data.candidates, ...data.predictors].some(({ validation }) =>
    isNumber(validation?.mse),
  );
  const predictors = data.predictors.filter(({ validation }) => validation !== null);
  const mse = (score: Score | null) =>
    potentials && html`<td class="number">${figure(score?.mse)}</td>`;
  const times = (score: Score | null) => html`<td class="number">${figure(score?.at_mae_ms)}</td>`;
  return html`<section id="candidates" aria-labelledby="candidates-title">
<h2 id="candidates-title">Candidates</h2>
<div class="scroll"><table><caption>Best first, ranked by the excess over the noise floor. Validation recordings have their own pacing sites.</caption>
<thead><tr><th scope="col">No.</th><th scope="col">Reaction</th><th scope="col">Diffusion</th><th scope="col" class="number">Parameters</th>
${potentials && html`<th scope="col" class="number">Train MSE</th><th scope="col" class="number">Validation MSE</th>`}
<th scope="col" class="number">Train AT MAE, ms</th><th scope="col" class="number">Validation AT MAE, ms</th><th scope="col" class="number">Excess</th><th scope="col" class="number">Time</th><th scope="col">Status</th></tr></thead>
<tbody>${rows.map((index) => {
    const c = data.candidates[index];
    return html`<tr id="candidate-${index}" class="${index === data.best ? "best" : c.status}"><td>${candidateName(index)}</td><th scope="row">${c.reaction}</th><td>${c.diffusion}</td><td class="number">${c.parameterCount}</td>
${mse(c.train)}${mse(c.validation)}${times(c.train)}${times(c.validation)}<td class="number">${figure(c.excess)}</td><td class="number">${duration(c.seconds)}</td><td>${index === data.best ? "best" : c.status}${c.reason && `: ${c.reason}`}</td></tr>`;
  })}</tbody>
${
  predictors.length > 0 &&
  html`<tbody class="predictors">${predictors.map(
    ({ name, train, validation }) =>
      html`<tr><td></td><th scope="row" colspan="2">${name}</th><td class="number">0</td>${mse(train)}${mse(validation)}${times(train)}${times(validation)}<td class="number">${absent}</td><td class="number">${absent}</td><td>trivial predictor</td></tr>`,
  )}</tbody>`
}</table></div></section>`;
}

/** The winner, then by excess, then those without one in the order they were tried. */
export function ranked({ candidates, best }: ReportData): readonly number[] {
  const excess = (index: number) => {
    if (index === best) return -Infinity;
    const { excess: value, status } = candidates[index];
    return status === "fitted" && isNumber(value) ? value : Number.MAX_VALUE;
  };
  return candidates.map((_, index) => index).sort((a, b) => excess(a) - excess(b) || a - b);
}

export function curvesSection(data: ReportData): Html | null {
  const drawn = ranked(data).filter((index) => data.candidates[index].curves.length > 0);
  if (drawn.length === 0) return null;
  const [first, ...others] = drawn;
  return html`<section id="curves" aria-labelledby="curves-title">
<h2 id="curves-title">Learning curves</h2>
${chartKey([
  { name: "training", look: "a" },
  { name: "validation", look: "b" },
])}
${candidateCurves(data, first)}
${others.length > 0 && html`<details><summary>The other ${others.length} candidates</summary>${others.map((index) => candidateCurves(data, index))}</details>`}
</section>`;
}

function candidateCurves(data: ReportData, index: number): Html {
  const { reaction, diffusion, curves } = data.candidates[index];
  const name = `${candidateName(index)} ${reaction} + ${diffusion}`;
  return html`<h3>${name}</h3><div class="charts">${curves.map(
    (curve) =>
      html`<figure><figcaption>${curve.phase}</figcaption>${curveChart(curve, name)}</figure>`,
  )}</div>`;
}

function curveChart(curve: LearningCurve, name: string): Html {
  const line = (label: string, look: "a" | "b", y: readonly number[]): Series[] =>
    y.length > 0 ? [{ name: label, look, x: y.map((_, k) => k), y }] : [];
  return lineChart({
    title: `Learning curve of ${name}, ${curve.phase}`,
    x: "iteration",
    y: "loss",
    log: true,
    series: [...line("training", "a", curve.train), ...line("validation", "b", curve.validation)],
  });
}
