import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import { createGraph, evaluate, print } from "../../src/model/graph.js";
import { algebra } from "../../src/model/operations.js";
import { parseEquations, power } from "../../src/model/parse.js";
import { buildTree, tree } from "./trees.js";

const parse = (text: string, inputs = ["x", "y", "z"]) =>
  parseEquations(createGraph(), text, inputs, "test");

/** Value of the last equation. */
const value = (text: string, inputs: Record<string, number> = {}) =>
  evaluate([parse(text, Object.keys(inputs)).at(-1)!.value], inputs)[0];

function problemOf(text: string): LeadsError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof LeadsError) return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted.`);
}

describe("precedence and associativity", () => {
  test.each([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["8 - 3 - 2", 3],
    ["16 / 4 / 2", 2],
    ["16 / 4 * 2", 8],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", -4],
    ["(-2) ^ 2", 4],
    ["2 ^ -2", 0.25],
    ["-2 * -3", 6],
    ["2 * 3 ^ 2", 18],
    ["4 ^ 0.5", 2],
    ["2 ^ 2.5", 2 ** 2.5],
    ["2 ^ (1 + 1)", 4],
    ["--3", 3],
    ["1 - -1", 2],
    [".5e1 + 2.", 7],
    ["if(1 < 2, 3, 4)", 3],
    ["if(2 <= 2 and not 3 > 4, 1, 0)", 1],
    ["if(1 > 2 or 1 < 2 and 2 < 1, 1, 0)", 0],
    ["if(not 1 < 2 or 1 < 2, 1, 0)", 1],
    ["if(1 + 1 >= 2, 1, 0)", 1],
    ["min(1, 2) + max(1, 2)", 3],
    ["sigmoid(0) + softsign(1)", 1],
    ["linexp(0) + tanh(0) + abs(-1)", 2],
    ["log(exp(2)) + sqrt(9)", 5],
  ])("%s = %d", (text, expected) => {
    expect(value(`a = ${text}`)).toBeCloseTo(expected, 14);
  });

  test("powers of variables", () => {
    for (const exponent of [0, 1, 2, 3, 7, 64, -1, -3, 0.5, 1.5, -0.5])
      expect(value(`a = x ^ ${exponent}`, { x: 1.3 })).toBeCloseTo(1.3 ** exponent, 6);
    expect(value("a = x ^ y", { x: 1.3, y: 0.7 })).toBeCloseTo(1.3 ** 0.7, 14);
    expect(value("a = x ^ 3", { x: -2 })).toBe(-8);
  });

  test("a power is at most 2 log2(n) products", () => {
    const graph = createGraph();
    power(algebra(graph), graph.input("x"), 63);
    expect(graph.constant(99).id).toBeLessThanOrEqual(12);
  });
});

describe("programs", () => {
  test("lines see earlier lines, comments and blank lines vanish, brackets join lines", () => {
    const text = `
      # a comment
      a = x + 1   # another

      b = max(a,
              2 * a) ; c = b - a
      u' = c * a
    `;
    const equations = parse(text);
    expect(equations.map((e) => [e.name, e.rate])).toEqual([
      ["a", false],
      ["b", false],
      ["c", false],
      ["u", true],
    ]);
    expect(evaluate([equations[3].value], { x: 2 })[0]).toBe(9);
  });

  test("a state and its rate are two names", () => {
    expect(parse("x' = -x")[0].rate).toBe(true);
  });

  test("equal expressions are one node", () => {
    const [a, b] = parse("a = x * y + 1\nb = 1 + y * x");
    expect(a.value).toBe(b.value);
  });
});

describe("errors carry line, column and caret", () => {
  test("an unknown name", () => {
    const error = problemOf("a = x + 1\nb = a * speed");
    expect(error.code).toBe("equation-syntax");
    expect(error.path).toBe("test:2:9");
    expect(error.message).toBe(
      'test, line 2, column 9: "speed" is not known here.\n  b = a * speed\n          ^',
    );
    expect(error.fix).toBe("Known names: x, y, z, a.");
  });

  test.each([
    ["a = 1 +", /column 8: expected a value, found "end of text"/],
    ["a = * 2", /column 5: expected a value, found "\*"/],
    ["a = 1 +\nb = 2", /column 8: expected a value, found "end of line"/],
    ["a = (1 + 2", /expected "\)", found "end of text"/],
    ["a = 1 2", /column 7: expected an operator or the end of the line, found "2"/],
    ["a = x $ y", /column 7: "\$" is not part of the grammar/],
    ["a 1", /column 3: expected "=", found "1"/],
    ["3 = x", /column 1: expected "name = ..." or "state' = ..."/],
    ["a = foo(x)", /column 5: "foo" is not a function/],
    ["a = exp(x, y)", /column 5: exp takes 1 argument\(s\), found 2/],
    ["a = max(x)", /column 5: max takes 2 argument\(s\), found 1/],
    ["a = constructor", /"constructor" is not known here/],
    ["a = toString(x)", /"toString" is not a function/],
    ["a = if(x, 1, 2)", /column 8: if needs a comparison first/],
    ["a = if(x < 1, y < 1, 2)", /column 15: a comparison is not a number here/],
    ["a = exp(x < 1)", /column 9: a comparison is not a number here/],
    ["a = (x < 1) + 2", /column 13: "\+" joins numbers/],
    ["a = x < y < z", /column 11: "<" joins numbers/],
    ["a = x and y", /column 7: "and" joins comparisons/],
    ["a = not x", /column 5: "not" takes a comparison/],
    ["a = -(x < 1)", /a comparison is not a number/],
    ["a = (x < 1)^2", /column 5: a comparison is not a number/],
    ["a = 2^(x < 1)", /a comparison is not a number/],
    ["u' = x < 1", /column 6: a comparison is not a number/],
    ["c = x < 1\na = 2 * c", /line 2, column 7: "\*" joins numbers/],
    ["a = 1\na = 2", /line 2, column 1: "a" is defined twice/],
    ["x = 1", /column 1: "x" is defined twice/],
    ["u' = 1\nu' = 2", /line 2, column 1: "u" is defined twice/],
    ["a = 1e999", /column 5: this number is too large/],
    [`a = ${"(".repeat(5000)}x`, /nested too deeply/],
    [`a = ${"-".repeat(5000)}x`, /nested too deeply/],
    [`a = ${"2^".repeat(5000)}x`, /nested too deeply/],
  ])("%s", (text, message) => {
    const error = problemOf(text);
    expect(error.message).toMatch(message);
    const [, line, column] = error.path!.split(":").map(Number);
    const [, source, caret] = error.message.split("\n");
    expect(source.trim()).toBe(text.split("\n")[line - 1].trim());
    expect(caret.indexOf("^")).toBe(column + 1);
  });

  test("a condition may have a name", () => {
    expect(value("c = x < 1\na = if(c, 5, 6)", { x: 0 })).toBe(5);
  });

  test("random text never throws anything but LeadsError", () => {
    const words = ["x", "y", "if", "exp", "(", ")", ",", "+", "-", "*", "/", "^", "<", ">="];
    const more = ["and", "or", "not", "=", "a", "b", "'", "\n", ";", "1", "2.5e3", "#", " ", "$"];
    const soup = fc.array(fc.constantFrom(...words, ...more), { maxLength: 40 });
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      soup.map((w) => w.join(" ")),
      soup.map((w) => `a = ${w.join("")}`),
    );
    fc.assert(
      fc.property(text, (t) => {
        try {
          for (const { value: node } of parse(t)) evaluate([node], { x: 1, y: 2, z: 3 });
        } catch (error) {
          expect(error).toBeInstanceOf(LeadsError);
        }
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});

test("print, parse, evaluate: the same bits for random expressions", () => {
  const coordinate = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(tree, coordinate, coordinate, (t, x, y) => {
      const root = buildTree(createGraph(), t);
      const [again] = parse(`result = ${print(root)}`, ["x", "y"]);
      expect(evaluate([again.value], { x, y })).toEqual(evaluate([root], { x, y }));
    }),
    { seed: 4, numRuns: 1500 },
  );
});

test("what was printed is printed the same again", () => {
  const text = "a = -x * (y + 2) / (x * y) - if(not (x < y or y <= 1), exp(-x), x^3)";
  const [first] = parse(text);
  const [second] = parse(`a = ${print(first.value)}`);
  expect(print(second.value)).toBe(print(first.value));
});
