import { type Node, reachable } from "../../model/graph.js";
import { operations } from "../../model/operations.js";

/** Expressions over many nodes of a mesh at once, in float64: one loop an operation. */
export interface Tape {
  /** Numbers that are the same at every node; to be set before the first run. */
  set(values: Readonly<Record<string, number>>): void;
  /** Results of the expressions for inputs of `count` values each; overwritten by the next run. */
  run(inputs: Readonly<Record<string, Float64Array>>, count: number): readonly Float64Array[];
}

type Fill = (to: Float64Array, args: readonly Float64Array[], count: number) => void;

/** Written out, since a call for every element would cost more than the sum itself. */
const loops: Readonly<Record<string, Fill>> = {
  add: (to, [a, b], count) => {
    for (let i = 0; i < count; i++) to[i] = a[i] + b[i];
  },
  sub: (to, [a, b], count) => {
    for (let i = 0; i < count; i++) to[i] = a[i] - b[i];
  },
  mul: (to, [a, b], count) => {
    for (let i = 0; i < count; i++) to[i] = a[i] * b[i];
  },
  div: (to, [a, b], count) => {
    for (let i = 0; i < count; i++) to[i] = a[i] / b[i];
  },
  select: (to, [c, a, b], count) => {
    for (let i = 0; i < count; i++) to[i] = c[i] ? a[i] : b[i];
  },
};

function loopOf(op: keyof typeof operations): Fill {
  if (Object.hasOwn(loops, op)) return loops[op];
  const value = operations[op].value as (...args: number[]) => number;
  return (to, args, count) => {
    const [a, b] = args;
    if (b) for (let i = 0; i < count; i++) to[i] = value(a[i], b[i]);
    else for (let i = 0; i < count; i++) to[i] = value(a[i]);
  };
}

/** `varying` names the inputs of `run`; every other input is one of `set`. */
export function createTape(
  roots: readonly Node[],
  varying: readonly string[],
  capacity: number,
): Tape {
  const nodes = reachable(roots);
  const place = new Map(nodes.map((node, k) => [node.id, k]));
  const varies: boolean[] = [];
  for (const [k, node] of nodes.entries())
    varies[k] =
      node.op === "input"
        ? varying.includes(node.name)
        : node.args.some((arg) => varies[place.get(arg.id)!]);
  const values = nodes.map(() => new Float64Array(capacity));
  const argsOf = (node: Node) => node.args.map((arg) => values[place.get(arg.id)!]);
  const steps = nodes.map((node, k) => {
    if (node.op === "constant" || node.op === "input") return undefined;
    const [fill, args] = [loopOf(node.op), argsOf(node)];
    return { varies: varies[k], run: (count: number) => fill(values[k], args, count) };
  });
  return {
    set: (given) => {
      for (const [k, node] of nodes.entries()) {
        if (varies[k]) continue;
        if (node.op === "constant") values[k].fill(node.value);
        else if (node.op === "input") values[k].fill(given[node.name]);
        else steps[k]!.run(1);
        values[k].fill(values[k][0]);
      }
    },
    run: (inputs, count) => {
      for (const [k, node] of nodes.entries()) {
        if (!varies[k]) continue;
        if (node.op === "input") values[k].set(inputs[node.name].subarray(0, count));
        else steps[k]!.run(count);
      }
      return roots.map((root) => values[place.get(root.id)!]);
    },
  };
}
