import fc from "fast-check";
import type { Graph, Node } from "../../src/model/graph.js";
import type { OperationName } from "../../src/model/operations.js";

/** A random expression of x and y, before any graph has simplified it. */
export type Tree =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: "x" | "y" }
  | { readonly kind: "apply"; readonly op: OperationName; readonly args: readonly Tree[] };

const apply = (op: OperationName, ...args: Tree[]): Tree => ({ kind: "apply", op, args });
const number = (value: number): Tree => ({ kind: "number", value });

const { value: node } = fc.letrec<{ value: Tree; condition: Tree }>((tie) => {
  const [a, b] = [tie("value"), tie("value")];
  const unary = (op: OperationName) => fc.tuple(a).map(([x]) => apply(op, x));
  const binary = (op: OperationName) => fc.tuple(a, b).map(([x, y]) => apply(op, x, y));
  /** log and sqrt of what is positive for certain. */
  const ofPositive = (op: OperationName) =>
    fc.tuple(a).map(([x]) => apply(op, apply("add", apply("abs", x), number(0.125))));
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: "medium" },
      fc.constantFrom<Tree>({ kind: "name", name: "x" }, { kind: "name", name: "y" }),
      fc.double({ min: -4, max: 4, noNaN: true }).map((v) => number(Math.fround(v))),
      ...(["add", "sub", "mul", "div", "min", "max"] as const).map(binary),
      ...(["neg", "abs", "exp", "tanh", "linexp"] as const).map(unary),
      ...(["log", "sqrt"] as const).map(ofPositive),
      fc.tuple(tie("condition"), a, b).map(([c, x, y]) => apply("select", c, x, y)),
    ),
    condition: fc.oneof(
      { maxDepth: 5, depthSize: "medium" },
      fc.tuple(a, b).map(([x, y]) => apply("lt", x, y)),
      fc.tuple(a, b).map(([x, y]) => apply("le", x, y)),
      fc.tuple(tie("condition")).map(([c]) => apply("not", c)),
      fc.tuple(tie("condition"), tie("condition")).map(([c, d]) => apply("and", c, d)),
      fc.tuple(tie("condition"), tie("condition")).map(([c, d]) => apply("or", c, d)),
    ),
  };
});

export const tree: fc.Arbitrary<Tree> = node;

/** Puts the tree into a graph, which shares and simplifies. */
export function buildTree(graph: Graph, t: Tree): Node {
  if (t.kind === "number") return graph.constant(t.value);
  if (t.kind === "name") return graph.input(t.name);
  return graph.apply(t.op, ...t.args.map((a) => buildTree(graph, a)));
}
