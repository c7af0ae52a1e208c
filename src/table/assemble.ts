import type { Score } from "../twin/spec.js";
import type { Cell, Refused } from "./cell.js";
import { type Method, type TableCase, type TableConfiguration, whyNot } from "./configuration.js";
import { type Published, published } from "./published.js";
import {
  bootstrapMean,
  type Difference,
  evaluationsTo,
  evaluationsToSettle,
  type Spread,
  spreadOf,
} from "./statistics.js";

/** The figures of a row or of one case of it: means over cases, then mean and spread over seeds. */
export interface Figures {
  readonly mse_e3: Spread;
  readonly activation_ms: Spread;
  readonly scc: Spread;
  readonly tcc: Spread;
  readonly agreement: Spread;
  /** Right reactions, of the cells in which there was one to find. */
  readonly identified: { readonly right: number; readonly of: number };
  /** Mean relative error of identifiable parameters, where the reaction is right. */
  readonly parameterError: Spread;
  readonly dice: Spread;
  readonly evaluations: Spread;
  /** Until the validation misfit is within 10 % of the row's own last one. */
  readonly settled: Spread;
  /** Until it is within 10 % of the reference row's last one; null where some cell never is. */
  readonly toReference: Spread & { readonly never: number };
  readonly simulations: Spread;
  readonly seconds: Spread;
  readonly tokens: Spread;
}

export interface TableRow {
  readonly method: string;
  readonly title: string;
  readonly kind: Method["kind"];
  readonly cells: number;
  readonly expected: number;
  /** Reasons why cells are missing or without a score, with their number. */
  readonly gaps: readonly { readonly reason: string; readonly cells: number }[];
  readonly figures: Figures;
  readonly byCase: Readonly<Record<string, Figures>>;
  readonly published: Published | null;
  /** Mean over cells of log10 of the best misfit so far, as a power of ten, after each evaluation. */
  readonly convergence: readonly (number | null)[];
}

/** The reference row minus a control, over cells that both have. */
export interface Comparison {
  readonly method: string;
  readonly title: string;
  readonly mse_e3: Difference;
  readonly activation_ms: Difference;
}

export interface TableData {
  readonly configuration: TableConfiguration;
  readonly hash: string;
  readonly rows: readonly TableRow[];
  /** The method that others are compared with. */
  readonly reference: string;
  readonly comparisons: readonly Comparison[];
  readonly refused: readonly Refused[];
  /** Cells that could be run and were not. */
  readonly open: number;
}

export interface AssembleInput {
  readonly configuration: TableConfiguration;
  readonly hash: string;
  readonly cells: readonly Cell[];
  readonly refused?: readonly Refused[];
  /** Why a case could not be made, by its name. */
  readonly noCase?: Readonly<Record<string, string>>;
  /** Why a method could not be run, by its name. */
  readonly noMethod?: Readonly<Record<string, string>>;
}

export const reference = "expert";

/** A table out of cells of one configuration; cells of another one are refused, never mixed in. */
export function assemble(input: AssembleInput): TableData {
  const { configuration, hash } = input;
  const [cells, strangers] = sortCells(input);
  const context = { ...input, cells };
  const rows = configuration.methods.map((method) => rowOf(context, method));
  return {
    configuration,
    hash,
    rows,
    reference,
    comparisons: configuration.methods
      .filter(({ name }) => name !== reference && cells.some((c) => c.method === name))
      .map((method) => compare(cells, method)),
    refused: [...(input.refused ?? []), ...strangers],
    open: rows.reduce((sum, { gaps }) => sum + (gaps.find(isOpen)?.cells ?? 0), 0),
  };
}

const notYet = "not run yet";
const isOpen = ({ reason }: { reason: string }) => reason === notYet;

/** Cells of this configuration whose cases are the same for all rows. */
function sortCells({ cells, hash }: AssembleInput): [Cell[], Refused[]] {
  const caseHash = new Map<string, string>();
  const good: Cell[] = [];
  const refused: Refused[] = [];
  for (const cell of cells) {
    const of = `${cell.case}/${cell.seed}`;
    const known = caseHash.get(of) ?? cell.caseHash;
    caseHash.set(of, known);
    const file = `${cell.case}, ${cell.method}, seed ${cell.seed}`;
    if (cell.configuration !== hash)
      refused.push({ file, reason: "it was made with another configuration" });
    else if (cell.caseHash !== known)
      refused.push({ file, reason: "it was made on other recordings than the rest" });
    else good.push(cell);
  }
  return [good, refused];
}

function rowOf(input: AssembleInput, method: Method): TableRow {
  const { configuration } = input;
  const cells = input.cells.filter((cell) => cell.method === method.name);
  const measure = (cell: Cell) => configuration.cases.find(({ name }) => name === cell.case)!;
  const context: FigureContext = { all: input.cells, caseOf: measure };
  return {
    method: method.name,
    title: method.title,
    kind: method.kind,
    cells: cells.length,
    expected: configuration.cases.length * configuration.seeds.length,
    gaps: gapsOf(input, method),
    figures: figuresOf(cells, context),
    byCase: Object.fromEntries(
      configuration.cases.map(({ name }) => [
        name,
        figuresOf(
          cells.filter((cell) => cell.case === name),
          context,
        ),
      ]),
    ),
    published: published[method.name] ?? null,
    convergence: convergenceOf(cells, configuration.evaluations),
  };
}

