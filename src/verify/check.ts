import type { Catalog } from "../twin/spec.js";

/** "shown": a figure beside its reference that nothing is concluded from. */
export type Verdict = "passed" | "failed" | "shown";

/** How a value is judged; see `judge`. */
export type Rule = "near" | "at least" | "at most" | "shown";

/** One figure beside its reference. */
export interface CheckRow {
  /** Stable: "niederer.fd.0.5.P8". */
  readonly id: string;
  readonly group: string;
  readonly figure: string;
  /** NaN: there is none (a node that never activated). */
  readonly value: number;
  readonly unit: string;
  readonly rule: Rule;
  /** NaN where there is none. */
  readonly reference: number;
  /** Largest |value - reference| of the rule "near"; NaN for the other rules. */
  readonly tolerance: number;
  readonly verdict: Verdict;
  /** Where the reference comes from. */
  readonly source: string;
  readonly note?: string;
}

export interface PlotSeries {
  readonly name: string;
  /** Ours is drawn solid, a reference dashed, others thin, points as dots. */
  readonly role: "ours" | "reference" | "other" | "points";
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly scale: "linear" | "log";
  readonly series: readonly PlotSeries[];
}

export interface CheckResult {
  readonly rows: readonly CheckRow[];
  readonly plots: readonly Plot[];
}

/** What a check may use. "full" adds the slow cases to those of "quick". */
export interface CheckInput {
  readonly catalog: Catalog;
  readonly cost: "quick" | "full";
  /** Activation times of another code on the 0.5 mm slab, ms; see chaste.ts. */
  readonly chaste_ms?: Float64Array;
}

/** One family of figures. */
export interface Check {
  readonly group: string;
  /** What is computed and why it tells something. */
  readonly explanation: string;
  /** Pieces of work in order; each gives some rows and plots, so that progress can be told. */
  readonly parts: (input: CheckInput) => readonly Part[];
}

export interface Part {
  readonly name: string;
  readonly run: () => CheckResult;
}

type Unjudged = Omit<CheckRow, "verdict" | "tolerance" | "group"> & { readonly tolerance?: number };

/** near: |value - reference| <= tolerance; a value that is no number fails unless it is only shown. */
export function judge(row: Omit<CheckRow, "verdict">): Verdict {
  const { rule, value, reference, tolerance } = row;
  if (rule === "shown") return "shown";
  const holds = {
    near: Math.abs(value - reference) <= tolerance,
    "at least": value >= reference,
    "at most": value <= reference,
  }[rule];
  return holds ? "passed" : "failed";
}

/** The largest figure and what it belongs to; one that is no number is worse than any. */
export const worstOf = <T extends { readonly figure: number }>(runs: readonly T[]): T =>
  runs.find(({ figure }) => !Number.isFinite(figure)) ??
  runs.reduce((a, b) => (b.figure > a.figure ? b : a));

/** The row of a group with its verdict. */
export function judged(group: string, row: Unjudged): CheckRow {
  const whole = { tolerance: Number.NaN, ...row, group };
  return { ...whole, verdict: judge(whole) };
}

/** log2 of the ratio of errors at a step and at half of it. */
export const observedOrder = (coarse: number, fine: number): number => Math.log2(coarse / fine);

/** The order between the last two of errors at steps halved each time. */
export const finestOrder = (errors: readonly number[]): number =>
  observedOrder(errors[errors.length - 2], errors[errors.length - 1]);

export const listed = (values: readonly number[]): string =>
  values.map((value) => value.toExponential(2)).join(", ");

/** Errors over steps in double logarithmic axes, and below them the slope that is expected. */
export function errorPlot(
  title: string,
  x: string,
  lines: readonly PlotSeries[],
  order: number,
): Plot {
  const { x: steps, y: errors } = lines[0];
  const [step, error] = [steps[steps.length - 1], errors[errors.length - 1]];
  const slope: PlotSeries = {
    name: `order ${order}`,
    role: "reference",
    x: steps,
    // Below the errors, so that both lines are seen.
    y: steps.map((value) => 0.5 * error * (value / step) ** order),
  };
  return { title, x, y: "relative error", scale: "log", series: [...lines, slope] };
}
