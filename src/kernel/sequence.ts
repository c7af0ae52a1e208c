import type { Step } from "./machine-code.js";

/** Where a value goes when it is there: a store, a sum, a local. */
export interface Sink {
  readonly value: Step;
  /** Code around what pushes the value, of the slot so many ahead. */
  readonly write: (value: readonly number[], ahead: number) => readonly number[];
  /** Into a stream, which may lie where loads of the region read. */
  readonly stores?: boolean;
}

export type Item = { readonly step: Step } | { readonly sink: Sink };

/** What an item reads. */
export const argsOf = (item: Item): readonly Step[] =>
  "step" in item ? item.step.args : [item.sink.value];

/** Part of a sequence: few enough chains side by side for their values to stay in registers. */
export interface Segment {
  readonly items: readonly Item[];
  /** Steps of earlier segments that this one reads. */
  readonly reads: readonly Step[];
  /** Steps that later segments read. */
  readonly keeps: readonly Step[];
}

const isItem = (step: Step) => step.kind === "load" || step.kind === "work";

/**
 * Everything that the sinks need, in an order in which values live shortly: loads first, since what
 * is stored may be where they read, then depth first; what uses up a value follows it at once.
 */
export function inOrder(sinks: readonly Sink[]): Item[] {
  const order: Item[] = [];
  const { all, users, sinksOf } = usersOf(sinks);
  const isDone: boolean[] = [];
  const isThere = (step: Step) => !isItem(step) || isDone[step.id];
  const usesUp = (user: Step, step: Step) =>
    isItem(step) && users[step.id].every((other) => other === user || isDone[other.id]);
  const isNext = (user: Step): boolean => {
    if (isDone[user.id] || !user.args.every(isThere)) return false;
    return users[user.id].length === 0 || user.args.some((arg) => usesUp(user, arg));
  };
  const end = (step: Step) => {
    for (const sink of sinksOf[step.id] ?? []) order.push({ sink });
  };
  const place = (step: Step) => {
    isDone[step.id] = true;
    order.push({ step });
    if (step.kind !== "load") end(step);
  };
  const visit = (step: Step) => {
    if (isThere(step)) return;
    for (const arg of [...step.args].sort((a, b) => a.id - b.id)) visit(arg);
    // What used up the last argument may have been this step.
    if (isDone[step.id]) return;
    place(step);
    for (const user of users[step.id]) if (isNext(user)) visit(user);
  };
  const loads = all.filter((step) => step.kind === "load");
  loads.forEach(place);
  loads.forEach(end);
  for (const { value } of sinks) visit(value);
  for (const sink of sinks) if (!isItem(sink.value)) order.push({ sink });
  return order;
}

/** All steps below the sinks in the order of their numbers; users and sinks by number. */
function usersOf(sinks: readonly Sink[]) {
  const found: Step[] = [];
  const users: Step[][] = [];
  const sinksOf: Sink[][] = [];
  const find = (step: Step) => {
    if (users[step.id]) return;
    users[step.id] = [];
    found[step.id] = step;
    for (const arg of step.args) {
      find(arg);
      const known = users[arg.id];
      // Twice the same argument is one user.
      if (known[known.length - 1] !== step) known.push(step);
    }
  };
  for (const sink of sinks) {
    const { id } = sink.value;
    find(sink.value);
    sinksOf[id] ??= [];
    sinksOf[id].push(sink);
  }
  return { all: found.filter((step) => step !== undefined), users, sinksOf };
}

/** A sequence of up to so many steps is not cut. */
const mostWhole = 160;
const leastSteps = 60;
/** Chains that go side by side with their values in 16 registers, and still fill the pipelines. */
const mostChains = 6;
/** A segment may be shorter by this share, where fewer values cross its end. */
const slack = 0.3;

/**
 * Cuts a sequence into segments. Compilers order what lies between two loops as they like: V8's
 * Turbofan begins everything at once and keeps hundreds of values on the stack. Values that cross a
 * cut go through memory, which no compiler moves them around.
 */
