import { fail, lookUp } from "../core/errors.js";
import { gradient } from "./differentiate.js";
import { createGraph, evaluate, type Graph, inputsOf, type Node } from "./graph.js";
import { parseEquations } from "./parse.js";

/** A number of a model: published value, unit, and the range in which it makes sense. */
export interface Parameter {
  readonly value: number;
  readonly unit: string;
  readonly bounds: readonly [number, number];
  /** False where the data cannot tell (an exact symmetry fixes it). */
  readonly fitted: boolean;
  /** Why it is not fitted, or when single beats do not identify it. */
  readonly note?: string;
}

export function param(
  value: number,
  unit: string,
  bounds: readonly [number, number],
  more: { fitted?: boolean; note?: string } = {},
): Parameter {
  return { value, unit, bounds, fitted: true, ...more };
}

export interface State {
  readonly kind: "potential" | "gate" | "recovery";
  /** Value at rest, where every simulation starts. */
  readonly rest: number;
  /** Values outside mean that the model has left its domain. */
  readonly range: readonly [number, number];
}

export const potential = (rest: number, range: readonly [number, number] = [-0.5, 1.5]): State => ({
  kind: "potential",
  rest,
  range,
});
/** A gate relaxes linearly at a given potential, so Rush-Larsen is exact for it. */
export const gate = (rest: number): State => ({ kind: "gate", rest, range: [-0.01, 1.01] });
export const recovery = (rest: number, range: readonly [number, number]): State => ({
  kind: "recovery",
  rest,
  range,
});

/** A reaction model, declared as data; see src/catalog/reaction for the entries. */
export interface Reaction {
  readonly name: string;
  readonly title: string;
  /** The paper the equations are from. */
  readonly cite: string;
  /** Dimensionless models carry their unit of time, ms; it is fitted like any parameter. */
  readonly timeScale?: Parameter;
  /** mV = rest_mV + amplitude_mV * u */
  readonly millivolts: { readonly rest_mV: number; readonly amplitude_mV: number };
  /** The potential comes first. */
  readonly states: Readonly<Record<string, State>>;
  readonly params: Readonly<Record<string, Parameter>>;
  /** Named variants of the same equations: other values, and parameters that they switch off. */
  readonly variants?: Readonly<
    Record<string, { readonly values: Readonly<Record<string, number>>; readonly fixed: string[] }>
  >;
  /** Rates in the model's own unit of time. */
  readonly equations: string;
}

