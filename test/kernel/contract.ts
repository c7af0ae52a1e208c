import { createRandom, type Random } from "../../src/core/random.js";
import { type RolloutGradient, reverse } from "../../src/kernel/adjoint.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import type { Topology } from "../../src/kernel/layout.js";
import { fillLane } from "../../src/kernel/node-stream.js";
import { type RunOptions, run, setInitial } from "../../src/kernel/rollout.js";
import { fillEdges, type Workspace } from "../../src/kernel/workspace.js";
import { edgeFeatures, parseEdgeValues } from "../../src/model/coupling.js";
import type { Diffusion, Reaction } from "../../src/model/declare.js";
import { consistentMassEdge } from "../../src/model/diffusion-solve.js";
import { evaluate } from "../../src/model/graph.js";
import { createProgram, type Program } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import type { DiffusionStep, MassKind, SchemeName } from "../../src/model/schemes.js";
import { defaultOptions } from "./diffusions.js";
import { degreesOf, irregularSurface } from "./irregular.js";
import {
  exampleMesh,
  operatorWeights,
  published,
  setParameters,
  startAll,
  workspaceOf,
} from "./simulation.js";

/** Everything a roll-out can be differentiated in; named blocks of numbers. */
export type Point = Readonly<Record<string, Float64Array>>;

/** A small simulation on an irregular surface and a loss, the same for every back end. */
export interface Problem {
  readonly program: Program;
  readonly topology: Topology;
  readonly mass: Float64Array;
  /** [E] mass between the ends of an edge, for a consistent mass. */
  readonly sharedMass: Float64Array;
  readonly point: Point;
  /** Random directions of the size of the point. */
  readonly directions: readonly Point[];
  /** The first of them. */
  readonly direction: Point;
  readonly options: RunOptions;
  /** [samples * N] */
  readonly target: Float64Array;
}

/** Not whole vectors. */
export const nodes = 42;
/** Not a multiple of the checkpoint spacing, 4. */
export const steps = 22;

export interface Stepping {
  readonly scheme: SchemeName;
  readonly diffusionStep?: DiffusionStep;
  readonly mass?: MassKind;
}

/** Every theta, both masses, both splittings. */
export const splitSteps: readonly Stepping[] = [
  { scheme: "godunov" },
  { scheme: "godunov", diffusionStep: "backward-euler", mass: "consistent" },
  { scheme: "strang", diffusionStep: "crank-nicolson" },
  { scheme: "strang", diffusionStep: "explicit", mass: "consistent" },
  { scheme: "strang", diffusionStep: "crank-nicolson", mass: "consistent" },
];

