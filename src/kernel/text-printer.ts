import type { Node } from "../model/graph.js";
import type { KernelSpec, Output, Source } from "../model/kernel-spec.js";
import type { OperationName } from "../model/operations.js";
import { type Region, schedule } from "./schedule.js";

/** How a language writes what passes consist of. */
export interface Dialect {
  constant(value: number): string;
  operation(name: OperationName, args: readonly string[]): string;
  load(source: Source): string;
  /** Statement that names a value once and for all; comparisons have a type of their own. */
  define(name: string, value: string, isTruth: boolean): string;
  /** Statement that begins a sum at zero. */
  begin(sum: string): string;
  store(output: Output, value: string): string;
  /** Stores a sum over all nodes as row `row` of `reduced`. */
  storeRow(row: number, sum: string): string;
  /** The loop over the slots of the node in hand, around statements. */
  slotLoop(body: readonly string[]): string[];
  /** The loop over all nodes. */
  nodeLoop(body: readonly string[]): string[];
}

/**
 * Prints a pass as statements of a language. Only operation names of the table and numbered
 * variables are printed, never names from input.
 */
export function printPass(spec: KernelSpec, dialect: Dialect): string[] {
  const plan = schedule(spec);
  const sumNames = Object.keys(spec.sums);
  const sum = (input: string) => `sum${sumNames.indexOf(input)}`;
  const name = (node: Node) => `t${node.id}`;
  const text = (node: Node): string => (plan.named.has(node.id) ? name(node) : expression(node));
  const expression = (node: Node): string => {
    if (node.op === "constant") return dialect.constant(node.value);
    if (node.op === "input")
      return node.name in spec.sums ? sum(node.name) : dialect.load(spec.inputs[node.name]);
    return dialect.operation(node.op, node.args.map(text));
  };
  const define = (region: Region) =>
    plan.steps[region]
      .filter((node) => plan.named.has(node.id))
      .map((node) => dialect.define(name(node), expression(node), node.truth));
  const outputs = (per: Output["per"]) =>
    spec.outputs
      .filter((output) => output.per === per)
      .map((output) => dialect.store(output, text(output.value)));
  const reductions = (per: "node" | "slot") =>
    spec.reductions.flatMap((r, k) => (r.per === per ? [`r${k} += ${text(r.value)};`] : []));
  const slotBody = [
    ...define("slot"),
    ...sumNames.map((s) => `${sum(s)} += ${text(spec.sums[s])};`),
    ...outputs("slot"),
    ...reductions("slot"),
  ];
  const nodeBody = [
    ...define("node"),
    ...sumNames.map((s) => dialect.begin(sum(s))),
    ...(slotBody.length > 0 ? dialect.slotLoop(slotBody) : []),
    ...define("after"),
    ...outputs("node"),
    ...reductions("node"),
  ];
  return [
    ...define("once"),
    ...spec.reductions.map((_, k) => dialect.begin(`r${k}`)),
    ...dialect.nodeLoop(nodeBody),
    ...spec.reductions.map((_, k) => dialect.storeRow((spec.firstRow ?? 0) + k, `r${k}`)),
  ];
}
