import { gradient } from "./differentiate.js";
import type { Graph, Node } from "./graph.js";
import { algebra } from "./operations.js";

/** Schemes that take reaction and diffusion together, as stages of explicit expressions. */
export type StageScheme = "euler" | "heun" | "rk4" | "rush-larsen" | "rush-larsen-2";
/** Schemes that take reaction and diffusion in turn. */
export type SplitScheme = "godunov" | "strang";
export type SchemeName = StageScheme | SplitScheme;
/** How a split scheme steps diffusion: where between both ends of the step the flux is taken. */
export type DiffusionStep = "explicit" | "crank-nicolson" | "backward-euler";
/** Mass of finite elements: on the diagonal, or spread over each element as it is integrated. */
export type MassKind = "lumped" | "consistent";

/** What a stage of an explicit scheme may read; vectors over the states. */
export interface StageInput {
  readonly graph: Graph;
  /** States at the start of the step. */
  readonly base: readonly Node[];
  /** The sum that earlier stages have built up; the base before the first stage. */
  readonly sum: readonly Node[];
  /** The states at which `rates` are evaluated. */
  readonly stage: readonly Node[];
  readonly rates: readonly Node[];
  /** Which states are gates. */
  readonly gates: readonly boolean[];
  readonly dt: Node;
}

export interface StageResult {
  /** The states of the next stage, or of the next step after the last stage. */
  readonly next: readonly Node[];
  /**
   * The sum handed on, which must contain the old sum unchanged. Absent after the last stage, and
   * everywhere in schemes whose stages all start from the base.
   */
  readonly sum?: readonly Node[];
}

export type Stage = (input: StageInput) => StageResult;

/** y + weight * dt * rate, for every state. */
function advance(input: StageInput, from: readonly Node[], weight: number): Node[] {
  const g = algebra(input.graph);
  return from.map((y, k) => g.add(y, g.mul(g.mul(g.num(weight), input.dt), input.rates[k])));
}

/** next = base + reach * dt * rate; sum = sum + weight * dt * rate. */
const inner =
  (reach: number, weight: number): Stage =>
  (input) => ({
    next: advance(input, input.base, reach),
    sum: advance(input, input.sum, weight),
  });

const last =
  (weight: number): Stage =>
  (input) => ({ next: advance(input, input.sum, weight) });

/**
 * Gates: y + h (a + b y) phi(h b), where a + b y is the rate and phi(z) = (exp(z) - 1) / z =
 * 1 / linexp(-z); that is y_inf + (y - y_inf) exp(-h / tau) without naming either (Rush and Larsen
 * 1978). Other states: y + h rate. h = reach * dt; y is the base, a and b are those of the stage.
 */
const exponential =
  (reach: number): Stage =>
  (input) => {
    const g = algebra(input.graph);
    const h = g.mul(g.num(reach), input.dt);
    const next = input.base.map((base, k) => {
      const rate = input.rates[k];
      if (!input.gates[k]) return g.add(base, g.mul(h, rate));
      const stage = input.stage[k];
      const slope = gradient(input.graph, rate, [stage])[0];
      const phi = g.div(g.num(1), input.graph.apply("linexp", g.neg(g.mul(h, slope))));
      const atBase = base === stage ? rate : g.add(rate, g.mul(slope, g.sub(base, stage)));
      return g.add(base, g.mul(g.mul(h, atBase), phi));
    });
    return { next };
  };

interface StagedScheme {
  readonly stages: readonly Stage[];
  /** Observed order in time. */
  readonly order: number;
  /** |dt * eigenvalue| allowed on the real axis. */
  readonly stability: number;
  /** Gates take exact steps: their rates bound no step. */
  readonly exactGates?: true;
}

export const schemes: Readonly<Record<StageScheme, StagedScheme>> = {
  euler: { stages: [last(1)], order: 1, stability: 2 },
  heun: { stages: [inner(1, 1 / 2), last(1 / 2)], order: 2, stability: 2 },
  rk4: {
    stages: [inner(1 / 2, 1 / 6), inner(1 / 2, 1 / 3), inner(1, 1 / 3), last(1 / 6)],
    order: 4,
    stability: 2.78,
  },
  "rush-larsen": { stages: [exponential(1)], order: 1, stability: 2, exactGates: true },
  "rush-larsen-2": {
    stages: [exponential(1 / 2), exponential(1)],
    order: 2,
    stability: 2,
    exactGates: true,
  },
};

/**
 * Reaction by a staged scheme for `share` of the step, the whole diffusion, and the rest of the
 * reaction: R(dt) D(dt), or R(dt / 2) D(dt) R(dt / 2) (Strang 1968).
 */
export const splittings: Readonly<
  Record<SplitScheme, { reaction: StageScheme; share: 1 | 0.5; order: number }>
> = {
  godunov: { reaction: "rush-larsen", share: 1, order: 1 },
  strang: { reaction: "rush-larsen-2", share: 0.5, order: 2 },
};

/** Weight of the end of the step in the flux; from 1/2 on every step is stable. */
export const thetas: Readonly<Record<DiffusionStep, number>> = {
  explicit: 0,
  "crank-nicolson": 0.5,
  "backward-euler": 1,
};

/** The scheme that steps the reaction. */
export const reactionScheme = (scheme: SchemeName): StageScheme =>
  isSplit(scheme) ? splittings[scheme].reaction : scheme;

export const isSplit = (scheme: SchemeName): scheme is SplitScheme => scheme in splittings;
