import { type OperationName, operations } from "./operations.js";

/** A value in an expression graph. Equal expressions are one object (hash-consing). */
export interface Node {
  /** Creation order: arguments always have smaller ids, so id order is evaluation order. */
  readonly id: number;
  readonly op: OperationName | "constant" | "input";
  readonly args: readonly Node[];
  /** The number of a constant, else NaN. */
  readonly value: number;
  /** The name of an input, else "". */
  readonly name: string;
  /** A truth value (comparison) rather than a number. */
  readonly truth: boolean;
}

/** Builds nodes, folds constants, applies the algebra of each operation, shares what is equal. */
export interface Graph {
  constant(value: number): Node;
  input(name: string): Node;
  apply(op: OperationName, ...args: Node[]): Node;
  /** Sum of any number of terms; zero terms give the constant 0. */
  sum(terms: readonly Node[]): Node;
}

export function createGraph(): Graph {
  const known = new Map<string, Node>();
  const make = (key: string, node: Omit<Node, "id">): Node => {
    const existing = known.get(key);
    if (existing) return existing;
    const created = { id: known.size, ...node };
    known.set(key, created);
    return created;
  };
  const graph: Graph = {
    constant: (value) =>
      make(`c${Object.is(value, -0) ? 0 : value}`, {
        op: "constant",
        args: [],
        value: value + 0,
        name: "",
        truth: false,
      }),
    input: (name) =>
      make(`i${name}`, { op: "input", args: [], value: Number.NaN, name, truth: false }),
    apply: (op, ...given) => {
      const row = operations[op];
      const args = row.commutative && given[0].id > given[1].id ? [given[1], given[0]] : given;
      const simpler = simplify(graph, op, args);
      if (simpler) return simpler;
      return make(`${op}${args.map((a) => a.id).join(",")}`, {
        op,
        args,
        value: Number.NaN,
        name: "",
        truth: row.truth ?? false,
      });
    },
    sum: (terms) =>
      terms.length === 0
        ? graph.constant(0)
        : terms.reduce((left, right) => graph.apply("add", left, right)),
  };
  return graph;
}

function simplify(graph: Graph, op: OperationName, args: readonly Node[]): Node | undefined {
  const row = operations[op];
  const constants = args.every((a) => a.op === "constant");
  if (constants && !row.truth) {
    const folded = row.value(...args.map((a) => a.value));
    if (typeof folded === "number" && Number.isFinite(folded)) return graph.constant(folded);
  }
  return row.algebra?.(graph, args);
}

/** Every node that `roots` depend on, in evaluation order. */
export function reachable(roots: readonly Node[]): Node[] {
  let last = -1;
  for (const root of roots) last = Math.max(last, root.id);
  // Arguments have smaller ids: a table by id is complete, and already in order.
  const seen = new Array<Node | undefined>(last + 1).fill(undefined);
  const stack = roots.slice();
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen[node.id]) continue;
    seen[node.id] = node;
    for (const arg of node.args) if (!seen[arg.id]) stack.push(arg);
  }
  return seen.filter((node) => node !== undefined);
}

/** Names of the inputs that `roots` depend on. */
export function inputsOf(roots: readonly Node[]): Set<string> {
  const names = new Set<string>();
  for (const node of reachable(roots)) if (node.op === "input") names.add(node.name);
  return names;
}

/** Rebuilds `roots` in `graph` with inputs replaced where `replace` names one. */
export function substitute(
  graph: Graph,
  roots: readonly Node[],
  replace: ReadonlyMap<string, Node>,
): Node[] {
  return rebuild(roots, (node, args) =>
    node.op === "input"
      ? (replace.get(node.name) ?? graph.input(node.name))
      : copy(graph, node, args),
  );
}

/** Applies `rule` to every node below `roots`, arguments first. */
export function rebuild(roots: readonly Node[], rule: (node: Node, args: Node[]) => Node): Node[] {
  const done: Node[] = [];
  for (const node of reachable(roots)) {
    const args = node.args.map((arg) => done[arg.id]);
    done[node.id] = rule(node, args);
  }
  return roots.map((root) => done[root.id]);
}

export function copy(graph: Graph, node: Node, args: readonly Node[]): Node {
  if (node.op === "constant") return graph.constant(node.value);
  if (node.op === "input") return graph.input(node.name);
  return graph.apply(node.op, ...args);
}

/** Evaluates in float64; the oracle that the printers are tested against. */
export function evaluate(
  roots: readonly Node[],
  inputs: Readonly<Record<string, number>>,
): number[] {
  const values = new Map<number, number | boolean>();
  for (const node of reachable(roots)) {
    if (node.op === "constant") values.set(node.id, node.value);
    else if (node.op === "input") values.set(node.id, inputs[node.name]);
    else
      values.set(
        node.id,
        operations[node.op].value(...(node.args.map((a) => values.get(a.id)) as number[])),
      );
  }
  return roots.map((root) => Number(values.get(root.id)));
}

/** Prints a node as an equation, for people and for `leads catalog`. */
export function print(node: Node): string {
  if (node.op === "constant") return String(node.value);
  if (node.op === "input") return node.name;
  return operations[node.op].text(...node.args.map(print));
}
