import { type Cell, type CellKey, cellFile, type Refused } from "./cell.js";
import { type Comparison, compare } from "./compare.js";
import { type Method, type TableConfiguration, whyNot } from "./configuration.js";
import {
  convergenceOf,
  type FigureContext,
  type Figures,
  figuresOf,
  reference,
} from "./figures.js";
import { type Published, published } from "./published.js";

export interface TableRow {
  readonly method: string;
  readonly title: string;
  readonly kind: Method["kind"];
  readonly cells: number;
  readonly expected: number;
  /** Cells that could be run and were not, or stopped with an error. */
  readonly open: number;
  /** Reasons why cells are missing or without a score, with their number. */
  readonly gaps: readonly { readonly reason: string; readonly cells: number }[];
  readonly figures: Figures;
  readonly byCase: Readonly<Record<string, Figures>>;
  readonly published: Published | null;
  /** Geometric mean over cells of the best candidate's misfit after each evaluation. */
  readonly convergence: readonly (number | null)[];
}

export interface TableData {
  readonly configuration: TableConfiguration;
  readonly hash: string;
  readonly rows: readonly TableRow[];
  /** The method that others are compared with. */
  readonly reference: string;
  readonly comparisons: readonly Comparison[];
  readonly refused: readonly Refused[];
  /** Of all rows. */
  readonly open: number;
  /** Programs that made the cells; more than one, and rows may differ for that reason. */
  readonly builds: readonly { readonly build: string; readonly cells: number }[];
}

export interface AssembleInput {
  readonly configuration: TableConfiguration;
  readonly hash: string;
  readonly cells: readonly Cell[];
  readonly refused?: readonly Refused[];
  /** Why a case is not to be had here, by its name. */
  readonly noCase?: Readonly<Record<string, string>>;
  /** Why a method could not be run, by its name. */
  readonly noMethod?: Readonly<Record<string, string>>;
  /** Why a cell stopped with an error, by the name of its file. */
  readonly noCell?: Readonly<Record<string, string>>;
}

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
    open: rows.reduce((sum, row) => sum + row.open, 0),
    builds: buildsOf(cells),
  };
}

/** Stands for cells that do not say which program made them. */
export const unknownBuild = "unknown";

function buildsOf(cells: readonly Cell[]): TableData["builds"] {
  const counts = new Map<string, number>();
  for (const { build = unknownBuild } of cells) counts.set(build, (counts.get(build) ?? 0) + 1);
  return [...counts].sort().map(([build, n]) => ({ build, cells: n }));
}

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
  const caseOf = (cell: Cell) => configuration.cases.find(({ name }) => name === cell.case)!;
  const context: FigureContext = { all: input.cells, method, caseOf };
  return {
    method: method.name,
    title: method.title,
    kind: method.kind,
    cells: cells.length,
    expected: configuration.cases.length * configuration.seeds.length,
    open: openCells(input, method),
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

/** Cells of a row that are not there. */
function absentKeys({ configuration, cells }: AssembleInput, { name }: Method): CellKey[] {
  const there = new Set(cells.map(cellFile));
  return configuration.cases
    .flatMap((one) => configuration.seeds.map((seed) => ({ case: one.name, method: name, seed })))
    .filter((key) => !there.has(cellFile(key)));
}

/** Why a cell cannot be there at all; "" where it could. */
function obstacle({ configuration, ...input }: AssembleInput, method: Method, of: string): string {
  const one = configuration.cases.find(({ name }) => name === of)!;
  return whyNot(method, one) || (input.noMethod?.[method.name] ?? input.noCase?.[of] ?? "");
}

const openCells = (input: AssembleInput, method: Method): number =>
  absentKeys(input, method).filter((key) => obstacle(input, method, key.case) === "").length;

export const notRun = "not run yet";

function gapsOf(input: AssembleInput, method: Method): TableRow["gaps"] {
  const reasons = [
    ...input.cells.filter((cell) => cell.method === method.name).map(({ reason }) => reason),
    ...absentKeys(input, method).map(
      (key) => obstacle(input, method, key.case) || (input.noCell?.[cellFile(key)] ?? notRun),
    ),
  ];
  const counts = new Map<string, number>();
  for (const reason of reasons.filter(Boolean)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, n]) => ({ reason, cells: n }));
}
