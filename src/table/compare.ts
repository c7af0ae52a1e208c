import type { Cell } from "./cell.js";
import type { Method } from "./configuration.js";
import { activationError, partner, reference, scoreOf } from "./figures.js";
import { bootstrapMean, type Difference, resolution } from "./statistics.js";

/** A figure of the reference beside that of another row, over pairs in which both have a value. */
export interface Paired extends Difference {
  /** Pairs left out: the reference has no value, the other row has none. */
  readonly without: { readonly reference: number; readonly other: number };
}

/** The reference row against another one, over cells that both have. */
export interface Comparison {
  readonly method: string;
  readonly title: string;
  /** MSE of the reference over that of the other row: geometric mean, a factor. */
  readonly mse_factor: Paired;
  /** Of activation times, the reference minus the other row. */
  readonly activation_ms: Paired;
}

type Figure = (cell: Cell) => number | null;

/** log10 of the MSE and of what the truth resolves: below that, errors are not told apart. */
const logMse: Figure = (cell) => {
  const mse = scoreOf("mse")(cell);
  return mse === null ? null : Math.log10(mse + resolution.potential);
};

export function compare(cells: readonly Cell[], { name, title }: Method): Comparison {
  const pairs = cells.flatMap((mine): [Cell, Cell][] => {
    const other = mine.method === reference ? partner(cells, mine, name) : undefined;
    return other ? [[mine, other]] : [];
  });
  const logs = paired(pairs, logMse, `${name}/mse`);
  const power = (log: number | null) => (log === null ? null : 10 ** log);
  return {
    method: name,
    title,
    mse_factor: { ...logs, mean: power(logs.mean), low: power(logs.low), high: power(logs.high) },
    activation_ms: paired(pairs, activationError, `${name}/activation`),
  };
}

function paired(pairs: readonly [Cell, Cell][], figure: Figure, label: string): Paired {
  const byCase = new Map<string, number[]>();
  const without = { reference: 0, other: 0 };
  for (const [mine, other] of pairs) {
    const [a, b] = [figure(mine), figure(other)];
    if (a === null) without.reference++;
    if (b === null) without.other++;
    if (a === null || b === null) continue;
    byCase.set(mine.case, [...(byCase.get(mine.case) ?? []), a - b]);
  }
  return { ...bootstrapMean([...byCase.values()], label), without };
}
