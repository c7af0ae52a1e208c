import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { networkText } from "../../src/catalog/diffusion/network.js";
import { createRandom, type Random } from "../../src/core/random.js";
import { edgeFeatures, parseCoupling, parseEdgeValues } from "../../src/model/coupling.js";
import type { Diffusion, DiffusionModel, OptionValues } from "../../src/model/declare.js";
import { createGraph, evaluate } from "../../src/model/graph.js";
import { parseEquations } from "../../src/model/parse.js";
import { defaultOptions } from "../kernel/diffusions.js";
import { exampleMesh, operatorWeights } from "../kernel/simulation.js";

const diffusions = Object.values(catalog.diffusions);

/** Every combination of an entry's options. */
function combinations(diffusion: Diffusion): OptionValues[] {
  return Object.entries(diffusion.options).reduce<OptionValues[]>(
    (rows, [name, range]) => rows.flatMap((r) => range.values.map((v) => ({ ...r, [name]: v }))),
    [{}],
  );
}

const size = (model: DiffusionModel) =>
  Object.keys(model.params).length + (model.network?.count ?? 0);

type Values = Record<string, number>;

function parameters(model: DiffusionModel, random: Random, spread: "initial" | "wide"): Values {
  const values: Values = {};
  for (const [name, p] of Object.entries(model.params)) {
    const [low, high] = p.bounds;
    values[name] = spread === "initial" ? p.value : low * (high / low) ** random.uniform();
  }
  (model.network?.spread ?? []).forEach((s, k) => {
    values[`n${k}`] = (spread === "initial" ? s : 1) * random.normal();
  });
  return values;
}

function edgeInputs(diffusion: Diffusion, model: DiffusionModel, random: Random, wide: boolean) {
  const values: Values = {};
  for (const name of operatorWeights[diffusion.operator]) values[name] = 0.2 + random.uniform();
  // A fibre weight lies between 0 and w, as for any edge of an acute element.
  if ("w_fibre" in values) values["w_fibre"] = values["w"] * random.uniform();
  for (const name of edgeFeatures) values[name] = 2 * random.uniform() - 1;
  values["length"] = 0.5 + 3 * random.uniform();
  values["fibre"] = random.uniform();
  for (const [name, field] of Object.entries(model.fields))
    for (const end of ["i", "j"]) {
      const [low, high] = field.bounds;
      values[`${name}_${end}`] = wide ? low + (high - low) * random.uniform() : field.initial;
    }
  return values;
}

function compile(diffusion: Diffusion, options: OptionValues, context = exampleMesh) {
  const model = diffusion.build(options, context);
  const weights = operatorWeights[diffusion.operator];
  const edge = parseEdgeValues(model, weights, diffusion.name);
  const names = Object.keys(edge.values);
  const graph = createGraph();
  const coupling = parseCoupling(graph, model, names, diffusion.name);
  const edgeValues = (inputs: Values): Values => {
    const results = evaluate(Object.values(edge.values), inputs);
    return Object.fromEntries(names.map((name, k) => [name, results[k]]));
  };
  const messages = (inputs: Values): Values => {
    const results = evaluate(Object.values(coupling.messages), inputs);
    return Object.fromEntries(Object.keys(coupling.messages).map((m, k) => [m, results[k]]));
  };
  return { model, edgeValues, messages, coupling };
}

const swapEnds = (inputs: Values): Values =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      if (name.endsWith("_i")) return [`${name.slice(0, -2)}_j`, value];
      return [name.endsWith("_j") ? `${name.slice(0, -2)}_i` : name, value];
    }),
  );

