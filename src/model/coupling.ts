import { fail } from "../core/errors.js";
import type { DiffusionModel } from "./declare.js";
import { createGraph, type Graph, inputsOf, type Node, substitute } from "./graph.js";
import { parseEquations } from "./parse.js";

/** Features of an edge's middle that every edge equation may read, besides the operator's weights. */
export const edgeFeatures = ["length", "x", "y", "z", "fibre"] as const;
export type EdgeFeature = (typeof edgeFeatures)[number];

/** The parts of a diffusion that run at every stage, as expressions in one graph. */
export interface Coupling {
  /** Sum name -> message in terms of `u_i`, `u_j`, edge values and parameters. */
  readonly messages: Readonly<Record<string, Node>>;
  /** du/dt, 1/ms, in terms of the sums and `mass`. */
  readonly coupling: Node;
  /** Edge values the messages read. */
  readonly edgeValues: readonly string[];
  /** Scalar parameters and network weights the messages read, in this order. */
  readonly scalars: readonly string[];
}

/** Names of everything scalar in a diffusion: parameters, then network weights n0, n1, ... */
export function scalarNames(model: DiffusionModel): string[] {
  const weights = Array.from({ length: model.network?.count ?? 0 }, (_, k) => `n${k}`);
  return [...Object.keys(model.params), ...weights];
}

/** Parses what runs once per roll-out: edge values by name, in terms of weights and features. */
export function parseEdgeValues(
  model: DiffusionModel,
  operatorWeights: readonly string[],
  where: string,
): { graph: Graph; values: Record<string, Node> } {
  const graph = createGraph();
  const fields = Object.keys(model.fields).flatMap((name) => [`${name}_i`, `${name}_j`]);
  const inputs = [...operatorWeights, ...edgeFeatures, ...fields, ...scalarNames(model)];
  const equations = parseEquations(graph, model.edge, inputs, `${where} (edge)`);
  return { graph, values: Object.fromEntries(equations.map((e) => [e.name, e.value])) };
}

/** Parses what runs at every stage into `graph`. */
export function parseCoupling(
  graph: Graph,
  model: DiffusionModel,
  edgeNames: readonly string[],
  where: string,
): Coupling {
  const inputs = ["u_i", "u_j", ...edgeNames, ...scalarNames(model)];
  const messageEquations = parseEquations(graph, model.message, inputs, `${where} (message)`);
  const sums = messageEquations.map((e) => e.name);
  const nodeEquations = parseEquations(graph, model.node, [...sums, "mass"], `${where} (node)`);
  const coupling = nodeEquations.find((e) => e.name === "coupling");
  if (!coupling)
    return fail({
      code: "bad-diffusion",
      path: where,
      message: `${where}: the node equations do not define "coupling".`,
      fix: 'Write "coupling = flux / mass".',
    });
  const used = inputsOf([coupling.value]);
  const truth = [coupling, ...messageEquations.filter((e) => used.has(e.name))].find(
    (e) => e.value.truth,
  );
  if (truth)
    fail({
      code: "bad-diffusion",
      path: where,
      message: `${where}: "${truth.name}" is a comparison, not a number.`,
      fix: `Write "${truth.name} = if(condition, yes, no)".`,
    });
  const messages = Object.fromEntries(
    messageEquations.filter((e) => used.has(e.name)).map((e) => [e.name, e.value]),
  );
  const read = inputsOf(Object.values(messages));
  return {
    messages,
    coupling: coupling.value,
    edgeValues: edgeNames.filter((name) => read.has(name)),
    scalars: scalarNames(model).filter((name) => read.has(name)),
  };
}

/** The same message seen from the other end: u_i and u_j exchanged, edge values unchanged. */
export function reversed(graph: Graph, message: Node): Node {
  const swap = new Map([
    ["u_i", graph.input("u_j")],
    ["u_j", graph.input("u_i")],
  ]);
  return substitute(graph, [message], swap)[0];
}

/** For reactions that diffusion leaves alone, because it has a step of its own. */
export const noCoupling = (graph: Graph): Coupling => ({
  messages: {},
  coupling: graph.constant(0),
  edgeValues: [],
  scalars: [],
});

/**
 * The edge value g of a coupling that is sum_j g_ij (u_j - u_i) / mass, however it is written, or
 * undefined: what can be solved for the end of a step.
 */
export function linearConductance(graph: Graph, coupling: Coupling): string | undefined {
  const [sum, ...otherSums] = Object.keys(coupling.messages);
  const [conductance, ...otherValues] = coupling.edgeValues;
  if (!sum || !conductance || otherSums.length + otherValues.length > 0) return undefined;
  const difference = graph.apply("sub", graph.input("u_j"), graph.input("u_i"));
  const flux = graph.apply("mul", graph.input(conductance), difference);
  const rate = graph.apply("div", graph.input(sum), graph.input("mass"));
  // Equal expressions are one node.
  return coupling.messages[sum] === flux && coupling.coupling === rate ? conductance : undefined;
}
