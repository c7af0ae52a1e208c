import { gradient } from "./differentiate.js";
import { inputsOf, type Node } from "./graph.js";
import type { KernelSpec, Output, Reduction } from "./kernel-spec.js";
import { algebra } from "./operations.js";
import {
  adjointFlush,
  boundMessages,
  diffusionName,
  kernel,
  type Parts,
  primalSums,
  pushedInput,
  pushedStream,
  reactionName,
  stageExpressions,
} from "./pass.js";
import type { Stage, StageResult } from "./schemes.js";

/**
 * The neighbours' part of the adjoint of a stage whose potential is `later.u`:
 *   lambda_i += sum_j d/du_i [ bar_i . m(u_i, u_j) + bar_j . m(u_j, u_i) ]
 * and, from the own direction alone, the gradients in edge values and message parameters.
 */
function neighbourPart(parts: Parts) {
  const { graph, physics, coupling } = parts;
  const g = algebra(graph);
  const own = boundMessages(parts, "later.u", "later_j.u");
  const bar = (m: string) => graph.input(`bar_in.${m}`);
  const barOther = (m: string) => graph.input(`bar_j.${m}`);
  const there = ownMessages(parts);
  const back = () => {
    const other = boundMessages(parts, "later.u", "later_j.u", true);
    return graph.sum(Object.entries(other).map(([m, value]) => g.mul(barOther(m), value)));
  };
  const antisymmetric = () =>
    graph.sum(Object.entries(own).map(([m, v]) => g.mul(g.sub(bar(m), barOther(m)), v)));
  const both = physics === "antisymmetric-flux" ? antisymmetric() : g.add(there, back());
  const pull = gradient(graph, both, [graph.input("later.u")])[0];
  const neighbours: Record<string, string> = { "later_j.u": "later.u" };
  for (const m of Object.keys(coupling.messages)) neighbours[`bar_j.${m}`] = `bar_in.${m}`;
  return { pull, neighbours, ...messageSlopes(parts, there) };
}

/** sum over messages of bar_i . m(u_i, u_j) */
function ownMessages(parts: Parts): Node {
  const { graph } = parts;
  const own = Object.entries(boundMessages(parts, "later.u", "later_j.u"));
  return graph.sum(own.map(([m, value]) => graph.apply("mul", graph.input(`bar_in.${m}`), value)));
}

/** Gradients in edge values and message parameters, from the own direction alone. */
function messageSlopes({ graph, coupling, wanted }: Parts, there: Node) {
  const names = coupling.edgeValues.filter((e) => wanted.edges.includes(e));
  const edges = names.map((e) => graph.input(`edge.${e}`));
  const scalars = coupling.scalars
    .map(diffusionName)
    .filter((p) => wanted.diffusion.includes(p))
    .map((p) => graph.input(p));
  const slopes = gradient(graph, there, [...edges, ...scalars]);
  const outputs = names.map<Output>((e, k) => ({
    per: "slot",
    stream: `grad.edge.${e}`,
    value: slopes[k],
    mode: "add",
  }));
  const reductions = scalars.map<Reduction>((_, k) => ({
    per: "slot",
    value: slopes[edges.length + k],
  }));
  return { outputs, reductions };
}

/** True if a message's slope at the other end depends on a potential: costly to evaluate twice. */
export function pushes({ graph, physics, coupling }: Parts): boolean {
  const slopes = Object.values(coupling.messages).flatMap((m) =>
    gradient(graph, m, [graph.input("u_j")]),
  );
  const read = inputsOf(slopes);
  return physics !== "antisymmetric-flux" && (read.has("u_i") || read.has("u_j"));
}

/**
 * Where messages are costly, a pass of its own ahead of each reverse pass evaluates every one once:
 * bar_i . dm(u_i, u_j) / du_i is added to the adjoint here, and bar_i . dm / du_j waits in the slot
 * for the node at the other end to fetch it.
 */
