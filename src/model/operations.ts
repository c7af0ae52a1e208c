import type { Graph, Node } from "./graph.js";

export type OperationName =
  | ("add" | "sub" | "mul" | "div" | "neg" | "sqrt" | "abs" | "min" | "max")
  | ("exp" | "log" | "tanh" | "linexp" | "linexp_slope")
  | ("lt" | "le" | "and" | "or" | "not" | "select");

/**
 * The one table of operations. A row says what an operation is worth (`value`), how it is
 * differentiated, how JavaScript and people write it, which algebra holds, and, unless the printers
 * in single precision have it (src/kernel/wasm-functions.ts, c-printer.ts), what simpler operations
 * it is made of there (`lower`). Adding an operation is adding a row.
 */
export interface Operation {
  readonly value: (...args: number[]) => number | boolean;
  /** Partial derivative with respect to each argument; undefined = zero. */
  readonly derivative: (g: Algebra, args: readonly Node[], self: Node) => (Node | undefined)[];
  readonly js: (...args: string[]) => string;
  readonly text: (...args: string[]) => string;
  readonly algebra?: (graph: Graph, args: readonly Node[]) => Node | undefined;
  readonly lower?: (g: Algebra, args: readonly Node[]) => Node;
  readonly commutative?: boolean;
  readonly truth?: boolean;
}

/** Shorthand over a graph, so that derivative rules read like calculus. */
export interface Algebra {
  readonly graph: Graph;
  num(value: number): Node;
  add(a: Node, b: Node): Node;
  sub(a: Node, b: Node): Node;
  mul(a: Node, b: Node): Node;
  div(a: Node, b: Node): Node;
  neg(a: Node): Node;
  exp(a: Node): Node;
  lt(a: Node, b: Node): Node;
  select(condition: Node, yes: Node, no: Node): Node;
}

export function algebra(graph: Graph): Algebra {
  return {
    graph,
    num: (value) => graph.constant(value),
    add: (a, b) => graph.apply("add", a, b),
    sub: (a, b) => graph.apply("sub", a, b),
    mul: (a, b) => graph.apply("mul", a, b),
    div: (a, b) => graph.apply("div", a, b),
    neg: (a) => graph.apply("neg", a),
    exp: (a) => graph.apply("exp", a),
    lt: (a, b) => graph.apply("lt", a, b),
    select: (c, yes, no) => graph.apply("select", c, yes, no),
  };
}

const is = (node: Node, value: number) => node.op === "constant" && node.value === value;

/**
 * x * if(c, p, q) with p, q in {-1, 0, 1} becomes if(c, p x, q x): the adjoint of the branch not
 * taken is then exactly 0, also where its derivative is infinite (0 * inf would be NaN).
 */
function intoBranches(g: Graph, x: Node, choice: Node): Node | undefined {
  if (choice.op !== "select") return undefined;
  const [condition, yes, no] = choice.args;
  const unit = (n: Node) => n.op === "constant" && [-1, 0, 1].includes(n.value);
  if (!unit(yes) || !unit(no)) return undefined;
  return g.apply("select", condition, g.apply("mul", x, yes), g.apply("mul", x, no));
}

/** Horner's rule in x. */
function polynomial(g: Algebra, x: Node, coefficients: readonly number[]): Node {
  return coefficients.reduceRight<Node>((sum, c) => g.add(g.mul(sum, x), g.num(c)), g.num(0));
}

/** x / (1 - exp(-x)), with its series where the quotient cancels. */
function linexpValue(x: number): number {
  if (Math.abs(x) > 1e-2) return x / -Math.expm1(-x);
  const x2 = x * x;
  return 1 + x / 2 + x2 / 12 - (x2 * x2) / 720;
}

function linexpSlopeValue(x: number): number {
  if (Math.abs(x) > 0.2) {
    const value = linexpValue(x);
    return (value / x) * (1 - value * Math.exp(-x));
  }
  const x2 = x * x;
  return (
    1 / 2 + x * (1 / 6 + x2 * (-1 / 180 + x2 * (1 / 5040 + x2 * (-1 / 151200 + x2 / 4790016))))
  );
}

