import { copy, type Node, rebuild } from "../model/graph.js";
import { type KernelSpec, type Output, slotGroup } from "../model/kernel-spec.js";
import { algebra, operations } from "../model/operations.js";
import { movingStreams, type Places } from "./engine.js";
import type { LayoutKind } from "./layout.js";
import { type Region, schedule } from "./schedule.js";
import {
  accesses,
  addressAt,
  memory,
  type StreamPlace,
  toIndexPlace,
  vectorShift,
} from "./wasm-access.js";
import { type FunctionBody, join, op, signed, simd, vector } from "./wasm-encoding.js";
import { type Emit, get, instruction, set, tee } from "./wasm-functions.js";

/**
 * Prints a pass as a WebAssembly function over f32x4: one node of four trajectories, so that a
 * neighbour is one whole vector and nothing is gathered, or four nodes of one trajectory. What stays
 * in place is addressed by the instructions themselves; parameters, all i32, are the byte addresses
 * of the other streams in the order of movingStreams.
 */
export function printWasm(original: KernelSpec, layout: LayoutKind, places: Places): FunctionBody {
  const spec = lowered(original);
  const printer = createPrinter(spec, layout, places);
  const { code, locals } = printer.body();
  return {
    name: spec.name,
    parameters: movingStreams(spec, places).length,
    i32Locals: loopLocals + accesses[layout].neighbourLocals,
    v128Locals: locals,
    code,
  };
}

/** Rewrites operations that WebAssembly lacks into those it has (see `lower` in the table). */
function lowered(spec: KernelSpec): KernelSpec {
  const { graph } = spec;
  const g = algebra(graph);
  const sums = Object.keys(spec.sums);
  const lower = (roots: readonly Node[]): Node[] =>
    rebuild(roots, (node, args) => {
      if (node.op === "constant" || node.op === "input") return copy(graph, node, args);
      const rule = operations[node.op].lower;
      return rule ? rule(g, args) : copy(graph, node, args);
    });
  const roots = [
    ...Object.values(spec.sums),
    ...spec.outputs.map((o) => o.value),
    ...spec.reductions.map((r) => r.value),
  ];
  const done = lower(roots);
  const take = () => done.shift()!;
  return {
    ...spec,
    sums: Object.fromEntries(sums.map((name) => [name, take()])),
    outputs: spec.outputs.map((o) => ({ ...o, value: take() })),
    reductions: spec.reductions.map((r) => ({ ...r, value: take() })),
  };
}

/** Node, its end, slot, its end, place in the neighbour list. */
const loopLocals = 5;

/** Bytes of code up to which slots are written out one after the other. */
const mostUnrolled = 4000;

/** Byte offset of a vector of nodes -> byte offset of its row start. */
const rowPlace = [op.i32Const, ...signed(vectorShift - 2), op.i32ShrU];

