import { expect, test } from "vitest";
import { parameterTable, transposed, variantsOf } from "../../src/catalog/parameter-table.js";

const table = parameterTable(`
         tau   k
  first  2     1e9
  second 3.5   10
`);

test("a printed table becomes rows of named numbers, or columns", () => {
  expect(table).toEqual({ first: { tau: 2, k: 1e9 }, second: { tau: 3.5, k: 10 } });
  expect(transposed(table)).toEqual({
    tau: { first: 2, second: 3.5 },
    k: { first: 1e9, second: 10 },
  });
});

test("rows become variants, with what they switch off", () => {
  expect(variantsOf(table, { first: ["k"] })).toEqual({
    first: { values: { tau: 2, k: 1e9 }, fixed: ["k"] },
    second: { values: { tau: 3.5, k: 10 }, fixed: [] },
  });
});

test.each([
  "a b\n row 1",
  "a b\n row 1 2 3",
  "a b\n row 1 x",
])("a row that does not fit its columns is refused by name: %j", (text) => {
  expect(() => parameterTable(text)).toThrow(/Row "row".*a, b/);
});