const comparison = (sign: string, value: (a: number, b: number) => boolean): Operation => ({
  value,
  derivative: () => [undefined, undefined],
  js: (a, b) => `(${a} ${sign} ${b})`,
  text: (a, b) => `(${a} ${sign} ${b})`,
  truth: true,
});

export const operations: Readonly<Record<OperationName, Operation>> = {
  add: {
    value: (a, b) => a + b,
    derivative: (g) => [g.num(1), g.num(1)],
    js: (a, b) => `(${a} + ${b})`,
    text: (a, b) => `(${a} + ${b})`,
    commutative: true,
    algebra: (g, [a, b]) => {
      if (is(a, 0)) return b;
      if (is(b, 0)) return a;
      if (b.op === "neg") return g.apply("sub", a, b.args[0]);
      if (a.op === "neg") return g.apply("sub", b, a.args[0]);
      return undefined;
    },
  },
  sub: {
    value: (a, b) => a - b,
    derivative: (g) => [g.num(1), g.num(-1)],
    js: (a, b) => `(${a} - ${b})`,
    text: (a, b) => `(${a} - ${b})`,
    algebra: (g, [a, b]) => {
      if (is(b, 0)) return a;
      if (is(a, 0)) return g.apply("neg", b);
      if (a === b) return g.constant(0);
      if (b.op === "neg") return g.apply("add", a, b.args[0]);
      return undefined;
    },
  },
  mul: {
    value: (a, b) => a * b,
    derivative: (_, [a, b]) => [b, a],
    js: (a, b) => `(${a} * ${b})`,
    text: (a, b) => `(${a} * ${b})`,
    commutative: true,
    algebra: (g, [a, b]) => {
      if (is(a, 0) || is(b, 0)) return g.constant(0);
      if (is(a, 1)) return b;
      if (is(b, 1)) return a;
      if (is(a, -1)) return g.apply("neg", b);
      if (is(b, -1)) return g.apply("neg", a);
      if (a.op === "neg") return g.apply("neg", g.apply("mul", a.args[0], b));
      if (b.op === "neg") return g.apply("neg", g.apply("mul", a, b.args[0]));
      return intoBranches(g, a, b) ?? intoBranches(g, b, a);
    },
  },
  div: {
    value: (a, b) => a / b,
    derivative: (g, [, b], self) => [g.div(g.num(1), b), g.neg(g.div(self, b))],
    js: (a, b) => `(${a} / ${b})`,
    text: (a, b) => `(${a} / ${b})`,
    algebra: (g, [a, b]) => {
      if (is(a, 0)) return g.constant(0);
      if (is(b, 1)) return a;
      // a / (1 / b): divisions by what is given as a reciprocal cost a multiplication.
      if (b.op === "div" && is(b.args[0], 1)) return g.apply("mul", a, b.args[1]);
      if (b.op === "constant" && b.value !== 0 && Number.isFinite(1 / b.value))
        return g.apply("mul", a, g.constant(1 / b.value));
      return undefined;
    },
  },
  neg: {
    value: (a) => -a,
    derivative: (g) => [g.num(-1)],
    js: (a) => `(-${a})`,
    text: (a) => `-${a}`,
    algebra: (_, [a]) => (a.op === "neg" ? a.args[0] : undefined),
  },
  exp: {
    value: (a) => Math.exp(a),
    derivative: (_g, _args, self) => [self],
    js: (a) => `Math.exp(${a})`,
    text: (a) => `exp(${a})`,
  },
  log: {
    value: (a) => Math.log(a),
    derivative: (g, [a]) => [g.div(g.num(1), a)],
    js: (a) => `Math.log(${a})`,
    text: (a) => `log(${a})`,
  },
  sqrt: {
    value: (a) => Math.sqrt(a),
    derivative: (g, _args, self) => [g.div(g.num(0.5), self)],
    js: (a) => `Math.sqrt(${a})`,
    text: (a) => `sqrt(${a})`,
  },
  tanh: {
    value: (a) => Math.tanh(a),
    derivative: (g, _args, self) => [g.sub(g.num(1), g.mul(self, self))],
    js: (a) => `Math.tanh(${a})`,
    text: (a) => `tanh(${a})`,
  },
  linexp: {
    value: linexpValue,
    derivative: (g, [a]) => [g.graph.apply("linexp_slope", a)],
    js: (a) => `linexp(${a})`,
    text: (a) => `linexp(${a})`,
    lower: (g, [x]) => {
      const x2 = g.mul(x, x);
      const series = g.add(
        g.mul(x, g.num(0.5)),
        polynomial(g, x2, [1, 1 / 12, -1 / 720, 1 / 30240]),
      );
      const quotient = g.div(x, g.sub(g.num(1), g.exp(g.neg(x))));
      return g.select(g.lt(x2, g.num(0.25)), series, quotient);
    },
  },
  linexp_slope: {
    value: linexpSlopeValue,
    derivative: (g, [x]) => {
      // L'' from x L' = L - L^2 e^-x, differentiated once; its limit at 0 is 1/6.
      const value = g.graph.apply("linexp", x);
      const slope = g.graph.apply("linexp_slope", x);
      const decay = g.exp(g.neg(x));
      const product = g.mul(g.mul(value, decay), g.sub(value, g.mul(g.num(2), slope)));
      const near = g.lt(g.mul(x, x), g.num(1e-6));
      const safe = g.select(near, g.num(1), x);
      return [g.select(near, g.num(1 / 6), g.div(product, safe))];
    },
    js: (a) => `linexp_slope(${a})`,
    text: (a) => `linexp_slope(${a})`,
    lower: (g, [x]) => {
      const x2 = g.mul(x, x);
      const tail = polynomial(g, x2, [1 / 6, -1 / 180, 1 / 5040, -1 / 151200, 1 / 4790016]);
      const series = g.add(g.num(0.5), g.mul(x, tail));
      const decay = g.exp(g.neg(x));
      const value = g.div(x, g.sub(g.num(1), decay));
      const quotient = g.mul(g.div(value, x), g.sub(g.num(1), g.mul(value, decay)));
      return g.select(g.lt(x2, g.num(1)), series, quotient);
    },
  },
  abs: {
    value: (a) => Math.abs(a),
    derivative: (g, [a]) => [g.select(g.lt(a, g.num(0)), g.num(-1), g.num(1))],
    js: (a) => `Math.abs(${a})`,
    text: (a) => `abs(${a})`,
  },
  min: {
    value: (a, b) => (b < a ? b : a),
    derivative: (g, [a, b]) => {
      const second = g.lt(b, a);
      return [g.select(second, g.num(0), g.num(1)), g.select(second, g.num(1), g.num(0))];
    },
    js: (a, b) => `Math.min(${a}, ${b})`,
    text: (a, b) => `min(${a}, ${b})`,
  },
  max: {
    value: (a, b) => (a < b ? b : a),
    derivative: (g, [a, b]) => {
      const second = g.lt(a, b);
      return [g.select(second, g.num(0), g.num(1)), g.select(second, g.num(1), g.num(0))];
    },
    js: (a, b) => `Math.max(${a}, ${b})`,
    text: (a, b) => `max(${a}, ${b})`,
  },
  lt: comparison("<", (a, b) => a < b),
  le: comparison("<=", (a, b) => a <= b),
  and: {
    ...comparison("&&", (a, b) => Boolean(a) && Boolean(b)),
    text: (a, b) => `(${a} and ${b})`,
    commutative: true,
  },
  or: {
    ...comparison("||", (a, b) => Boolean(a) || Boolean(b)),
    text: (a, b) => `(${a} or ${b})`,
    commutative: true,
  },
  not: {
    value: (a) => !a,
    derivative: () => [undefined],
    js: (a) => `(!${a})`,
    text: (a) => `not ${a}`,
    truth: true,
  },
  select: {
    value: (c, a, b) => (c ? a : b),
    derivative: (g, [c]) => [
      undefined,
      g.select(c, g.num(1), g.num(0)),
      g.select(c, g.num(0), g.num(1)),
    ],
    js: (c, a, b) => `(${c} ? ${a} : ${b})`,
    text: (c, a, b) => `if(${c}, ${a}, ${b})`,
    algebra: (_, [, a, b]) => (a === b ? a : undefined),
  },
};