export function createProblem(
  reaction: Reaction,
  diffusion: Diffusion,
  stepping: SchemeName | Stepping,
  more: { seed?: number; topology?: Topology; wanted?: ReadonlySet<string> } = {},
): Problem {
  const chosen = typeof stepping === "string" ? { scheme: stepping } : stepping;
  const stepName = Object.values(chosen).join("/");
  const random = createRandom(more.seed ?? 1, `${reaction.name}/${diffusion.name}/${stepName}`);
  const model = diffusion.build(defaultOptions(diffusion), exampleMesh);
  const weights = operatorWeights[diffusion.operator];
  const parsed = parseEdgeValues(model, weights, diffusion.name);
  const system = reactionSystem(reaction);
  const program = createProgram({
    reaction: system,
    diffusion: model,
    physics: diffusion.physics,
    edgeNames: Object.keys(parsed.values),
    ...chosen,
    nodeParameters: [],
    wanted: more.wanted,
    where: diffusion.name,
  });
  const topology = more.topology ?? irregularSurface(nodes, random);
  const network = (model.network?.spread ?? []).map((s) => 2 * s * random.normal());
  const scalars: Record<string, number> = {
    ...published(system.parameters, "reaction"),
    ...published(model.params, "diffusion"),
    ...Object.fromEntries(network.map((n, k) => [`diffusion.n${k}`, n])),
  };
  const edgeValue = () => {
    const inputs: Record<string, number> = {};
    for (const name of weights) inputs[name] = 0.2 + random.uniform();
    for (const name of edgeFeatures) inputs[name] = random.uniform();
    for (const field of Object.keys(model.fields))
      for (const end of ["i", "j"]) inputs[`${field}_${end}`] = random.normal() / 2;
    for (const name of Object.keys(scalars)) inputs[name.replace("diffusion.", "")] = scalars[name];
    return evaluate(Object.values(parsed.values), inputs);
  };
  const perEdge = Array.from({ length: topology.edges }, edgeValue);
  const names = Object.keys(parsed.values);
  const start = (state: number) => {
    const [low, high] = startRange(system.states[state].range, state === 0 ? 1 : 0.8);
    return Float64Array.from({ length: nodes }, () => low + (high - low) * random.uniform());
  };
  const point: Point = {
    ...Object.fromEntries(program.reduced.map((name) => [name, Float64Array.of(scalars[name])])),
    ...Object.fromEntries(
      program.edgeValues.map((e) => [
        `edge.${e}`,
        Float64Array.from(perEdge, (row) => row[names.indexOf(e)]),
      ]),
    ),
    ...Object.fromEntries(program.stateNames.map((name, k) => [`initial.${name}`, start(k)])),
  };
  const degrees = degreesOf(topology);
  const dt_ms = reaction.numerics?.step_ms ?? 0.1;
  const options: RunOptions = {
    dt_ms,
    steps,
    sampleEvery: 4,
    pulses: [
      {
        lane: 0,
        nodes: [3, 5, 8],
        start_ms: 3.3 * dt_ms,
        duration_ms: 7.1 * dt_ms,
        strength_per_ms: 0.4,
      },
    ],
    threshold: 0.5,
    recoveryThreshold: 0.1,
    watch: true,
  };
  const directions = Array.from({ length: 6 }, () => randomDirection(point, random));
  const mass = Float64Array.from(degrees, (degree) =>
    diffusion.operator === "mean" ? degree : 0.6 + random.uniform(),
  );
  return {
    program,
    topology,
    mass,
    sharedMass: sharedMass(topology, mass),
    point,
    directions,
    direction: directions[0],
    options,
    target: Float64Array.from({ length: (Math.floor(steps / 4) + 1) * nodes }, () =>
      random.uniform(),
    ),
  };
}

/** From 0 to `most`, as far as the state's own range allows. */
function startRange(range: readonly [number, number], most: number): readonly [number, number] {
  const both = [Math.max(0, range[0]), Math.min(most, range[1])] as const;
  return both[0] < both[1] ? both : range;
}

/** Small enough for the diagonal, what is left of the mass, to dominate. */
function sharedMass(topology: Topology, mass: Float64Array): Float64Array {
  const shared = new Float64Array(topology.edges).fill(Infinity);
  const { rowStart, slotEdge } = topology;
  for (let i = 0; i < topology.nodes; i++)
    for (let s = rowStart[i]; s < rowStart[i + 1]; s++) {
      const share = (0.4 * mass[i]) / (rowStart[i + 1] - rowStart[i]);
      shared[slotEdge[s]] = Math.min(shared[slotEdge[s]], share);
    }
  return shared;
}

const randomDirection = (point: Point, random: Random): Point =>
  Object.fromEntries(
    Object.entries(point).map(([name, values]) => [
      name,
      values.map((v) => (name.startsWith("initial") ? 0.3 : v) * random.normal()),
    ]),
  );

export const moved = (point: Point, direction: Point, h: number): Point =>
  Object.fromEntries(
    Object.entries(point).map(([name, v]) => [name, v.map((x, i) => x + h * direction[name][i])]),
  );

export const inner = (a: Point, b: Point): number =>
  Object.keys(a).reduce((sum, name) => sum + a[name].reduce((s, x, i) => s + x * b[name][i], 0), 0);

export interface Simulation {
  readonly workspace: Workspace;
  /** Sum over samples and nodes of (u - target)^2 / 2, in the lane looked at. */
  loss(point: Point): number;
  gradient(point: Point): Point;
}