describe.each(diffusions)("$name", (diffusion) => {
  const random = createRandom(7, diffusion.name);

  test("every combination of options builds and parses, with and without fibres", () => {
    for (const options of combinations(diffusion))
      for (const hasFibres of diffusion.needsFibres ? [true] : [true, false]) {
        const { coupling } = compile(diffusion, options, { ...exampleMesh, hasFibres });
        expect(coupling.edgeValues).toEqual(["g"]);
      }
  });

  test("options go from simple to rich and contain their default", () => {
    for (const [name, range] of Object.entries(diffusion.options)) {
      expect(range.values).toContain(range.default);
      const sizes = range.values.map((value) =>
        size(diffusion.build({ ...defaultOptions(diffusion), [name]: value }, exampleMesh)),
      );
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    }
  });

  test("parameters start inside positive bounds", () => {
    const { model } = compile(diffusion, defaultOptions(diffusion));
    for (const p of Object.values(model.params)) {
      expect(p.bounds[0]).toBeGreaterThan(0);
      expect(p.value).toBeGreaterThanOrEqual(p.bounds[0]);
      expect(p.value).toBeLessThanOrEqual(p.bounds[1]);
    }
  });

  test("edge values are symmetric in both ends and positive wherever parameters may go", () => {
    for (const options of combinations(diffusion)) {
      const { model, edgeValues } = compile(diffusion, options);
      for (let k = 0; k < 20; k++) {
        const inputs = {
          ...edgeInputs(diffusion, model, random, true),
          ...parameters(model, random, "wide"),
        };
        const { g } = edgeValues(inputs);
        expect(g).toBeGreaterThan(0);
        expect(edgeValues(swapEnds(inputs))["g"]).toBeCloseTo(g, 12);
      }
    }
  });

  test(`messages keep the promise of a ${diffusion.physics}`, () => {
    for (const options of combinations(diffusion)) {
      const { model, messages } = compile(diffusion, options);
      for (let k = 0; k < 20; k++) {
        const inputs: Values = {
          ...parameters(model, random, "wide"),
          g: 0.1 + random.uniform(),
          u_i: 1.4 * random.uniform() - 0.2,
          u_j: 1.4 * random.uniform() - 0.2,
        };
        const [there, back] = [messages(inputs), messages(swapEnds(inputs))];
        const uphill = inputs["u_j"] > inputs["u_i"] ? 1 : -1;
        if (diffusion.physics === "message") {
          for (const [name, value] of Object.entries(there)) {
            // Weights of an average: positive, and numerators are weight times difference.
            if (name.startsWith("den")) expect(value).toBeGreaterThan(0);
            else expect(value * uphill).toBeGreaterThan(0);
          }
        } else {
          expect(there["flux"]).toBe(-back["flux"]);
          expect(there["flux"] * uphill).toBeGreaterThan(0);
        }
        if (diffusion.physics === "symmetric-flux")
          expect(there["flux"]).toBeCloseTo(inputs["g"] * (inputs["u_j"] - inputs["u_i"]), 14);
      }
    }
  });

  test("a uniform potential has no coupling, also without neighbours", () => {
    const { model, messages, coupling } = compile(diffusion, defaultOptions(diffusion));
    const inputs = { ...parameters(model, random, "wide"), g: 1, u_i: 0.7, u_j: 0.7 };
    const none = Object.fromEntries(Object.keys(coupling.messages).map((m) => [m, 0]));
    for (const sums of [messages(inputs), none])
      expect(evaluate([coupling.coupling], { ...sums, mass: 2 })[0]).toBe(0);
  });

  test("it starts within 15 % of a plain Laplacian", () => {
    for (const options of combinations(diffusion)) {
      const { model, edgeValues, messages } = compile(diffusion, options);
      const scale = parameters(model, random, "initial");
      const inputs = edgeInputs(diffusion, model, random, false);
      const plain = { ...scale };
      for (const name of Object.keys(plain)) if (/^n\d+$/.test(name)) plain[name] = 0;
      const ratio =
        edgeValues({ ...inputs, ...scale })["g"] / edgeValues({ ...inputs, ...plain })["g"];
      expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
      const ends = { g: 1, u_i: 0.1, u_j: 0.9 };
      for (const [name, value] of Object.entries(messages({ ...scale, ...ends })))
        expect(Math.abs(value / messages({ ...plain, ...ends })[name] - 1)).toBeLessThan(0.15);
    }
  });
});

test("attention is an average: du/dt stays within rate times the neighbours' spread", () => {
  const random = createRandom(3);
  for (const options of combinations(catalog.diffusions["graph-attention"])) {
    const { model, messages, coupling } = compile(catalog.diffusions["graph-attention"], options);
    const weights = parameters(model, random, "wide");
    const neighbours = Array.from({ length: 9 }, () => random.uniform());
    const sums: Values = {};
    for (const u_j of neighbours)
      for (const [name, value] of Object.entries(messages({ ...weights, g: 1, u_i: 0, u_j })))
        sums[name] = (sums[name] ?? 0) + value;
    const rate = evaluate([coupling.coupling], { ...sums, mass: 9 })[0];
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThan(Math.max(...neighbours));
  }
});

test("the fibre entry is D_along along and D_across across", () => {
  const { edgeValues } = compile(catalog.diffusions["finite-element-fibre"], {});
  const at = (w: number, w_fibre: number) =>
    edgeValues({ D_across: 0.2, ratio: 3, w, w_fibre })["g"];
  expect(at(1, 1)).toBeCloseTo(0.6, 14);
  expect(at(1, 0)).toBeCloseTo(0.2, 14);
});

test("networkText prints the perceptron it says it prints", () => {
  const shape = { inputs: ["x", "y"], hidden: 3, layers: 2, output: "net" } as const;
  for (const activation of ["tanh", "softsign"] as const) {
    const { text, weights } = networkText({ ...shape, activation, firstWeight: 5 });
    expect(weights.count).toBe(3 * 3 + 3 * 4 + 3);
    expect(weights.spread).toHaveLength(weights.count);
    const random = createRandom(1);
    const n = Array.from({ length: weights.count }, () => random.normal());
    const names = n.map((_, k) => `n${5 + k}`);
    const graph = createGraph();
    const equations = parseEquations(graph, text, ["x", "y", ...names]);
    const f = (v: number) => (activation === "tanh" ? Math.tanh(v) : v / (1 + Math.abs(v)));
    let at = 0;
    const layer = (inputs: number[]) =>
      Array.from({ length: 3 }, () => {
        const total = inputs.reduce((sum, v) => sum + n[at++] * v, 0);
        return f(total + n[at++]);
      });
    const hidden = layer(layer([0.3, -0.8]));
    const expected = hidden.reduce((sum, v) => sum + n[at++] * v, 0);
    const inputs = { x: 0.3, y: -0.8, ...Object.fromEntries(names.map((m, k) => [m, n[k]])) };
    expect(equations.at(-1)!.name).toBe("net");
    expect(evaluate([equations.at(-1)!.value], inputs)[0]).toBeCloseTo(expected, 14);
  }
});
