import type { KernelSpec, Source } from "../model/kernel-spec.js";
import { operations } from "../model/operations.js";
import { type EngineKernel, movingStreams, type Places } from "./heap.js";
import { type Dialect, printPass } from "./text-printer.js";

/** Prints a pass as JavaScript in float64: what the other printers are checked against. */
export function printJs(spec: KernelSpec, lanes: number, places: Places): string {
  const body = printPass(spec, dialectOf(spec, lanes, places));
  return [`for (let l = 0; l < ${lanes}; l++) {`, ...body, "}"].join("\n");
}

function dialectOf(spec: KernelSpec, lanes: number, places: Places): Dialect {
  const moving = movingStreams(spec, places);
  const address = (stream: string) =>
    String(places.streams.get(stream) ?? `a${moving.indexOf(stream)}`);
  const at = (source: Source): string => {
    switch (source.from) {
      case "global":
        return String(source.index * lanes);
      case "node":
        return `i * ${lanes}`;
      case "slot":
        return `s * ${lanes}`;
      // The lists of neighbours and pairs hold places already multiplied by the lanes.
      case "neighbour":
        return "j";
      case "paired":
        return `I[${places.pairs} + s]`;
    }
  };
  return {
    constant: (value) => (value < 0 ? `(${value})` : String(value)),
    operation: (name, args) => operations[name].js(...args),
    load: (source) => `H[${address(source.stream)} + ${at(source)} + l]`,
    define: (name, value) => `const ${name} = ${value};`,
    begin: (sum) => `let ${sum} = 0;`,
    store: ({ per, stream, mode }, value) => {
      const place = `H[${address(stream)} + ${per === "node" ? "i" : "s"} * ${lanes} + l]`;
      return `${place} ${mode === "add" ? "+=" : "="} ${value};`;
    },
    storeRow: (row, sum) => `H[${address("reduced")} + ${row * lanes} + l] = ${sum};`,
    slotLoop: (body) => [
      `for (let s = I[${places.rowStart} + i], end = I[${places.rowStart + 1} + i]; s < end; s++) {`,
      `const j = I[${places.neighbour} + s];`,
      ...body,
      "}",
    ],
    nodeLoop: (body) => [`for (let i = 0; i < ${places.vectors}; i++) {`, ...body, "}"],
  };
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
