import { fail } from "../core/errors.js";
import { type KernelSpec, streamsOf } from "../model/kernel-spec.js";
import { compileJs, type KernelFunction } from "./js-printer.js";
import type { LayoutKind } from "./layout.js";
import { encodeModule } from "./wasm-encoding.js";
import { printWasm } from "./wasm-printer.js";

/** "js-float64" is the reference, "wasm-f32x4" the production back end. */
export type BackEnd = "js-float64" | "wasm-f32x4";

/**
 * Trajectories that run side by side in one simulation; single precision with one of them holds four
 * of its nodes in a vector.
 */
export const laneCount: Readonly<Record<BackEnd, readonly number[]>> = {
  "js-float64": [1, 4],
  "wasm-f32x4": [1, 4],
};

/**
 * Compiled passes over one heap. Streams are blocks of the heap, addressed by element offsets;
 * a pass is called with the offsets of its streams in the order of `streamsOf(spec)`.
 */
export interface Engine {
  readonly backEnd: BackEnd;
  readonly lanes: number;
  readonly floats: Float32Array | Float64Array;
  readonly ints: Int32Array;
  /** Reserves `count` floats, 0 at first; returns their offset. */
  reserve(count: number): number;
  /** Reserves and fills indices; returns their offset. */
  reserveIndices(values: Int32Array): number;
  /** Kernels want row starts and neighbours multiplied by these: addresses, not numbers. */
  readonly rowScale: number;
  readonly neighbourScale: number;
  kernel(name: string): EngineKernel;
}

export interface EngineKernel {
  readonly streams: readonly string[];
  readonly run: KernelFunction;
  /** Factor from offsets in elements to addresses: bytes for WebAssembly, 1 for JavaScript. */
  readonly unit: number;
}

export interface EngineRequest {
  readonly backEnd: BackEnd;
  readonly lanes: number;
  readonly specs: readonly KernelSpec[];
  readonly layout: LayoutKind;
  /** Floats of every stream that will be reserved. */
  readonly streamSizes: readonly number[];
  readonly intCount: number;
}

export function createEngine(request: EngineRequest): Engine {
  const { backEnd, lanes } = request;
  if (!laneCount[backEnd].includes(lanes))
    fail({
      code: "bad-lanes",
      message: `${backEnd} has no ${lanes}-lane kernels.`,
      fix: `Use ${laneCount[backEnd].join(" or ")} lanes.`,
    });
  const { floats, ints, floatStart, kernels } =
    backEnd === "js-float64" ? javaScript(request) : webAssembly(request);
  let nextFloat = floatStart;
  let nextInt = 0;
  return {
    backEnd,
    lanes,
    floats,
    ints,
    rowScale: backEnd === "wasm-f32x4" ? vectorBytes : 1,
    neighbourScale: backEnd === "wasm-f32x4" ? 4 * lanes : lanes,
    reserve: (count) => {
      const offset = nextFloat;
      nextFloat += roomFor(count);
      if (nextFloat > floats.length) throw new Error("Engine heap is smaller than its streams.");
      return offset;
    },
    reserveIndices: (values) => {
      const offset = nextInt;
      nextInt += values.length;
      if (nextInt > request.intCount) throw new Error("Engine index heap is too small.");
      ints.set(values, offset);
      return offset;
    },
    kernel: (name) => kernels[name],
  };
}

interface Heap {
  readonly floats: Float32Array | Float64Array;
  readonly ints: Int32Array;
  readonly floatStart: number;
  readonly kernels: Record<string, EngineKernel>;
}

function javaScript({ specs, lanes, streamSizes, intCount }: EngineRequest): Heap {
  const floats = new Float64Array(roomForAll(streamSizes));
  const ints = new Int32Array(intCount);
  const compile = (spec: KernelSpec) => ({ ...compileJs(spec, lanes, floats, ints), unit: 1 });
  const kernels = Object.fromEntries(specs.map((spec) => [spec.name, compile(spec)]));
  return { floats, ints, floatStart: 0, kernels };
}

/** Four float32. */
const vectorBytes = 16;
/** Streams begin at whole vectors, and rows of neighbours may reach up to three places beyond. */
const roomFor = (count: number): number => 4 * Math.ceil(count / 4) + 4;
const roomForAll = (counts: readonly number[]) => counts.reduce((sum, n) => sum + roomFor(n), 0);
const pageBytes = 65536;
/** WebAssembly memories end at 4 GiB. */
const mostPages = 65536;

function webAssembly({ specs, layout, streamSizes, intCount }: EngineRequest): Heap {
  // Indices first, then room before the first stream, at multiples of 16 bytes.
  const floatStart = roomFor(intCount);
  const pages = Math.ceil(((floatStart + roomForAll(streamSizes)) * 4) / pageBytes);
  if (pages > mostPages)
    fail({
      code: "out-of-memory",
      message: `This simulation needs ${Math.ceil(pages / 16384)} GiB; WebAssembly ends at 4 GiB.`,
      fix: "Lower the memory budget (more checkpoints), the number of nodes or the duration.",
    });
  const memory = new WebAssembly.Memory({ initial: pages });
  const module = new WebAssembly.Module(encodeModule(specs.map((spec) => printWasm(spec, layout))));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      { streams: streamsOf(spec), run: exports[spec.name] as KernelFunction, unit: 4 },
    ]),
  );
  const floats = new Float32Array(memory.buffer);
  return { floats, ints: new Int32Array(memory.buffer), floatStart, kernels };
}
