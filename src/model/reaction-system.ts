import { fail, lookUp } from "../core/errors.js";
import type { Parameter, Reaction, State } from "./declare.js";
import { gradient } from "./differentiate.js";
import { createGraph, evaluate, type Graph, inputsOf, type Node, substitute } from "./graph.js";
import { algebra } from "./operations.js";
import { parseEquations } from "./parse.js";

/** A reaction as expressions: rates per ms of every state. */
export interface ReactionSystem {
  /** What it was made from. */
  readonly entry: Reaction;
  readonly graph: Graph;
  readonly stateNames: readonly string[];
  /** Rest and range as the engine holds them. */
  readonly states: readonly State[];
  readonly stored: readonly Stored[];
  /** d(state)/dt, 1/ms, in terms of states and parameters; no coupling, no stimulus. */
  readonly rates: readonly Node[];
  /** Model parameters in the order of declaration; "time_scale" last where there is one. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** How a stiff reaction wants to be stepped. */
  readonly numerics?: Reaction["numerics"];
  /** Largest rate at the declared rest, 1/ms. */
  readonly restDrift_per_ms: number;
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

/** It would move a state by 1e-6 in a second. */
const usualDrift_per_ms = 1e-9;

/** At the published parameters. */
function checkRest(system: ReactionSystem, wrong: Wrong): void {
  const { restDrift_per_ms } = system;
  const values = [
    ...Object.entries(system.parameters).map(([name, p]) => [name, p.value] as const),
    ...system.stateNames.map((name, k) => [name, system.states[k].rest] as const),
  ];
  evaluate(system.rates, Object.fromEntries(values)).forEach((rate, k) => {
    const name = system.stateNames[k];
    if (!Number.isFinite(rate))
      wrong(
        `the rate of "${name}" at rest is ${rate}: something is divided by zero there.`,
        'Write x / (1 - exp(-x)) as "linexp(x)", or move the declared rest.',
      );
    if (!(Math.abs(rate) <= restDrift_per_ms))
      wrong(`"${name}" is not at rest: its rate is ${rate} / ms.`, "Mend rest.");
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

/** How the engine holds a state: value = offset + scale * stored. */
export interface Stored {
  readonly offset: number;
  readonly scale: number;
}

/**
 * Potentials are normalised, so that every model meets the same thresholds, stimuli and scores;
 * concentrations are relative changes, since single precision would lose what one step adds to a
 * large amount. Gates and recovery variables are held as they are.
 */
function storedAs(entry: Reaction, state: State): Stored {
  if (state.kind === "concentration") return { offset: state.rest, scale: state.rest };
  if (state.amplitude !== undefined) return { offset: state.rest, scale: state.amplitude };
  if (state.unit !== "mV") return { offset: 0, scale: 1 };
  return { offset: entry.millivolts.rest_mV, scale: entry.millivolts.amplitude_mV };
}

const toStored = ({ offset, scale }: Stored, value: number) => (value - offset) / scale;

/** Parses an entry's equations into rates per ms of the stored states. */
export function reactionSystem(entry: Reaction): ReactionSystem {
  const graph = createGraph();
  const g = algebra(graph);
  const stateNames = Object.keys(entry.states);
  const parameters = {
    ...entry.params,
    ...(entry.timeScale ? { time_scale: entry.timeScale } : {}),
  };
  const inputs = [...stateNames, ...Object.keys(entry.params)];
  const equations = parseEquations(graph, entry.equations, inputs, entry.name);
  const stored = Object.values(entry.states).map((state) => storedAs(entry, state));
  const own = new Map(
    stateNames.map((name, k) => {
      const { offset, scale } = stored[k];
      return [name, g.add(g.num(offset), g.mul(g.num(scale), graph.input(name)))] as const;
    }),
  );
  // One division outside the loops instead of one per state and node.
  const perTimeScale = g.div(g.num(1), graph.input("time_scale"));
  const rates = stateNames.map((name, k) => {
    const equation = equations.find((e) => e.rate && e.name === name);
    if (!equation)
      return fail({
        code: "bad-reaction",
        path: entry.name,
        message: `${entry.name}: state "${name}" has no rate.`,
        fix: `Write "${name}' = ...".`,
      });
    const [value] = substitute(graph, [equation.value], own);
    const rate = g.mul(g.num(1 / stored[k].scale), value);
    return entry.timeScale ? g.mul(rate, perTimeScale) : rate;
  });
  const stray = equations.find((e) => e.rate && !stateNames.includes(e.name));
  if (stray)
    fail({
      code: "bad-reaction",
      path: entry.name,
      message: `${entry.name}: "${stray.name}" has a rate but is not a state.`,
      fix: `States: ${stateNames.join(", ")}.`,
    });
  const states = Object.values(entry.states).map((state, k): State => {
    const range = state.range.map((end) => toStored(stored[k], end)) as [number, number];
    return { ...state, rest: toStored(stored[k], state.rest), range };
  });
  const { numerics, restDrift_per_ms = usualDrift_per_ms } = entry;
  return {
    ...{ entry, graph, stateNames, states, stored, rates, parameters, restDrift_per_ms },
    ...(numerics && { numerics }),
  };
}
