import type { Graph, Node } from "./graph.js";

/**
 * One pass over the nodes of a mesh, as data: what a printer (src/kernel) turns into code.
 * For every node i: load its inputs; for every neighbour slot s of i: load slot inputs, add the
 * slot values to the sums; then compute and store the outputs. Every value has `lanes` components
 * (independent trajectories side by side), so the same text serves one simulation or four.
 */
export interface KernelSpec {
  readonly name: string;
  readonly graph: Graph;
  /** Input name -> where it is read from. */
  readonly inputs: Readonly<Record<string, Source>>;
  /** Input name -> the value summed over the neighbour slots that it stands for. */
  readonly sums: Readonly<Record<string, Node>>;
  readonly outputs: readonly Output[];
  /** Values summed over all nodes or all slots into `reduced`, one row each. */
  readonly reductions: readonly Reduction[];
  /** Row of `reduced` that the first of them goes to; 0 if absent. */
  readonly firstRow?: number;
  /**
   * Slots that are all zero add nothing: rows may be filled up to a multiple of `slotGroup`, which
   * lets a printer unroll the slot loop.
   */
  readonly padded: boolean;
}

/** Rows of padded kernels have a multiple of this many slots. */
export const slotGroup = 3;

export type Source =
  /** Row `index` of the stream, the same for all nodes. */
  | { readonly from: "global"; readonly stream: string; readonly index: number }
  /** Element i of the stream. */
  | { readonly from: "node"; readonly stream: string }
  /** Element j of the stream, j the neighbour of the slot. */
  | { readonly from: "neighbour"; readonly stream: string }
  /** Element s of the stream. */
  | { readonly from: "slot"; readonly stream: string }
  /** The element of the same edge's slot at its other end. */
  | { readonly from: "paired"; readonly stream: string };

export interface Output {
  /** "node": element i, after the slot loop; "slot": element s, inside it. */
  readonly per: "node" | "slot";
  readonly stream: string;
  readonly value: Node;
  readonly mode: "store" | "add";
  /**
   * Size below which a state is as good as zero: single precision stores (y + flush) - flush, since
   * denormal numbers ahead of a wave front make every operation five times slower.
   */
  readonly flush?: number;
}

export interface Reduction {
  readonly per: "node" | "slot";
  readonly value: Node;
}

/** Every stream a kernel touches, in the order in which its addresses are passed. */
export function streamsOf(spec: KernelSpec): string[] {
  const names = new Set<string>();
  for (const source of Object.values(spec.inputs)) names.add(source.stream);
  for (const output of spec.outputs) names.add(output.stream);
  if (spec.reductions.length > 0) names.add("reduced");
  return [...names];
}
