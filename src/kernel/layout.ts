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
 * How nodes and slots lie in memory. A vector of the single-precision back end holds one node of four
 * trajectories, or four nodes of one trajectory. In the second case the slots of four nodes lie
 * interleaved (sliced ELLPACK): slot k of the four is one vector.
 */
export interface Layout {
  /** Nodes per vector. */
  readonly width: 1 | 4;
  /** Places of a node stream: all nodes, filled up to whole vectors. */
  readonly places: number;
  /** [N] place of every node; absent where it is the node's number. */
  readonly place?: Int32Array;
  /** [places / width + 1] first slot of every vector of nodes. */
  readonly rowStart: Int32Array;
  /** Place of the neighbour, [slots * width]. */
  readonly neighbour: Int32Array;
  /** Edge number, or -1 for padding: its edge values stay zero. */
  readonly slotEdge: Int32Array;
}

/** Nodes as they are, one a vector. */
export const plainLayout = (topology: Topology): Layout => ({
  width: 1,
  places: topology.nodes,
  rowStart: topology.rowStart,
  neighbour: topology.neighbour,
  slotEdge: topology.slotEdge,
});

interface LayoutRequest {
  readonly width: 1 | 4;
  /** Rows are filled up to a multiple of this many slots, which point at the node itself. */
  readonly group: number;
}

/** One node a vector, rows filled up so that a printer can unroll the slot loop. */
export const paddedLayout = (topology: Topology): Layout =>
  slicedLayout(topology, { width: 1, group: slotGroup });

/** Four nodes a vector. */
export const nodeLayout = (topology: Topology): Layout =>
  slicedLayout(topology, { width: 4, group: 1 });

function slicedLayout(topology: Topology, { width, group }: LayoutRequest): Layout {
  const { nodes, rowStart, neighbour, slotEdge } = topology;
  const order = storageOrder(topology, width);
  const place = order && inverse(order);
  const nodeAt = (p: number) => (order ? order[p] : p);
  const degree = (node: number) => (node < nodes ? rowStart[node + 1] - rowStart[node] : 0);
  const vectors = Math.ceil(nodes / width);
  const starts = new Int32Array(vectors + 1);
  for (let v = 0; v < vectors; v++) {
    let longest = 0;
    for (let p = width * v; p < width * (v + 1) && p < nodes; p++)
      longest = Math.max(longest, degree(nodeAt(p)));
    starts[v + 1] = starts[v] + Math.ceil(longest / group) * group;
  }
  const slots = starts[vectors] * width;
  const [other, edge] = [new Int32Array(slots), new Int32Array(slots).fill(-1)];
  for (let v = 0; v < vectors; v++)
    for (let lane = 0; lane < width; lane++) {
      const p = width * v + lane;
      const node = p < nodes ? nodeAt(p) : nodes;
      const count = degree(node);
      for (let k = 0; k < starts[v + 1] - starts[v]; k++) {
        const at = (starts[v] + k) * width + lane;
        const slot = rowStart[Math.min(node, nodes)] + k;
        other[at] = k >= count ? p : place ? place[neighbour[slot]] : neighbour[slot];
        if (k < count) edge[at] = slotEdge[slot];
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

/** Places within which nodes are sorted by their number of neighbours: less padding, same locality. */
const sortedWindow = 64;

/** The node at every place, or undefined where that is its number. */
function storageOrder({ nodes, rowStart, order }: Topology, width: number): Int32Array | undefined {
  const degree = (node: number) => rowStart[node + 1] - rowStart[node];
  const result = order ? order.slice() : Int32Array.from({ length: nodes }, (_, i) => i);
  if (width > 1)
    for (let from = 0; from < nodes; from += sortedWindow)
      result.subarray(from, from + sortedWindow).sort((a, b) => degree(b) - degree(a) || a - b);
  return result.some((node, p) => node !== p) ? result : undefined;
}

function inverse(order: Int32Array): Int32Array {
  const place = new Int32Array(order.length);
  order.forEach((node, p) => {
    place[node] = p;
  });
  return place;
}
