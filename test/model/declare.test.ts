import { describe, expect, test } from "vitest";
import { parseCoupling, parseEdgeValues, reversed } from "../../src/model/coupling.js";
import {
  type DiffusionModel,
  gate,
  linearFlux,
  param,
  potential,
  type Reaction,
  recovery,
} from "../../src/model/declare.js";
import { createGraph, evaluate, print } from "../../src/model/graph.js";
import { reaction, reactionSystem } from "../../src/model/reaction-system.js";

const good: Reaction = {
  name: "example",
  title: "Example",
  cite: "none",
  timeScale: param(2, "ms", [1, 3]),
  millivolts: { rest_mV: -80, amplitude_mV: 100 },
  states: { u: potential(0), h: gate(1) },
  params: { tau: param(5, "1", [1, 9]) },
  variants: { slow: { values: { tau: 8 }, fixed: [] } },
  equations: "u' = -h * u / tau\nh' = (1 - h) / tau - u * h",
};

describe("reaction", () => {
  test("a good entry is returned as it is", () => {
    expect(reaction(good)).toBe(good);
  });
  test("rates are per ms: divided by the time scale, which is a parameter", () => {
    const system = reactionSystem(good);
    expect(Object.keys(system.parameters)).toEqual(["tau", "time_scale"]);
    const rates = evaluate(system.rates, { u: 0.5, h: 0.8, tau: 5, time_scale: 2 });
    expect(rates[0]).toBeCloseTo((-0.8 * 0.5) / 5 / 2, 15);
    expect(rates[1]).toBeCloseTo((0.2 / 5 - 0.4) / 2, 15);
  });

  test("a potential of another height is held from 0 to 1, in the same time", () => {
    const high = {
      ...good,
      states: { u: potential(0.5, [-0.5, 4.5], { amplitude: 4 }), h: gate(0.9, [0, 2]) },
    };
    const system = reactionSystem(high);
    expect(system.states.map(({ rest, range }) => [rest, range])).toEqual([
      [0, [-0.25, 1]],
      [0.9, [0, 2]],
    ]);
    // u = 0.5 + 4 * 0.5 in the equations.
    const rates = evaluate(system.rates, { u: 0.5, h: 0.8, tau: 5, time_scale: 2 });
    expect(rates[0]).toBeCloseTo((-0.8 * 2.5) / 5 / 2 / 4, 15);
    expect(rates[1]).toBeCloseTo((0.2 / 5 - 2.5 * 0.8) / 2, 15);
  });

  const states = (more: Partial<Reaction>) => ({ ...good, ...more });
  test.each<[string, Reaction, RegExp]>([
    [
      "the potential is not first",
      states({ states: { h: gate(1), u: potential(0) } }),
      /first state is not the potential/,
    ],
    ["a state without a rate", states({ equations: "u' = -h * u / tau" }), /"h" has no rate/],
    [
      "a rate that is no state",
      states({ equations: `${good.equations}\nw' = 1` }),
      /"w" has a rate but is not a state/,
    ],
    [
      "a parameter nobody reads",
      states({ params: { ...good.params, spare: param(1, "1", [0, 2]) } }),
      /"spare" is declared but never read/,
    ],
    [
      "a state nobody reads",
      states({ equations: "u' = -u / tau\nh' = 0 * u" }),
      /"h" is declared but never read/,
    ],
    [
      "a gate only its own rate reads",
      states({ equations: "u' = -u / tau\nh' = (1 - h) / tau" }),
      /"h" is integrated, but no other state's rate reads it/,
    ],
    [
      "a value outside its bounds",
      states({ params: { tau: param(10, "1", [1, 9]) } }),
      /tau = 10 is outside \[1, 9\]/,
    ],
    [
      "a time scale outside its bounds",
      states({ timeScale: param(0, "ms", [1, 3]) }),
      /time_scale = 0 is outside/,
    ],
    [
      "a gate that is not linear",
      states({ equations: "u' = -h * u / tau\nh' = (1 - h^2) / tau" }),
      /rate of gate "h" is not linear/,
    ],
    [
      "not at rest",
      states({ states: { u: potential(0.1), h: gate(1) } }),
      /"u" is not at rest: its rate is -0.01/,
    ],
    [
      "an infinite rate at rest",
      states({ equations: "u' = -h * u / (tau * u)\nh' = (1 - h) / tau - u * h" }),
      /the rate of "u" at rest is NaN: something is divided by zero/,
    ],
    [
      "a variant of nothing",
      states({ variants: { odd: { values: { tua: 1 }, fixed: [] } } }),
      /"tua" is not a parameter of example; did you mean "tau"/,
    ],
    [
      "a variant that fixes nothing",
      states({ variants: { odd: { values: {}, fixed: ["tua"] } } }),
      /"tua" is not a parameter of example/,
    ],
    [
      "a variant out of bounds",
      states({ variants: { odd: { values: { tau: 20 }, fixed: [] } } }),
      /variant "odd": tau = 20 is out of bounds/,
    ],
    ["an unknown name", states({ equations: "u' = -g\nh' = u" }), /"g" is not known here/],
  ])("%s", (_name, entry, message) => {
    expect(() => reaction(entry)).toThrow(message);
  });

  test("a recovery variable may be non-linear, a fixed parameter may leave its bounds", () => {
    const entry = {
      ...good,
      states: { u: potential(0), h: recovery(1, [0, 2]) },
      variants: { off: { values: { tau: 1e6 }, fixed: ["tau"] } },
      equations: "u' = -h * u / tau\nh' = (1 - h^2) / tau",
    };
    expect(reaction(entry)).toBe(entry);
  });
});