function createPrinter(spec: KernelSpec, layout: LayoutKind, places: Places) {
  const access = accesses[layout];
  const moving = movingStreams(spec, places);
  const plan = schedule(spec);
  const firstLocal = moving.length;
  const [node, nodeEnd, slot, slotEnd, index] = [0, 1, 2, 3, 4].map((k) => firstLocal + k);
  const firstNeighbour = firstLocal + loopLocals;
  const others = Array.from({ length: access.neighbourLocals }, (_, k) => firstNeighbour + k);
  const vectors = new Map<string, number>();
  const local = (name: string): number => {
    if (!vectors.has(name)) vectors.set(name, firstNeighbour + others.length + vectors.size);
    return vectors.get(name)!;
  };
  const constants = new Map<number, number>();
  const constant = (bits: number): number[] => {
    constants.set(bits, local(`constant:${bits}`));
    return get(local(`constant:${bits}`));
  };
  const emit: Emit = {
    constant: (value) => constant(floatBits(value)),
    integer: (value) => constant(value),
    temporary: local,
  };
  const named = (n: Node) => local(`t${n.id}`);
  const isSum = (n: Node) => n.op === "input" && n.name in spec.sums;
  const sum = (name: string) => local(`sum:${name}`);
  const stream = (name: string): StreamPlace => {
    const fixed = places.streams.get(name);
    return fixed === undefined ? { fixed: 0, parameter: moving.indexOf(name) } : { fixed };
  };

  // Which of the unrolled slots is being printed: its streams lie a fixed distance ahead.
  let ahead = 0;
  const within = (per: "node" | "slot", { fixed }: StreamPlace) =>
    fixed + (per === "slot" ? ahead << vectorShift : 0);
  const input = (name: string): number[] => {
    const source = spec.inputs[name];
    const place = stream(source.stream);
    if (source.from === "global") return access.row(place, source.index);
    if (source.from === "neighbour") return access.neighbours(place, others);
    if (source.from === "paired") return access.paired(place, places.pairs, slot, ahead);
    return [
      ...addressAt(place, { node, slot }[source.from]),
      ...loadVector(within(source.from, place)),
    ];
  };
  const compute = (n: Node): number[] =>
    n.op === "input" ? input(n.name) : instruction(n, n.args.map(value), emit);
  const value = (n: Node): number[] => {
    if (n.op === "constant") return emit.constant(n.value);
    if (isSum(n)) return get(sum(n.name));
    return plan.named.has(n.id) ? get(named(n)) : compute(n);
  };
  const define = (region: Region): number[] =>
    plan.steps[region]
      .filter((n) => plan.named.has(n.id) && n.op !== "constant" && !isSum(n))
      .flatMap((n) => join(compute(n), set(named(n))));
  const accumulate = (into: number, n: Node): number[] =>
    join(get(into), value(n), vector(simd.add), set(into));
  const store = (output: Output): number[] => {
    const place = stream(output.stream);
    const address = addressAt(place, output.per === "node" ? node : slot);
    const distance = within(output.per, place);
    const added =
      output.mode === "add"
        ? [...address, ...loadVector(distance), ...value(output.value), ...vector(simd.add)]
        : value(output.value);
    const flushed = flush(output.flush, emit);
    return join(address, added, flushed, vector(simd.store), memory(distance));
  };
  const stores = (per: Output["per"]) => spec.outputs.filter((o) => o.per === per).flatMap(store);
  const reduction = (k: number) => local(`reduction:${k}`);
  const reduce = (per: "node" | "slot"): number[] =>
    spec.reductions.flatMap((r, k) => (r.per === per ? accumulate(reduction(k), r.value) : []));
  const zero = (into: number): number[] => [...emit.constant(0), ...set(into)];

  /** The work of so many slots from `slot` on. */
  const inTurn = (count: number, work: () => number[]): number[] => {
    const code = [...get(slot), ...toIndexPlace(access), ...set(index)];
    for (let k = 0; k < count; k++) {
      ahead = k;
      code.push(...access.fetchNeighbours(places.neighbour, index, k, others), ...work());
    }
    ahead = 0;
    return code;
  };
  const straight = (slots: number, work: () => number[]): number[] => [
    ...[...get(node), op.i32Const, ...signed(slots), op.i32Mul, ...set(slot)],
    ...inTurn(slots, work),
  ];
  const slotLoop = (): number[] => {
    const work = (): number[] =>
      join(
        define("slot"),
        Object.entries(spec.sums).flatMap(([name, n]) => accumulate(sum(name), n)),
        stores("slot"),
        reduce("slot"),
      );
    const bytes = work().length;
    if (bytes === 0) return [];
    const slots = places.equalSlots;
    if (slots !== undefined && slots * bytes <= mostUnrolled) return straight(slots, work);
    const short = slotGroup * bytes <= mostUnrolled;
    const group = spec.padded && layout === "trajectories" && short ? slotGroup : 1;
    const rowAt = (next: number) => [
      ...[...get(node), ...rowPlace],
      ...[op.i32Load, ...memory(places.rowStart + next, 2)],
    ];
    const unrolled = inTurn(group, work);
    return [
      ...[...rowAt(0), ...set(slot)],
      ...[...rowAt(4), ...set(slotEnd)],
      ...loop(slot, slotEnd, group, unrolled),
    ];
  };
  const body = (): { code: number[]; locals: number } => {
    const once = [...define("once"), ...spec.reductions.flatMap((_, k) => zero(reduction(k)))];
    const perNode = join(
      define("node"),
      Object.keys(spec.sums).flatMap((name) => zero(sum(name))),
      slotLoop(),
      define("after"),
      stores("node"),
      reduce("node"),
    );
    const closing = spec.reductions.flatMap((_, k) =>
      access.storeRow(stream("reduced"), (spec.firstRow ?? 0) + k, reduction(k)),
    );
    // Last, when all constants are known: V8 re-materialises constants inside loops, locals it keeps.
    const hoisted = [...constants].flatMap(([bits, into]) => [
      ...[...vector(simd.constant), ...fourTimes(bits)],
      ...set(into),
    ]);
    const count = [op.i32Const, ...signed(places.vectors << vectorShift), ...set(nodeEnd)];
    const code = join(hoisted, once, count, loop(node, nodeEnd, 1, perNode), closing);
    return { code, locals: vectors.size };
  };
  return { body };
}

const loadVector = (offset: number): number[] => [...vector(simd.load), ...memory(offset)];

function flush(size: number | undefined, emit: Emit): number[] {
  if (size === undefined) return [];
  return [
    ...[...emit.constant(size), ...vector(simd.add)],
    ...[...emit.constant(size), ...vector(simd.sub)],
  ];
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

function floatBits(value: number): number {
  return new Int32Array(new Float32Array([value]).buffer)[0];
}

function fourTimes(bits: number): number[] {
  return [...new Uint8Array(new Int32Array([bits, bits, bits, bits]).buffer)];
}
