import { slotGroup } from "../model/kernel-spec.js";

/** Who is whose neighbour: slots rowStart[i] .. rowStart[i + 1] belong to node i. */
export interface Topology {
  readonly nodes: number;
  readonly edges: number;
  readonly rowStart: Int32Array;
  readonly neighbour: Int32Array;
  /** Edge number of every slot; each edge owns two slots, one at either end. */
  readonly slotEdge: Int32Array;
  /** [N] node numbers in an order in which neighbours are near; absent: their own. */
  readonly order?: Int32Array;
}

/**
 * How nodes and slots lie in memory. A vector of a single-precision back end holds one node of four
 * trajectories, or several nodes of all trajectories: in WebAssembly four nodes of one. The slots of
 * several nodes lie interleaved (sliced ELLPACK): slot k of all of them is one vector.
 */
export interface Layout {
  readonly kind: LayoutKind;
  /** Nodes per vector: 1, 2, 4, 8 or 16. */
  readonly width: number;
  /** Places of a node stream: all nodes, filled up to whole vectors. */
  readonly places: number;
  /** [N] place of every node; absent where it is the node's number. */
  readonly place?: Int32Array;
  /** [places / width + 1] first slot of every vector of nodes. */
  readonly rowStart: Int32Array;
  /** Place of the neighbour, [slots * width]; [slots] in rows, the place of the first node's. */
  readonly neighbour: Int32Array;
  /** [slots * width] edge number, or -1 for padding: its edge values stay zero. */
  readonly slotEdge: Int32Array;
}

/**
 * "trajectories": one node a vector; "nodes": several, whose neighbours are picked one by one; "rows":
 * several, whose neighbours lie in a row at every slot, as on any structured mesh.
 */
export type LayoutKind = "trajectories" | "nodes" | "rows";

/** Nodes as they are, one a vector. */
export const plainLayout = (topology: Topology): Layout => ({
  kind: "trajectories",
  width: 1,
  places: topology.nodes,
  rowStart: topology.rowStart,
  neighbour: topology.neighbour,
  slotEdge: topology.slotEdge,
});

/** Nodes without neighbours. */
export const loneNodes = (nodes: number): Layout => {
  const none = new Int32Array(0);
  return plainLayout({ nodes, edges: 0, rowStart: none, neighbour: none, slotEdge: none });
};

/** One node a vector, rows filled up so that a printer can unroll the slot loop. */
export const paddedLayout = (topology: Topology): Layout => {
  const sliced = slicedLayout(topology, { width: 1, group: slotGroup, order: topology.order });
  return { kind: "trajectories", ...sliced };
};

/** Several nodes a vector. */
export const nodeLayout = (topology: Topology, width: number): Layout => ({
  kind: "nodes",
  ...slicedLayout(topology, { width, group: 1, order: sortedOrder(topology) }),
});

/** [slots * width] the slot of the same edge at its other end; a slot of padding is its own. */
export function pairedSlots({ slotEdge }: Pick<Layout, "slotEdge">): Int32Array {
  const pairs = Int32Array.from(slotEdge, (_, s) => s);
  const first = new Map<number, number>();
  slotEdge.forEach((edge, s) => {
    const other = first.get(edge);
    if (edge < 0) return;
    if (other === undefined) first.set(edge, s);
    else [pairs[s], pairs[other]] = [other, s];
  });
  return pairs;
}

interface SliceRequest {
  readonly width: number;
  /** Rows are filled up to a multiple of this many slots, which point at the node itself. */
  readonly group: number;
  /** The node at every place; absent: its number. */
  readonly order?: Int32Array;
}

function slicedLayout(
  topology: Topology,
  { width, group, order }: SliceRequest,
): Omit<Layout, "kind"> {
  const { nodes, rowStart, neighbour, slotEdge } = topology;
  const place = order && inverse(order);
  const degreeAt = (p: number) => (p < nodes ? degree(topology, order ? order[p] : p) : 0);
  const vectors = Math.ceil(nodes / width);
  const counts = Int32Array.from({ length: vectors }, (_, v) => {
    const degrees = Array.from({ length: width }, (_, lane) => degreeAt(width * v + lane));
    return Math.max(...degrees);
  });
  const starts = startsOf(counts, group);
  const slots = starts[vectors] * width;
  const [other, edge] = [new Int32Array(slots), new Int32Array(slots).fill(-1)];
  for (let p = 0; p < vectors * width; p++) {
    const [v, lane] = [Math.floor(p / width), p % width];
    const first = p < nodes ? rowStart[order ? order[p] : p] : 0;
    for (let k = 0; k < starts[v + 1] - starts[v]; k++) {
      const at = (starts[v] + k) * width + lane;
      const isSlot = k < degreeAt(p);
      const node = isSlot ? neighbour[first + k] : -1;
      other[at] = isSlot ? (place ? place[node] : node) : p;
      if (isSlot) edge[at] = slotEdge[first + k];
    }
  }
  return {
    width,
    places: vectors * width,
    place,
    rowStart: starts,
    neighbour: other,
    slotEdge: edge,
  };
}

