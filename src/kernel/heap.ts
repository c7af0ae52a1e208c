import { type KernelSpec, streamsOf } from "../model/kernel-spec.js";
import type { Layout } from "./layout.js";

/** Streams in one block of floats, and the compiled passes over them. */
export interface Heap {
  readonly floats: Float32Array | Float64Array;
  readonly places: ReadonlyMap<string, number>;
  readonly kernels: Record<string, EngineKernel>;
}

export interface EngineKernel {
  /** Streams without a place of their own, in the order in which their addresses are passed. */
  readonly moving: readonly string[];
  readonly run: (...addresses: number[]) => void;
  /** Factor from offsets in elements to addresses: bytes for WebAssembly, else 1. */
  readonly unit: number;
}

/** What a heap is made for. */
export interface HeapRequest {
  readonly lanes: number;
  readonly specs: readonly KernelSpec[];
  /** Who is whose neighbour, and how nodes lie in vectors. */
  readonly layout: Pick<Layout, "kind" | "width" | "places" | "rowStart" | "neighbour">;
  /** Slot of every slot's edge at its other end, for passes that read there. */
  readonly pairs?: Int32Array;
  /** Stream with a place of its own -> floats. */
  readonly streams: ReadonlyMap<string, number>;
}

/** Where a printer finds what stays in place; elements of the two heaps, or bytes. */
export interface Places {
  /** Vectors of nodes that a pass goes over. */
  readonly vectors: number;
  readonly rowStart: number;
  readonly neighbour: number;
  readonly pairs: number;
  /** Slots of every vector, where that is one number. */
  readonly equalSlots?: number;
  readonly streams: ReadonlyMap<string, number>;
  /** Where a pass keeps values for itself. */
  readonly scratch: number;
  /** Products are added without being rounded first. */
  readonly fused: boolean;
}

/** Streams of a pass that its caller places. */
export const movingStreams = (spec: KernelSpec, { streams }: Pick<Places, "streams">): string[] =>
  streamsOf(spec).filter((stream) => !streams.has(stream));

/** Streams begin at whole vectors, and rows of neighbours may reach almost one beyond. */
export const roomFor = (count: number, vector: number): number =>
  vector * Math.ceil(count / vector) + vector;

/** Streams one after the other, from `first` on, in vectors of so many floats. */
export function placeStreams(sizes: ReadonlyMap<string, number>, first: number, vector = 4) {
  const places = new Map<string, number>();
  let next = first;
  for (const [name, size] of sizes) {
    places.set(name, next);
    next += roomFor(size, vector);
  }
  return { places, end: next };
}

/**
 * The lists that passes read in one array: first slots of the vectors, neighbours, pairs; places
 * and slots already multiplied by the lanes. `at`: where each begins.
 */
export function indexLists({ layout, lanes, pairs = new Int32Array() }: HeapRequest) {
  const { rowStart, neighbour } = layout;
  const at = {
    rowStart: 0,
    neighbour: rowStart.length,
    pairs: rowStart.length + neighbour.length,
  } as const;
  const ints = new Int32Array(at.pairs + pairs.length);
  ints.set(rowStart);
  for (let k = 0; k < neighbour.length; k++) ints[at.neighbour + k] = neighbour[k] * lanes;
  for (let k = 0; k < pairs.length; k++) ints[at.pairs + k] = pairs[k] * lanes;
  return { ints, at };
}