describe("diffusion text", () => {
  const model: DiffusionModel = {
    params: { D: param(1, "mm2/ms", [0, 2]) },
    fields: { s: { initial: 0, bounds: [-1, 1], smoothness: 1 } },
    network: { count: 2, spread: [1, 1] },
    edge: "half = (s_i + s_j) / 2\ng = D * w * exp(half) * (1 + n0 * x)",
    message: "d = u_j - u_i\nflux = g * d * exp(n1 * d^2)",
    node: "coupling = flux / mass",
  };
  test("edge values read weights, features, fields, parameters and network weights", () => {
    const { values } = parseEdgeValues(model, ["w"], "test");
    expect(Object.keys(values)).toEqual(["half", "g"]);
    const inputs = { D: 2, w: 3, s_i: 0.2, s_j: 0.4, n0: 0.5, x: 1 };
    expect(evaluate([values["g"]], inputs)[0]).toBeCloseTo(9 * Math.exp(0.3), 14);
  });
  test("coupling keeps only what is read", () => {
    const coupling = parseCoupling(createGraph(), model, ["half", "g"], "test");
    expect(Object.keys(coupling.messages)).toEqual(["flux"]);
    expect(coupling.edgeValues).toEqual(["g"]);
    expect(coupling.scalars).toEqual(["n1"]);
  });
  test("a message seen from the other end", () => {
    const graph = createGraph();
    const { messages } = parseCoupling(graph, { ...model, ...linearFlux }, ["g"], "test");
    expect(print(reversed(graph, messages["flux"]))).toBe("(g * (u_i - u_j))");
  });
  test.each<[string, Partial<DiffusionModel>, RegExp]>([
    ["no coupling", { node: "rate = flux / mass" }, /do not define "coupling"/],
    ["an unknown edge value", { message: "flux = c * u_j" }, /"c" is not known here/],
    ["a state in a node equation", { node: "coupling = u_i" }, /"u_i" is not known here/],
    ["a truth as a message", { message: "flux = u_i < u_j" }, /"flux" is a comparison/],
    ["a truth as coupling", { node: "coupling = flux < mass" }, /"coupling" is a comparison/],
  ])("%s", (_name, part, message) => {
    expect(() => parseCoupling(createGraph(), { ...model, ...part }, ["g"], "test")).toThrow(
      message,
    );
  });
});
