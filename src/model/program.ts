import { type Coupling, parseCoupling, reversed } from "./coupling.js";
import type { DiffusionModel, PhysicsClass, State } from "./declare.js";
import { gradient } from "./differentiate.js";
import { type Graph, inputsOf, type Node, substitute } from "./graph.js";
import type { KernelSpec, Output, Reduction, Source } from "./kernel-spec.js";
import { algebra } from "./operations.js";
import type { ReactionSystem } from "./reaction-system.js";
import { type SchemeName, type Stage, type StageResult, schemes } from "./schemes.js";

/**
 * A reaction, a diffusion and a scheme turned into passes over the mesh.
 *
 * Streams of the forward pass of stage s: `base.*` states at the start of the step, `stage.*`
 * states of this stage, `sum.*` running sum, `next.*` result; `stimulus`, `inverse_mass`, `edge.*`.
 *
 * The reverse pass of stage s first finishes the adjoint of the stage after it (its neighbours'
 * part, from `bar_in.*`), then differentiates stage s: phi = sum of adjoint * result, and
 * d phi / d(...) gives the adjoints of states, message sums (`bar_out.*`) and parameters.
 */
export interface Program {
  readonly stateNames: readonly string[];
  readonly states: readonly State[];
  /** Rows of the `globals` stream: "dt", then parameters by full name. */
  readonly globals: readonly string[];
  /** Rows of `reduced` after a reverse pass: the parameters the gradient is taken in. */
  readonly reduced: readonly string[];
  readonly nodeParameters: readonly string[];
  readonly edgeValues: readonly string[];
  readonly messages: readonly string[];
  /** Messages vanish where all edge values are zero, so that rows may be padded (see KernelSpec). */
  readonly padded: boolean;
  readonly stages: number;
  readonly forward: readonly KernelSpec[];
  readonly reverse: readonly KernelSpec[];
  /** Closes the adjoint of the initial states. */
  readonly finish: KernelSpec;
  /** Watches thresholds: activation and recovery times. */
  readonly crossing: KernelSpec;
}

export interface ProgramRequest {
  readonly reaction: ReactionSystem;
  readonly diffusion: DiffusionModel;
  readonly physics: PhysicsClass;
  readonly edgeNames: readonly string[];
  readonly scheme: SchemeName;
  /** Reaction parameters that vary over the nodes. */
  readonly nodeParameters: readonly string[];
  readonly where: string;
}

/**
 * Below this a normalised state is zero for all purposes; scaled by each state's range. A power of
 * two, so that (1 + flush) - flush is exactly 1 and a gate at rest stays there.
 */
const stateFlush = 2 ** -20;
const adjointFlush = 1e-9;
/** Time of an event that has not happened. */
export const never = 1e30;

interface Parts {
  readonly request: ProgramRequest;
  readonly graph: Graph;
  readonly coupling: Coupling;
  readonly globals: readonly string[];
  readonly potential: string;
  readonly padded: boolean;
}

/** Full names keep the parameters of reaction and diffusion apart. */
export const reactionName = (name: string) => `reaction.${name}`;
export const diffusionName = (name: string) => `diffusion.${name}`;

export function createProgram(request: ProgramRequest): Program {
  const { reaction, nodeParameters } = request;
  const graph = reaction.graph;
  const coupling = parseCoupling(graph, request.diffusion, request.edgeNames, request.where);
  const global = Object.keys(reaction.parameters).filter((p) => !nodeParameters.includes(p));
  const reduced = [...global.map(reactionName), ...coupling.scalars.map(diffusionName)];
  const globals = ["dt", ...reduced];
  const padded = vanishesWithEdges(graph, coupling);
  const potential = reaction.stateNames[0];
  const parts: Parts = { request, graph, coupling, globals, potential, padded };
  const stages = schemes[request.scheme].stages;
  return {
    stateNames: reaction.stateNames,
    states: reaction.states,
    globals,
    reduced,
    nodeParameters,
    edgeValues: coupling.edgeValues,
    messages: Object.keys(coupling.messages),
    padded,
    stages: stages.length,
    forward: stages.map((stage, s) => forwardPass(parts, stage, s)),
    reverse: stages.map((stage, s) => reversePass(parts, stage, s, stages.length)),
    finish: finishPass(parts),
    crossing: crossingPass(graph),
  };
}

