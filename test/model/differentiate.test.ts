import { describe, expect, test } from "vitest";
import { gradient } from "../../src/model/differentiate.js";
import { createGraph, evaluate, type Graph, type Node } from "../../src/model/graph.js";
import { type OperationName, operations } from "../../src/model/operations.js";
import { parseEquations } from "../../src/model/parse.js";

/** Richardson-extrapolated central differences: error about 1e-11. */
function slope(f: (x: number) => number, x: number, h = 1e-3): number {
  const d = (step: number) => (f(x + step) - f(x - step)) / (2 * step);
  return (64 * d(h / 4) - 20 * d(h / 2) + d(h)) / 45;
}

const close = (a: number, b: number, tolerance: number) =>
  expect(Math.abs(a - b), `${a} against ${b}`).toBeLessThan(tolerance * Math.max(1, Math.abs(b)));

/** Points away from kinks and poles, in every branch of every operation. */
const arguments_: Readonly<Record<string, readonly (readonly number[])[]>> = {
  add: [[0.3, -0.7]],
  sub: [[0.3, -0.7]],
  mul: [[0.3, -0.7]],
  div: [
    [0.3, -0.7],
    [-2, 5],
  ],
  neg: [[0.4]],
  sqrt: [[0.4], [9]],
  abs: [[0.4], [-0.4]],
  min: [
    [0.3, 0.8],
    [0.8, 0.3],
  ],
  max: [
    [0.3, 0.8],
    [0.8, 0.3],
  ],
  exp: [[0], [-3], [2]],
  log: [[0.2], [5]],
  tanh: [[0], [0.7], [-3]],
  linexp: [[0], [1e-3], [-5e-3], [0.5], [-2], [30], [-30]],
  linexp_slope: [[0], [1e-4], [-0.1], [0.19], [0.21], [-1.5], [20], [-20]],
};

describe("every operation of the table against differences", () => {
  const numeric = (Object.keys(operations) as OperationName[]).filter(
    (op) => !operations[op].truth && op !== "select",
  );
  test("the points cover the table", () => {
    expect(Object.keys(arguments_).sort()).toEqual([...numeric].sort());
  });
  const cases = numeric.flatMap((op) => arguments_[op].map((at) => [op, at] as const));
  test.each(cases)("%s at %j", (op, at) => {
    const graph = createGraph();
    const inputs = at.map((_, k) => graph.input(`x${k}`));
    const node = graph.apply(op, ...inputs);
    const values = Object.fromEntries(at.map((v, k) => [`x${k}`, v]));
    const exact = evaluate(gradient(graph, node, inputs), values);
    at.forEach((x, k) => {
      const f = (v: number) => evaluate([node], { ...values, [`x${k}`]: v })[0];
      close(exact[k], slope(f, x), 1e-9);
    });
  });
});

/** Series around 0 with exact coefficients (Bernoulli numbers), good to 1e-16 for |x| < 0.3. */
const bernoulli = [1, 1 / 2, 1 / 12, 0, -1 / 720, 0, 1 / 30240, 0, -1 / 1209600, 0, 1 / 47900160];
const tail = [...bernoulli, 0, -691 / 1307674368000];
const series = (x: number) => tail.reduce((sum, c, k) => sum + c * x ** k, 0);
const seriesSlope = (x: number) =>
  tail.reduce((sum, c, k) => sum + (k === 0 ? 0 : k * c * x ** (k - 1)), 0);
const seriesBend = (x: number) =>
  tail.reduce((sum, c, k) => sum + (k < 2 ? 0 : k * (k - 1) * c * x ** (k - 2)), 0);

test.each([
  0, 1e-12, 1e-8, -1e-5, 1e-3, 9.9e-3, 1.01e-2, -0.05, 0.19, -0.21, 0.25,
])("linexp, its slope and its bend near 0: %f", (x) => {
  const graph = createGraph();
  const input = graph.input("x");
  const value = graph.apply("linexp", input);
  const [first] = gradient(graph, value, [input]);
  const [second] = gradient(graph, first, [input]);
  const [a, b, c] = evaluate([value, first, second], { x });
  close(a, series(x), 1e-15);
  close(b, seriesSlope(x), 1e-14);
  close(c, seriesBend(x), 1e-7);
});

function equation(text: string): { graph: Graph; value: Node; x: Node } {
  const graph = createGraph();
  const value = parseEquations(graph, text, ["x", "y"]).at(-1)!.value;
  return { graph, value, x: graph.input("x") };
}

describe("branches", () => {
  test.each([-0.5, 0.5])("both sides of a condition, x = %f", (x) => {
    const { graph, value, x: input } = equation("a = if(x < 0, x^2 * y, exp(x) * y)");
    const [d] = gradient(graph, value, [input]);
    close(evaluate([d], { x, y: 3 })[0], x < 0 ? 6 * x : 3 * Math.exp(x), 1e-14);
  });
  test("a branch that is infinite where it is not taken does no harm", () => {
    const { graph, value, x: input } = equation("a = if(0 < x, sqrt(x) + log(x), y * x)");
    const [d] = gradient(graph, value, [input]);
    expect(evaluate([d], { x: 0, y: 3 })[0]).toBe(3);
  });
  test("conditions themselves have no derivative", () => {
    const { graph, value, x: input } = equation("a = if(x < y, 1, 2)");
    expect(gradient(graph, value, [input])[0]).toBe(graph.constant(0));
  });
});

describe("composition", () => {
  test.each([
    "a = exp(-x^2) * tanh(y * x) / (1 + x^4)",
    "b = x * y\na = b * b + softsign(b) - sigmoid(b / x)",
    "a = (x + 2)^y + log(x + 3) * sqrt(x + 1)",
    "a = min(x, y) * max(x^2, y) + abs(x - y)",
    "a = linexp(3 * x) * linexp(-x * y)",
  ])("%s", (text) => {
    const { graph, value, x: input } = equation(text);
    const y = graph.input("y");
    const exact = evaluate(gradient(graph, value, [input, y]), { x: 0.6, y: 0.9 });
    close(
      exact[0],
      slope((x) => evaluate([value], { x, y: 0.9 })[0], 0.6),
      1e-9,
    );
    close(
      exact[1],
      slope((v) => evaluate([value], { x: 0.6, y: v })[0], 0.9),
      1e-9,
    );
  });
  test("an input that does not matter has slope 0, the output itself slope 1", () => {
    const { graph, value } = equation("a = x * 2");
    const slopes = gradient(graph, value, [graph.input("y"), value]);
    expect(slopes).toEqual([graph.constant(0), graph.constant(1)]);
  });
});
