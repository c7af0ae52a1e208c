import type { Node } from "../model/graph.js";
import type { KernelSpec, Output } from "../model/kernel-spec.js";
import { type Code, createMachine, floatBits, type Machine, type Step } from "./machine-code.js";
import { type Region, type Schedule, schedule } from "./schedule.js";
import { inOrder, type Sink, segmentsOf } from "./sequence.js";
import { addressAt, memory, type StreamPlace, vectorShift } from "./wasm-access.js";
import { cutCode, wholeCode } from "./wasm-emission.js";
import { join, simd, vector } from "./wasm-encoding.js";
import type { Frame } from "./wasm-frame.js";
import { get, instruction, set } from "./wasm-functions.js";

/** The code of a pass by region, without the loops around it. */
export interface Regions {
  once(): readonly number[];
  node(): readonly number[];
  slot(): SlotCode;
  after(): readonly number[];
  zeroSums(): number[];
  /** Sums that were kept in memory over the slots into their locals. */
  fetchSums(): number[];
  zeroReductions(): number[];
  storeReductions(): number[];
}

export interface SlotCode {
  /** The slot is more than one segment: it is printed for the one in hand alone. */
  readonly isCut: boolean;
  /** Of the slot in hand. */
  readonly first: readonly number[];
  /** Of the slot that lies `ahead` of it. */
  code(ahead: number): readonly number[];
}

export function createRegions(spec: KernelSpec, frame: Frame): Regions {
  const plan = schedule(spec);
  const exported = exportsOf(spec, plan);
  const totals = createTotals(frame);
  const sums = Object.keys(spec.sums).map(sumName);
  const reductions = spec.reductions.map((_, k) => reductionName(k));
  const print = (region: Region): SlotCode => {
    const machine = createMachine({ constant: frame.constant, fused: frame.places.fused });
    const build = builder(spec, { frame, plan, machine, region });
    const sinks: Sink[] = exported[region].map((node) => ({
      value: build(node),
      write: (code) => join(code, set(frame.local(`t${node.id}`))),
    }));
    const named: (readonly [string, Node])[] =
      region === "slot" ? Object.entries(spec.sums).map(([k, n]) => [sumName(k), n]) : [];
    for (const output of spec.outputs.filter((o) => o.per === loopOf[region]))
      sinks.push(outputSink(output, build(output.value), { frame, machine }));
    spec.reductions.forEach((r, k) => {
      if (r.per === loopOf[region]) named.push([reductionName(k), r.value]);
    });
    sinks.push(...named.map(([name, node]) => totals.add(name, build(node))));
    const segments = segmentsOf(inOrder(sinks));
    const isCut = segments.length > 1;
    if (isCut) totals.keepInMemory(named.map(([name]) => name));
    const code = (ahead: number) =>
      isCut ? cutCode(segments, frame, region) : wholeCode(segments[0], frame, ahead);
    return { isCut, first: code(0), code };
  };
  return {
    once: () => print("once").first,
    node: () => print("node").first,
    slot: () => print("slot"),
    after: () => print("after").first,
    zeroSums: () => sums.flatMap(totals.zero),
    fetchSums: () => sums.flatMap(totals.fetch),
    zeroReductions: () => reductions.flatMap(totals.zero),
    storeReductions: () => {
      const stream = frame.stream("reduced");
      return reductions.flatMap((name, k) => [
        ...totals.fetch(name),
        ...frame.access.storeRow(stream, (spec.firstRow ?? 0) + k, frame.local(name)),
      ]);
    },
  };
}

const sumName = (name: string) => `sum:${name}`;
const reductionName = (k: number) => `reduction:${k}`;

/** What outputs and reductions of a region are per. */
const loopOf: Readonly<Partial<Record<Region, Output["per"]>>> = { slot: "slot", after: "node" };

/** Sums over slots or nodes: in locals, or in memory where the region that adds to them is cut. */
function createTotals(frame: Frame) {
  const inMemory = new Set<string>();
  return {
    keepInMemory: (names: readonly string[]) => {
      for (const name of names) inMemory.add(name);
    },
    add: (name: string, value: Step): Sink => ({
      value,
      write: (code) => {
        const total = (push: readonly number[]) => join(push, code, vector(simd.add));
        const local = frame.local(name);
        if (!inMemory.has(name)) return join(total(get(local)), set(local));
        const at = frame.scratch(name);
        return frame.keep(at, total(frame.fetch(at)));
      },
    }),
    zero: (name: string): number[] => {
      const nothing = frame.constant(floatBits(0));
      return inMemory.has(name)
        ? frame.keep(frame.scratch(name), nothing)
        : join(nothing, set(frame.local(name)));
    },
    /** From memory into its local, if it is not there. */
    fetch: (name: string): number[] =>
      inMemory.has(name) ? join(frame.fetch(frame.scratch(name)), set(frame.local(name))) : [],
  };
}