/** True if every message is exactly 0 when all edge values are. */
function vanishesWithEdges(graph: Graph, coupling: Coupling): boolean {
  const zero = new Map(coupling.edgeValues.map((e) => [e, graph.constant(0)] as const));
  const left = substitute(graph, Object.values(coupling.messages), zero);
  return left.every((m) => m.op === "constant" && m.value === 0);
}

/** The stage's expressions, and where their inputs are read from. */
function stageExpressions(parts: Parts, stage: Stage, s: number) {
  const { graph, request, coupling } = parts;
  const { reaction } = request;
  const vector = (prefix: string) => reaction.stateNames.map((k) => graph.input(`${prefix}.${k}`));
  const base = vector("base");
  const at = s === 0 ? base : vector("stage");
  const names = new Map<string, Node>(reaction.stateNames.map((k, i) => [k, at[i]]));
  for (const p of Object.keys(reaction.parameters)) names.set(p, graph.input(reactionName(p)));
  const rates = substitute(graph, reaction.rates, names);
  const drive = graph.apply("add", sums(parts).coupling, graph.input("stimulus"));
  rates[0] = graph.apply("add", rates[0], drive);
  const gates = reaction.states.map((state) => state.kind === "gate");
  const sum = s === 0 ? base : vector("sum");
  const dt = graph.input("dt");
  const result = stage({ graph, base, sum, stage: at, rates, gates, dt });
  return { base, sum, at, result, coupling };
}

/** The coupling with its message sums renamed so that they cannot clash with states. */
function sums({ graph, coupling }: Parts): { coupling: Node; names: Map<string, Node> } {
  const names = new Map(
    Object.keys(coupling.messages).map((m) => [m, graph.input(`total.${m}`)] as const),
  );
  // The stream holds reciprocals, so that "flux / mass" is a multiplication.
  names.set("mass", graph.apply("div", graph.constant(1), graph.input("inverse_mass")));
  return { coupling: substitute(graph, [coupling.coupling], names)[0], names };
}

/** Messages with potentials and parameters bound to the inputs of one pass. */
function boundMessages(parts: Parts, own: string, other: string, swap = false) {
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
  const { globals, request } = parts;
  const sources: Record<string, Source> = {};
  for (const name of inputsOf(roots)) {
    if (name.startsWith("total.")) continue;
    const index = globals.indexOf(name);
    const nodal = request.nodeParameters.map(reactionName).includes(name);
    if (index >= 0) sources[name] = { from: "global", stream: "globals", index };
    else if (nodal) sources[name] = { from: "node", stream: `node.${name}` };
    else if (name in neighbours) sources[name] = { from: "neighbour", stream: neighbours[name] };
    else if (name.startsWith("edge.")) sources[name] = { from: "slot", stream: name };
    else sources[name] = { from: "node", stream: name };
  }
  return sources;
}

function kernel(
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
  return { name, graph: parts.graph, inputs, ...body, sums: used, padded: parts.padded };
}

/** Message sums of a forward evaluation at the stage's own states. */
function primalSums(parts: Parts, s: number): [Record<string, Node>, Record<string, string>] {
  const own = `${s === 0 ? "base" : "stage"}.${parts.potential}`;
  const messages = boundMessages(parts, own, "neighbour.u");
  const totals = Object.fromEntries(Object.entries(messages).map(([k, m]) => [`total.${k}`, m]));
  return [totals, { "neighbour.u": own }];
}

const flushOf = (state: State) =>
  stateFlush * Math.max(1, Math.abs(state.range[0]), Math.abs(state.range[1]) / 2);

