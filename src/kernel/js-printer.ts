import type { Node } from "../model/graph.js";
import { type KernelSpec, type Output, type Source, streamsOf } from "../model/kernel-spec.js";
import { operations } from "../model/operations.js";
import { type Region, schedule } from "./schedule.js";

/** A compiled pass: addresses are element offsets into the heap, in the order of `streams`. */
export interface CompiledKernel {
  readonly streams: readonly string[];
  readonly run: KernelFunction;
}
export type KernelFunction = (
  nodes: number,
  rowStart: number,
  neighbour: number,
  ...addresses: number[]
) => void;

/**
 * Prints a pass as JavaScript in float64: the reference the WebAssembly printer is checked against.
 * Only operation names of the table and numbered variables are printed, never names from input.
 */
export function printJs(spec: KernelSpec, lanes: number): string {
  const streams = streamsOf(spec);
  const plan = schedule(spec);
  const address = (stream: string) => `a${streams.indexOf(stream)}`;
  const name = (node: Node) => `t${node.id}`;
  const sumNames = Object.keys(spec.sums);
  const sum = (input: string) => `sum${sumNames.indexOf(input)}`;
  const text = (node: Node): string => (plan.named.has(node.id) ? name(node) : expression(node));
  const expression = (node: Node): string => {
    if (node.op === "constant") return node.value < 0 ? `(${node.value})` : String(node.value);
    if (node.op === "input")
      return node.name in spec.sums ? sum(node.name) : load(spec.inputs[node.name], address, lanes);
    return operations[node.op].js(...node.args.map(text));
  };
  const define = (region: Region) =>
    plan.steps[region]
      .filter((node) => plan.named.has(node.id))
      .map((node) => `const ${name(node)} = ${expression(node)};`);
  const outputs = (per: Output["per"]) =>
    spec.outputs
      .filter((o) => o.per === per)
      .map((o) => {
        const place = `H[${address(o.stream)} + ${per === "node" ? "i" : "s"} * ${lanes} + l]`;
        return `${place} ${o.mode === "add" ? "+=" : "="} ${text(o.value)};`;
      });
  const reductions = (per: "node" | "slot") =>
    spec.reductions.flatMap((r, k) => (r.per === per ? [`r${k} += ${text(r.value)};`] : []));
  const slotBody = [
    ...define("slot"),
    ...sumNames.map((s) => `${sum(s)} += ${text(spec.sums[s])};`),
    ...outputs("slot"),
    ...reductions("slot"),
  ];
  const hasSlots = slotBody.length > 0;
  return [
    `for (let l = 0; l < ${lanes}; l++) {`,
    ...define("once"),
    ...spec.reductions.map((_, k) => `let r${k} = 0;`),
    "for (let i = 0; i < n; i++) {",
    ...define("node"),
    ...sumNames.map((s) => `let ${sum(s)} = 0;`),
    ...(hasSlots
      ? [
          "for (let s = I[rowStart + i], end = I[rowStart + i + 1]; s < end; s++) {",
          "const j = I[neighbour + s];",
          ...slotBody,
          "}",
        ]
      : []),
    ...define("after"),
    ...outputs("node"),
    ...reductions("node"),
    "}",
    ...spec.reductions.map((_, k) => `H[${address("reduced")} + ${k * lanes} + l] = r${k};`),
    "}",
  ].join("\n");
}

function load(source: Source, address: (stream: string) => string, lanes: number): string {
  const at = {
    global: `${source.from === "global" ? source.index * lanes : 0}`,
    node: `i * ${lanes}`,
    // The neighbour list holds places, already multiplied by the lanes.
    neighbour: "j",
    slot: `s * ${lanes}`,
  };
  return `H[${address(source.stream)} + ${at[source.from]} + l]`;
}

/** Compiles a pass over a float64 heap `floats` and an index heap `ints`. */
export function compileJs(
  spec: KernelSpec,
  lanes: number,
  floats: Float64Array,
  ints: Int32Array,
): CompiledKernel {
  const streams = streamsOf(spec);
  const parameters = ["n", "rowStart", "neighbour", ...streams.map((_, k) => `a${k}`)];
  const source = `"use strict"; return function (${parameters.join(", ")}) {\n${printJs(spec, lanes)}\n};`;
  const build = new Function("H", "I", "linexp", "linexp_slope", source);
  const { linexp, linexp_slope } = operations;
  return { streams, run: build(floats, ints, linexp.value, linexp_slope.value) as KernelFunction };
}
