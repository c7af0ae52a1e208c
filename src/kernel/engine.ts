import { fail } from "../core/errors.js";
import { type KernelSpec, streamsOf } from "../model/kernel-spec.js";
import { compileJs } from "./js-printer.js";
import { equalSlots, type Layout } from "./layout.js";
import { type NativeBackEnd, nativeHeap } from "./native.js";
import { accesses } from "./wasm-access.js";
import { encodeModule, relaxedProbe } from "./wasm-encoding.js";
import { printWasm } from "./wasm-printer.js";

/**
 * "js-float64" is the reference, "wasm-f32x4" the production back end. "wasm-f32x4-fused" rounds
 * products and sums together: faster, but the last bits are those of the machine, and engines
 * without relaxed SIMD do not have it. A native one (src/native) is C, compiled on this machine for
 * its widest vectors: the fastest, and its last bits, too, are those of the machine.
 */
export type BackEnd = "js-float64" | "wasm-f32x4" | "wasm-f32x4-fused" | NativeBackEnd;

export const backEndName = (backEnd: BackEnd): string =>
  typeof backEnd === "string" ? backEnd : backEnd.name;

/**
 * Trajectories that run side by side in one simulation; single precision with one of them holds
 * several of its nodes in a vector.
 */
export const laneCounts: readonly number[] = [1, 4];

/** False where this engine (Node 20 among them) has no relaxed SIMD. */
export const hasFused = (): boolean => WebAssembly.validate(encodeModule([relaxedProbe]));

/**
 * Compiled passes over one heap. Streams are blocks of it. Those that stay where they are have their
 * addresses in the code; a pass is called with the offsets of the others.
 */
export interface Engine {
  readonly backEnd: BackEnd;
  readonly lanes: number;
  readonly floats: Float32Array | Float64Array;
  /** First float of a stream that has a place; undefined for the others. */
  placeOf(stream: string): number | undefined;
  kernel(name: string): EngineKernel;
}

export interface EngineKernel {
  /** Streams without a place of their own, in the order in which their addresses are passed. */
  readonly moving: readonly string[];
  readonly run: (...addresses: number[]) => void;
  /** Factor from offsets in elements to addresses: bytes for WebAssembly, 1 for JavaScript. */
  readonly unit: number;
}

export interface EngineRequest {
  readonly backEnd: BackEnd;
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

export function createEngine(request: EngineRequest): Engine {
  const { backEnd, lanes } = request;
  if (!laneCounts.includes(lanes))
    fail({
      code: "bad-lanes",
      message: `There are no ${lanes}-lane kernels.`,
      fix: `Use ${laneCounts.join(" or ")} lanes.`,
    });
  if (backEnd === "wasm-f32x4-fused" && !hasFused())
    fail({
      code: "no-fused",
      message: "This JavaScript engine has no relaxed SIMD, which fused products need.",
      fix: 'Use "wasm-f32x4", or Node 22 or newer.',
    });
  const { floats, places, kernels } = heapFor(request);
  return {
    backEnd,
    lanes,
    floats,
    placeOf: (stream) => places.get(stream),
    kernel: (name) => kernels[name],
  };
}

function heapFor(request: EngineRequest): Heap {
  const { backEnd } = request;
  if (backEnd === "js-float64") return javaScript(request);
  return typeof backEnd === "string" ? webAssembly(request) : nativeHeap(request, backEnd);
}

/** Streams of a pass that its caller places. */
export const movingStreams = (spec: KernelSpec, { streams }: Pick<Places, "streams">): string[] =>
  streamsOf(spec).filter((stream) => !streams.has(stream));

/** Streams begin at whole vectors, and rows of neighbours may reach almost one beyond. */
const roomFor = (count: number, vector: number): number =>
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

export interface Heap {
  readonly floats: Float32Array | Float64Array;
  readonly places: ReadonlyMap<string, number>;
  readonly kernels: Record<string, EngineKernel>;
}

const noPairs = new Int32Array(0);

function javaScript({ specs, lanes, layout, streams, pairs = noPairs }: EngineRequest): Heap {
  const { places, end } = placeStreams(streams, 0);
  const floats = new Float64Array(end);
  const { rowStart } = layout;
  const pairsAt = rowStart.length + layout.neighbour.length;
  const ints = new Int32Array(pairsAt + pairs.length);
  ints.set(rowStart);
  ints.set(
    layout.neighbour.map((place) => place * lanes),
    rowStart.length,
  );
  ints.set(
    pairs.map((slot) => slot * lanes),
    pairsAt,
  );
  const known: Places = {
    vectors: layout.places,
    rowStart: 0,
    neighbour: rowStart.length,
    pairs: pairsAt,
    streams: places,
    scratch: end,
    fused: false,
  };
  const kernels = specs.map((spec) => {
    const run = compileJs(spec, lanes, known, { floats, ints });
    return [spec.name, { moving: movingStreams(spec, known), run, unit: 1 }] as const;
  });
  return { floats, places, kernels: Object.fromEntries(kernels) };
}

/** Four float32. */
const vectorBytes = 16;
const floatBytes = 4;
const pageBytes = 65536;
/** WebAssembly memories end at 4 GiB. */
const mostPages = 65536;

function webAssembly(request: EngineRequest): Heap {
  const { specs, lanes, layout, streams, pairs = noPairs } = request;
  const { rowStart, neighbour } = layout;
  // Indices first, then room before the first stream, at multiples of 16 bytes.
  const pairsAt = rowStart.length + neighbour.length;
  const { places, end } = placeStreams(streams, roomFor(pairsAt + pairs.length, 4));
  const known: Places = {
    vectors: layout.places / layout.width,
    rowStart: 0,
    pairs: pairsAt * floatBytes,
    neighbour: rowStart.length * floatBytes,
    equalSlots: equalSlots(layout),
    streams: new Map([...places].map(([name, at]) => [name, at * floatBytes])),
    scratch: end * floatBytes,
    fused: request.backEnd === "wasm-f32x4-fused",
  };
  const bodies = specs.map((spec) => printWasm(spec, layout.kind, known));
  const scratch_bytes = Math.max(...bodies.map((b) => b.scratchVectors)) * vectorBytes;
  const pages = Math.ceil((end * floatBytes + scratch_bytes) / pageBytes);
  if (pages > mostPages)
    fail({
      code: "out-of-memory",
      message: `This simulation needs ${Math.ceil(pages / 16384)} GiB; WebAssembly ends at 4 GiB.`,
      fix: "Lower the memory budget (more checkpoints), the number of nodes or the duration.",
    });
  const memory = new WebAssembly.Memory({ initial: pages });
  const ints = new Int32Array(memory.buffer);
  // Addresses instead of numbers: rows of slots are whole vectors, a place is `lanes` floats.
  rowStart.forEach((slot, v) => {
    ints[v] = slot * vectorBytes;
  });
  neighbour.forEach((place, s) => {
    ints[rowStart.length + s] = place * lanes * floatBytes + accesses[layout.kind].lead;
  });
  pairs.forEach((slot, s) => {
    ints[pairsAt + s] = slot * lanes * floatBytes;
  });
  const module = new WebAssembly.Module(encodeModule(bodies));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = specs.map((spec) => {
    const run = exports[spec.name] as EngineKernel["run"];
    return [spec.name, { moving: movingStreams(spec, known), run, unit: floatBytes }] as const;
  });
  return { floats: new Float32Array(memory.buffer), places, kernels: Object.fromEntries(kernels) };
}