function forwardPass(parts: Parts, stage: Stage, s: number): KernelSpec {
  const { result } = stageExpressions(parts, stage, s);
  const { stateNames, states } = parts.request.reaction;
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

/**
 * The neighbours' part of the adjoint of a stage whose potential is `later.u`:
 *   lambda_i += sum_j d/du_i [ bar_i . m(u_i, u_j) + bar_j . m(u_j, u_i) ]
 * and, from the own direction alone, the gradients in edge values and message parameters.
 */
function neighbourPart(parts: Parts) {
  const { graph, request, coupling } = parts;
  const g = algebra(graph);
  const own = boundMessages(parts, "later.u", "later_j.u");
  const bar = (m: string) => graph.input(`bar_in.${m}`);
  const barOther = (m: string) => graph.input(`bar_j.${m}`);
  const there = graph.sum(Object.entries(own).map(([m, value]) => g.mul(bar(m), value)));
  const back = () => {
    const other = boundMessages(parts, "later.u", "later_j.u", true);
    return graph.sum(Object.entries(other).map(([m, value]) => g.mul(barOther(m), value)));
  };
  const antisymmetric = () =>
    graph.sum(Object.entries(own).map(([m, v]) => g.mul(g.sub(bar(m), barOther(m)), v)));
  const both = request.physics === "antisymmetric-flux" ? antisymmetric() : g.add(there, back());
  const pull = gradient(graph, both, [graph.input("later.u")])[0];
  const edges = coupling.edgeValues.map((e) => graph.input(`edge.${e}`));
  const scalars = coupling.scalars.map((p) => graph.input(diffusionName(p)));
  const slopes = gradient(graph, there, [...edges, ...scalars]);
  const outputs = coupling.edgeValues.map<Output>((e, k) => ({
    per: "slot",
    stream: `grad.edge.${e}`,
    value: slopes[k],
    mode: "add",
  }));
  const reductions = scalars.map<Reduction>((_, k) => ({
    per: "slot",
    value: slopes[edges.length + k],
  }));
  const neighbours: Record<string, string> = { "later_j.u": "later.u" };
  for (const m of Object.keys(coupling.messages)) neighbours[`bar_j.${m}`] = `bar_in.${m}`;
  return { pull, outputs, reductions, neighbours };
}

/** The finished adjoint of the states after this stage: own part plus the neighbours' pull. */
function finishedAdjoint(parts: Parts): Node[] {
  const { graph, request } = parts;
  return request.reaction.stateNames.map((k, i) => {
    const partial = graph.input(`partial.${k}`);
    return i === 0 ? graph.apply("add", partial, graph.input("total.pull")) : partial;
  });
}

function adjointStores(parts: Parts, prefix: string, values: readonly Node[]): Output[] {
  return values.map((value, k) => ({
    per: "node",
    stream: `${prefix}.${parts.request.reaction.stateNames[k]}`,
    value,
    mode: "store",
    flush: adjointFlush,
  }));
}

function reversePass(parts: Parts, stage: Stage, s: number, count: number): KernelSpec {
  const { graph, request, coupling } = parts;
  const g = algebra(graph);
  const { stateNames } = request.reaction;
  const last = s === count - 1;
  const nextBar = finishedAdjoint(parts);
  const lambda = last ? nextBar : stateNames.map((k) => graph.input(`lambda.${k}`));
  const { base, sum, at, result } = stageExpressions(parts, stage, s);
  const phi = adjointForm(g, result, nextBar, lambda);
  const totals = Object.keys(coupling.messages).map((m) => graph.input(`total.${m}`));
  const scalars = parts.globals.slice(1).map((name) => graph.input(name));
  const nodal = request.nodeParameters.map((p) => graph.input(reactionName(p)));
  const slope = (wrt: readonly Node[]) => gradient(graph, phi, wrt);

  const near = neighbourPart(parts);
  const baseBar = slope(base);
  const outputs: Output[] = [...near.outputs];
  if (last && count > 1) outputs.push(...adjointStores(parts, "lambda", lambda));
  if (s > 0) {
    requireUnchangedSum(slope(sum), lambda);
    outputs.push(...adjointStores(parts, "partial", slope(at)));
    const carried = last ? baseBar : baseBar.map((b, k) => g.add(b, carry(parts, k)));
    outputs.push(...adjointStores(parts, "carry", carried));
  } else {
    const total = count > 1 ? baseBar.map((b, k) => g.add(b, carry(parts, k))) : baseBar;
    outputs.push(...adjointStores(parts, "partial", total));
  }
  slope(totals).forEach((value, k) => {
    const stream = `bar_out.${Object.keys(coupling.messages)[k]}`;
    outputs.push({ per: "node", stream, value, mode: "store", flush: adjointFlush });
  });
  slope(nodal).forEach((value, k) => {
    const stream = `grad.node.${reactionName(request.nodeParameters[k])}`;
    outputs.push({ per: "node", stream, value, mode: "add" });
  });
  const reactionRows = slope(scalars.slice(0, scalars.length - coupling.scalars.length));
  const reductions: Reduction[] = [
    ...reactionRows.map<Reduction>((value) => ({ per: "node", value })),
    ...near.reductions,
  ];
  const [primal, primalNeighbours] = primalSums(parts, s);
  return kernel(
    parts,
    `reverse${s}`,
    { ...near.neighbours, ...primalNeighbours },
    {
      sums: { ...primal, "total.pull": near.pull },
      outputs,
      reductions,
    },
  );
}

const carry = (parts: Parts, k: number) =>
  parts.graph.input(`carry.${parts.request.reaction.stateNames[k]}`);

/** phi = sum of adjoints times results; its derivatives are the adjoint of the stage. */
function adjointForm(
  g: ReturnType<typeof algebra>,
  result: StageResult,
  nextBar: readonly Node[],
  sumBar: readonly Node[],
): Node {
  const terms = result.next.map((y, k) => g.mul(nextBar[k], y));
  if (result.sum) terms.push(...result.sum.map((y, k) => g.mul(sumBar[k], y)));
  return g.graph.sum(terms);
}

/** The stored adjoint of the running sum is reused for all stages, which is only right if: */
function requireUnchangedSum(sumBar: readonly Node[], lambda: readonly Node[]): void {
  if (sumBar.some((node, k) => node !== lambda[k]))
    throw new Error("A stage must hand on the running sum unchanged.");
}

function finishPass(parts: Parts): KernelSpec {
  const near = neighbourPart(parts);
  const zero = parts.graph.constant(0);
  const reactionRows = parts.globals.length - 1 - near.reductions.length;
  return kernel(parts, "finish", near.neighbours, {
    sums: { "total.pull": near.pull },
    outputs: [...near.outputs, ...adjointStores(parts, "partial", finishedAdjoint(parts))],
    reductions: [
      ...Array.from({ length: reactionRows }, (): Reduction => ({ per: "node", value: zero })),
      ...near.reductions,
    ],
  });
}

/**
 * First upward crossing of `threshold` (activation) and the first downward crossing of `recovered`
 * after it, interpolated linearly between `time` and `time + dt`.
 */
function crossingPass(graph: Graph): KernelSpec {
  const g = algebra(graph);
  const input = (name: string) => graph.input(`crossing.${name}`);
  const [before, after, activated, recovered] = ["before", "after", "activated", "recovered"].map(
    input,
  );
  const [time, dt, up, down] = ["time", "dt", "threshold", "recovery_threshold"].map(input);
  const unset = (t: Node) => g.lt(g.num(never / 2), t);
  const and = (a: Node, b: Node) => graph.apply("and", a, b);
  const moment = (level: Node) =>
    g.add(time, g.mul(dt, g.div(g.sub(level, before), g.sub(after, before))));
  const rises = and(g.lt(before, up), graph.apply("le", up, after));
  const falls = and(g.lt(down, before), graph.apply("le", after, down));
  const node = (stream: string): Source => ({ from: "node", stream });
  const row = (index: number): Source => ({ from: "global", stream: "clock", index });
  const store = (stream: string, value: Node): Output => ({
    per: "node",
    stream,
    value,
    mode: "store",
  });
  return {
    name: "crossing",
    graph,
    inputs: {
      "crossing.before": node("before"),
      "crossing.after": node("after"),
      "crossing.activated": node("activated"),
      "crossing.recovered": node("recovered"),
      "crossing.time": row(0),
      "crossing.dt": row(1),
      "crossing.threshold": row(2),
      "crossing.recovery_threshold": row(3),
    },
    sums: {},
    outputs: [
      store("activated", g.select(and(unset(activated), rises), moment(up), activated)),
      store(
        "recovered",
        g.select(
          and(and(unset(recovered), falls), graph.apply("not", unset(activated))),
          moment(down),
          recovered,
        ),
      ),
    ],
    reductions: [],
    padded: false,
  };
}
