import { fail } from "../core/errors.js";
import type { Graph, Node } from "./graph.js";
import { type Algebra, algebra } from "./operations.js";

/** One line of equation text: `name = expression` or `state' = expression`. */
export interface Equation {
  readonly name: string;
  /** True for `name' = ...`, the time derivative of a state. */
  readonly rate: boolean;
  readonly value: Node;
}

/**
 * Parses equation text, one equation a line; `#` starts a comment, a line may go on inside
 * brackets. Names refer to earlier lines or to `inputs`; anything else is an error with line,
 * column and caret that names what exists. The text is data: it is never evaluated as code.
 *
 * Grammar: or, and, not, < <= > >=, + -, * /, unary -, ^, calls, if(condition, yes, no).
 */
export function parseEquations(
  graph: Graph,
  text: string,
  inputs: Iterable<string>,
  where = "equations",
): Equation[] {
  const parser = createParser(graph, text, inputs, where);
  return parser.program();
}

interface Token {
  readonly kind: "number" | "name" | "symbol" | "line" | "end";
  readonly text: string;
  readonly at: number;
}

const tokenPattern =
  /(?<blank>[ \t\r]+|#[^\n]*)|(?<line>\n|;)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<symbol><=|>=|[-+*/^()<>,='])/y;

function tokenize(text: string, report: (at: number, message: string) => never): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (!match) report(at, `"${text[at]}" is not part of the grammar.`);
    const { blank, line, number, name } = match.groups!;
    const kind = line ? "line" : number ? "number" : name ? "name" : "symbol";
    if (match[0] === "(") depth++;
    if (match[0] === ")") depth--;
    if (!blank && !(line && depth > 0)) tokens.push({ kind, text: match[0], at });
    at += match[0].length;
  }
  tokens.push({ kind: "end", text: "end of text", at: text.length });
  return tokens;
}

const binary: Readonly<
  Record<string, { power: number; build: (g: Algebra, a: Node, b: Node) => Node }>
> = {
  or: { power: 1, build: (g, a, b) => g.graph.apply("or", a, b) },
  and: { power: 2, build: (g, a, b) => g.graph.apply("and", a, b) },
  "<": { power: 4, build: (g, a, b) => g.lt(a, b) },
  ">": { power: 4, build: (g, a, b) => g.lt(b, a) },
  "<=": { power: 4, build: (g, a, b) => g.graph.apply("le", a, b) },
  ">=": { power: 4, build: (g, a, b) => g.graph.apply("le", b, a) },
  "+": { power: 5, build: (g, a, b) => g.add(a, b) },
  "-": { power: 5, build: (g, a, b) => g.sub(a, b) },
  "*": { power: 6, build: (g, a, b) => g.mul(a, b) },
  "/": { power: 6, build: (g, a, b) => g.div(a, b) },
};
const unaryPower = 7;
/** Brackets and signs inside each other: far beyond any equation, well within the call stack. */
const deepest = 200;

const call = (count: number, build: (g: Algebra, args: Node[]) => Node) => ({ count, build });
const functions: Readonly<
  Record<string, { count: number; build: (g: Algebra, args: Node[]) => Node }>
> = {
  exp: call(1, (g, [a]) => g.exp(a)),
  log: call(1, (g, [a]) => g.graph.apply("log", a)),
  sqrt: call(1, (g, [a]) => g.graph.apply("sqrt", a)),
  tanh: call(1, (g, [a]) => g.graph.apply("tanh", a)),
  abs: call(1, (g, [a]) => g.graph.apply("abs", a)),
  linexp: call(1, (g, [a]) => g.graph.apply("linexp", a)),
  sigmoid: call(1, (g, [a]) => g.div(g.num(1), g.add(g.num(1), g.exp(g.neg(a))))),
  softsign: call(1, (g, [a]) => g.div(a, g.add(g.num(1), g.graph.apply("abs", a)))),
  min: call(2, (g, [a, b]) => g.graph.apply("min", a, b)),
  max: call(2, (g, [a, b]) => g.graph.apply("max", a, b)),
  if: call(3, (g, [c, a, b]) => g.select(c, a, b)),
};

