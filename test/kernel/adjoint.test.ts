import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { reverse } from "../../src/kernel/adjoint.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import { fillLane } from "../../src/kernel/node-stream.js";
import { run, storagePlan } from "../../src/kernel/rollout.js";
import { leastCapacity, offsetOf } from "../../src/kernel/workspace.js";
import { type Diffusion, param, potential, recovery } from "../../src/model/declare.js";
import { evaluate, type Node, substitute } from "../../src/model/graph.js";
import type { KernelSpec } from "../../src/model/kernel-spec.js";
import { createProgram, type Program } from "../../src/model/program.js";
import { reaction, reactionSystem } from "../../src/model/reaction-system.js";
import { type SchemeName, schemes } from "../../src/model/schemes.js";
import {
  blocks,
  createProblem,
  createSimulation,
  gradientDifference,
  inner,
  isExact,
  moved,
  nodes,
  type Point,
  type Problem,
  splitSteps,
  taylorSlopes,
} from "./contract.js";
import { isLinear } from "./diffusions.js";
import { fillAll, fillAllEdges, setParameters, startAll } from "./simulation.js";

const schemeNames = Object.keys(schemes) as SchemeName[];
const finiteElement = catalog.diffusions["finite-element"];

const linear = reaction({
  name: "linear",
  title: "Two linear states",
  cite: "none",
  millivolts: { rest_mV: 0, amplitude_mV: 1 },
  states: { u: potential(0), w: recovery(0, [-1, 1]) },
  params: { p: param(0.7, "1/ms", [0, 9]), q: param(1.5, "1/ms", [0, 9]) },
  equations: `
    u' = -p * u + q * w
    w' = -q * u - 0.1 * w
  `,
});

/** Values of the potential at all samples, and the pull-back of seeds in them. */
function rollout(problem: Problem, backEnd: BackEnd) {
  const simulation = createSimulation(problem, backEnd);
  const { workspace } = simulation;
  const { lanes } = workspace.engine;
  const options = { ...problem.options, pulses: [] };
  const forward = (initial: Point) => {
    simulation.loss({ ...problem.point, ...initial });
    startAll(
      workspace,
      problem.program.stateNames.map((name) => initial[`initial.${name}`]),
    );
    return run(workspace, options);
  };
  return {
    apply: (initial: Point) => {
      const { potential: u } = forward(initial);
      return Float64Array.from({ length: u.length / lanes }, (_, i) => u[i * lanes]);
    },
    pull: (initial: Point, seeds: Float64Array) => {
      const result = forward(initial);
      const spread = Float64Array.from({ length: seeds.length * lanes }, (_, i) =>
        i % lanes === 0 ? seeds[Math.floor(i / lanes)] : 0,
      );
      return blocks(reverse(workspace, options, { potential: spread }, result), lanes, 0);
    },
  };
}

describe("where the roll-out is linear, <J x, y> = <x, J' y>", () => {
  const linearDiffusions = Object.values(catalog.diffusions).filter(isLinear);
  const cases = linearDiffusions.flatMap((d) =>
    [...schemeNames, ...splitSteps].map((s) => [d.name, JSON.stringify(s), s, d] as const),
  );
  test.each(cases)("%s, %s", (_diffusion, _scheme, stepping, diffusion) => {
    const problem = createProblem(linear, diffusion, stepping);
    const random = createRandom(2, diffusion.name);
    const x: Point = Object.fromEntries(
      problem.program.stateNames.map((name) => [
        `initial.${name}`,
        Float64Array.from({ length: nodes }, () => random.normal()),
      ]),
    );
    const y = problem.target.map(() => random.normal());
    for (const [backEnd, tolerance] of [
      ["js-float64", 1e-12],
      ["wasm-f32x4", 1e-5],
    ] as const) {
      const { apply, pull } = rollout(problem, backEnd);
      const image = apply(x);
      const left = image.reduce((sum, v, i) => sum + v * y[i], 0);
      const back = pull(x, y);
      const right = inner(x, back);
      const size = Math.hypot(...image) * Math.hypot(...y);
      expect(Math.abs(left - right) / size).toBeLessThan(tolerance);
    }
  });
});

