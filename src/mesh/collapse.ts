import type { Mesh } from "./mesh.js";
import {
  addShare,
  badnessSlot,
  elementShare,
  elementsAround,
  type NodeStiffness,
  nodeStiffness,
  shareSize,
  squareSpacing,
} from "./node-stiffness.js";
import { dropUnusedNodes } from "./order.js";
import { triangleNormal } from "./surface.js";
import { dot, norm } from "./vector.js";

/** Nodes whose row times the squared spacing is above this are tried: an even mesh has about 4. */
const stiffRow = 10;
/** Worst angles (about 20 and 145 degrees) a collapse may leave, unless they were worse before. */
const sharpest = 0.94;
/** Surface triangles may turn by 37 degrees: more would shave rims off. */
const leastTurnCosine = 0.8;

/**
 * Takes out the nodes with the stiffest rows by pulling them along an edge into a neighbour, as
 * long as that keeps the topology (link condition, Dey et al. 1999), the surface's shape and sound
 * elements, and lowers the worst row around. Surface nodes only go into surface nodes.
 */
export function collapseStiffNodes(mesh: Mesh): Mesh {
  const work = startCollapsing(mesh);
  const isStiff = (node: number) => work.star[node].length > 0 && rowAt(work, node) > stiffRow;
  for (let pass = 0; pass < 4; pass++) {
    const stiff = [...work.star.keys()]
      .filter(isStiff)
      .sort((a, b) => rowAt(work, b) - rowAt(work, a) || a - b);
    const removed = stiff.filter((node) => isStiff(node) && collapseBest(work, node));
    if (removed.length === 0) break;
  }
  const kept = mesh.regions.map((_, e) => e).filter((e) => work.isAlive[e] === 1);
  const elements = new Int32Array(4 * kept.length);
  kept.forEach((e, at) => {
    elements.set(work.elements.subarray(4 * e, 4 * e + 4), 4 * at);
  });
  return dropUnusedNodes({ ...mesh, elements, regions: mesh.regions.filter((_, e) => work.isAlive[e]) });
}

interface Work {
  readonly points: Float64Array;
  readonly elements: Int32Array;
  readonly isAlive: Uint8Array;
  readonly star: number[][];
  readonly sums: NodeStiffness;
  readonly square: number;
  readonly share: Float64Array;
}

function startCollapsing(mesh: Mesh): Work {
  const sums = nodeStiffness(mesh);
  return {
    points: mesh.points,
    elements: mesh.elements.slice(),
    isAlive: new Uint8Array(mesh.elements.length / 4).fill(1),
    star: elementsAround(mesh),
    sums,
    square: squareSpacing(sums),
    share: new Float64Array(shareSize),
  };
}

const rowAt = ({ sums, square }: Work, node: number) =>
  (square * sums.diagonal[node]) / sums.mass[node];

const nodesOf = ({ elements }: Work, e: number) => elements.subarray(4 * e, 4 * e + 4);

/** The edge and direction that leave the lowest worst row; false when none will do. */
function collapseBest(work: Work, stiff: number): boolean {
  const link = linkOf(work, stiff);
  const limit = 0.999 * rowAt(work, stiff);
  let best: { pull: Pull; worst: number } | undefined;
  for (const other of link.nodes)
    for (const pull of [
      { node: stiff, target: other, link },
      { node: other, target: stiff, link: linkOf(work, other) },
    ]) {
      if (!isAllowed(work, pull)) continue;
      const worst = rowAfter(work, pull);
      if (worst < Math.min(limit, best?.worst ?? limit)) best = { pull, worst };
    }
  if (best === undefined) return false;
  pullTogether(work, best.pull);
  return true;
}

/** What surrounds a node; a pair of nodes has the key low * N + high. */
interface Link {
  readonly nodes: Set<number>;
  readonly pairs: Set<number>;
  /** Pairs and nodes of the surface triangles around; empty for inner nodes. */
  readonly surfacePairs: Set<number>;
  readonly surfaceNodes: Set<number>;
}

const pairKey = ({ star }: Work, a: number, b: number) =>
  a < b ? a * star.length + b : b * star.length + a;