function createParser(graph: Graph, text: string, inputs: Iterable<string>, where: string) {
  const report = (at: number, message: string, fix?: string): never =>
    fail(syntaxError(text, at, where, message, fix));
  const tokens = tokenize(text, report);
  const g = algebra(graph);
  const known = new Map<string, Node>();
  for (const name of inputs) known.set(name, graph.input(name));
  let position = 0;
  let depth = 0;
  const peek = () => tokens[position];
  const next = () => tokens[position++];
  const expect = (symbol: string) => {
    const token = next();
    if (token.text !== symbol)
      report(token.at, `expected "${symbol}", found "${describe(token)}".`);
  };
  const numeric = (node: Node, at: number) =>
    node.truth ? report(at, "a comparison is not a number; use if(condition, yes, no).") : node;

  const expression = (power: number): Node => {
    if (++depth > deepest) report(peek().at, "this is nested too deeply.");
    const result = operand(power);
    depth--;
    return result;
  };
  const operand = (power: number): Node => {
    const start = peek().at;
    let left = prefix();
    for (;;) {
      const token = peek();
      if (token.text === "^" && unaryPower + 1 > power) {
        next();
        left = raise(g, numeric(left, start), expression(unaryPower), token.at);
        continue;
      }
      const operator = Object.hasOwn(binary, token.text) ? binary[token.text] : undefined;
      if (!operator || operator.power <= power) return left;
      next();
      const right = expression(operator.power);
      const logical = token.text === "and" || token.text === "or";
      if (logical !== left.truth || logical !== right.truth)
        report(token.at, `"${token.text}" joins ${logical ? "comparisons" : "numbers"}.`);
      left = operator.build(g, left, right);
    }
  };
  const prefix = (): Node => {
    const token = next();
    if (token.kind === "number") return number(token);
    if (token.text === "-") return g.neg(numeric(expression(unaryPower), token.at));
    if (token.text === "not") {
      const argument = expression(3);
      return argument.truth
        ? graph.apply("not", argument)
        : report(token.at, '"not" takes a comparison.');
    }
    if (token.text === "(") {
      const inner = expression(0);
      expect(")");
      return inner;
    }
    if (token.kind !== "name") report(token.at, `expected a value, found "${describe(token)}".`);
    return peek().text === "(" ? callFunction(token) : variable(token);
  };
  const number = (token: Token): Node => {
    const value = Number(token.text);
    return Number.isFinite(value)
      ? graph.constant(value)
      : report(token.at, "this number is too large.");
  };
  const variable = (token: Token): Node =>
    known.get(token.text) ??
    report(
      token.at,
      `"${token.text}" is not known here.`,
      `Known names: ${[...known.keys()].join(", ")}.`,
    );
  const callFunction = (token: Token): Node => {
    const callee = Object.hasOwn(functions, token.text) ? functions[token.text] : undefined;
    if (!callee)
      return report(
        token.at,
        `"${token.text}" is not a function.`,
        `Functions: ${Object.keys(functions).join(", ")}.`,
      );
    next();
    const args: Node[] = [];
    do {
      const at = peek().at;
      const arg = expression(0);
      const wantsTruth = token.text === "if" && args.length === 0;
      if (arg.truth !== wantsTruth)
        report(
          at,
          wantsTruth ? "if needs a comparison first." : "a comparison is not a number here.",
        );
      args.push(arg);
    } while (peek().text === "," && next());
    expect(")");
    if (args.length !== callee.count)
      report(token.at, `${token.text} takes ${callee.count} argument(s), found ${args.length}.`);
    return callee.build(g, args);
  };
  const raise = (a: Algebra, base: Node, exponent: Node, at: number): Node => {
    if (exponent.op === "constant") return power(a, base, exponent.value);
    numeric(exponent, at);
    return a.exp(a.mul(exponent, graph.apply("log", base)));
  };
  const program = (): Equation[] => {
    const equations: Equation[] = [];
    const rates = new Set<string>();
    while (peek().kind !== "end") {
      if (peek().kind === "line") {
        next();
        continue;
      }
      const name = next();
      if (name.kind !== "name") report(name.at, `expected "name = ..." or "state' = ...".`);
      const rate = peek().text === "'" && Boolean(next());
      expect("=");
      const start = peek().at;
      const value = expression(0);
      const after = peek();
      if (after.kind !== "line" && after.kind !== "end")
        report(
          after.at,
          `expected an operator or the end of the line, found "${describe(after)}".`,
        );
      if (rate ? rates.has(name.text) : known.has(name.text))
        report(name.at, `"${name.text}" is defined twice.`);
      if (rate) rates.add(name.text);
      else known.set(name.text, value);
      equations.push({ name: name.text, rate, value: rate ? numeric(value, start) : value });
    }
    return equations;
  };
  return { program };
}

const describe = (token: Token) => (token.kind === "line" ? "end of line" : token.text);

/** Whole powers become products, halves square roots; everything else goes through exp and log. */
export function power(g: Algebra, base: Node, exponent: number): Node {
  if (exponent < 0) return g.div(g.num(1), power(g, base, -exponent));
  if (exponent === 0) return g.num(1);
  if (exponent === 0.5) return g.graph.apply("sqrt", base);
  if (!Number.isInteger(exponent) || exponent > 64)
    return g.exp(g.mul(g.num(exponent), g.graph.apply("log", base)));
  const half = exponent === 1 ? base : power(g, base, Math.floor(exponent / 2));
  if (exponent === 1) return base;
  const square = g.mul(half, half);
  return exponent % 2 === 0 ? square : g.mul(square, base);
}

function syntaxError(text: string, at: number, where: string, message: string, fix?: string) {
  const before = text.slice(0, at).split("\n");
  const line = before.length;
  const column = before[before.length - 1].length + 1;
  const source = text.split("\n")[line - 1] ?? "";
  return {
    code: "equation-syntax",
    path: `${where}:${line}:${column}`,
    message: `${where}, line ${line}, column ${column}: ${message}\n  ${source}\n  ${" ".repeat(column - 1)}^`,
    ...(fix ? { fix } : {}),
  };
}
