import { describe, expect, test } from "vitest";
import { createGraph, evaluate, type Node } from "../../src/model/graph.js";
import { parseEquations } from "../../src/model/parse.js";
import { type StageScheme, schemes } from "../../src/model/schemes.js";

/** Integrates rates given as text with the stages of a scheme, by evaluating the graph. */
function integrate(
  name: StageScheme,
  text: string,
  options: { start: readonly number[]; gates: readonly boolean[]; end: number; steps: number },
): number[] {
  const graph = createGraph();
  const states = options.start.map((_, k) => `y${k}`);
  const vector = (prefix: string) => states.map((s) => graph.input(`${prefix}${s}`));
  const [base, sum, stage] = [vector("base."), vector("sum."), vector("")];
  const dt = graph.input("dt");
  const rates = parseEquations(graph, text, states).map((e) => e.value);
  const { gates } = options;
  const stages = schemes[name].stages.map((s) => s({ graph, base, sum, stage, rates, gates, dt }));
  const bind = (prefix: string, values: readonly number[]) =>
    Object.fromEntries(values.map((v, k) => [`${prefix}y${k}`, v]));
  const h = options.end / options.steps;
  let y = [...options.start];
  for (let step = 0; step < options.steps; step++) {
    const start = y;
    let [at, total] = [y, y];
    for (const result of stages) {
      const inputs = {
        ...bind("base.", start),
        ...bind("sum.", total),
        ...bind("", at),
        dt: h,
      };
      const values = (nodes: readonly Node[]) => evaluate(nodes, inputs);
      at = values(result.next);
      if (result.sum) total = values(result.sum);
    }
    y = at;
  }
  return y;
}

/** y0' = -y0^2 y1, y1' = -y1: y1 = exp(-t), y0 = 1 / (2 - exp(-t)) from (1, 1). */
const text = "y0' = -y0^2 * y1\ny1' = -y1";
const exact = (t: number) => [1 / (2 - Math.exp(-t)), Math.exp(-t)];

describe.each(Object.entries(schemes))("%s", (name, { order, stages }) => {
  const error = (steps: number) => {
    const options = { start: [1, 1], gates: [false, true], end: 1, steps };
    const y = integrate(name as StageScheme, text, options);
    return Math.abs(y[0] - exact(1)[0]);
  };
  test(`converges at order ${order}`, () => {
    const steps = order === 4 ? [32, 64, 128] : [256, 512, 1024];
    const [a, b, c] = steps.map(error);
    expect(Math.abs(Math.log2(a / b) - order)).toBeLessThan(0.1);
    expect(Math.abs(Math.log2(b / c) - order)).toBeLessThan(0.1);
  });
  test("gates and potential that pull at each other converge at that order, too", () => {
    // y0' = -y0 y1, y1' = y0 y1, so y0 + y1 = c and y1 = c / (1 + y0(0) / y1(0) exp(-c t)).
    const start = [1, 0.5];
    const known = 1.5 / (1 + 2 * Math.exp(-1.5));
    const options = { start, gates: [false, true], end: 1 };
    const steps = order === 4 ? [32, 64, 128] : [256, 512, 1024];
    const errors = steps.map((count) => {
      const pull = "y0' = -y0 * y1\ny1' = y0 * y1";
      const y = integrate(name as StageScheme, pull, { ...options, steps: count });
      return Math.abs(y[1] - known);
    });
    for (const k of [1, 2])
      expect(Math.abs(Math.log2(errors[k - 1] / errors[k]) - order)).toBeLessThan(0.1);
  });
  test("hands a sum to every stage but the last", () => {
    expect(stages.length).toBe(
      { euler: 1, heun: 2, rk4: 4, "rush-larsen": 1, "rush-larsen-2": 2 }[name],
    );
  });
});

test.each([
  "rush-larsen",
  "rush-larsen-2",
] as const)("%s is exact for a linear gate, however long the step", (scheme) => {
  const gateText = "y0' = 0 * y0\ny1' = (0.3 - y1) / (0.5 + y0)";
  for (const end of [1e-9, 0.01, 1, 50]) {
    const [, y] = integrate(scheme, gateText, {
      start: [0.2, 0.9],
      gates: [false, true],
      end,
      steps: 1,
    });
    const change = 0.6 * Math.expm1(-end / 0.7);
    expect(Math.abs(y - 0.9 - change)).toBeLessThan(1e-15);
  }
});

test("a gate without relaxation takes an Euler step", () => {
  const options = { start: [0, 0], gates: [false, true], end: 2, steps: 1 };
  expect(integrate("rush-larsen", "y0' = 1\ny1' = 0.25", options)).toEqual([2, 0.5]);
});

test.each([
  ["euler", 2],
  ["heun", 2],
  ["rk4", 2.78],
  ["rush-larsen", 2],
  ["rush-larsen-2", 2],
] as const)("%s is stable up to the declared step", (name, limit) => {
  expect(schemes[name].stability).toBe(limit);
  const after = (factor: number) =>
    Math.abs(
      integrate(name, "y0' = -y0", {
        start: [1],
        gates: [false],
        end: 200 * factor,
        steps: 200,
      })[0],
    );
  expect(after(0.99 * limit)).toBeLessThan(1);
  expect(after(1.01 * limit)).toBeGreaterThan(1);
});