/** Rows of one length need no loop over their slots: up to so many, with so little padding. */
const mostEqualSlots = 8;
const leastFilling = 0.8;

/** [n + 1] first slots of rows that are filled up to one length, or to multiples of `group`. */
function startsOf(counts: Int32Array, group: number): Int32Array {
  const longest = counts.reduce((a, b) => Math.max(a, b), 0);
  const total = counts.reduce((a, b) => a + b, 0);
  const equal = longest <= mostEqualSlots && total >= leastFilling * longest * counts.length;
  const starts = new Int32Array(counts.length + 1);
  counts.forEach((count, v) => {
    starts[v + 1] = starts[v] + (equal ? longest : Math.ceil(count / group) * group);
  });
  return starts;
}

/** Slots of every vector of nodes, where that is one number. */
export function equalSlots({ rowStart }: Pick<Layout, "rowStart">): number | undefined {
  const count = rowStart[1];
  return rowStart.every((start, v) => start === v * count) ? count : undefined;
}

/** Slots that rows may take beyond the longest of a vector before picking one by one is cheaper. */
const spareSlots = 2;

/**
 * Several nodes a vector, in rows: slot k holds the neighbours at one distance in number from all
 * nodes of the vector, or padding where a node has none there. Undefined where a vector has many more
 * distances than neighbours.
 */
export function rowLayout(topology: Topology, width: number): Layout | undefined {
  const { nodes, rowStart, neighbour, slotEdge } = topology;
  const vectors = Math.ceil(nodes / width);
  const counts = new Int32Array(vectors);
  const rows: number[] = [];
  for (let v = 0; v < vectors; v++) {
    const start = rows.length;
    let longest = 0;
    for (let node = width * v; node < Math.min(width * (v + 1), nodes); node++) {
      longest = Math.max(longest, degree(topology, node));
      for (let s = rowStart[node]; s < rowStart[node + 1]; s++) {
        const place = neighbour[s] - (node - width * v);
        if (rows.indexOf(place, start) < 0) rows.push(place);
      }
    }
    counts[v] = rows.length - start;
    if (counts[v] > longest + spareSlots) return undefined;
  }
  const starts = startsOf(counts, 1);
  const first = new Int32Array(starts[vectors]);
  for (let v = 0, from = 0; v < vectors; from += counts[v++]) {
    // Padding reads the nodes themselves.
    first.fill(width * v, starts[v], starts[v + 1]);
    first.set(rows.slice(from, from + counts[v]), starts[v]);
  }
  const edge = new Int32Array(width * first.length).fill(-1);
  for (let node = 0; node < nodes; node++) {
    const lane = node % width;
    const from = starts[(node - lane) / width];
    for (let s = rowStart[node]; s < rowStart[node + 1]; s++)
      edge[width * first.indexOf(neighbour[s] - lane, from) + lane] = slotEdge[s];
  }
  return {
    kind: "rows",
    width,
    places: width * vectors,
    rowStart: starts,
    neighbour: first,
    slotEdge: edge,
  };
}

const degree = ({ rowStart }: Topology, node: number): number =>
  rowStart[node + 1] - rowStart[node];

/** Places within which nodes are sorted by their number of neighbours: less padding, same locality. */
const sortedWindow = 64;

/** The node at every place, or undefined where that is its number. */
function sortedOrder(topology: Topology): Int32Array | undefined {
  const { nodes } = topology;
  const order = topology.order?.slice() ?? Int32Array.from({ length: nodes }, (_, i) => i);
  for (let from = 0; from < nodes; from += sortedWindow)
    order
      .subarray(from, from + sortedWindow)
      .sort((a, b) => degree(topology, b) - degree(topology, a) || a - b);
  return order.some((node, p) => node !== p) ? order : undefined;
}

function inverse(order: Int32Array): Int32Array {
  const place = new Int32Array(order.length);
  order.forEach((node, p) => {
    place[node] = p;
  });
  return place;
}
