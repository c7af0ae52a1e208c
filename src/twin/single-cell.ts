import type { Reaction } from "../model/declare.js";
import { gradient } from "../model/differentiate.js";
import { type Node, reachable } from "../model/graph.js";
import { operations } from "../model/operations.js";
import type { ReactionSystem } from "../model/reaction-system.js";
import { reactionScheme, schemes } from "../model/schemes.js";

/** One action potential of an isolated cell, started by lifting the potential. */
export interface CellTrace {
  /** [kept steps] of each state; every step is kept unless there are very many. */
  readonly states: readonly Float64Array[];
  /** Time above the threshold until the potential falls below it again, ms; NaN if it never does. */
  readonly duration_ms: number;
  readonly peak: number;
}

type Parameters = Readonly<Record<string, number>>;
type Rates = (states: ArrayLike<number>, out: Float64Array) => void;

/** JavaScript for `roots`, one assignment a node; `source` says where inputs come from. */
function printNodes(roots: readonly Node[], source: (name: string) => string) {
  const text = (node: Node) => (node.op === "constant" ? `(${node.value})` : `t${node.id}`);
  const value = ({ op, name, args }: Node) => {
    if (op === "input" || op === "constant") return source(name);
    return operations[op].js(...args.map(text));
  };
  const lines = reachable(roots)
    .filter((node) => node.op !== "constant")
    .map((node) => `const t${node.id} = ${value(node)};`);
  return { lines, text };
}

function compileFunction(signature: string, lines: readonly string[]): unknown {
  const source = `return (${signature}) => {${lines.join("\n")}};`;
  const build = new Function("linexp", "linexp_slope", source);
  return build(operations.linexp.value, operations.linexp_slope.value);
}

/**
 * Code of a reaction is kept with its declaration. Parameters are arguments of it, so that the fits of
 * all structures with this reaction, which ask for many sets of them, compile once.
 */
const codeOf = new WeakMap<Reaction, Map<string, unknown>>();

function compiledOnce<Code>({ entry }: ReactionSystem, name: string, compile: () => Code): Code {
  const known = codeOf.get(entry) ?? new Map<string, unknown>();
  codeOf.set(entry, known);
  if (!known.has(name)) known.set(name, compile());
  return known.get(name) as Code;
}

const numbersOf = (system: ReactionSystem, parameters: Parameters): Float64Array =>
  Float64Array.from(Object.keys(system.parameters), (name) => parameters[name]);

function parameterSource(system: ReactionSystem, name: string): string {
  const place = Object.keys(system.parameters).indexOf(name);
  if (place < 0) throw new Error(`"${name}" is neither a state nor a parameter.`);
  return `p[${place}]`;
}

/** The rates for fixed parameters; plain JavaScript printed from the graph. */
export function cellRates(system: ReactionSystem, parameters: Parameters): Rates {
  const rates = compiledOnce(system, "rates", () => cellFunction(system, system.rates));
  const p = numbersOf(system, parameters);
  return (y, out) => rates(y, p, out);
}

type CellFunction = (y: ArrayLike<number>, p: Float64Array, out: Float64Array) => void;

/** Writes the values of `roots` at given states and parameters. */
function cellFunction(system: ReactionSystem, roots: readonly Node[]): CellFunction {
  const { lines, text } = printNodes(roots, (name) => {
    const state = system.stateNames.indexOf(name);
    return state >= 0 ? `y[${state}]` : parameterSource(system, name);
  });
  const results = roots.map((root, k) => `out[${k}] = ${text(root)};`);
  return compileFunction("y, p, out", [...lines, ...results]) as CellFunction;
}

/** Advances the states of a cell in their place. */
type CellStep = (cell: Float64Array) => void;
type StepFunction = (base: Float64Array, p: Float64Array, dt: number) => void;

/**
 * One step of one cell by the stages of the scheme that the reaction declares, rk4 where it declares
 * none.
 */
export function cellStepper(
  system: ReactionSystem,
  parameters: Parameters,
  dt_ms: number,
): CellStep {
  const step = compiledOnce(system, "step", () => stepFunction(system));
  const p = numbersOf(system, parameters);
  return (cell) => step(cell, p, dt_ms);
}

/** No name in a reaction's equations. */
const stepName = "the step";

function stepFunction(system: ReactionSystem): StepFunction {
  const { graph, stateNames, rates } = system;
  const { stages } = schemes[reactionScheme(system.numerics?.scheme ?? "rk4")];
  const gates = system.states.map((s) => s.kind === "gate");
  const dt = graph.input(stepName);
  const stage = stateNames.map((name) => graph.input(name));
  const inputs = (array: string) => stateNames.map((_, k) => graph.input(`${array}[${k}]`));
  const known = new Map([
    [stepName, "dt"],
    ...stateNames.flatMap((name, k) => [
      [name, `y${k}`] as const,
      [`base[${k}]`, `base[${k}]`] as const,
      [`sum[${k}]`, `sum${k}`] as const,
    ]),
  ]);
  const source = (name: string) => known.get(name) ?? parameterSource(system, name);
  // All stages are one function, their results local variables of it: no arrays in between.
  const blocks = stages.map((apply, k) => {
    const [base, sum] = k === 0 ? [stage, stage] : [inputs("base"), inputs("sum")];
    const result = apply({ graph, base, sum, stage, rates, gates, dt });
    const { lines, text } = printNodes([...result.next, ...(result.sum ?? [])], source);
    const assign = (variable: string, nodes: readonly Node[]) =>
      nodes.map((node, i) => `${variable}${i} = ${text(node)};`);
    const results = [...assign("y", result.next), ...assign("sum", result.sum ?? [])];
    return ["{", ...lines, ...results, "}"];
  });
  const each = (line: (k: number) => string) => stateNames.map((_, k) => line(k));
  return compileFunction("base, p, dt", [
    ...each((k) => `let y${k} = base[${k}], sum${k} = 0;`),
    ...blocks.flat(),
    ...each((k) => `base[${k}] = y${k};`),
  ]) as StepFunction;
}