/** Loss on activation and recovery times alone: an oscillator that crosses both levels. */
const timed = [...schemeNames, ...splitSteps.filter((step) => step.mass !== "consistent")];
test.each(timed)("activation and recovery times have exact gradients, %j", (stepping) => {
  const oscillator = createProblem(linear, finiteElement, stepping, { seed: 4 });
  const random = createRandom(5);
  const start = (low: number, high: number) =>
    Float64Array.from({ length: nodes }, () => low + (high - low) * random.uniform());
  const point: Point = {
    ...oscillator.point,
    "edge.g": oscillator.point["edge.g"].map((g) => 0.05 * g),
    "initial.u": start(-0.1, 0.2),
    "initial.w": start(0.8, 1),
    "reaction.p": Float64Array.of(0.05),
  };
  const problem: Problem = { ...oscillator, point };
  const { workspace } = createSimulation(problem, "js-float64");
  const options = {
    ...problem.options,
    pulses: [],
    threshold: 0.4,
    recoveryThreshold: 0.62,
    watch: true,
  };
  const weights = start(-1, 1);
  const load = (at: Point) => {
    for (const name of problem.program.reduced) setParameters(workspace, { [name]: at[name][0] });
    fillAll(
      workspace,
      "inverse_mass",
      problem.mass.map((m) => 1 / m),
    );
    fillAllEdges(workspace, "g", at["edge.g"]);
    startAll(
      workspace,
      problem.program.stateNames.map((name) => at[`initial.${name}`]),
    );
    return run(workspace, options);
  };
  const sum = (times: Float64Array) =>
    times.reduce((total, t, i) => total + (Number.isFinite(t) ? weights[i] * t : 0), 0);
  const loss = (at: Point) => {
    const result = load(at);
    return sum(result.activation_ms) + 2 * sum(result.recovery_ms);
  };
  const result = load(point);
  const seen = (times: Float64Array) => times.filter(Number.isFinite).length;
  expect(seen(result.activation_ms)).toBe(nodes);
  expect(seen(result.recovery_ms)).toBeGreaterThan(nodes / 2);
  const seeds = { activation: weights, recovery: weights.map((w) => 2 * w) };
  const gradient = blocks(reverse(workspace, options, seeds, result), 1, 0);
  const slopes = taylorSlopes(loss, { point, direction: problem.direction, gradient });
  expect(isExact(slopes), `slopes ${slopes}`).toBe(true);
});

test.each([
  { scheme: "rk4" },
  { scheme: "strang", diffusionStep: "crank-nicolson" },
] as const)("parameters that vary over the nodes have exact gradients, $scheme", (stepping) => {
  const entry = catalog.reactions["aliev-panfilov"];
  const problem = createProblem(entry, finiteElement, stepping);
  const program = createProgram({
    reaction: reactionSystem(entry),
    diffusion: finiteElement.build({}, { dimension: 3, regionTags: [], hasFibres: false }),
    physics: finiteElement.physics,
    edgeNames: ["g"],
    ...stepping,
    nodeParameters: ["a", "k"],
    where: "test",
  });
  const { workspace, ...simulation } = createSimulation(problem, "js-float64", { program });
  const random = createRandom(6);
  const field = (value: number) =>
    Float64Array.from({ length: nodes }, () => value * (1 + random.normal() / 10));
  const fields: Point = { a: field(0.15), k: field(8) };
  const fill = (at: Point) => {
    for (const name of ["a", "k"]) fillLane(workspace, `node.reaction.${name}`, 0, at[name]);
  };
  const loss = (at: Point) => {
    fill(at);
    return simulation.loss(problem.point);
  };
  fill(fields);
  simulation.gradient(problem.point);
  const gradient = Object.fromEntries(
    ["a", "k"].map((name) => {
      const from = offsetOf(workspace, `grad.node.reaction.${name}`);
      return [name, Float64Array.from(workspace.engine.floats.subarray(from, from + nodes))];
    }),
  );
  const direction: Point = { a: field(0.15), k: field(8) };
  const slopes = taylorSlopes(loss, { point: fields, direction, gradient });
  expect(isExact(slopes), `slopes ${slopes}`).toBe(true);
});

