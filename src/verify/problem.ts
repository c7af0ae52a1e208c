import type { Recording, Stimulus } from "../case/case.js";
import type { BackEnd } from "../kernel/engine.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import type { Reaction } from "../model/declare.js";
import { diffusionName, reactionName } from "../model/program.js";
import { type CompiledTwin, compileTwin } from "../twin/compile.js";
import { initialValues, nodalFieldName } from "../twin/parameters.js";
import { laneOf, lanePotential, type Simulation, simulate, timeGrid } from "../twin/simulate.js";
import { type Catalog, defaultSpec, type Numerics, type TwinValues } from "../twin/spec.js";

/** A reaction and a diffusion on a mesh with numbers for both. */
export interface Problem {
  readonly catalog: Catalog;
  /** Need not be in the catalog. */
  readonly reaction: Reaction;
  /** Name in the catalog. */
  readonly diffusion: string;
  readonly mesh: Mesh;
  readonly numerics: Omit<Numerics, "stepFraction" | "refinements" | "dt_ms">;
  /** Values other than the published ones. */
  readonly diffusionValues?: Readonly<Record<string, number>>;
  readonly reactionValues?: Readonly<Record<string, number>>;
  /** Positive reaction parameters that vary over the nodes, [N] each. */
  readonly nodal?: Readonly<Record<string, ArrayLike<number>>>;
}

export interface CompiledProblem {
  readonly compiled: CompiledTwin;
  readonly values: TwinValues;
}

/** Compiles a problem through the same door as any twin. */
export function compileProblem(problem: Problem): CompiledProblem {
  const { catalog, reaction, diffusion, mesh, numerics, nodal = {} } = problem;
  const all = { ...catalog, reactions: { ...catalog.reactions, [reaction.name]: reaction } };
  const spec = {
    ...defaultSpec,
    reaction: { name: reaction.name },
    diffusion: { name: diffusion, options: {} },
    numerics: { ...defaultSpec.numerics, ...numerics },
    fit: { ...defaultSpec.fit, nodalReaction: Object.keys(nodal) },
  };
  const compiled = compileTwin(all, spec, mesh);
  const start = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
  const named = (name: (key: string) => string, values: Readonly<Record<string, number>> = {}) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]));
  const scalars = {
    ...start.scalars,
    ...named(reactionName, problem.reactionValues),
    ...named(diffusionName, problem.diffusionValues),
  };
  // The value at a node is the scalar times exp(field).
  const fields = Object.entries(nodal).map(([name, values]) => [
    nodalFieldName(name),
    Float64Array.from(values, (value) => Math.log(value / scalars[reactionName(name)])),
  ]);
  const values = { ...start, scalars, fields: { ...start.fields, ...Object.fromEntries(fields) } };
  return { compiled, values };
}

export interface SolveOptions {
  readonly end_ms: number;
  /** Rounded down so as to divide the sampling interval. */
  readonly dt_ms: number;
  /** Sampling intervals; 1 if absent: the start and the end. */
  readonly intervals?: number;
  /** Potential at t = 0, normalised, [N]; rest if absent. */
  readonly start?: ArrayLike<number>;
  readonly stimuli?: readonly Stimulus[];
  /** "js-float64" if absent. */
  readonly backEnd?: BackEnd;
  /** Normalised potential that counts as activated; 0.5 if absent. */
  readonly threshold?: number;
  readonly adjoint?: boolean;
}

export function solve(problem: CompiledProblem, options: SolveOptions): Simulation {
  const { end_ms, dt_ms, intervals = 1, backEnd = "js-float64", threshold, adjoint } = options;
  const grid = timeGrid(end_ms / intervals, intervals + 1, dt_ms * (1 + 1e-9));
  const lifts = Array.from(
    options.start ?? [],
    (value, node): Stimulus => ({ kind: "initial", nodes: [node], value }),
  );
  const recording: Recording = {
    id: "verification",
    beat: "verification",
    stimuli: { kind: "given", stimuli: [...lifts, ...(options.stimuli ?? [])] },
  };
  const input = { values: problem.values, recording };
  return simulate(problem.compiled, [input], { grid, backEnd, threshold, adjoint });
}

/** Potential at the end, normalised, [N]. */
export function finalPotential(simulation: Simulation): Float64Array {
  const all = lanePotential(simulation, 0);
  return all.slice(all.length - simulation.nodes);
}

/** ms, [N]; Infinity where a node never activated. */
export const activationTimes = (simulation: Simulation): Float64Array =>
  laneOf(simulation.result.activation_ms, simulation, 0);

/** sqrt(sum m (u - exact)^2 / sum m exact^2). */
export function relativeError(
  mass: ArrayLike<number>,
  u: ArrayLike<number>,
  exact: ArrayLike<number>,
): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < u.length; i++) {
    difference += mass[i] * (u[i] - exact[i]) ** 2;
    size += mass[i] * exact[i] ** 2;
  }
  return Math.sqrt(difference / size);
}