export function segmentsOf(order: readonly Item[]): Segment[] {
  const steps = order.filter((item) => "step" in item).length;
  if (steps <= mostWhole) return [{ items: order, reads: [], keeps: [] }];
  const bounds = [0, ...cutsOf(order), order.length];
  const segment = new Map<Step, number>();
  const parts = bounds.slice(1).map((end, k) => order.slice(bounds[k], end));
  parts.forEach((items, k) => {
    for (const item of items) if ("step" in item) segment.set(item.step, k);
  });
  const reads = parts.map((items, k) => {
    const used = items.flatMap(argsOf);
    return [...new Set(used.filter((step) => (segment.get(step) ?? k) < k))];
  });
  const keeps: Step[][] = parts.map(() => []);
  for (const step of new Set(reads.flat())) keeps[segment.get(step)!].push(step);
  return parts.map((items, k) => ({ items, reads: reads[k], keeps: keeps[k] }));
}

function cutsOf(order: readonly Item[]): number[] {
  const living = livingAt(order);
  const cuts: number[] = [];
  for (let from = 0; ; from = cuts[cuts.length - 1]) {
    const end = endOfSegment(order, from);
    if (end >= order.length) return cuts;
    let best = end;
    for (let at = end; at > from + (1 - slack) * (end - from); at--)
      if (living[at] < living[best]) best = at;
    cuts.push(best);
  }
}

/** As far as about `mostChains` chains of the length of the longest one go. */
function endOfSegment(order: readonly Item[], from: number): number {
  const depth = new Map<Step, number>();
  let [longest, steps] = [0, 0];
  for (let at = from; at < order.length; at++) {
    const item = order[at];
    if (!("step" in item)) continue;
    const own = 1 + Math.max(0, ...item.step.args.map((arg) => depth.get(arg) ?? 0));
    depth.set(item.step, own);
    longest = Math.max(longest, own);
    steps++;
    if (steps > leastSteps && steps > mostChains * longest) return at + 1;
  }
  return order.length;
}

/** How many values are there before item `at` and read from it on. */
function livingAt(order: readonly Item[]): number[] {
  const born = new Map<Step, number>();
  const last = new Map<Step, number>();
  order.forEach((item, at) => {
    if ("step" in item) born.set(item.step, at);
    for (const step of argsOf(item)) last.set(step, at);
  });
  const change = new Array<number>(order.length + 1).fill(0);
  for (const [step, at] of born) {
    change[at + 1]++;
    change[(last.get(step) ?? at) + 1]--;
  }
  let living = 0;
  return change.map((by) => {
    living += by;
    return living;
  });
}

/**
 * The items of a segment level by level from its ends up, so that independent chains take turns:
 * one instruction alone waits for the one before it. Loads still come before whatever is stored.
 */
export function levelled(items: readonly Item[]): Item[] {
  const waiting = new Map<Step, number>();
  const own = new Set(items.flatMap((item) => ("step" in item ? [item.step] : [])));
  const count = (step: Step) => waiting.set(step, (waiting.get(step) ?? 0) + 1);
  for (const item of items) argsOf(item).forEach(count);
  const sinks = items.filter((item) => "sink" in item);
  const queue: Item[] = sinks.slice(-1);
  const loads: Item[] = [];
  let stores = sinks.filter(({ sink }) => sink.stores).length;
  const free = (step: Step) => {
    const left = waiting.get(step)! - 1;
    waiting.set(step, left);
    if (left > 0 || !own.has(step)) return;
    (step.kind === "load" && stores > 0 ? loads : queue).push({ step });
  };
  let before = sinks.length - 2;
  for (let k = 0; k < queue.length; k++) {
    const item = queue[k];
    argsOf(item).forEach(free);
    if (!("sink" in item)) continue;
    if (item.sink.stores && --stores === 0) queue.push(...loads);
    if (before >= 0) queue.push(sinks[before--]);
  }
  return queue.reverse();
}
