import { type KernelSpec, slotGroup } from "../model/kernel-spec.js";
import { movingStreams, type Places } from "./heap.js";
import type { LayoutKind } from "./layout.js";
import { lowered } from "./lowered.js";
import { memory, toIndexPlace, vectorShift } from "./wasm-access.js";
import { type FunctionBody, join, op, signed } from "./wasm-encoding.js";
import { createFrame, type Frame } from "./wasm-frame.js";
import { get, set, tee } from "./wasm-functions.js";
import { createRegions, type Regions, type SlotCode } from "./wasm-region.js";

/**
 * Prints a pass as a WebAssembly function over f32x4: one node of four trajectories, so that a
 * neighbour is one whole vector and nothing is gathered, or four nodes of one trajectory. What stays
 * in place is addressed by the instructions themselves; parameters, all i32, are the byte addresses
 * of the other streams in the order of movingStreams.
 */
export function printWasm(original: KernelSpec, layout: LayoutKind, places: Places): FunctionBody {
  const spec = lowered(original);
  const frame = createFrame(spec, layout, places);
  const code = body(createRegions(spec, frame), frame);
  return {
    name: spec.name,
    parameters: movingStreams(spec, places).length,
    i32Locals: frame.integerLocals,
    v128Locals: frame.vectorLocals(),
    scratchVectors: frame.scratchVectors(),
    code,
  };
}

/** Bytes of code up to which slots are written out one after the other. */
const mostUnrolled = 4000;

/** Byte offset of a vector of nodes -> byte offset of its row start. */
const rowPlace = [op.i32Const, ...signed(vectorShift - 2), op.i32ShrU];

function body(regions: Regions, frame: Frame): number[] {
  const { node, nodeEnd } = frame.counters;
  // Slots and what follows them first: they say which sums lie in memory.
  const [slots, after] = [slotLoop(regions, frame), regions.after()];
  const perNode = join(regions.node(), regions.zeroSums(), slots, regions.fetchSums(), after);
  const once = join(regions.once(), regions.zeroReductions());
  const count = [op.i32Const, ...signed(frame.places.vectors << vectorShift), ...set(nodeEnd)];
  const code = join(once, count, loop(node, nodeEnd, 1, perNode), regions.storeReductions());
  // Last, when all constants are known: V8 re-materialises constants inside loops, locals it keeps.
  return join(frame.hoistedConstants(), code);
}

/** The work of so many slots from the one in hand on. */
function inTurn(count: number, printed: SlotCode, frame: Frame): number[] {
  const { access, counters, places, neighbours } = frame;
  const { slot, index } = counters;
  const code = [...get(slot), ...toIndexPlace(access), ...set(index)];
  const parts: (readonly number[])[] = [code];
  for (let ahead = 0; ahead < count; ahead++) {
    parts.push(access.fetchNeighbours(places.neighbour, index, ahead, neighbours));
    parts.push(ahead === 0 ? printed.first : printed.code(ahead));
  }
  return join(...parts);
}

function slotLoop(regions: Regions, frame: Frame): number[] {
  const { counters, layout, places } = frame;
  const { node, slot, slotEnd } = counters;
  const printed = regions.slot();
  const { isCut, first } = printed;
  const { length } = first;
  if (length === 0) return [];
  const slots = places.equalSlots;
  if (!isCut && slots !== undefined && slots * length <= mostUnrolled)
    return join(
      [...get(node), op.i32Const, ...signed(slots), op.i32Mul, ...set(slot)],
      inTurn(slots, printed, frame),
    );
  const short = !isCut && slotGroup * length <= mostUnrolled;
  const group = frame.padded && layout === "trajectories" && short ? slotGroup : 1;
  const rowAt = (next: number) => [
    ...[...get(node), ...rowPlace],
    ...[op.i32Load, ...memory(places.rowStart + next, 2)],
  ];
  return join(
    [...rowAt(0), ...set(slot)],
    [...rowAt(4), ...set(slotEnd)],
    loop(slot, slotEnd, group, inTurn(group, printed, frame)),
  );
}

/** if (counter < end) do { work; counter += group values } while (counter < end) */
function loop(counter: number, end: number, group: number, work: readonly number[]): number[] {
  const empty = 0x40;
  return join(
    [op.block, empty, ...get(counter), ...get(end), op.i32GeU, op.brIf, 0],
    [op.loop, empty],
    work,
    [...get(counter), op.i32Const, ...signed(group << vectorShift), op.i32Add, ...tee(counter)],
    [...get(end), op.i32LtU, op.brIf, 0],
    [op.end, op.end],
  );
}