function linkOf(work: Work, node: number): Link {
  const nodes = new Set<number>();
  const pairs = new Set<number>();
  const surfacePairs = new Set<number>();
  for (const e of work.star[node]) {
    const [a, b, c] = nodesOf(work, e).filter((other) => other !== node);
    nodes.add(a).add(b).add(c);
    for (const pair of [pairKey(work, a, b), pairKey(work, a, c), pairKey(work, b, c)]) {
      pairs.add(pair);
      // A triangle (node, pair) seen once belongs to the surface, seen twice it lies inside.
      if (!surfacePairs.delete(pair)) surfacePairs.add(pair);
    }
  }
  const surfaceNodes = new Set<number>();
  for (const pair of surfacePairs)
    surfaceNodes.add(Math.floor(pair / work.star.length)).add(pair % work.star.length);
  return { nodes, pairs, surfacePairs, surfaceNodes };
}

interface Pull {
  readonly node: number;
  readonly target: number;
  readonly link: Link;
}

/** Link(node) and link(target) meet in the link of their edge only, the outside counted as a node. */
function isAllowed(work: Work, { node, target, link }: Pull): boolean {
  if (link.surfaceNodes.size > 0 && !link.surfaceNodes.has(target)) return false;
  const other = linkOf(work, target);
  const shared = work.star[node].filter((e) => nodesOf(work, e).includes(target));
  const edgeNodes = new Set<number>();
  const edgePairs = new Set<string>();
  for (const e of shared) {
    const [a, b] = nodesOf(work, e).filter((n) => n !== node && n !== target);
    edgeNodes.add(a).add(b);
    edgePairs.add(pairKey(work, a, b));
  }
  const outside = [...link.surfaceNodes].filter((n) => other.surfaceNodes.has(n));
  return (
    [...link.nodes].every((n) => !other.nodes.has(n) || edgeNodes.has(n)) &&
    [...link.pairs].every((pair) => !other.pairs.has(pair) || edgePairs.has(pair)) &&
    outside.every((n) => link.surfacePairs.has(pairKey(work, n, target))) &&
    [...link.surfacePairs].every((pair) => !other.surfacePairs.has(pair)) &&
    keepsSurface(work, { node, target, link })
  );
}

/** Every surface triangle that moves keeps its direction, more or less. */
function keepsSurface({ points, star }: Work, { node, target, link }: Pull): boolean {
  return [...link.surfacePairs].every((pair) => {
    const [a, b] = [Math.floor(pair / star.length), pair % star.length];
    if (a === target || b === target) return true;
    const before = triangleNormal(points, [node, a, b]);
    const after = triangleNormal(points, [target, a, b]);
    return dot(before, after) > leastTurnCosine * norm(before) * norm(after);
  });
}

function worstRow(work: Work, nodes: Iterable<number>): number {
  let worst = 0;
  for (const node of nodes) worst = Math.max(worst, rowAt(work, node));
  return worst;
}

/** The worst row around after the collapse, Infinity where an element gets too flat. */
function rowAfter(work: Work, { node, target, link }: Pull): number {
  const before = shiftStar(work, node, -1);
  const renamed = retarget(work, node, target);
  const after = shiftStar(work, node, 1);
  const worst = worstRow(work, link.nodes);
  shiftStar(work, node, -1);
  for (const at of renamed) work.elements[at] = node;
  shiftStar(work, node, 1);
  return after <= Math.max(before, sharpest) ? worst : Number.POSITIVE_INFINITY;
}

/** Elements of the star that lose their edge vanish, the others get the new corner. */
function pullTogether(work: Work, { node, target }: Pull): void {
  shiftStar(work, node, -1);
  retarget(work, node, target);
  shiftStar(work, node, 1);
  for (const e of work.star[node])
    if (isFlat(work, e)) {
      work.isAlive[e] = 0;
      for (const other of new Set(nodesOf(work, e)))
        work.star[other] = work.star[other].filter((x) => x !== e);
    } else work.star[target].push(e);
  work.star[node] = [];
}

/** Places of the element list that named the node and now name the target. */
function retarget({ star, elements }: Work, node: number, target: number): number[] {
  const places = star[node].map((e) => elements.indexOf(node, 4 * e));
  for (const at of places) elements[at] = target;
  return places;
}

const isFlat = (work: Work, e: number) => new Set(nodesOf(work, e)).size < 4;

/** Adds or takes the star's shares but for flat elements; returns the worst angle. */
function shiftStar(work: Work, node: number, sign: 1 | -1): number {
  const { points, elements: nodes, share, sums } = work;
  let worst = 0;
  for (const e of work.star[node]) {
    if (isFlat(work, e)) continue;
    elementShare(points, nodes, { at: 4 * e, share });
    addShare(sums, { nodes, at: 4 * e, share, sign });
    worst = Math.max(worst, share[badnessSlot]);
  }
  return worst;
}
