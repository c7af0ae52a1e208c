import { codeOf, type Step } from "./machine-code.js";
import { argsOf, type Item, levelled, type Segment, type Sink } from "./sequence.js";
import { join } from "./wasm-encoding.js";
import type { Frame } from "./wasm-frame.js";
import { get, set } from "./wasm-functions.js";

/** One segment alone: what is used once is written where it is used. */
export function wholeCode({ items }: Segment, frame: Frame, ahead: number): number[] {
  const uses: number[] = [];
  for (const item of items) for (const { id } of argsOf(item)) uses[id] = (uses[id] ?? 0) + 1;
  const name = (step: Step) => frame.local(step.id);
  const isNamed = (step: Step) =>
    step.kind === "load" || (step.kind === "work" && uses[step.id] > 1);
  const push = (step: Step, code: number[]): number[] => {
    if (isNamed(step)) code.push(...get(name(step)));
    else compute(step, code);
    return code;
  };
  const compute = (step: Step, code: number[]): void => {
    for (const arg of step.args) push(arg, code);
    code.push(...codeOf(step, ahead));
  };
  const all: number[] = [];
  for (const item of items) {
    if ("sink" in item) all.push(...item.sink.write(push(item.sink.value, []), ahead));
    else if (isNamed(item.step)) {
      compute(item.step, all);
      all.push(...set(name(item.step)));
    }
  }
  return all;
}

/**
 * Segment after segment; values that cross into a later one wait in scratch memory, which `region`
 * names. Always of the slot in hand.
 */
export function cutCode(segments: readonly Segment[], frame: Frame, region: string): number[] {
  const held = new Set<Step>();
  for (const { items } of segments.slice(1))
    for (const item of items)
      for (const step of argsOf(item)) if (step.kind === "held") held.add(step);
  const vectorOf = (step: Step) => frame.scratch(`${region}:${step.id}`);
  const save = (step: Step): Sink => ({
    value: step,
    write: (code) => frame.keep(vectorOf(step), code),
  });
  return join(
    ...segments.map(({ items, reads, keeps }, k) => {
      const saved = [...(k === 0 ? held : []), ...keeps].map((step) => ({ sink: save(step) }));
      const fetched = new Set([...reads, ...(k === 0 ? [] : held)]);
      return segmentCode(levelled([...items, ...saved]), { frame, fetched, vectorOf });
    }),
  );
}

interface SegmentContext {
  readonly frame: Frame;
  /** Steps that are read from scratch memory. */
  readonly fetched: ReadonlySet<Step>;
  vectorOf(step: Step): number;
}

/** Every step into a local, which is free again after its last use. */
function segmentCode(items: readonly Item[], { frame, fetched, vectorOf }: SegmentContext) {
  const last = new Map<Step, number>();
  items.forEach((item, at) => {
    for (const step of argsOf(item)) last.set(step, at);
  });
  const locals = new Map<Step, number>();
  const free: number[] = [];
  let made = 0;
  const claim = (step: Step) => {
    const local = free.pop() ?? frame.local(`free:${made++}`);
    locals.set(step, local);
    return set(local);
  };
  const code: (readonly number[])[] = [];
  items.forEach((item, at) => {
    const args = argsOf(item);
    for (const step of args)
      if (fetched.has(step) && !locals.has(step))
        code.push(frame.fetch(vectorOf(step)), claim(step));
    const push = (step: Step) => (locals.has(step) ? get(locals.get(step)!) : codeOf(step, 0));
    const pushed = args.map(push);
    for (const step of new Set(args)) {
      const local = locals.get(step);
      if (local !== undefined && last.get(step) === at) free.push(local);
    }
    if ("sink" in item) code.push(item.sink.write(pushed[0], 0));
    else code.push(...pushed, codeOf(item.step, 0), claim(item.step));
  });
  return join(...code);
}
