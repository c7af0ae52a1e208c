import { gradient } from "../model/differentiate.js";
import { evaluate, type Node, reachable } from "../model/graph.js";
import { operations } from "../model/operations.js";
import type { ReactionSystem } from "../model/reaction-system.js";

/** One action potential of an isolated cell, started by lifting the potential. */
export interface CellTrace {
  readonly dt_ms: number;
  /** [steps + 1][states] */
  readonly states: readonly Float64Array[];
  /** Time above the threshold until the potential falls below it again, ms; NaN if it never does. */
  readonly duration_ms: number;
  readonly peak: number;
}

type Rates = (states: ArrayLike<number>, out: Float64Array) => void;

/** Compiles the rates for fixed parameters; plain JavaScript printed from the graph. */
export function cellRates(
  system: ReactionSystem,
  parameters: Readonly<Record<string, number>>,
): Rates {
  const lines: string[] = [];
  const text = (node: Node) => (node.op === "constant" ? `(${node.value})` : `t${node.id}`);
  for (const node of reachable(system.rates)) {
    if (node.op === "constant") continue;
    const state = system.stateNames.indexOf(node.name);
    const value =
      node.op === "input"
        ? state >= 0
          ? `y[${state}]`
          : String(parameters[node.name])
        : operations[node.op].js(...node.args.map(text));
    lines.push(`const t${node.id} = ${value};`);
  }
  for (const [k, rate] of system.rates.entries()) lines.push(`out[${k}] = ${text(rate)};`);
  const build = new Function("linexp", "linexp_slope", `return (y, out) => {${lines.join("\n")}};`);
  return build(operations.linexp.value, operations.linexp_slope.value) as Rates;
}

/** Classical Runge-Kutta; `threshold` is the level the duration is measured at. */
export function simulateCell(
  system: ReactionSystem,
  parameters: Readonly<Record<string, number>>,
  options: {
    dt_ms: number;
    end_ms: number;
    start: number;
    threshold: number;
    /** Ends after so many durations; 3 where absent. */
    recoveries?: number;
  },
): CellTrace {
  const { dt_ms, threshold, recoveries = 3 } = options;
  const rates = cellRates(system, parameters);
  const n = system.states.length;
  let y = Float64Array.from(system.states, (s) => s.rest);
  y[0] = options.start;
  const [k1, k2, k3, k4] = [0, 1, 2, 3].map(() => new Float64Array(n));
  const at = (k: Float64Array, h: number) => y.map((value, i) => value + h * k[i]);
  const states = [y];
  let [rise, fall, peak] = [Number.NaN, Number.NaN, y[0]];
  for (let step = 0; (step + 1) * dt_ms <= options.end_ms; step++) {
    rates(y, k1);
    rates(at(k1, dt_ms / 2), k2);
    rates(at(k2, dt_ms / 2), k3);
    rates(at(k3, dt_ms), k4);
    const next = y.map((v, i) => v + (dt_ms / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
    const t = (step + (threshold - y[0]) / (next[0] - y[0])) * dt_ms;
    if (Number.isNaN(rise) && next[0] >= threshold) rise = y[0] < threshold ? t : 0;
    if (!Number.isNaN(rise) && Number.isNaN(fall) && y[0] >= threshold && next[0] < threshold)
      fall = t;
    y = next;
    peak = Math.max(peak, y[0]);
    states.push(y);
    if (!Number.isNaN(fall) && step * dt_ms > recoveries * fall) break;
  }
  return { dt_ms, states, duration_ms: fall - rise, peak };
}

/**
 * Fastest rate of the reaction along an action potential, 1/ms: the largest row sum of the
 * Jacobian, which bounds its eigenvalues (Gershgorin) and with it the explicit time step.
 */
export function reactionRate(
  system: ReactionSystem,
  parameters: Readonly<Record<string, number>>,
): number {
  const unit = parameters["time_scale"] ?? 1;
  const trace = simulateCell(system, parameters, {
    dt_ms: 0.05 * unit,
    end_ms: 600 * unit,
    start: 0.5,
    threshold: 0.5,
    recoveries: 1.2,
  });
  const inputs = system.stateNames.map((name) => system.graph.input(name));
  const jacobian = system.rates.map((rate) => gradient(system.graph, rate, inputs));
  const stride = Math.max(1, Math.floor(trace.states.length / 200));
  let fastest = 0;
  for (let step = 0; step < trace.states.length; step += stride) {
    const y = Object.fromEntries(system.stateNames.map((name, k) => [name, trace.states[step][k]]));
    for (const row of jacobian) {
      const entries = evaluate(row, { ...parameters, ...y });
      const sum = entries.reduce((a, b) => a + Math.abs(b), 0);
      if (Number.isFinite(sum)) fastest = Math.max(fastest, sum);
    }
  }
  return fastest;
}
