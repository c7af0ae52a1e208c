import { type Coupling, reversed } from "./coupling.js";
import type { PhysicsClass, State } from "./declare.js";
import { type Graph, inputsOf, type Node, substitute } from "./graph.js";
import type { KernelSpec, Output, Reduction, Source } from "./kernel-spec.js";
import type { ReactionSystem } from "./reaction-system.js";
import type { Stage } from "./schemes.js";
import { lightened } from "./slot-work.js";

/** What a reverse sweep gives the gradient in. */
export interface WantedGradients {
  /** Rows of `globals`, reaction before diffusion. */
  readonly reaction: readonly string[];
  readonly diffusion: readonly string[];
  readonly edges: readonly string[];
}

/** What the passes over the mesh of one scheme are made of. */
export interface Parts {
  readonly graph: Graph;
  readonly reaction: ReactionSystem;
  /** Empty where diffusion has a step of its own. */
  readonly coupling: Coupling;
  readonly physics: PhysicsClass;
  readonly globals: readonly string[];
  readonly nodeParameters: readonly string[];
  readonly wanted: WantedGradients;
  readonly potential: string;
  readonly padded: boolean;
  /** Share of the step that the stages cover. */
  readonly share: number;
}

/**
 * Below this a normalised state is zero for all purposes; scaled by each state's range. A power of
 * two, so that (1 + flush) - flush is exactly 1 and a gate at rest stays there.
 */
const stateFlush = 2 ** -20;
export const adjointFlush = 1e-9;

/** What each slot's message adds to the adjoint of the potential at the edge's other end. */
export const pushedStream = "pushed";
export const pushedInput = "pushed_j";

/** Full names keep the parameters of reaction and diffusion apart. */
export const reactionName = (name: string) => `reaction.${name}`;
export const edgeName = (name: string) => `edge.${name}`;
export const diffusionName = (name: string) => `diffusion.${name}`;

/** True if every message is exactly 0 when all edge values are. */
export function vanishesWithEdges(graph: Graph, coupling: Coupling): boolean {
  const zero = new Map(coupling.edgeValues.map((e) => [e, graph.constant(0)] as const));
  const left = substitute(graph, Object.values(coupling.messages), zero);
  return left.every((m) => m.op === "constant" && m.value === 0);
}

/** The stage's expressions, and where their inputs are read from. */
export function stageExpressions(parts: Parts, stage: Stage, s: number) {
  const { graph, reaction } = parts;
  const vector = (prefix: string) => reaction.stateNames.map((k) => graph.input(`${prefix}.${k}`));
  const base = vector("base");
  const at = s === 0 ? base : vector("stage");
  const names = new Map<string, Node>(reaction.stateNames.map((k, i) => [k, at[i]]));
  for (const p of Object.keys(reaction.parameters)) names.set(p, graph.input(reactionName(p)));
  const rates = substitute(graph, reaction.rates, names);
  const drive = graph.apply("add", couplingRate(parts), graph.input("stimulus"));
  rates[0] = graph.apply("add", rates[0], drive);
  const gates = reaction.states.map((state) => state.kind === "gate");
  const sum = s === 0 ? base : vector("sum");
  const dt = graph.apply("mul", graph.constant(parts.share), graph.input("dt"));
  const result = stage({ graph, base, sum, stage: at, rates, gates, dt });
  return { base, sum, at, result };
}

/** The coupling with its message sums renamed so that they cannot clash with states. */
function couplingRate({ graph, coupling }: Parts): Node {
  const names = new Map(
    Object.keys(coupling.messages).map((m) => [m, graph.input(`total.${m}`)] as const),
  );
  // The stream holds reciprocals, so that "flux / mass" is a multiplication.
  names.set("mass", graph.apply("div", graph.constant(1), graph.input("inverse_mass")));
  return substitute(graph, [coupling.coupling], names)[0];
}

/** Messages with potentials and parameters bound to the inputs of one pass. */
export function boundMessages(parts: Parts, own: string, other: string, swap = false) {
  const { graph, coupling } = parts;
  const names = new Map<string, Node>([
    ["u_i", graph.input(own)],
    ["u_j", graph.input(other)],
    ...coupling.edgeValues.map((e) => [e, graph.input(`edge.${e}`)] as const),
    ...coupling.scalars.map((p) => [p, graph.input(diffusionName(p))] as const),
  ]);
  const bind = (m: Node) => substitute(graph, [swap ? reversed(graph, m) : m], names)[0];
  return Object.fromEntries(Object.entries(coupling.messages).map(([k, m]) => [k, bind(m)]));
}

/** Finds the source of every input that the given expressions read. */
function sourcesOf(parts: Parts, roots: readonly Node[], neighbours: Record<string, string>) {
  const { globals, nodeParameters } = parts;
  const sources: Record<string, Source> = {};
  for (const name of inputsOf(roots)) {
    if (name.startsWith("total.")) continue;
    const index = globals.indexOf(name);
    const nodal = nodeParameters.map(reactionName).includes(name);
    if (index >= 0) sources[name] = { from: "global", stream: "globals", index };
    else if (nodal) sources[name] = { from: "node", stream: `node.${name}` };
    else if (name in neighbours) sources[name] = { from: "neighbour", stream: neighbours[name] };
    else if (name === pushedInput) sources[name] = { from: "paired", stream: pushedStream };
    else if (name.startsWith("edge.")) sources[name] = { from: "slot", stream: name };
    else sources[name] = { from: "node", stream: name };
  }
  return sources;
}

export function kernel(
  parts: Parts,
  name: string,
  neighbours: Record<string, string>,
  body: { sums: Record<string, Node>; outputs: Output[]; reductions: Reduction[] },
): KernelSpec {
  const needed = inputsOf([
    ...body.outputs.map((o) => o.value),
    ...body.reductions.map((r) => r.value),
  ]);
  const used = Object.fromEntries(Object.entries(body.sums).filter(([k]) => needed.has(k)));
  const roots = [
    ...Object.values(used),
    ...body.outputs.map((o) => o.value),
    ...body.reductions.map((r) => r.value),
  ];
  const inputs = sourcesOf(parts, roots, neighbours);
  for (const k of Object.keys(used)) delete inputs[k];
  const { graph, padded } = parts;
  return lightened({ name, graph, inputs, ...body, sums: used, padded });
}

/** Message sums of a forward evaluation at the stage's own states. */
export function primalSums(
  parts: Parts,
  s: number,
): [Record<string, Node>, Record<string, string>] {
  const own = `${s === 0 ? "base" : "stage"}.${parts.potential}`;
  const messages = boundMessages(parts, own, "neighbour.u");
  const totals = Object.fromEntries(Object.entries(messages).map(([k, m]) => [`total.${k}`, m]));
  return [totals, { "neighbour.u": own }];
}

export const flushOf = (state: State) =>
  stateFlush * Math.max(1, Math.abs(state.range[0]), Math.abs(state.range[1]) / 2);

export function forwardPass(parts: Parts, stage: Stage, s: number): KernelSpec {
  const { result } = stageExpressions(parts, stage, s);
  const { stateNames, states } = parts.reaction;
  const store = (prefix: string, values: readonly Node[]): Output[] =>
    values.map((value, k) => ({
      per: "node",
      stream: `${prefix}.${stateNames[k]}`,
      value,
      mode: "store",
      flush: flushOf(states[k]),
    }));
  const [totals, neighbours] = primalSums(parts, s);
  return kernel(parts, `forward${s}`, neighbours, {
    sums: totals,
    outputs: [...store("next", result.next), ...(result.sum ? store("sum", result.sum) : [])],
    reductions: [],
  });
}
