import { type KernelSpec, type Source, streamsOf } from "../model/kernel-spec.js";
import type { OperationName } from "../model/operations.js";
import { literal, printPrelude, type VectorShape } from "./c-prelude.js";
import type { LayoutKind } from "./layout.js";
import { lowered } from "./lowered.js";
import { type Dialect, printPass } from "./text-printer.js";

export interface CShape extends VectorShape {
  readonly kind: LayoutKind;
  /** Slots of every vector, where that is one number. */
  readonly equalSlots?: number;
}

/** Places that every pass is given: numbers of vectors, and where lists begin in the index heap. */
export const cLists = ["vectors", "rowStart", "neighbour", "pairs"] as const;

/**
 * Prints passes as functions of C, `void pass0(float *H, const int *I, const int *A)` and so on: H the
 * heap of streams, I the index heap, A the `cLists` followed by the place of every stream of the pass
 * (`streamsOf`). The number of nodes is not in the text: one compilation serves meshes of one kind.
 */
export function printC(specs: readonly KernelSpec[], shape: CShape): string {
  const passes = specs.map((spec, k) =>
    [`void pass${k}(float *H, const int *I, const int *A) {`, ...passBody(spec, shape), "}"].join(
      "\n",
    ),
  );
  return `${[printPrelude(shape), ...passes].join("\n")}\n`;
}

function passBody(spec: KernelSpec, shape: CShape): string[] {
  const streams = streamsOf(spec);
  const places = streams.map((_, k) => `float *const s${k} = H + A[${cLists.length + k}];`);
  const lists = cLists.map((list, k) =>
    k === 0 ? `const long ${list} = A[0];` : `const int *const ${list} = I + A[${k}];`,
  );
  return [...lists, ...places, ...printPass(lowered(spec), dialectOf(streams, shape))];
}

/** Operators between vectors, functions of the prelude, and what `lowered` leaves none of. */
const spelling = {
  ...{ add: "+", sub: "-", mul: "*", div: "/", neg: "-" },
  ...{ lt: "<", le: "<=", and: "&", or: "|", not: "~" },
  ...{ exp: "exponential", log: "logarithm", tanh: "hyperbolic_tangent", sqrt: "root" },
  ...{ abs: "size", min: "least", max: "most", select: "choose" },
  ...{ linexp: undefined, linexp_slope: undefined },
} as const satisfies Record<OperationName, string | undefined>;

function operation(name: OperationName, args: readonly string[]): string {
  const word = spelling[name];
  if (!word) throw new Error(`"${name}" has no words in C and was not lowered.`);
  if (/\w/.test(word)) return `${word}(${args.join(", ")})`;
  return args.length === 1 ? `(${word}${args[0]})` : `(${args.join(` ${word} `)})`;
}

/** Slots that are written out one after the other. */
const mostUnrolled = 8;

function dialectOf(streams: readonly string[], shape: CShape): Dialect {
  const { floats, nodes, kind, equalSlots } = shape;
  const stream = (name: string) => `s${streams.indexOf(name)}`;
  const lanes = floats / nodes;
  const load = (source: Source): string => {
    const from = stream(source.stream);
    switch (source.from) {
      case "global":
        return `row(${from} + ${source.index * lanes})`;
      case "node":
        return `load(${from} + i * ${floats})`;
      case "slot":
        return `load(${from} + s * ${floats})`;
      case "neighbour":
        return kind === "rows"
          ? `load(${from} + neighbour[s])`
          : `gather(${from}, neighbour + s * ${nodes})`;
      case "paired":
        return `gather(${from}, pairs + s * ${nodes})`;
    }
  };
  const slots =
    equalSlots === undefined
      ? "for (long s = rowStart[i], end = rowStart[i + 1]; s < end; s++) {"
      : `for (long s = i * ${equalSlots}, end = s + ${equalSlots}; s < end; s++) {`;
  return {
    constant: (value) => `splat(${literal(value)})`,
    operation,
    load,
    define: (name, value, isTruth) => `const ${isTruth ? "vi" : "vf"} ${name} = ${value};`,
    begin: (sum) => `vf ${sum} = splat(0);`,
    store: ({ per, stream: name, mode, flush }, value) => {
      const at = `${stream(name)} + ${per === "node" ? "i" : "s"} * ${floats}`;
      const total = mode === "add" ? `load(${at}) + ${value}` : value;
      const kept = flush === undefined ? total : `flushed(${total}, ${literal(flush)})`;
      return `store(${at}, ${kept});`;
    },
    storeRow: (row, sum) => `store_row(${stream("reduced")} + ${row * lanes}, ${sum});`,
    slotLoop: (body) => [
      ...(equalSlots === undefined ? [] : [`#pragma GCC unroll ${mostUnrolled}`]),
      slots,
      ...body,
      "}",
    ],
    nodeLoop: (body) => ["for (long i = 0; i < vectors; i++) {", ...body, "}"],
  };
}