/** A reaction as expressions: rates per ms of every state. */
export interface ReactionSystem {
  readonly graph: Graph;
  readonly stateNames: readonly string[];
  readonly states: readonly State[];
  /** d(state)/dt, 1/ms, in terms of states and parameters; no coupling, no stimulus. */
  readonly rates: readonly Node[];
  /** Model parameters in the order of declaration; "time_scale" last where there is one. */
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/**
 * Checks an entry by its own algebra and returns it. Throws LeadsError when the first state is not
 * the potential, a state has no rate or no other state's rate reads it, a parameter is unread or
 * outside its bounds, a gate's rate is not linear in the gate, the declared rest is not at rest, or
 * a variant names what does not exist.
 */
export function reaction(entry: Reaction): Reaction {
  const wrong = (message: string, fix: string): never =>
    fail({ code: "bad-reaction", path: entry.name, message: `${entry.name}: ${message}`, fix });
  const system = reactionSystem(entry);
  if (system.states[0]?.kind !== "potential")
    wrong("the first state is not the potential.", "Declare potential(rest) first.");
  const read = inputsOf(system.rates);
  for (const name of [...system.stateNames, ...Object.keys(system.parameters)])
    if (!read.has(name)) wrong(`"${name}" is declared but never read.`, "Remove or use it.");
  for (const [name, p] of Object.entries(system.parameters))
    if (!(p.bounds[0] <= p.value && p.value <= p.bounds[1]))
      wrong(`${name} = ${p.value} is outside [${p.bounds.join(", ")}].`, "Mend value or bounds.");
  system.stateNames.forEach((name, k) => {
    if (system.states[k].kind !== "gate") return;
    const self = system.graph.input(name);
    const slope = gradient(system.graph, system.rates[k], [self])[0];
    if (inputsOf([slope]).has(name))
      wrong(`the rate of gate "${name}" is not linear in it.`, "Declare it with recovery(...).");
  });
  system.stateNames.slice(1).forEach((name, k) => {
    const others = system.rates.filter((_, other) => other !== k + 1);
    if (!inputsOf(others).has(name))
      wrong(`"${name}" is integrated, but no other state's rate reads it.`, "Remove or use it.");
  });
  checkRest(system, wrong);
  checkVariants(entry, system, wrong);
  return entry;
}

type Wrong = (message: string, fix: string) => never;

/** At the published parameters; 1e-9 per ms would move a state by 1e-6 in a second. */
function checkRest(system: ReactionSystem, wrong: Wrong): void {
  const values = [
    ...Object.entries(system.parameters).map(([name, p]) => [name, p.value] as const),
    ...system.stateNames.map((name, k) => [name, system.states[k].rest] as const),
  ];
  evaluate(system.rates, Object.fromEntries(values)).forEach((rate, k) => {
    if (!(Math.abs(rate) < 1e-9))
      wrong(`"${system.stateNames[k]}" is not at rest: its rate is ${rate} / ms.`, "Mend rest.");
  });
}

/** A variant may leave the bounds only with a parameter that it fixes. */
function checkVariants(entry: Reaction, system: ReactionSystem, wrong: Wrong): void {
  for (const [variant, { values, fixed }] of Object.entries(entry.variants ?? {}))
    for (const name of [...Object.keys(values), ...fixed]) {
      const p = lookUp(`parameter of ${entry.name}`, system.parameters, name);
      const value = values[name] ?? p.value;
      if (!fixed.includes(name) && !(p.bounds[0] <= value && value <= p.bounds[1]))
        wrong(`variant "${variant}": ${name} = ${value} is out of bounds.`, "Fix or mend it.");
    }
}

/** Parses an entry's equations into rates per ms. */
export function reactionSystem(entry: Reaction): ReactionSystem {
  const graph = createGraph();
  const stateNames = Object.keys(entry.states);
  const parameters = {
    ...entry.params,
    ...(entry.timeScale ? { time_scale: entry.timeScale } : {}),
  };
  const inputs = [...stateNames, ...Object.keys(entry.params)];
  const equations = parseEquations(graph, entry.equations, inputs, entry.name);
  // One division outside the loops instead of one per state and node.
  const perTimeScale = graph.apply("div", graph.constant(1), graph.input("time_scale"));
  const rates = stateNames.map((name) => {
    const equation = equations.find((e) => e.rate && e.name === name);
    if (!equation)
      return fail({
        code: "bad-reaction",
        path: entry.name,
        message: `${entry.name}: state "${name}" has no rate.`,
        fix: `Write "${name}' = ...".`,
      });
    return entry.timeScale ? graph.apply("mul", equation.value, perTimeScale) : equation.value;
  });
  const stray = equations.find((e) => e.rate && !stateNames.includes(e.name));
  if (stray)
    fail({
      code: "bad-reaction",
      path: entry.name,
      message: `${entry.name}: "${stray.name}" has a rate but is not a state.`,
      fix: `States: ${stateNames.join(", ")}.`,
    });
  return { graph, stateNames, states: Object.values(entry.states), rates, parameters };
}

/** How candidates' physics is guaranteed (DESIGN.md, decision 4). */
export type PhysicsClass = "symmetric-flux" | "antisymmetric-flux" | "message";

/** The geometric operators of src/mesh/operators.ts that an entry may build on. */
export type OperatorName =
  | ("mean" | "graph" | "inverse-distance")
  | ("p1" | "p1-fibre" | "p1-regional");

/** What an option may be set to; refining goes up the list, simplifying goes down. */
export interface OptionRange {
  readonly values: readonly (number | string | boolean)[];
  readonly default: number | string | boolean;
  readonly meaning: string;
}
export type OptionValues = Readonly<Record<string, number | string | boolean>>;

/** What an entry may ask about the mesh it is built for. */
export interface MeshContext {
  readonly dimension: 2 | 3;
  readonly regionTags: readonly number[];
  readonly hasFibres: boolean;
}

/** A learnt value per node; the penalty is lambda * sum over edges of w (y_i - y_j)^2 / N. */
export interface NodeField {
  readonly initial: number;
  readonly bounds: readonly [number, number];
  /** Weight of the smoothness penalty. */
  readonly smoothness: number;
}

/** The weights of a small network, initialised at random from the candidate's seed. */
export interface NetworkWeights {
  readonly count: number;
  /** Standard deviation of each initial weight, [count]. */
  readonly spread: readonly number[];
}

/**
 * A diffusion entry, built for given options: three pieces of equation text in one grammar.
 *   edge     once per roll-out. Reads the operator's weights (w, ...), `length` (mm), features of
 *            the edge's middle (x y z in [-1, 1], fibre = squared cosine with the fibre), node
 *            fields as `name_i`, `name_j`, parameters, network weights `n0, n1, ...`.
 *            Must be symmetric in i and j.
 *   message  every stage, for each ordered pair of neighbours. Reads `u_i`, `u_j`, results of
 *            `edge`, parameters, network weights.
 *   node     every stage. Reads the sums of the messages over the neighbours by name, `mass`, and
 *            defines `coupling`, du/dt in 1/ms.
 */
export interface DiffusionModel {
  readonly params: Readonly<Record<string, Parameter>>;
  readonly fields: Readonly<Record<string, NodeField>>;
  readonly network?: NetworkWeights;
  readonly edge: string;
  readonly message: string;
  readonly node: string;
}

export interface Diffusion {
  readonly name: string;
  readonly title: string;
  readonly cite: string;
  readonly physics: PhysicsClass;
  readonly operator: OperatorName;
  readonly needsFibres?: boolean;
  readonly options: Readonly<Record<string, OptionRange>>;
  readonly build: (options: OptionValues, mesh: MeshContext) => DiffusionModel;
}

/** The flux form of every linear entry: (mass du/dt)_i = sum_j g_ij (u_j - u_i). */
export const linearFlux = {
  message: "flux = g * (u_j - u_i)",
  node: "coupling = flux / mass",
} as const;
