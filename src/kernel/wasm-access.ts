import type { LayoutKind } from "./layout.js";
import { op, signed, simd, unsigned, vector } from "./wasm-encoding.js";
import { get, set } from "./wasm-functions.js";

/** log2 of the bytes of a vector of four float32. */
export const vectorShift = 4;
const floatShift = 2;

/** Where a stream begins: a number that goes into the instruction, or a parameter of the pass. */
export interface StreamPlace {
  readonly fixed: number;
  readonly parameter?: number;
}

/** Code that pushes an address without what the instruction itself adds (`fixed`). */
export const addressAt = ({ parameter }: StreamPlace, offset: number): number[] =>
  parameter === undefined ? get(offset) : [...get(parameter), ...get(offset), op.i32Add];

/** Turns an offset on the stack into an address. */
const fromStart = ({ parameter }: StreamPlace): number[] =>
  parameter === undefined ? [] : [...get(parameter), op.i32Add];

const startOf = ({ parameter }: StreamPlace): number[] =>
  parameter === undefined ? [op.i32Const, 0] : get(parameter);

/** Operands of a memory instruction: log2 of the alignment, and the offset it adds. */
export const memory = (offset: number, align = vectorShift): number[] => [
  align,
  ...unsigned(offset),
];

/**
 * How a pass reads and writes memory in one of the layouts (src/kernel/layout.ts). Offsets of nodes
 * and slots are bytes from the start of a stream and move on by whole vectors in all of them.
 */
export interface WasmAccess {
  /** Integer locals that hold the neighbours of one slot. */
  readonly neighbourLocals: number;
  /** Bytes of a slot's entries in the neighbour list, as a shift from those of its values. */
  readonly indexShift: number;
  /** Bytes added to every entry of the neighbour list. */
  readonly lead: number;
  /** Pushes one row of a stream, the same for all nodes. */
  row(stream: StreamPlace, index: number): number[];
  /** Sets the neighbour locals of the slot `ahead` of the one whose entries are at `index`. */
  fetchNeighbours(list: number, index: number, ahead: number, locals: readonly number[]): number[];
  /** Pushes the values of a stream at the neighbours. */
  neighbours(stream: StreamPlace, locals: readonly number[]): number[];
  /** Pushes the values of a stream at the slots paired with the one `ahead` of `slot`. */
  paired(stream: StreamPlace, list: number, slot: number, ahead: number): number[];
  /** Stores a sum over all nodes, held by a local, as row `index` of the stream. */
  storeRow(stream: StreamPlace, index: number, local: number): number[];
}

/** A vector is one node of four trajectories: rows and neighbours are whole vectors. */
const fourTrajectories: WasmAccess = {
  lead: 0,
  neighbourLocals: 1,
  indexShift: vectorShift - floatShift,
  row: (stream, index) => [
    ...startOf(stream),
    ...[...vector(simd.load), ...memory(stream.fixed + (index << vectorShift))],
  ],
  fetchNeighbours: (list, index, ahead, [other]) => [
    ...[...get(index), op.i32Load, ...memory(list + (ahead << floatShift), floatShift)],
    ...set(other),
  ],
  neighbours: (stream, [other]) => [
    ...[...addressAt(stream, other), ...vector(simd.load), ...memory(stream.fixed)],
  ],
  paired: (stream, list, slot, ahead) => [
    ...[...get(slot), op.i32Const, ...signed(vectorShift - floatShift), op.i32ShrU],
    ...[op.i32Load, ...memory(list + (ahead << floatShift), floatShift)],
    ...[...fromStart(stream), ...vector(simd.load), ...memory(stream.fixed)],
  ],
  storeRow: (stream, index, local) => [
    ...[...startOf(stream), ...get(local)],
    ...[...vector(simd.store), ...memory(stream.fixed + (index << vectorShift))],
  ],
};

/** A vector is four nodes of one trajectory: rows are spread, neighbours are picked one by one. */
const fourNodes: WasmAccess = {
  lead: 0,
  neighbourLocals: 4,
  indexShift: 0,
  row: (stream, index) => [
    ...startOf(stream),
    ...[...vector(simd.splat32), ...memory(stream.fixed + (index << floatShift), floatShift)],
  ],
  fetchNeighbours: (list, index, ahead, locals) =>
    locals.flatMap((other, lane) => {
      const entry = list + (ahead << vectorShift) + (lane << floatShift);
      return [...get(index), op.i32Load, ...memory(entry, floatShift), ...set(other)];
    }),
  neighbours: (stream, locals) => {
    const [first, ...rest] = locals.map((other) => addressAt(stream, other));
    const at = memory(stream.fixed, floatShift);
    return [
      // The addresses of lanes 3, 2, 1 wait on the stack below the vector that they complete.
      ...rest.reverse().flat(),
      ...[...first, ...vector(simd.loadZero32), ...at],
      ...[1, 2, 3].flatMap((lane) => [...vector(simd.loadLane32), ...at, lane]),
    ];
  },
  paired: (stream, list, slot, ahead) => {
    const at = memory(stream.fixed, floatShift);
    const place = (lane: number) => {
      const entry = list + (ahead << vectorShift) + (lane << floatShift);
      return [...get(slot), op.i32Load, ...memory(entry, floatShift), ...fromStart(stream)];
    };
    return [
      ...[3, 2, 1].flatMap(place),
      ...[...place(0), ...vector(simd.loadZero32), ...at],
      ...[1, 2, 3].flatMap((lane) => [...vector(simd.loadLane32), ...at, lane]),
    ];
  },
  storeRow: (stream, index, local) => {
    const lane = (k: number) => [...get(local), ...vector(simd.extractLane), k];
    const sum = [...lane(0), ...[1, 2, 3].flatMap((k) => [...lane(k), op.f32Add])];
    const at = memory(stream.fixed + (index << floatShift), floatShift);
    return [...startOf(stream), ...sum, op.f32Store, ...at];
  },
};

/**
 * Rows may begin up to three places before the first node. Addresses in memory instructions do not
 * wrap around, so that entries of the list are kept from being negative by this many bytes.
 */
const rowLead = 1 << vectorShift;

/** Four nodes of one trajectory whose neighbours lie in a row: one place and one load for all. */
const fourInARow: WasmAccess = {
  ...fourNodes,
  lead: rowLead,
  neighbourLocals: 1,
  indexShift: fourTrajectories.indexShift,
  fetchNeighbours: fourTrajectories.fetchNeighbours,
  neighbours: (stream, [other]) => {
    const isFixed = stream.parameter === undefined;
    const back = isFixed ? [] : [op.i32Const, ...signed(rowLead), op.i32Sub];
    const at = memory(isFixed ? stream.fixed - rowLead : 0, floatShift);
    return [...addressAt(stream, other), ...back, ...vector(simd.load), ...at];
  },
};

export const accesses: Readonly<Record<LayoutKind, WasmAccess>> = {
  trajectories: fourTrajectories,
  nodes: fourNodes,
  rows: fourInARow,
};

/** Turns the byte offset of a slot's values on the stack into that of its neighbour entries. */
export const toIndexPlace = ({ indexShift }: WasmAccess): number[] =>
  indexShift === 0 ? [] : [op.i32Const, ...signed(indexShift), op.i32ShrU];
