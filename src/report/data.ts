import { fail } from "../core/errors.js";
import type { UnrecordedSpan } from "../discover/number-gate.js";
import type { LearningCurve, ParameterReport, PhysicsCheck } from "../fit/candidate.js";
import type { Conformal } from "../fit/uncertainty/conformal.js";
import type { ParameterInterval } from "../fit/uncertainty/intervals.js";
import type { Score } from "../twin/spec.js";

/** Typed or plain arrays; null and NaN both mean "no data" (JSON turns NaN into null). */
export type Numbers = ArrayLike<number | null>;

/** Everything a report shows, as plain data: one value in, one HTML file, picture or text out. */
export interface ReportData {
  readonly title: string;
  readonly case: CaseFacts;
  readonly run: RunFacts;
  /** Index in `candidates` of the winner; null when nothing was fitted. */
  readonly best: number | null;
  /** The best twin on each part of the split; `test` is what the headline shows. */
  readonly twin: SplitScores | null;
  /** Zero, spatial mean, nearest pacing site, interpolations: rows beside the twin. */
  readonly predictors: readonly Predictor[];
  /** What the maps are drawn on; of a tetrahedral mesh its boundary (boundarySurface). */
  readonly surface: ReportSurface;
  /** One per test recording. */
  readonly maps: readonly ActivationMap[];
  /** Conductivity, its uncertainty, scar labels: one value per node each. */
  readonly fields: readonly FieldMap[];
  readonly candidates: readonly ReportCandidate[];
  /** What the agent thought and did, in order; refused actions included. */
  readonly steps: readonly AgentStep[];
  readonly parameters: readonly ReportParameter[];
  /** Ninety per cent intervals, where `leads uncertainty` has computed them. */
  readonly uncertainty?: ReportUncertainty | null;
  readonly checks: readonly PhysicsCheck[];
  /** Posterior weights of the reactions that were tried, as a note gives them. */
  readonly posterior?: readonly { readonly reaction: string; readonly weight: number }[];
  readonly traces: readonly Trace[];
  /** Honest sentences for the reader: "Interpolation wins here", "Recorded at 2 kHz", ... */
  readonly notes: readonly string[];
  /** Exact shell commands that reproduce the run and this report. */
  readonly commands: readonly string[];
}

export interface ReportUncertainty {
  readonly parameters: readonly ParameterInterval[];
  /** How the intervals of the maps were sized; null without validation recordings. */
  readonly maps: { readonly conformal: Conformal } | null;
}

/** A label and its text, in the order they are shown. */
export type Facts = readonly (readonly [label: string, text: string])[];

export interface CaseFacts {
  readonly name: string;
  /** Citation and licence, as in Case.source. */
  readonly source: string;
  /** Counts and the like: ["Nodes", "1119"], ["Recordings", "20 / 6 / 6"]. */
  readonly facts: Facts;
}

export interface RunFacts {
  readonly agent: string;
  readonly seed: number;
  /** ISO 8601; the caller's clock, so that the report itself is deterministic. */
  readonly started: string;
  readonly seconds: number;
  readonly evaluations: number;
  readonly stopReason: string;
  /** Numbers in the stop reason that no result says. */
  readonly unrecorded?: readonly UnrecordedSpan[];
  /** ["leads-ep", "0.1.0"], ["node", "20.20.2"], ... */
  readonly versions: Facts;
  /** ["case.json", "sha256:..."], ... */
  readonly hashes: Facts;
}

export interface SplitScores {
  readonly train: Score | null;
  readonly validation: Score | null;
  readonly test: Score | null;
}

export interface Predictor extends SplitScores {
  readonly name: string;
}

export interface ReportSurface {
  /** [N * 3] mm; all nodes of the mesh, those inside a volume too. */
  readonly points: Numbers;
  /** [T * 3] 0-based node numbers, counter-clockwise from outside. */
  readonly triangles: Numbers;
}

export interface ActivationMap {
  readonly recording: string;
  /** [N] ms; NaN or null = no data, drawn grey. The error is prediction minus truth. */
  readonly truth_ms: Numbers;
  readonly prediction_ms: Numbers;
  /** [N] half-width of the prediction's 90 % interval, ms. */
  readonly uncertainty_ms?: Numbers;
  readonly pacingNodes: readonly number[];
  /** Nodes that were measured (electrodes); empty when all were. */
  readonly electrodeNodes: readonly number[];
}

export interface FieldMap {
  readonly name: string;
  readonly unit: string;
  /** [N] */
  readonly values: Numbers;
  readonly scale: "linear" | "log";
}