/** Values that are read in another region than their own: they go through locals. */
function exportsOf(spec: KernelSpec, plan: Schedule): Record<Region, Node[]> {
  const regions: readonly Region[] = ["once", "node", "slot", "after"];
  const found = Object.fromEntries(regions.map((r) => [r, new Set<Node>()])) as Record<
    Region,
    Set<Node>
  >;
  const read = (node: Node, by: Region) => {
    const own = plan.region.get(node.id)!;
    const isSum = node.op === "input" && node.name in spec.sums;
    if (own !== by && node.op !== "constant" && !isSum) found[own].add(node);
  };
  for (const region of regions)
    for (const node of plan.steps[region]) for (const arg of node.args) read(arg, region);
  for (const node of Object.values(spec.sums)) read(node, "slot");
  for (const { value, per } of [...spec.outputs, ...spec.reductions])
    read(value, per === "slot" ? "slot" : "after");
  return Object.fromEntries(regions.map((r) => [r, [...found[r]]])) as Record<Region, Node[]>;
}

interface Place {
  readonly frame: Frame;
  readonly machine: Machine;
}

interface BuilderContext extends Place {
  readonly plan: Schedule;
  readonly region: Region;
}

const loadVector = (offset: number): number[] => [...vector(simd.load), ...memory(offset)];

/** Streams of slots lie a fixed distance ahead of the slot in hand. */
const distance = ({ fixed }: StreamPlace, per: "node" | "slot", ahead: number) =>
  fixed + (per === "slot" ? ahead << vectorShift : 0);

/** Expressions of the pass as steps of one region. */
function builder(spec: KernelSpec, context: BuilderContext): (node: Node) => Step {
  const { frame, plan, machine, region } = context;
  const { access, counters, neighbours, places } = frame;
  const load = (name: string): Code => {
    const source = spec.inputs[name];
    const place = frame.stream(source.stream);
    if (source.from === "global") return access.row(place, source.index);
    if (source.from === "neighbour") return access.neighbours(place, neighbours);
    const { from } = source;
    if (from === "paired")
      return (ahead) => access.paired(place, places.pairs, counters.slot, ahead);
    const address = addressAt(place, counters[from]);
    return (ahead) => [...address, ...loadVector(distance(place, from, ahead))];
  };
  const make = (node: Node): Step => {
    if (node.op === "constant") return machine.constant(node.value);
    if (node.op === "input" && node.name in spec.sums)
      return machine.make("held", get(frame.local(`sum:${node.name}`)));
    const own = plan.region.get(node.id)!;
    // Within the slots, what a node holds for all of them stays in its local.
    if (own !== region)
      return machine.make(
        own === "once" || region === "slot" ? "given" : "held",
        get(frame.local(`t${node.id}`)),
      );
    if (node.op === "input") return machine.make("load", load(node.name));
    return fusedProduct(node) ?? instruction(node, node.args.map(build), machine);
  };
  /** A product that nothing but this sum or difference reads. */
  const fusedProduct = (node: Node): Step | undefined => {
    const product = node.args.findLast((n) => n.op === "mul" && !plan.named.has(n.id));
    const isSum = node.op === "add" || (node.op === "sub" && node.args[1] === product);
    if (!places.fused || !product || !isSum) return undefined;
    const [other] = node.args.filter((n) => n !== product);
    // Sums so far come first: the order of steps goes by their numbers.
    const [c, a, b] = [other, ...product.args].map(build);
    return node.op === "add" ? machine.multiplyAdd(a, b, c) : machine.subtractProduct(c, a, b);
  };
  const known = new Map<number, Step>();
  const build = (node: Node): Step => {
    if (!known.has(node.id)) known.set(node.id, make(node));
    return known.get(node.id)!;
  };
  return build;
}

function outputSink(output: Output, value: Step, { frame, machine }: Place): Sink {
  const place = frame.stream(output.stream);
  const address = addressAt(place, frame.counters[output.per]);
  const offset = (ahead: number) => distance(place, output.per, ahead);
  const load: Code = (ahead) => [...address, ...loadVector(offset(ahead))];
  const before = output.mode === "add" ? machine.make("load", load) : undefined;
  const total = before ? machine.apply(vector(simd.add), before, value) : value;
  return {
    stores: true,
    value: flushed(total, output.flush, machine),
    write: (code, ahead) => join(address, code, vector(simd.store), memory(offset(ahead))),
  };
}

function flushed(value: Step, size: number | undefined, machine: Machine): Step {
  if (size === undefined) return value;
  const up = machine.apply(vector(simd.add), value, machine.constant(size));
  return machine.apply(vector(simd.sub), up, machine.constant(size));
}
