import type { SchemeName } from "./schemes.js";

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
  readonly kind: "potential" | "gate" | "recovery" | "concentration";
  /** "mV" for the potential of an ionic model, else the paper's own unit. */
  readonly unit: string;
  /** Value at rest, where every simulation starts. */
  readonly rest: number;
  /** Dimensionless potentials that do not run from 0 to 1: rest to peak; 1 where absent. */
  readonly amplitude?: number;
  /** Values outside mean that the model has left its domain. */
  readonly range: readonly [number, number];
}

/**
 * The dimensionless potential of a phenomenological model: 0 at rest, about 1 at the peak. Where the
 * paper's runs further, `amplitude` is its height; the engine holds (value - rest) / amplitude.
 */
export const potential = (
  rest: number,
  range: readonly [number, number] = [-0.5, 1.5],
  more: { amplitude?: number } = {},
): State => ({ kind: "potential", unit: "1", rest, range, ...more });
/** The potential of an ionic model, mV; the engine holds (V - rest_mV) / amplitude_mV. */
export const voltage = (rest: number, range: readonly [number, number] = [-150, 100]): State => ({
  kind: "potential",
  unit: "mV",
  rest,
  range,
});
/** A gate relaxes linearly at a given potential, so Rush-Larsen is exact for it. */
export const gate = (rest: number, range: readonly [number, number] = [-0.01, 1.01]): State => ({
  kind: "gate",
  unit: "1",
  rest,
  range,
});
export const recovery = (rest: number, range: readonly [number, number]): State => ({
  kind: "recovery",
  unit: "1",
  rest,
  range,
});
/** The engine holds c / rest - 1: single precision keeps the small changes of a large amount. */
export const concentration = (
  rest: number,
  range: readonly [number, number],
  unit = "mM",
): State => ({ kind: "concentration", unit, rest, range });

/** A reaction model, declared as data; see src/catalog/reaction for the entries. */
export interface Reaction {
  readonly name: string;
  readonly title: string;
  /** The paper the equations are from. */
  readonly cite: string;
  /** Dimensionless models carry their unit of time, ms; it is fitted like any parameter. */
  readonly timeScale?: Parameter;
  /** mV = rest_mV + amplitude_mV * u, u the normalised potential that recordings are in. */
  readonly millivolts: { readonly rest_mV: number; readonly amplitude_mV: number };
  /**
   * Stiff models say how they are integrated: the scheme, and the largest step that keeps their
   * up-stroke. Others take the largest stable step of any scheme.
   */
  readonly numerics?: { readonly scheme: SchemeName; readonly step_ms: number };
  /**
   * Largest rate, 1/ms, at the declared rest, where the published start is that of a paced cell
   * whose concentrations still drift; 1e-9 if absent.
   */
  readonly restDrift_per_ms?: number;
  /** True: agents meet this entry only where it is asked for by name (`leads discover --reactions`). */
  readonly onRequest?: boolean;
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

/** How candidates' physics is guaranteed (DESIGN.md, decision 4). */
export type PhysicsClass = "symmetric-flux" | "antisymmetric-flux" | "message";

/** The geometric operators of src/mesh/operators.ts that an entry may build on. */
export type OperatorName =
  | ("mean" | "graph" | "inverse-distance")
  | ("p1" | "p1-fibre" | "p1-regional")
  | ("finite-difference" | "finite-difference-fibre");

/** What an option may be set to; refining goes up the list, simplifying goes down. */
export interface OptionRange {
  readonly values: readonly (number | string | boolean)[];
  readonly default: number | string | boolean;
  readonly meaning: string;
}
export type OptionValues = Readonly<Record<string, number | string | boolean>>;

/** What an entry may ask about the mesh it is built for. */
export interface MeshContext {
  readonly dimension: 1 | 2 | 3;
  readonly regionTags: readonly number[];
  readonly hasFibres: boolean;
  /** Nodes on a lattice in place of elements; false if absent. */
  readonly hasGrid?: boolean;
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
