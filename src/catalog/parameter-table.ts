import { fail } from "../core/errors.js";

type Table = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * A table as papers print it: a line of column names, then a name and the numbers of each row. Throws
 * LeadsError where a row has another length or a cell is no number.
 */
export function parameterTable(text: string): Table {
  const [columns, ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    rows.map(([name, ...cells]) => {
      const values = cells.map(Number);
      if (values.length !== columns.length || values.some(Number.isNaN))
        fail({
          code: "bad-table",
          path: name,
          message: `Row "${name}" of the table does not have one number for each of: ${columns.join(", ")}.`,
          fix: "Mend the row, or the line of column names.",
        });
      return [name, Object.fromEntries(columns.map((column, k) => [column, values[k]]))];
    }),
  );
}

/** Rows as columns. */
export function transposed(table: Table): Table {
  const columns = Object.keys(Object.values(table)[0] ?? {});
  return Object.fromEntries(
    columns.map((column) => [
      column,
      Object.fromEntries(Object.entries(table).map(([row, cells]) => [row, cells[column]])),
    ]),
  );
}

/** Variants of a reaction, one for each row; `fixed` names what a row switches off. */
export const variantsOf = (
  table: Table,
  fixed: Readonly<Record<string, readonly string[]>> = {},
): Record<string, { values: Readonly<Record<string, number>>; fixed: string[] }> =>
  Object.fromEntries(
    Object.entries(table).map(([name, values]) => [
      name,
      { values, fixed: [...(fixed[name] ?? [])] },
    ]),
  );
