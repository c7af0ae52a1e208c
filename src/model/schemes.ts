import { gradient } from "./differentiate.js";
import type { Graph, Node } from "./graph.js";
import { algebra } from "./operations.js";

export type SchemeName = "euler" | "heun" | "rk4" | "rush-larsen";

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
  /** The sum handed on; absent after the last stage. It must contain the old sum unchanged. */
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
 * Gates: y + dt f(y) phi(dt df/dy), phi(z) = (exp(z) - 1) / z = 1 / linexp(-z), which is
 * y_inf + (y - y_inf) exp(-dt / tau) without naming either (Rush and Larsen 1978).
 */
const rushLarsen: Stage = (input) => {
  const g = algebra(input.graph);
  const next = input.stage.map((y, k) => {
    const rate = input.rates[k];
    if (!input.gates[k]) return g.add(y, g.mul(input.dt, rate));
    const slope = gradient(input.graph, rate, [y])[0];
    const phi = g.div(g.num(1), input.graph.apply("linexp", g.neg(g.mul(input.dt, slope))));
    return g.add(y, g.mul(g.mul(input.dt, rate), phi));
  });
  return { next };
};

/** `order`: observed order in time; `stability`: |dt * eigenvalue| allowed on the real axis. */
export const schemes: Readonly<
  Record<SchemeName, { stages: readonly Stage[]; order: number; stability: number }>
> = {
  euler: { stages: [last(1)], order: 1, stability: 2 },
  heun: { stages: [inner(1, 1 / 2), last(1 / 2)], order: 2, stability: 2 },
  rk4: {
    stages: [inner(1 / 2, 1 / 6), inner(1 / 2, 1 / 3), inner(1, 1 / 3), last(1 / 6)],
    order: 4,
    stability: 2.78,
  },
  "rush-larsen": { stages: [rushLarsen], order: 1, stability: 2 },
};
