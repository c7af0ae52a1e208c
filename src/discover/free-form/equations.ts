import { fail } from "../../core/errors.js";
import { gradient } from "../../model/differentiate.js";
import { createGraph, inputsOf, type Node } from "../../model/graph.js";
import { algebra } from "../../model/operations.js";
import { parseEquations } from "../../model/parse.js";
import { createTape, type Tape } from "./tape.js";

/** A whole model, as somebody wrote it down. */
export interface Proposal {
  readonly thought: string;
  /** u' = ... and v' = ..., 1/ms; earlier lines may name parts of them. */
  readonly equations: string;
  /** Every number of the equations that a fit may move, with the value that it begins at. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** What equations may read at a node besides their parameters, and what it means. */
export const vocabulary = {
  u: "normalised potential, 0 at rest, about 1 when activated",
  v: "hidden recovery variable, 0 at rest; nobody has recorded it",
  mean_u: "mean of u over the neighbours on the mesh",
  diffusion: "mean_u - u",
} as const;
const varying = Object.keys(vocabulary);
const adjoints = ["bar_u", "bar_v"] as const;

/** A proposal as expressions that can be evaluated and differentiated over many nodes. */
export interface FreeModel {
  readonly proposal: Proposal;
  /** Parameters that the equations read, in this order. */
  readonly parameters: readonly string[];
  /** Reads the vocabulary; gives du/dt and dv/dt. */
  rates(capacity: number): Tape;
  /** Reads the vocabulary, bar_u and bar_v; phi = bar_u u' + bar_v v'; gives d phi / d(v, parameters). */
  slopes(capacity: number): Tape;
}

const longest = 6000;
const mostParameters = 60;

/**
 * Parses a proposal. Errors, as feedback for who wrote it: "equation-syntax" with line and column,
 * "bad-proposal" for names, numbers and rates that do not fit.
 */
export function compileProposal(proposal: Proposal): FreeModel {
  checkParameters(proposal);
  if (proposal.equations.length > longest)
    wrong(`the equations have ${proposal.equations.length} characters.`, `Use up to ${longest}.`);
  const graph = createGraph();
  const names = Object.keys(proposal.parameters);
  const equations = parseEquations(graph, proposal.equations, [...varying, ...names], "equations");
  const rate = (state: string) => equations.find((e) => e.rate && e.name === state)?.value;
  const stray = equations.find((e) => e.rate && e.name !== "u" && e.name !== "v");
  if (stray) wrong(`"${stray.name}'" is no rate of this model.`, "The states are u and v.");
  const du = rate("u") ?? wrong("u has no rate.", 'Write "u\' = ...".');
  const dv = rate("v") ?? graph.constant(0);
  if (!rate("v") && inputsOf([du]).has("v"))
    wrong("v is read but has no rate.", 'Write "v\' = ...", or leave v out.');
  const read = inputsOf([du, dv]);
  const parameters = names.filter((name) => read.has(name));
  const g = algebra(graph);
  const [barU, barV] = adjoints.map((name) => graph.input(name));
  const phi = graph.sum([g.mul(barU, du), g.mul(barV, dv)]);
  const wrt = ["v", ...parameters].map((name) => graph.input(name));
  const slopes = gradient(graph, phi, wrt);
  const tape = (roots: readonly Node[], capacity: number) =>
    createTape(roots, [...varying, ...adjoints], capacity);
  return {
    proposal,
    parameters,
    rates: (capacity) => tape([du, dv], capacity),
    slopes: (capacity) => tape(slopes, capacity),
  };
}

function checkParameters({ parameters }: Proposal): void {
  const names = Object.keys(parameters);
  if (names.length > mostParameters)
    wrong(`there are ${names.length} parameters.`, `Use up to ${mostParameters}.`);
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || [...varying, ...adjoints].includes(name))
      wrong(
        `${JSON.stringify(name.slice(0, 80))} cannot name a parameter.`,
        "Choose another name.",
      );
    if (!Number.isFinite(parameters[name]))
      wrong(`parameter ${name} = ${parameters[name]} is no number.`, "Give it a finite value.");
  }
}

function wrong(message: string, fix: string): never {
  return fail({ code: "bad-proposal", path: "proposal", message: `proposal: ${message}`, fix });
}
