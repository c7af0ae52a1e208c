import { median } from "../core/median.js";
import { leastAgreement } from "../twin/metrics.js";
import type { Score } from "../twin/spec.js";
import type { Cell } from "./cell.js";
import { findsReaction, type Method, type TableCase } from "./configuration.js";
import { evaluationsTo, evaluationsToSettle, type Spread, spreadOf } from "./statistics.js";

/** The row that others are compared with. */
export const reference = "expert";

/** Mean over cases, then mean and spread over seeds, of the cells that have a value. */
export interface Figure extends Spread {
  readonly cells: number;
}

/** Fits to a goal: misses count as beyond the budget, so the median may be Infinity. */
export interface FitsTo {
  /** Cells whose partner in the reference row has a misfit to be reached. */
  readonly of: number;
  readonly misses: number;
  /** null: there is no such cell; "beyond": half the cells or more never get there. */
  readonly median: number | "beyond" | null;
}

/** The figures of a row or of one case of it. */
export interface Figures {
  readonly mse_e3: Figure;
  readonly activation_ms: Figure;
  readonly scc: Figure;
  readonly tcc: Figure;
  readonly agreement: Figure;
  /** Right reactions, of the cells in which there was one to find. */
  readonly identified: { readonly right: number; readonly of: number };
  /** Mean relative error of identifiable parameters, where the reaction is right. */
  readonly parameterError: Figure;
  readonly dice: Figure;
  readonly evaluations: Figure;
  /** Until the validation misfit is within 10 % of the row's own last one. */
  readonly settled: Figure;
  /** Until it is within 10 % of the reference row's last one. */
  readonly toReference: FitsTo;
  readonly simulations: Figure;
  readonly seconds: Figure;
  readonly tokens: Figure;
}

export interface FigureContext {
  /** Cells of all rows. */
  readonly all: readonly Cell[];
  readonly method: Method;
  readonly caseOf: (cell: Cell) => TableCase;
}

/** One number a cell, averaged over cases for each seed, then over seeds. */
function overSeeds(cells: readonly Cell[], figure: (cell: Cell) => number | null): Figure {
  const bySeed = new Map<number, number[]>();
  for (const cell of cells) {
    const value = figure(cell);
    if (value === null || !Number.isFinite(value)) continue;
    bySeed.set(cell.seed, [...(bySeed.get(cell.seed) ?? []), value]);
  }
  const perSeed = [...bySeed.values()];
  const spread = spreadOf(perSeed.map((values) => spreadOf(values).mean!));
  return { ...spread, cells: perSeed.flat().length };
}

export const scoreOf =
  (key: keyof Score, factor = 1) =>
  ({ score }: Cell): number | null => {
    const value = score?.[key] ?? null;
    return value === null ? null : factor * value;
  };

/** Activation-time error of a cell; null where hardly any node activates when it should. */
export function activationError(cell: Cell): number | null {
  const agreement = cell.score?.activation_agreement ?? null;
  return agreement !== null && agreement < leastAgreement ? null : scoreOf("at_mae_ms")(cell);
}

export const measureOf = ({ recipe }: TableCase) =>
  recipe.kind === "recorded" ? ("activation" as const) : recipe.measure;

export function figuresOf(cells: readonly Cell[], context: FigureContext): Figures {
  const { method, caseOf } = context;
  const judged = cells.filter((cell) => findsReaction(method, caseOf(cell)));
  const settled = ({ trace, ...cell }: Cell) =>
    evaluationsToSettle(trace, measureOf(caseOf({ trace, ...cell })));
  return {
    mse_e3: overSeeds(cells, scoreOf("mse", 1e3)),
    activation_ms: overSeeds(cells, activationError),
    scc: overSeeds(cells, scoreOf("scc")),
    tcc: overSeeds(cells, scoreOf("tcc")),
    agreement: overSeeds(cells, scoreOf("activation_agreement")),
    identified: { right: judged.filter((c) => c.identified).length, of: judged.length },
    parameterError: overSeeds(cells, parameterError),
    dice: overSeeds(cells, ({ dice }) => dice),
    evaluations: overSeeds(cells, ({ evaluations }) => evaluations),
    settled: overSeeds(cells, settled),
    toReference: fitsToReference(cells, context),
    simulations: overSeeds(cells, ({ simulations }) => simulations),
    seconds: overSeeds(cells, ({ seconds }) => seconds),
    tokens: overSeeds(cells, ({ tokens }) => tokens),
  };
}

/** Only rows that fit, and only cells with something to be reached. */
function fitsToReference(cells: readonly Cell[], { all, method, caseOf }: FigureContext): FitsTo {
  const fits = method.kind === "trivial" || method.kind === "free-form" ? [] : cells;
  const reached = fits.flatMap((cell) => {
    const goal = partner(all, cell, reference)?.trace.at(-1) ?? null;
    if (goal === null) return [];
    return [evaluationsTo(cell.trace, goal, measureOf(caseOf(cell))) ?? Number.POSITIVE_INFINITY];
  });
  const middle = reached.length > 0 ? median(reached) : null;
  const misses = reached.filter((fits) => fits === Number.POSITIVE_INFINITY).length;
  return {
    of: reached.length,
    misses,
    median: middle === Number.POSITIVE_INFINITY ? "beyond" : middle,
  };
}

export const partner = (all: readonly Cell[], cell: Cell, method: string): Cell | undefined =>
  all.find((c) => c.method === method && c.case === cell.case && c.seed === cell.seed);

/** Mean relative error over identifiable parameters; null where there is none to compare. */
export function parameterError({ parameters }: Pick<Cell, "parameters">): number | null {
  const known = parameters.filter(({ identifiable }) => identifiable);
  return spreadOf(known.map(({ truth, value }) => Math.abs(value / truth - 1))).mean;
}

/** Geometric mean of the best candidate's misfit; a search that has ended keeps its last one. */
export function convergenceOf(cells: readonly Cell[], evaluations: number): (number | null)[] {
  const traces = cells.filter(({ trace }) => trace.length > 1).map(({ trace }) => trace);
  if (traces.length === 0) return [];
  return Array.from({ length: evaluations }, (_, k) => {
    const now = traces.map((trace) => trace[Math.min(k, trace.length - 1)]);
    if (now.some((misfit) => misfit === null || misfit <= 0)) return null;
    return 10 ** spreadOf(now.map((misfit) => Math.log10(misfit!))).mean!;
  });
}
