import type { KernelSpec } from "../model/kernel-spec.js";
import { movingStreams, type Places } from "./heap.js";
import type { LayoutKind } from "./layout.js";
import { accesses, memory, type StreamPlace, vectorShift, type WasmAccess } from "./wasm-access.js";
import { join, op, signed, simd, vector } from "./wasm-encoding.js";
import { get, set } from "./wasm-functions.js";

/** Locals, constants and scratch memory of one function, and where it finds its streams. */
export interface Frame {
  readonly layout: LayoutKind;
  readonly access: WasmAccess;
  readonly places: Places;
  readonly padded: boolean;
  /** Node, its end, slot, its end, place in the neighbour list. */
  readonly counters: Readonly<Record<"node" | "nodeEnd" | "slot" | "slotEnd" | "index", number>>;
  /** Locals that hold the neighbours of the slot in hand. */
  readonly neighbours: readonly number[];
  readonly integerLocals: number;
  vectorLocals(): number;
  /** Vectors of scratch memory in use. */
  scratchVectors(): number;
  /** A vector local of that name; of a step its number, which regions share. */
  local(name: string | number): number;
  /** Pushes a constant, given its bits, in all lanes. */
  constant(bits: number): number[];
  /** Sets the locals of all constants in use. */
  hoistedConstants(): number[];
  stream(name: string): StreamPlace;
  /** Number of the vector of scratch memory that has this name. */
  scratch(name: string): number;
  /** Pushes a vector of scratch memory. */
  fetch(vector: number): number[];
  /** Stores what `value` pushes. */
  keep(vector: number, value: readonly number[]): number[];
}

export function createFrame(spec: KernelSpec, layout: LayoutKind, places: Places): Frame {
  const access = accesses[layout];
  const moving = movingStreams(spec, places);
  const [node, nodeEnd, slot, slotEnd, index] = [0, 1, 2, 3, 4].map((k) => moving.length + k);
  const first = index + 1;
  const neighbours = Array.from({ length: access.neighbourLocals }, (_, k) => first + k);
  const firstVector = first + neighbours.length;
  const number = numbering();
  const scratch = numbering();
  const constants = new Map<number, number>();
  const local = (name: string | number) => firstVector + number.of(name);
  const at = (k: number) => memory(places.scratch + (k << vectorShift));
  return {
    ...{ layout, access, places, padded: spec.padded, neighbours, local },
    counters: { node, nodeEnd, slot, slotEnd, index },
    integerLocals: firstVector - moving.length,
    vectorLocals: number.count,
    scratchVectors: scratch.count,
    scratch: scratch.of,
    constant: (bits) => {
      const known = constants.get(bits) ?? local(`constant:${bits}`);
      constants.set(bits, known);
      return get(known);
    },
    hoistedConstants: () =>
      [...constants].flatMap(([bits, into]) => [
        ...[...vector(simd.constant), ...fourTimes(bits)],
        ...set(into),
      ]),
    stream: (name) => {
      const fixed = places.streams.get(name);
      return fixed === undefined ? { fixed: 0, parameter: moving.indexOf(name) } : { fixed };
    },
    fetch: (k) => [op.i32Const, ...signed(0), ...vector(simd.load), ...at(k)],
    keep: (k, value) => join([op.i32Const, ...signed(0)], value, [...vector(simd.store), ...at(k)]),
  };
}

/** Numbers names in the order in which they come. */
function numbering() {
  const numbers = new Map<string | number, number>();
  return {
    of: (name: string | number): number => {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, numbers.size);
      return numbers.size - 1;
    },
    count: () => numbers.size,
  };
}

function fourTimes(bits: number): number[] {
  return [...new Uint8Array(new Int32Array([bits, bits, bits, bits]).buffer)];
}
