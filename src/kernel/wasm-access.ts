import type { LayoutKind } from "./layout.js";
import { op, signed, simd, unsigned, vector } from "./wasm-encoding.js";
import { get, set } from "./wasm-functions.js";

/** log2 of the bytes of a vector of four float32. */
export const vectorShift = 4;
const floatShift = 2;

/**
 * How a pass reads and writes memory in one of the two layouts (src/kernel/layout.ts). Addresses of
 * nodes and slots are bytes from the start of a stream and move on by whole vectors in both.
 */
export interface WasmAccess {
  /** Integer locals that hold the neighbours of one slot. */
  readonly neighbourLocals: number;
  /** Bytes of a slot's entries in the neighbour list, as a shift from those of its values. */
  readonly indexShift: number;
  /** With the stream's address on the stack: one row, the same for all nodes. */
  row(index: number): number[];
  /** Sets the neighbour locals of the slot `ahead` of the one whose entries `index` points at. */
  fetchNeighbours(index: number, ahead: number, locals: readonly number[]): number[];
  /** Pushes the values of a stream at the neighbours. */
  neighbours(stream: readonly number[], locals: readonly number[]): number[];
  /** Stores a sum over all nodes, held by a local, as row `index` of the stream. */
  storeRow(stream: readonly number[], index: number, local: number): number[];
}

const at = (offset: number, align: number): number[] => [align, ...unsigned(offset)];

/** A vector is one node of four trajectories: rows and neighbours are whole vectors. */
const fourTrajectories: WasmAccess = {
  neighbourLocals: 1,
  indexShift: vectorShift - floatShift,
  row: (index) => [...vector(simd.load), ...at(index << vectorShift, 4)],
  fetchNeighbours: (index, ahead, [other]) => [
    ...[...get(index), op.i32Load, ...at(ahead << floatShift, 2)],
    ...set(other),
  ],
  neighbours: (stream, [other]) => [
    ...[...stream, ...get(other), op.i32Add],
    ...[...vector(simd.load), ...at(0, 4)],
  ],
  storeRow: (stream, index, local) => [
    ...[...stream, ...get(local)],
    ...[...vector(simd.store), ...at(index << vectorShift, 4)],
  ],
};

/** A vector is four nodes of one trajectory: rows are spread, neighbours are picked one by one. */
const fourNodes: WasmAccess = {
  neighbourLocals: 4,
  indexShift: 0,
  row: (index) => [...vector(simd.splat32), ...at(index << floatShift, 2)],
  fetchNeighbours: (index, ahead, locals) =>
    locals.flatMap((other, lane) => [
      ...[...get(index), op.i32Load, ...at((ahead << vectorShift) + (lane << floatShift), 2)],
      ...set(other),
    ]),
  neighbours: (stream, locals) => {
    const [first, ...rest] = locals.map((other) => [...stream, ...get(other), op.i32Add]);
    return [
      // The addresses of lanes 3, 2, 1 wait on the stack below the vector that they complete.
      ...rest.reverse().flat(),
      ...[...first, ...vector(simd.loadZero32), ...at(0, 2)],
      ...[1, 2, 3].flatMap((lane) => [...vector(simd.loadLane32), ...at(0, 2), lane]),
    ];
  },
  storeRow: (stream, index, local) => {
    const lane = (k: number) => [...get(local), ...vector(simd.extractLane), k];
    const sum = [...lane(0), ...[1, 2, 3].flatMap((k) => [...lane(k), op.f32Add])];
    return [...stream, ...sum, op.f32Store, ...at(index << floatShift, 2)];
  },
};

/** Four nodes of one trajectory whose neighbours lie in a row: one place and one load for all. */
const fourInARow: WasmAccess = {
  ...fourNodes,
  neighbourLocals: 1,
  indexShift: fourTrajectories.indexShift,
  fetchNeighbours: fourTrajectories.fetchNeighbours,
  neighbours: (stream, [other]) => [
    ...[...stream, ...get(other), op.i32Add],
    ...[...vector(simd.load), ...at(0, 2)],
  ],
};

export const accesses: Readonly<Record<LayoutKind, WasmAccess>> = {
  trajectories: fourTrajectories,
  nodes: fourNodes,
  rows: fourInARow,
};

/** Turns the byte offset of a slot's values on the stack into that of its neighbour entries. */
export const toIndexPlace = ({ indexShift }: WasmAccess): number[] =>
  indexShift === 0 ? [] : [op.i32Const, ...signed(indexShift), op.i32ShrU];
