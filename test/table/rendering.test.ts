import { expect, test } from "vitest";
import { assemble } from "../../src/table/assemble.js";
import { digits } from "../../src/table/figures-text.js";
import { tablePage } from "../../src/table/page.js";
import { suiteNames, tableConfiguration } from "../../src/table/suites.js";
import { tableText, textWidth } from "../../src/table/text.js";
import { cell, configuration, everyCell, hash } from "./fixtures.js";

const table = assemble({
  configuration,
  hash,
  cells: everyCell((method, _, seed) => (method === "zero" ? 0.523 : 2.6e-9 * seed)),
  refused: [{ file: "x.json", reason: "it is not a cell of <this> version" }],
});

test("figures have three digits, and what does not apply is a dash", () => {
  expect([0, 1234.5, 12.345, 0.012345, 2.6e-6, null].map(digits)).toEqual([
    ...["0", "1235", "12.3", "0.0123", "2.6e-6", "-"],
  ]);
});

test("the text names every row that was run, published figures beside ours", () => {
  const text = tableText(table);
  for (const { title } of configuration.methods) expect(text).toContain(title);
  expect(text).toMatch(/LEADS as published .* 26\.7 /);
  expect(text).toMatch(/^zero .* 523 ± 0 /m);
  expect(text).toContain("expert  ");
  expect(text).toContain("6 of 6");
  expect(text).toContain("refused: x.json");
});

test.each(suiteNames)("no line of the %s suite is wider than the terminal", (suite) => {
  const whole = tableConfiguration({
    suite,
    quick: false,
    languageModels: [],
    program: "0.0.0",
  });
  const cells = whole.methods.flatMap(({ name: method }) =>
    whole.cases.flatMap(({ name }) =>
      whole.seeds.map((seed) =>
        cell({
          method,
          case: name,
          seed,
          dice: 0.123 * seed,
          score: {
            ...cell({}).score!,
            ...{ mse: 0.0123456 * seed, at_mae_ms: 123.456 / seed, scc: 0.98765, tcc: 0.98765 },
          },
        }),
      ),
    ),
  );
  for (const used of [
    cells,
    cells.filter(({ seed, method }) => seed === 1 && method === "expert"),
  ]) {
    const lines = tableText(assemble({ configuration: whole, hash, cells: used })).split("\n");
    const wide = lines.filter((line) => line.length > textWidth);
    expect(wide).toEqual([]);
  }
});

test("the page is one file that needs nothing else, and text in it is text", () => {
  const page = tablePage([table]);
  expect(page).toBe(tablePage([table]));
  expect(page).not.toMatch(/<script|src=|href="http|url\(/);
  expect(page).toContain("it is not a cell of &lt;this&gt; version");
  expect(page).toContain("default-src &#39;none&#39;");
  for (const { title } of configuration.methods) expect(page).toContain(title);
});

test("an empty table says why, row by row", () => {
  const empty = assemble({ configuration, hash, cells: [], noMethod: { random: "no key" } });
  const text = tableText(empty);
  expect(text).toContain("not run, no key: random search");
  expect(text).toContain("the expert was not run");
  expect(tablePage([empty])).toContain("not run yet");
});
