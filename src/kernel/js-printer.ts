import type { Node } from "../model/graph.js";
import type { KernelSpec, Output, Source } from "../model/kernel-spec.js";
import { operations } from "../model/operations.js";
import { type EngineKernel, movingStreams, type Places } from "./engine.js";
import { type Region, schedule } from "./schedule.js";

/**
 * Prints a pass as JavaScript in float64: the reference the WebAssembly printer is checked against.
 * Only operation names of the table and numbered variables are printed, never names from input.
 */
export function printJs(spec: KernelSpec, lanes: number, places: Places): string {
  const moving = movingStreams(spec, places);
  const plan = schedule(spec);
  const address = (stream: string) =>
    String(places.streams.get(stream) ?? `a${moving.indexOf(stream)}`);
  const name = (node: Node) => `t${node.id}`;
  const sumNames = Object.keys(spec.sums);
  const sum = (input: string) => `sum${sumNames.indexOf(input)}`;
  const text = (node: Node): string => (plan.named.has(node.id) ? name(node) : expression(node));
  const expression = (node: Node): string => {
    if (node.op === "constant") return node.value < 0 ? `(${node.value})` : String(node.value);
    if (node.op === "input")
      return node.name in spec.sums
        ? sum(node.name)
        : load(spec.inputs[node.name], { address, lanes, pairs: places.pairs });
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
    `for (let i = 0; i < ${places.vectors}; i++) {`,
    ...define("node"),
    ...sumNames.map((s) => `let ${sum(s)} = 0;`),
    ...(hasSlots
      ? [
          `for (let s = I[${places.rowStart} + i], end = I[${places.rowStart + 1} + i]; s < end; s++) {`,
          `const j = I[${places.neighbour} + s];`,
          ...slotBody,
          "}",
        ]
      : []),
    ...define("after"),
    ...outputs("node"),
    ...reductions("node"),
    "}",
    ...spec.reductions.map((_, k) => {
      const row = (spec.firstRow ?? 0) + k;
      return `H[${address("reduced")} + ${row * lanes} + l] = r${k};`;
    }),
    "}",
  ].join("\n");
}

interface LoadContext {
  address(stream: string): string;
  readonly lanes: number;
  readonly pairs: number;
}

function load(source: Source, { address, lanes, pairs }: LoadContext): string {
  const at = {
    global: `${source.from === "global" ? source.index * lanes : 0}`,
    node: `i * ${lanes}`,
    // The neighbour list holds places, already multiplied by the lanes.
    neighbour: "j",
    paired: `I[${pairs} + s]`,
    slot: `s * ${lanes}`,
  };
  return `H[${address(source.stream)} + ${at[source.from]} + l]`;
}

/** Compiles a pass over a float64 heap and an index heap. */
export function compileJs(
  spec: KernelSpec,
  lanes: number,
  places: Places,
  heaps: { floats: Float64Array; ints: Int32Array },
): EngineKernel["run"] {
  const parameters = movingStreams(spec, places).map((_, k) => `a${k}`);
  const body = printJs(spec, lanes, places);
  const source = `"use strict"; return function (${parameters.join(", ")}) {\n${body}\n};`;
  const build = new Function("H", "I", "linexp", "linexp_slope", source);
  const { linexp, linexp_slope } = operations;
  return build(heaps.floats, heaps.ints, linexp.value, linexp_slope.value) as EngineKernel["run"];
}