export function pushPass(parts: Parts): KernelSpec {
  const { graph, potential } = parts;
  const there = ownMessages(parts);
  const { outputs, reductions } = messageSlopes(parts, there);
  const [own, other] = ["later.u", "later_j.u"].map((name) => graph.input(name));
  const [kept, pushed] = gradient(graph, there, [own, other]);
  const spec = kernel(
    parts,
    "push",
    { "later_j.u": "later.u" },
    {
      sums: { "total.kept": kept },
      outputs: [
        ...outputs,
        { per: "slot", stream: pushedStream, value: pushed, mode: "store", flush: adjointFlush },
        {
          ...{ per: "node", stream: `partial.${potential}`, mode: "add", flush: adjointFlush },
          value: graph.input("total.kept"),
        },
      ],
      reductions,
    },
  );
  return { ...spec, firstRow: parts.wanted.reaction.length };
}

/** What the next reverse pass adds to the adjoint, and which gradients it sees to. */
function pulledPart(parts: Parts): ReturnType<typeof neighbourPart> {
  if (!pushes(parts)) return neighbourPart(parts);
  return { pull: parts.graph.input(pushedInput), outputs: [], reductions: [], neighbours: {} };
}

/** The finished adjoint of the states after this stage: own part plus the neighbours' pull. */
function finishedAdjoint(parts: Parts): Node[] {
  const { graph, reaction, coupling } = parts;
  const pulled = Object.keys(coupling.messages).length > 0;
  return reaction.stateNames.map((k, i) => {
    const partial = graph.input(`partial.${k}`);
    return pulled && i === 0 ? graph.apply("add", partial, graph.input("total.pull")) : partial;
  });
}

function adjointStores(parts: Parts, prefix: string, values: readonly Node[]): Output[] {
  return values.map((value, k) => ({
    per: "node",
    stream: `${prefix}.${parts.reaction.stateNames[k]}`,
    value,
    mode: "store",
    flush: adjointFlush,
  }));
}

export function reversePass(parts: Parts, stages: readonly Stage[], s: number): KernelSpec {
  const { graph, coupling, nodeParameters } = parts;
  const g = algebra(graph);
  const { stateNames } = parts.reaction;
  const count = stages.length;
  const last = s === count - 1;
  const nextBar = finishedAdjoint(parts);
  const lambda = last ? nextBar : stateNames.map((k) => graph.input(`lambda.${k}`));
  const { base, sum, at, result } = stageExpressions(parts, stages[s], s);
  const phi = adjointForm(g, result, nextBar, lambda);
  const totals = Object.keys(coupling.messages).map((m) => graph.input(`total.${m}`));
  const nodal = nodeParameters.map((p) => graph.input(reactionName(p)));
  const slope = (wrt: readonly Node[]) => gradient(graph, phi, wrt);

  const near = pulledPart(parts);
  const baseBar = slope(base);
  const outputs: Output[] = [...near.outputs];
  if (s > 0) {
    const handedOn = requireUnchangedSum(slope(sum), lambda);
    if (last && handedOn) outputs.push(...adjointStores(parts, "lambda", lambda));
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
    const stream = `grad.node.${reactionName(nodeParameters[k])}`;
    outputs.push({ per: "node", stream, value, mode: "add" });
  });
  const reactionRows = slope(parts.wanted.reaction.map((name) => graph.input(name)));
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
  parts.graph.input(`carry.${parts.reaction.stateNames[k]}`);

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

/**
 * The stored adjoint of the running sum is reused for all stages, which is only right if each hands
 * the sum on unchanged. False in schemes without a sum.
 */
function requireUnchangedSum(sumBar: readonly Node[], lambda: readonly Node[]): boolean {
  if (sumBar.every((node) => node.op === "constant" && node.value === 0)) return false;
  if (sumBar.some((node, k) => node !== lambda[k]))
    throw new Error("A stage must hand on the running sum unchanged.");
  return true;
}

export function finishPass(parts: Parts): KernelSpec {
  const near = pulledPart(parts);
  const zero = parts.graph.constant(0);
  const reactionRows = parts.wanted.reaction.length;
  return kernel(parts, "finish", near.neighbours, {
    sums: { "total.pull": near.pull },
    outputs: [...near.outputs, ...adjointStores(parts, "partial", finishedAdjoint(parts))],
    reductions: [
      ...Array.from({ length: reactionRows }, (): Reduction => ({ per: "node", value: zero })),
      ...near.reductions,
    ],
  });
}
