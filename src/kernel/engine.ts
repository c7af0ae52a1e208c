import { fail } from "../core/errors.js";
import {
  type EngineKernel,
  type Heap,
  type HeapRequest,
  indexLists,
  movingStreams,
  type Places,
  placeStreams,
  roomFor,
} from "./heap.js";
import { compileJs } from "./js-printer.js";
import { equalSlots } from "./layout.js";
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
const laneCounts: readonly number[] = [1, 4];

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

export interface EngineRequest extends HeapRequest {
  readonly backEnd: BackEnd;
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

function javaScript(request: EngineRequest): Heap {
  const { specs, lanes, layout, streams } = request;
  const { places, end } = placeStreams(streams, 0);
  const floats = new Float64Array(end);
  const { ints, at } = indexLists(request);
  const known: Places = {
    vectors: layout.places,
    ...at,
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
  const { specs, layout, streams } = request;
  const { ints: lists, at } = indexLists(request);
  // Indices first, then room before the first stream, at multiples of 16 bytes.
  const { places, end } = placeStreams(streams, roomFor(lists.length, 4));
  const known: Places = {
    vectors: layout.places / layout.width,
    rowStart: at.rowStart * floatBytes,
    neighbour: at.neighbour * floatBytes,
    pairs: at.pairs * floatBytes,
    equalSlots: equalSlots(layout),
    streams: new Map([...places].map(([name, place]) => [name, place * floatBytes])),
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
  // Addresses instead of numbers: rows of slots are whole vectors, a place is a float.
  const { lead } = accesses[layout.kind];
  lists.forEach((entry, k) => {
    if (k < at.neighbour) ints[k] = entry * vectorBytes;
    else ints[k] = entry * floatBytes + (k < at.pairs ? lead : 0);
  });
  const module = new WebAssembly.Module(encodeModule(bodies));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = specs.map((spec) => {
    const run = exports[spec.name] as EngineKernel["run"];
    return [spec.name, { moving: movingStreams(spec, known), run, unit: floatBytes }] as const;
  });
  return { floats: new Float32Array(memory.buffer), places, kernels: Object.fromEntries(kernels) };
}
