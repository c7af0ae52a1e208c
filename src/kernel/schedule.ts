import { type Node, reachable } from "../model/graph.js";
import type { KernelSpec, Source } from "../model/kernel-spec.js";

/** Where in a pass a value is computed: before all loops, per node before or after its slots, per slot. */
export type Region = "once" | "node" | "slot" | "after";

export interface Schedule {
  /** Nodes in evaluation order, by region; inputs are among them. */
  readonly steps: Readonly<Record<Region, readonly Node[]>>;
  readonly region: ReadonlyMap<number, Region>;
  /** Nodes that need a name: used more than once, in another region, or loaded from memory. */
  readonly named: ReadonlySet<number>;
}

const rank: Readonly<Record<Region, number>> = { once: 0, node: 1, slot: 2, after: 3 };

/** Sorts the expressions of a pass into the loops they belong to, so that nothing is done twice. */
export function schedule(spec: KernelSpec): Schedule {
  const slotOutputs = spec.outputs.filter((o) => o.per === "slot").map((o) => o.value);
  const slotReductions = spec.reductions.filter((r) => r.per === "slot").map((r) => r.value);
  const slotRoots = [...Object.values(spec.sums), ...slotOutputs, ...slotReductions];
  const nodeRoots = [
    ...spec.outputs.filter((o) => o.per === "node").map((o) => o.value),
    ...spec.reductions.filter((r) => r.per === "node").map((r) => r.value),
  ];
  const all = reachable([...slotRoots, ...nodeRoots]);
  const neededInSlots = new Set(reachable(slotRoots).map((n) => n.id));
  const region = new Map<number, Region>();
  for (const node of all) {
    const home = homeOf(spec, node, region);
    // What no slot needs waits until the sums are there: fewer values stay alive over the loop.
    region.set(node.id, home === "node" && !neededInSlots.has(node.id) ? "after" : home);
  }
  const steps = { once: [], node: [], slot: [], after: [] } as Record<Region, Node[]>;
  for (const node of all) steps[region.get(node.id)!].push(node);
  return { steps, region, named: namedNodes(all, region, [...slotRoots, ...nodeRoots]) };
}

function homeOf(spec: KernelSpec, node: Node, region: ReadonlyMap<number, Region>): Region {
  if (node.op === "constant") return "once";
  if (node.op === "input") {
    if (node.name in spec.sums) return "after";
    return regionOfSource(spec.inputs[node.name], node.name);
  }
  return node.args
    .map((a) => region.get(a.id)!)
    .reduce((a, b) => (rank[b] > rank[a] ? b : a), "once" as Region);
}

function regionOfSource(source: Source | undefined, name: string): Region {
  if (!source) throw new Error(`Kernel input "${name}" has no source.`);
  if (source.from === "global") return "once";
  return source.from === "node" ? "node" : "slot";
}

function namedNodes(
  all: readonly Node[],
  region: ReadonlyMap<number, Region>,
  roots: readonly Node[],
): Set<number> {
  const uses = new Map<number, number>();
  const named = new Set<number>();
  const use = (node: Node) => uses.set(node.id, (uses.get(node.id) ?? 0) + 1);
  roots.forEach(use);
  for (const node of all)
    for (const arg of node.args) {
      use(arg);
      if (region.get(arg.id) !== region.get(node.id)) named.add(arg.id);
    }
  for (const node of all)
    if (node.op === "input" || (uses.get(node.id) ?? 0) > 1) named.add(node.id);
  // Roots may be read in a later loop than the one they are computed in.
  for (const root of roots) named.add(root.id);
  return named;
}
