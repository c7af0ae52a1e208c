import { copy, type Graph, type Node, reachable, rebuild, substitute } from "./graph.js";
import type { KernelSpec, Reduction } from "./kernel-spec.js";
import { algebra } from "./operations.js";

/** Does once per node what is the same at all of its slots. Equal but for rounding. */
export const lightened = (spec: KernelSpec): KernelSpec => collected(regrouped(spec));

/** Nodes whose value differs between the slots of one node. */
function varying(spec: KernelSpec, roots: readonly Node[]): (node: Node) => boolean {
  const ids = new Set<number>();
  for (const node of reachable(roots)) {
    const from = node.op === "input" ? spec.inputs[node.name]?.from : undefined;
    const own = from === "neighbour" || from === "slot" || from === "paired";
    if (own || node.args.some((arg) => ids.has(arg.id))) ids.add(node.id);
  }
  return (node) => ids.has(node.id);
}

const slotRoots = ({ sums, outputs, reductions }: KernelSpec): Node[] => [
  ...Object.values(sums),
  ...[...outputs, ...reductions].flatMap(({ per, value }) => (per === "slot" ? [value] : [])),
];

/** What a chain of additions adds up, from left to right; `isWhole` ends the chain. */
function termsOf(node: Node, isWhole: (node: Node) => boolean): Node[] {
  return node.args.flatMap((arg) =>
    arg.op === "add" && !isWhole(arg) ? termsOf(arg, isWhole) : [arg],
  );
}

/** Adds up first what does not vary: (a u_i + b u_j) + c becomes (a u_i + c) + b u_j. */
function regrouped(spec: KernelSpec): KernelSpec {
  const { graph } = spec;
  const roots = slotRoots(spec);
  const varies = varying(spec, roots);
  const uses = new Map<number, number>();
  for (const { id } of [...roots, ...reachable(roots).flatMap(({ args }) => args)])
    uses.set(id, (uses.get(id) ?? 0) + 1);
  const done: Node[] = [];
  const rule = (node: Node, args: Node[]): Node => {
    const terms = node.op === "add" ? termsOf(node, ({ id }) => uses.get(id)! > 1) : [];
    const [apart, same] = [terms.filter(varies), terms.filter((term) => !varies(term))];
    const isMixed = apart.length > 0 && same.length > 1;
    done[node.id] = isMixed
      ? graph.sum([...same, ...apart].map(({ id }) => done[id]))
      : copy(graph, node, args);
    return done[node.id];
  };
  return withSlotRoots(spec, rebuild(roots, rule));
}

function withSlotRoots(spec: KernelSpec, roots: readonly Node[]): KernelSpec {
  const left = [...roots];
  const next = <T extends { per: "node" | "slot"; value: Node }>(part: T): T =>
    part.per === "slot" ? { ...part, value: left.shift()! } : part;
  return {
    ...spec,
    sums: Object.fromEntries(Object.keys(spec.sums).map((name) => [name, left.shift()!])),
    outputs: spec.outputs.map(next),
    reductions: spec.reductions.map(next),
  };
}

/** factor * core, where the factor does not vary. */
interface Term {
  readonly factor: Node;
  readonly core: Node;
}

function termOf(graph: Graph, node: Node, varies: (node: Node) => boolean): Term {
  const same = node.op === "mul" ? node.args.findIndex((arg) => !varies(arg)) : -1;
  return same < 0 || !varies(node)
    ? { factor: graph.constant(1), core: node }
    : { factor: node.args[same], core: node.args[1 - same] };
}

/**
 * Sums of a_k c over the slots with factors a_k that do not vary become a_k times one sum of c,
 * where several sums and reductions have the same c.
 */
function collected(spec: KernelSpec): KernelSpec {
  const { graph } = spec;
  const g = algebra(graph);
  const varies = varying(spec, slotRoots(spec));
  const split = (node: Node) => termOf(graph, node, varies);
  const inSums = Object.entries(spec.sums).map(([name, value]) => {
    const terms = value.op === "add" ? termsOf(value, () => false) : [value];
    return { name, terms: terms.map(split) };
  });
  const inReductions = spec.reductions.map(({ per, value }) =>
    per === "slot" ? split(value) : undefined,
  );
  const cores = sharedCores([...inSums.flatMap(({ terms }) => terms), ...inReductions]);
  if (cores.length === 0) return spec;
  const total = (core: Node) => graph.input(`total.shared${cores.indexOf(core)}`);
  const isShared = ({ core }: Term) => cores.includes(core);
  const sums: [string, Node][] = cores.map((core) => [total(core).name, core]);
  const replaced = new Map<string, Node>();
  for (const { name, terms } of inSums) {
    const own = terms.filter((term) => !isShared(term));
    const shared = terms.filter(isShared).map(({ factor, core }) => g.mul(factor, total(core)));
    if (own.length > 0) sums.push([name, graph.sum(own.map((t) => g.mul(t.factor, t.core)))]);
    replaced.set(name, graph.sum([...(own.length > 0 ? [graph.input(name)] : []), ...shared]));
  }
  const bound = (value: Node) => substitute(graph, [value], replaced)[0];
  return {
    ...spec,
    sums: Object.fromEntries(sums),
    outputs: spec.outputs.map((o) => (o.per === "node" ? { ...o, value: bound(o.value) } : o)),
    reductions: spec.reductions.map((reduction, k): Reduction => {
      const term = inReductions[k];
      if (!term) return { ...reduction, value: bound(reduction.value) };
      if (!isShared(term)) return reduction;
      return { per: "node", value: g.mul(term.factor, total(term.core)) };
    }),
  };
}

/** Cores that occur more than once, at least once with a factor. */
function sharedCores(terms: readonly (Term | undefined)[]): Node[] {
  const found = new Map<Node, { count: number; scaled: boolean }>();
  for (const term of terms) {
    if (!term) continue;
    const before = found.get(term.core);
    const scaled = term.factor.op !== "constant" || (before?.scaled ?? false);
    found.set(term.core, { count: (before?.count ?? 0) + 1, scaled });
  }
  return [...found].flatMap(([core, { count, scaled }]) => (count > 1 && scaled ? [core] : []));
}