describe("mutants are rejected", () => {
  const entry = catalog.reactions["mitchell-schaeffer"];
  const problem = createProblem(entry, catalog.diffusions["neural-flux"], "rk4");
  const { point, direction } = problem;
  const { loss, gradient } = createSimulation(problem, "js-float64");
  const exact = gradient(point);
  const slopesOf = (mutant: Point) => taylorSlopes(loss, { point, direction, gradient: mutant });

  test("the original passes", () => {
    expect(isExact(slopesOf(exact))).toBe(true);
  });

  test("an adjoint off by 1e-5", () => {
    for (const name of Object.keys(exact).filter((n) => /^(initial|edge)/.test(n))) {
      const mutant = { ...exact, [name]: exact[name].map((g) => g * (1 + 1e-5)) };
      // Along this block alone: in others' company a small block's error would drown.
      const alone = Object.fromEntries(
        Object.entries(direction).map(([k, v]) => [k, k === name ? v : v.map(() => 0)]),
      );
      const slopes = (gradient: Point) => taylorSlopes(loss, { point, direction: alone, gradient });
      if (isExact(slopes(exact))) expect(isExact(slopes(mutant)), name).toBe(false);
    }
    const all = moved(exact, exact, 1e-5);
    expect(isExact(slopesOf(all))).toBe(false);
  });

  test("a swapped gate", () => {
    const mutant = {
      ...entry,
      equations: entry.equations.replace("(1 - h) / tau_open", "(1 - h) / tau_close"),
    };
    const program = createProblem(mutant, catalog.diffusions["neural-flux"], "rk4").program;
    const swapped = createSimulation({ ...problem, program }, "js-float64").gradient(point);
    expect(isExact(slopesOf({ ...exact, ...swapped }))).toBe(false);
  });

  /** Replaces an input of all reverse passes by 0. */
  const without = (pattern: RegExp): Program => {
    const drop = (spec: Program["finish"]): Program["finish"] => {
      const { graph } = spec;
      const names = Object.keys({ ...spec.inputs, ...spec.sums }).filter((n) => pattern.test(n));
      const zeros = new Map(names.map((n) => [n, graph.constant(0)]));
      const cut = (value: Program["finish"]["outputs"][number]["value"]) =>
        substitute(graph, [value], zeros)[0];
      const sums = Object.fromEntries(Object.entries(spec.sums).map(([k, v]) => [k, cut(v)]));
      return {
        ...spec,
        sums,
        outputs: spec.outputs.map((o) => ({ ...o, value: cut(o.value) })),
        reductions: spec.reductions.map((r) => ({ ...r, value: cut(r.value) })),
      };
    };
    const { program } = problem;
    const steps = program.steps.map((step) =>
      step.kind === "stages" ? { ...step, reverse: step.reverse.map(drop) } : step,
    );
    return { ...program, steps, finish: drop(program.finish) };
  };

  test.each([
    ["the pull of the neighbours", /^total\.pull$/],
    ["the message adjoint at the other end", /^bar_j\./],
    ["the adjoint carried past the inner stages", /^carry\./],
  ])("without %s", (_name, pattern) => {
    const program = without(pattern);
    const mutant = createSimulation(problem, "js-float64", { program }).gradient(point);
    expect(isExact(slopesOf(mutant))).toBe(false);
    expect(gradientDifference(mutant, exact, point)).toBeGreaterThan(1e-4);
  });

  test("without what the messages push to the other end of their edges", () => {
    const costly = createProblem(entry, catalog.diffusions["graph-attention"], "euler");
    const { program, point } = costly;
    const push = program.push!;
    const zero = push.graph.constant(0);
    const outputs = push.outputs.map((o) => (o.stream === "pushed" ? { ...o, value: zero } : o));
    const cut = { ...program, push: { ...push, outputs } };
    const right = createSimulation(costly, "js-float64");
    const gradient = createSimulation(costly, "js-float64", { program: cut }).gradient(point);
    expect(isExact(taylorSlopes(right.loss, { ...costly, gradient }))).toBe(false);
    expect(gradientDifference(gradient, right.gradient(point), point)).toBeGreaterThan(1e-4);
  });

  test("single precision gone wrong by 1 %", () => {
    const mutant = moved(exact, exact, 0.01);
    expect(gradientDifference(mutant, exact, point)).toBeGreaterThan(1e-4);
  });

  test("a flux that is declared antisymmetric and is not", () => {
    const broken: Diffusion = {
      ...finiteElement,
      physics: "antisymmetric-flux",
      build: (options, mesh) => ({
        ...finiteElement.build(options, mesh),
        message: "flux = g * (u_j - u_i) * exp(u_i)",
      }),
    };
    const wrong = createProblem(entry, broken, "euler");
    const simulation = createSimulation(wrong, "js-float64");
    const slopes = taylorSlopes(simulation.loss, {
      ...wrong,
      gradient: simulation.gradient(wrong.point),
    });
    expect(isExact(slopes)).toBe(false);
  });
});