export interface ReportCandidate {
  /** Index of the candidate this one was changed from; null for a first one. */
  readonly parent: number | null;
  readonly reaction: string;
  /** Name with the options that matter: "fem-fibres (smoothness 1)". */
  readonly diffusion: string;
  readonly parameterCount: number;
  readonly status: "fitted" | "rejected" | "diverged";
  /** Why it was rejected or diverged; "" when fitted. */
  readonly reason: string;
  readonly train: Score | null;
  readonly validation: Score | null;
  /** Validation misfit minus the noise floor: the ranking. */
  readonly excess: number | null;
  readonly seconds: number;
  readonly curves: readonly LearningCurve[];
}

export interface AgentStep {
  readonly thought: string;
  /** Numbers in the thought that no result says. */
  readonly unrecorded?: readonly UnrecordedSpan[];
  /** Name of the action: "select_diffusion". */
  readonly action: string;
  /** Its arguments, any JSON value. */
  readonly arguments: unknown;
  /** Candidate that the action produced; null when it was refused or changed settings only. */
  readonly candidate: number | null;
  /** What came back, in a sentence: "validation MSE 3.2e-5, best so far". */
  readonly outcome: string;
  /** Numbers in the outcome that no result says: an agent's reason to stop. */
  readonly unrecordedOutcome?: readonly UnrecordedSpan[];
}

export interface ReportParameter extends ParameterReport {
  /** Known for synthetic patients only. */
  readonly truth?: number | null;
}

/** Measured and predicted potential of one node in one recording. */
export interface Trace {
  readonly recording: string;
  readonly node: number;
  /** [T] ms */
  readonly times_ms: Numbers;
  /** [T] */
  readonly measured: Numbers;
  readonly predicted: Numbers;
  /** "u", "mV", "a.u." */
  readonly unit: string;
}

export const isNumber = (value: number | null | undefined): value is number =>
  typeof value === "number" && Number.isFinite(value);

export const toFloat32 = (values: Numbers): Float32Array =>
  Float32Array.from(values, (value) => value ?? Number.NaN);

/** prediction - truth, NaN where either is missing. */
export function errorOf(map: ActivationMap): Float32Array {
  const [truth, prediction] = [toFloat32(map.truth_ms), toFloat32(map.prediction_ms)];
  return truth.map((value, node) => prediction[node] - value);
}

/** The caller's mistakes, named: lengths, node numbers and candidate numbers that do not fit. */
export function checkReport(data: ReportData): void {
  checkSurface(data.surface);
  const nodes = data.surface.points.length / 3;
  for (const [index, map] of data.maps.entries()) {
    const path = `maps[${index}]`;
    checkLength(`${path}.truth_ms`, map.truth_ms, nodes);
    checkLength(`${path}.prediction_ms`, map.prediction_ms, nodes);
    if (map.uncertainty_ms) checkLength(`${path}.uncertainty_ms`, map.uncertainty_ms, nodes);
    checkIndices(`${path}.pacingNodes`, map.pacingNodes, nodes);
    checkIndices(`${path}.electrodeNodes`, map.electrodeNodes, nodes);
  }
  for (const [index, field] of data.fields.entries())
    checkLength(`fields[${index}].values`, field.values, nodes);
  checkCandidates(data);
  for (const [index, trace] of data.traces.entries()) {
    checkLength(`traces[${index}].measured`, trace.measured, trace.times_ms.length);
    checkLength(`traces[${index}].predicted`, trace.predicted, trace.times_ms.length);
  }
}

function checkSurface({ points, triangles }: ReportSurface): void {
  if (points.length % 3 !== 0 || triangles.length % 3 !== 0)
    problem("surface", "points and triangles need three numbers each");
  checkIndices("surface.triangles", Array.from(triangles), points.length / 3);
}

function checkCandidates({ candidates, best, steps }: ReportData): void {
  for (const [index, { parent }] of candidates.entries())
    if (parent !== null) checkIndices(`candidates[${index}].parent`, [parent], index);
  if (best !== null) checkIndices("best", [best], candidates.length);
  for (const [index, { candidate }] of steps.entries())
    if (candidate !== null)
      checkIndices(`steps[${index}].candidate`, [candidate], candidates.length);
}

function checkLength(path: string, values: Numbers, length: number): void {
  if (values.length !== length) problem(path, `has ${values.length} values instead of ${length}`);
}

function checkIndices(path: string, indices: readonly (number | null)[], limit: number): void {
  const wrong = indices.find(
    (i) => !Number.isInteger(i) || (i as number) < 0 || (i as number) >= limit,
  );
  if (wrong !== undefined) problem(path, `${wrong} is not a number from 0 to ${limit - 1}`);
}

function problem(path: string, what: string): never {
  return fail({
    code: "bad-report-data",
    message: `Report data: ${path}: ${what}.`,
    path,
    fix: "Build the report from one case and one run.",
  });
}