/** One lane is looked at; in four-lane engines the others hold a different simulation. */
export function createSimulation(
  problem: Problem,
  backEnd: BackEnd,
  more: { memoryBudget_bytes?: number; program?: Program; lanes?: number; lane?: number } = {},
): Simulation {
  const { topology, target } = problem;
  const program = more.program ?? problem.program;
  const workspace = workspaceOf(program, { backEnd, topology, steps, adjoint: true, ...more });
  const { engine } = workspace;
  const { lanes } = engine;
  const lane = more.lane ?? lanes - 1;
  const pulses = problem.options.pulses.map((p) => ({ ...p, lane }));
  const options = { ...problem.options, pulses };
  const load = (point: Point) => {
    for (const name of program.globals)
      if (name !== "dt") setParameters(workspace, { [name]: point[name][0] });
    startAll(
      workspace,
      program.stateNames.map((name) => point[`initial.${name}`].map((v) => 0.5 * v)),
    );
    setInitial(
      workspace,
      lane,
      program.stateNames.map((name) => point[`initial.${name}`]),
    );
    for (let l = 0; l < lanes; l++) {
      fillLane(
        workspace,
        "inverse_mass",
        l,
        problem.mass.map((m) => 1 / m),
      );
      for (const e of program.edgeValues) fillEdges(workspace, e, l, point[`edge.${e}`]);
      if (engine.placeOf(`edge.${consistentMassEdge}`) !== undefined)
        fillEdges(workspace, consistentMassEdge, l, problem.sharedMass);
    }
  };
  const forward = (point: Point) => {
    load(point);
    const result = run(workspace, options);
    const misfit = target.map((t, i) => result.potential[i * lanes + lane] - t);
    return { result, misfit };
  };
  return {
    workspace,
    loss: (point) => forward(point).misfit.reduce((sum, m) => sum + (m * m) / 2, 0),
    gradient: (point) => {
      const { result, misfit } = forward(point);
      const potential = new Float64Array(misfit.length * lanes);
      misfit.forEach((m, i) => {
        potential[i * lanes + lane] = m;
      });
      return blocks(reverse(workspace, options, { potential }, result), lanes, lane);
    },
  };
}

/** The gradient in one lane, in the blocks of a point. */
export function blocks(gradient: RolloutGradient, lanes: number, lane: number): Point {
  const pick = (values: Float64Array) =>
    Float64Array.from({ length: values.length / lanes }, (_, i) => values[i * lanes + lane]);
  const named = (prefix: string, part: Readonly<Record<string, Float64Array>>) =>
    Object.entries(part).map(([name, v]) => [`${prefix}${name}`, pick(v)] as const);
  return Object.fromEntries([
    ...named("", gradient.globals),
    ...named("edge.", gradient.edges),
    ...named("initial.", gradient.initial),
  ]);
}

/**
 * Slopes of the Taylor remainder |J(x + h d) - J(x) - h g.d| between steps halved three times: 2
 * for an exact gradient g, 1 for any other. The steps are small, so that no node crosses the
 * switch of a gate, and so that a gradient off by 1e-5 is seen.
 */
export function taylorSlopes(
  loss: (point: Point) => number,
  at: { point: Point; direction: Point; gradient: Point },
): number[] {
  const base = loss(at.point);
  const slope = inner(at.gradient, at.direction);
  const remainders = [1, 2, 4, 8].map((k) => {
    const h = 2e-5 / k;
    return Math.abs(loss(moved(at.point, at.direction, h)) - base - h * slope);
  });
  return remainders.slice(1).map((r, k) => Math.log2(remainders[k] / r));
}

/**
 * The slopes along the first direction along which no node crosses a switch (an `if` of the model)
 * between the steps; a wrong gradient has slope 1 along each of them.
 */
export function bestTaylorSlopes(
  loss: (point: Point) => number,
  at: { point: Point; directions: readonly Point[]; gradient: Point },
): number[] {
  let slopes: number[] = [];
  for (const direction of at.directions) {
    slopes = taylorSlopes(loss, { ...at, direction });
    if (isExact(slopes)) break;
  }
  return slopes;
}

export const isExact = (slopes: readonly number[]): boolean =>
  slopes.every((s) => s > 1.9 && s < 2.1);

/** Largest |a - b| / |b| over the blocks; parameters count as one block, relative to their size. */
export function gradientDifference(a: Point, b: Point, point: Point): number {
  const error = (names: readonly string[], scale: (name: string) => number) => {
    let [difference, norm] = [0, 0];
    for (const name of names)
      b[name].forEach((x, i) => {
        difference += (scale(name) * (a[name][i] - x)) ** 2;
        norm += (scale(name) * x) ** 2;
      });
    return norm === 0 ? difference : Math.sqrt(difference / norm);
  };
  const isBlock = (name: string) => name.startsWith("edge.") || name.startsWith("initial.");
  const names = Object.keys(b);
  return Math.max(
    ...names.filter(isBlock).map((name) => error([name], () => 1)),
    error(
      names.filter((name) => !isBlock(name)),
      (name) => point[name][0],
    ),
  );
}
