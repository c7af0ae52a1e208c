import { fail } from "../core/errors.js";
import { streamsOf } from "../model/kernel-spec.js";
import { cLists, printC } from "./c-printer.js";
import { type Heap, type HeapRequest, indexLists, movingStreams, placeStreams } from "./heap.js";
import { equalSlots } from "./layout.js";

/** A compiled pass; arguments are addresses of the heap, the index heap and the list of places. */
export type NativePass = (heap: number, ints: number, places: number) => void;

/** A C compiler and a way to call what it makes, as src/native finds them on a machine. */
export interface NativeBackEnd {
  readonly name: string;
  /** Of the compiler and the processor: bits are the same where this is. */
  readonly version: string;
  /** Floats in a vector of this machine: 4, 8 or 16. */
  readonly vectorFloats: number;
  /** Address of the first byte of memory that never moves. */
  addressOf(memory: ArrayBuffer): number;
  /** Passes of C text in the order of their numbers. Errors: "native-compiler". */
  compile(source: string, passes: number): readonly NativePass[];
}

/** The heap begins at a line of the cache. */
const lineBytes = 64;
const mostFloats = 2 ** 31;

/** Memory whose first float lies at the beginning of a line. */
function aligned(backEnd: NativeBackEnd, floats: number) {
  const memory = new ArrayBuffer(4 * floats + lineBytes);
  const start = backEnd.addressOf(memory);
  const lead = (lineBytes - (start % lineBytes)) % lineBytes;
  return { floats: new Float32Array(memory, lead, floats), address: start + lead };
}

function integers(backEnd: NativeBackEnd, count: number) {
  const memory = new ArrayBuffer(4 * count);
  return { ints: new Int32Array(memory), address: backEnd.addressOf(memory) };
}

export function nativeHeap(request: HeapRequest, backEnd: NativeBackEnd): Heap {
  const { specs, lanes, layout, streams } = request;
  const { kind, width } = layout;
  const vector = width * lanes;
  const { places, end } = placeStreams(streams, vector, vector);
  if (end >= mostFloats)
    fail({
      code: "out-of-memory",
      message: `This simulation needs ${Math.ceil(end / 2 ** 28)} GiB; native passes end at 8 GiB.`,
      fix: "Lower the memory budget (more checkpoints), the number of nodes or the duration.",
    });
  const heap = aligned(backEnd, end);
  const { ints, at } = indexLists(request);
  const lists = integers(backEnd, ints.length);
  lists.ints.set(ints);
  const shape = { floats: vector, nodes: width, kind, equalSlots: equalSlots(layout) };
  const passes = backEnd.compile(printC(specs, shape), specs.length);
  const kernels = specs.map((spec, k) => {
    const names = streamsOf(spec);
    const moving = movingStreams(spec, { streams: places });
    const own = integers(backEnd, cLists.length + names.length);
    own.ints.set([layout.places / width, at.rowStart, at.neighbour, at.pairs]);
    names.forEach((name, n) => {
      own.ints[cLists.length + n] = places.get(name) ?? 0;
    });
    const set = moving.map((name) => cLists.length + names.indexOf(name));
    // Holds the three memories: their addresses are good for as long as they are.
    const run = (...addresses: number[]) => {
      for (let m = 0; m < set.length; m++) own.ints[set[m]] = addresses[m];
      passes[k](heap.address, lists.address, own.address);
    };
    return [spec.name, { moving, run, unit: 1 }] as const;
  });
  return { floats: heap.floats, places, kernels: Object.fromEntries(kernels) };
}