/** A step for one cell, ms: the reaction's own where it is stiff. */
export const cellStep_ms = (system: ReactionSystem, parameters: Parameters): number =>
  system.numerics?.step_ms ?? 0.05 * (parameters["time_scale"] ?? 1);

const mostKept = 20_000;

/** By the reaction's own scheme; `threshold` is the level the duration is measured at. */
export function simulateCell(
  system: ReactionSystem,
  parameters: Parameters,
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
  const advance = cellStepper(system, parameters, dt_ms);
  // A whole number of steps stays one, whatever rounding makes of the quotient.
  const steps = Math.floor(options.end_ms / dt_ms + 1e-9);
  const keepEvery = Math.max(1, Math.ceil(steps / mostKept));
  const y = Float64Array.from(system.states, (s) => s.rest);
  y[0] = options.start;
  const states = Array.from(y, () => new Float64Array(Math.floor(steps / keepEvery) + 1));
  const keep = (place: number) => {
    for (let k = 0; k < y.length; k++) states[k][place] = y[k];
  };
  keep(0);
  let kept = 1;
  let rise = Number.NaN;
  let fall = Number.NaN;
  let peak = y[0];
  for (let step = 0; step < steps; step++) {
    const before = y[0];
    advance(y);
    const t = (step + (threshold - before) / (y[0] - before)) * dt_ms;
    if (Number.isNaN(rise) && y[0] >= threshold) rise = before < threshold ? t : 0;
    if (!Number.isNaN(rise) && Number.isNaN(fall) && before >= threshold && y[0] < threshold)
      fall = t;
    peak = Math.max(peak, y[0]);
    if ((step + 1) % keepEvery === 0) keep(kept++);
    if (!Number.isNaN(fall) && step * dt_ms > recoveries * fall) break;
  }
  return {
    states: states.map((values) => values.subarray(0, kept)),
    duration_ms: fall - rise,
    peak,
  };
}

/**
 * Fastest rate of the reaction along an action potential, 1/ms: the largest row sum of the
 * Jacobian, which bounds its eigenvalues (Gershgorin) and with it the explicit time step.
 * Concentrations are measured by how far they go: that changes no eigenvalue, but calcium that rises
 * a thousandfold would make a bound of thousands. With `exactGates`, of the states that a scheme with
 * exact gates still steps explicitly.
 */
export function reactionRate(
  system: ReactionSystem,
  parameters: Parameters,
  { exactGates = false }: { exactGates?: boolean } = {},
): number {
  const unit = parameters["time_scale"] ?? 1;
  const trace = simulateCell(system, parameters, {
    dt_ms: cellStep_ms(system, parameters),
    end_ms: 600 * unit,
    start: 0.5,
    threshold: 0.5,
    recoveries: 1.2,
  });
  const explicit = system.stateNames.flatMap((_, k) =>
    exactGates && system.states[k].kind === "gate" ? [] : [k],
  );
  const jacobian = compiledOnce(system, `jacobian of ${explicit}`, () => {
    const inputs = explicit.map((k) => system.graph.input(system.stateNames[k]));
    const rows = explicit.map((k) => gradient(system.graph, system.rates[k], inputs));
    return cellFunction(system, rows.flat());
  });
  const p = numbersOf(system, parameters);
  const entries = new Float64Array(explicit.length ** 2);
  const reach = explicit.map((k) => {
    if (system.states[k].kind !== "concentration") return 1;
    const [low, high] = [Math.min, Math.max].map((of) =>
      trace.states[k].reduce((a, b) => of(a, b)),
    );
    return Math.max(high - low, 1e-3);
  });
  const { length } = trace.states[0];
  const stride = Math.max(1, Math.floor(length / 200));
  const y = new Float64Array(trace.states.length);
  let fastest = 0;
  for (let step = 0; step < length; step += stride) {
    for (let k = 0; k < y.length; k++) y[k] = trace.states[k][step];
    jacobian(y, p, entries);
    for (let i = 0; i < reach.length; i++) {
      let sum = 0;
      for (let j = 0; j < reach.length; j++)
        sum += Math.abs(entries[i * reach.length + j]) * reach[j];
      const rate = sum / reach[i];
      if (Number.isFinite(rate)) fastest = Math.max(fastest, rate);
    }
  }
  return fastest;
}