function gapsOf(
  { configuration, cells, noCase = {}, noMethod = {} }: AssembleInput,
  method: Method,
): TableRow["gaps"] {
  const counts = new Map<string, number>();
  for (const one of configuration.cases)
    for (const seed of configuration.seeds) {
      const cell = cells.find(
        (c) => c.method === method.name && c.case === one.name && c.seed === seed,
      );
      const reason = cell
        ? cell.reason
        : whyNot(method, one) || (noMethod[method.name] ?? noCase[one.name] ?? notYet);
      if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  return [...counts].map(([reason, n]) => ({ reason, cells: n }));
}

interface FigureContext {
  readonly all: readonly Cell[];
  readonly caseOf: (cell: Cell) => TableCase;
}

/** One number a cell, averaged over cases for each seed, then over seeds. */
function overSeeds(cells: readonly Cell[], figure: (cell: Cell) => number | null): Spread {
  const bySeed = new Map<number, number[]>();
  for (const cell of cells) {
    const value = figure(cell);
    if (value === null || !Number.isFinite(value)) continue;
    bySeed.set(cell.seed, [...(bySeed.get(cell.seed) ?? []), value]);
  }
  return spreadOf([...bySeed.values()].map((values) => spreadOf(values).mean!));
}

const scoreOf =
  (key: keyof Score, factor = 1) =>
  ({ score }: Cell): number | null => {
    const value = score?.[key] ?? null;
    return value === null ? null : factor * value;
  };

/** Below this agreement the few nodes that are active in both say nothing of a wave. */
export const leastAgreement = 0.5;

/** Activation-time error of a cell; null where hardly any node activates when it should. */
function activationError(cell: Cell): number | null {
  const agreement = cell.score?.activation_agreement ?? null;
  return agreement !== null && agreement < leastAgreement ? null : scoreOf("at_mae_ms")(cell);
}

const measureOf = ({ recipe }: TableCase) =>
  recipe.kind === "recorded" ? ("activation" as const) : recipe.measure;

function figuresOf(cells: readonly Cell[], { all, caseOf }: FigureContext): Figures {
  const judged = cells.filter(({ identified }) => identified !== null);
  const measure = (cell: Cell) => measureOf(caseOf(cell));
  const searched = cells.filter(({ trace }) => trace.length > 0);
  const toReference = (cell: Cell): number | null => {
    const goal = partner(all, cell, reference)?.trace.at(-1);
    return goal === null || goal === undefined
      ? null
      : evaluationsTo(cell.trace, goal, measure(cell));
  };
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
    settled: overSeeds(searched, (cell) => evaluationsToSettle(cell.trace, measure(cell))),
    toReference: {
      ...overSeeds(searched, toReference),
      never: searched.filter((cell) => toReference(cell) === null).length,
    },
    simulations: overSeeds(cells, ({ simulations }) => simulations),
    seconds: overSeeds(cells, ({ seconds }) => seconds),
    tokens: overSeeds(cells, ({ tokens }) => tokens),
  };
}

const partner = (all: readonly Cell[], cell: Cell, method: string): Cell | undefined =>
  all.find((c) => c.method === method && c.case === cell.case && c.seed === cell.seed);

/** Mean relative error over identifiable parameters; null where there is none to compare. */
export function parameterError({ parameters }: Pick<Cell, "parameters">): number | null {
  const known = parameters.filter(({ identifiable }) => identifiable);
  return spreadOf(known.map(({ truth, value }) => Math.abs(value / truth - 1))).mean;
}

function compare(cells: readonly Cell[], { name, title }: Method): Comparison {
  const mine = cells.filter((cell) => cell.method === reference);
  const paired = (figure: (cell: Cell) => number | null) =>
    mine.flatMap((cell) => {
      const other = partner(cells, cell, name);
      const [a, b] = [figure(cell), other ? figure(other) : null];
      return a === null || b === null ? [] : [a - b];
    });
  return {
    method: name,
    title,
    mse_e3: bootstrapMean(paired(scoreOf("mse", 1e3)), `${name}/mse`),
    activation_ms: bootstrapMean(paired(activationError), `${name}/activation`),
  };
}

/** Geometric mean of the best misfit so far; a search that has ended keeps its last one. */
function convergenceOf(cells: readonly Cell[], evaluations: number): (number | null)[] {
  const traces = cells.filter(({ trace }) => trace.length > 1).map(({ trace }) => trace);
  if (traces.length === 0) return [];
  return Array.from({ length: evaluations }, (_, k) => {
    const now = traces.map((trace) => trace[Math.min(k, trace.length - 1)]);
    if (now.some((misfit) => misfit === null || misfit <= 0)) return null;
    return 10 ** spreadOf(now.map((misfit) => Math.log10(misfit!))).mean!;
  });
}