describe("mutants of the step of diffusion are rejected", () => {
  const step = { scheme: "strang", diffusionStep: "crank-nicolson", mass: "consistent" } as const;
  const problem = createProblem(catalog.reactions["mitchell-schaeffer"], finiteElement, step);
  const { point, direction } = problem;
  const { loss, gradient } = createSimulation(problem, "js-float64");
  const slopesOf = (mutant: Point) => taylorSlopes(loss, { point, direction, gradient: mutant });

  /** Replaces inputs of the pass that ends the adjoint of the solve. */
  const replaced = (names: Record<string, string>) => {
    const change = (spec: KernelSpec): KernelSpec => {
      const { graph } = spec;
      const nodes = Object.entries(names).map(
        ([from, to]) => [from, to === "0" ? graph.constant(0) : graph.input(to)] as const,
      );
      const cut = (value: Node) => substitute(graph, [value], new Map(nodes))[0];
      const outputs = spec.outputs.map((o) => ({ ...o, value: cut(o.value) }));
      return { ...spec, outputs };
    };
    const { program } = problem;
    const steps = program.steps.map((s) =>
      s.kind === "solve"
        ? { ...s, solve: { ...s.solve, finishReverse: change(s.solve.finishReverse) } }
        : s,
    );
    return createSimulation(problem, "js-float64", { program: { ...program, steps } });
  };

  test("the original passes", () => {
    expect(isExact(slopesOf(gradient(point)))).toBe(true);
    expect(isExact(slopesOf(replaced({}).gradient(point)))).toBe(true);
  });

  test.each([
    [
      "without the theta term",
      { "solve.after": "solve.before", "solve.after_j": "solve.before_j" },
    ],
    ["without the flux of the adjoint", { "total.solve": "0" }],
    ["with the adjoint itself for its solution", { "solve.x": "solve.lambda" }],
  ])("%s", (_name, names) => {
    expect(isExact(slopesOf(replaced(names).gradient(point)))).toBe(false);
  });
});

describe("storage", () => {
  const problem = createProblem(catalog.reactions["aliev-panfilov"], finiteElement, "heun");

  test("four lanes of JavaScript compute what one lane computes", () => {
    const one = createSimulation(problem, "js-float64").gradient(problem.point);
    for (const lane of [0, 3]) {
      const four = createSimulation(problem, "js-float64", { lanes: 4, lane });
      expect(four.gradient(problem.point)).toEqual(one);
    }
  });

  test.each([2 ** 28, 1])("a second reverse gives the same, budget %d bytes", (budget) => {
    const simulation = createSimulation(problem, "js-float64", { memoryBudget_bytes: budget });
    const { workspace } = simulation;
    simulation.loss(problem.point);
    const result = run(workspace, problem.options);
    const { steps, dt_ms } = problem.options;
    // A crossing in the last step reads the states at both of its ends.
    const times = { ...result, activation_ms: new Float64Array(nodes).fill((steps - 0.5) * dt_ms) };
    const seeds = { potential: problem.target, activation: new Float64Array(nodes).fill(1) };
    const once = reverse(workspace, problem.options, seeds, times);
    expect(reverse(workspace, problem.options, seeds, times)).toEqual(once);
  });

  test("every plan stays inside its capacity, and all states of a segment have their own slot", () => {
    for (let count = 1; count <= 300; count++)
      for (const capacity of [leastCapacity(count), leastCapacity(count) + 7, count + 1]) {
        const plan = storagePlan(capacity, count);
        const kept = new Set<number>();
        for (let segment = 0; segment < Math.ceil(count / plan.spacing); segment++)
          kept.add(plan.checkpoint(segment));
        for (let k = 1; k < plan.spacing; k++) kept.add(plan.inSegment(k));
        for (let step = 0; step < count; step++) kept.add(plan.slotAfter(step));
        expect(Math.max(...kept)).toBeLessThan(Math.max(capacity, 2));
        expect(kept.size).toBeGreaterThanOrEqual(plan.spacing);
      }
  });

  test("more steps than checkpoints can hold is an error, not an overrun", () => {
    expect(() => storagePlan(10, 1000)).toThrow(/cannot be checkpointed/);
  });
});

test("the linear test reaction is linear", () => {
  const system = reactionSystem(linear);
  const at = (u: number, w: number) => evaluate(system.rates, { u, w, p: 0.7, q: 1.5 });
  expect(at(0.2, 0.6)[0]).toBeCloseTo(2 * at(0.1, 0.3)[0], 14);
});
