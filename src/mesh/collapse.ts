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
/** Worst angles (about 15 and 147 degrees) a collapse may leave, unless they were worse before. */
const sharpest = 0.965;

export interface CollapseOptions {
  /** How far a surface triangle may turn: more keeps fewer rims and tips. */
  readonly mostTurn_deg: number;
}

/**
 * Takes out the nodes with the stiffest rows by pulling them along an edge into a neighbour, as
 * long as that keeps the topology (link condition, Dey et al. 1999), the surface's shape and sound
 * elements, and lowers the worst row around. Surface nodes only go into surface nodes.
 */
export function collapseStiffNodes(mesh: Mesh, { mostTurn_deg }: CollapseOptions): Mesh {
  const work = startCollapsing(mesh, Math.cos((mostTurn_deg * Math.PI) / 180));
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
  return dropUnusedNodes({
    ...mesh,
    elements,
    regions: mesh.regions.filter((_, e) => work.isAlive[e]),
  });
}

interface Work {
  readonly points: Float64Array;
  readonly elements: Int32Array;
  readonly leastTurnCosine: number;
  readonly isAlive: Uint8Array;
  readonly star: number[][];
  readonly sums: NodeStiffness;
  readonly square: number;
  readonly share: Float64Array;
}

function startCollapsing(mesh: Mesh, leastTurnCosine: number): Work {
  const sums = nodeStiffness(mesh);
  return {
    points: mesh.points,
    elements: mesh.elements.slice(),
    leastTurnCosine,
    isAlive: new Uint8Array(mesh.elements.length / 4).fill(1),
    star: elementsAround(mesh),
    sums,
    square: squareSpacing(sums),
    share: new Float64Array(shareSize),
  };
}

const rowAt = ({ sums, square }: Work, node: number) =>
  (square * sums.diagonal[node]) / sums.mass[node];

/** The edge and direction that leave the lowest worst row; false when none will do. */
function collapseBest(work: Work, stiff: number): boolean {
  const link = linkOf(work, stiff);
  const limit = 0.999 * rowAt(work, stiff);
  let best: { pull: Pull; worst: number } | undefined;
  for (const other of link.nodes) {
    const otherLink = linkOf(work, other);
    for (const pull of [
      { node: stiff, target: other, link, targetLink: otherLink },
      { node: other, target: stiff, link: otherLink, targetLink: link },
    ]) {
      if (!keepsTopology(work, pull) || !keepsSurface(work, pull)) continue;
      const worst = rowAfter(work, pull);
      if (worst < (best?.worst ?? limit) && !bridgesWall(work, pull)) best = { pull, worst };
    }
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

const pairOf = ({ star }: Work, key: number): readonly [number, number] => [
  Math.floor(key / star.length),
  key % star.length,
];

function linkOf(work: Work, node: number): Link {
  const nodes = new Set<number>();
  const pairs = new Set<number>();
  const surfacePairs = new Set<number>();
  for (const e of work.star[node]) {
    const [a, b, c] = othersOf(work, e, node);
    nodes.add(a).add(b).add(c);
    for (const pair of [pairKey(work, a, b), pairKey(work, a, c), pairKey(work, b, c)]) {
      pairs.add(pair);
      // A triangle (node, pair) seen once belongs to the surface, seen twice it lies inside.
      if (!surfacePairs.delete(pair)) surfacePairs.add(pair);
    }
  }
  const surfaceNodes = new Set<number>();
  for (const key of surfacePairs) for (const n of pairOf(work, key)) surfaceNodes.add(n);
  return { nodes, pairs, surfacePairs, surfaceNodes };
}

/** The element's corners but for `node`. */
function othersOf({ elements }: Work, e: number, node: number): number[] {
  const others: number[] = [];
  for (let at = 4 * e; at < 4 * e + 4; at++) if (elements[at] !== node) others.push(elements[at]);
  return others;
}

interface Pull {
  readonly node: number;
  readonly target: number;
  readonly link: Link;
  readonly targetLink: Link;
}

/** Link(node) and link(target) meet in the link of their edge only, the outside counted as a node. */
function keepsTopology(work: Work, { node, target, link, targetLink }: Pull): boolean {
  if (link.surfaceNodes.size > 0 && !link.surfaceNodes.has(target)) return false;
  const edgeNodes = new Set<number>();
  const edgePairs = new Set<number>();
  for (const e of work.star[node]) {
    const others = othersOf(work, e, node);
    if (!others.includes(target)) continue;
    const [a, b] = others.filter((n) => n !== target);
    edgeNodes.add(a).add(b);
    edgePairs.add(pairKey(work, a, b));
  }
  return (
    everyShared(link.nodes, targetLink.nodes, (n) => edgeNodes.has(n)) &&
    everyShared(link.pairs, targetLink.pairs, (pair) => edgePairs.has(pair)) &&
    everyShared(link.surfaceNodes, targetLink.surfaceNodes, (n) =>
      link.surfacePairs.has(pairKey(work, n, target)),
    ) &&
    everyShared(link.surfacePairs, targetLink.surfacePairs, () => false)
  );
}

function everyShared(a: Set<number>, b: Set<number>, isFine: (x: number) => boolean): boolean {
  for (const x of a) if (b.has(x) && !isFine(x)) return false;
  return true;
}

/** Every surface triangle that moves keeps its direction, more or less. */
function keepsSurface(work: Work, { node, target, link }: Pull): boolean {
  for (const key of link.surfacePairs) {
    const [a, b] = pairOf(work, key);
    if (a === target || b === target) continue;
    const before = triangleNormal(work.points, [node, a, b]);
    const after = triangleNormal(work.points, [target, a, b]);
    if (dot(before, after) < work.leastTurnCosine * norm(before) * norm(after)) return false;
  }
  return true;
}

/** An inner node's place taken by a surface node whose new edges reach a far part of the surface. */
function bridgesWall(work: Work, { link, target, targetLink }: Pull): boolean {
  if (link.surfaceNodes.size > 0 || targetLink.surfaceNodes.size === 0) return false;
  for (const other of link.nodes) {
    if (other === target || targetLink.nodes.has(other)) continue;
    const { surfaceNodes } = linkOf(work, other);
    if (surfaceNodes.size > 0 && everyShared(surfaceNodes, targetLink.surfaceNodes, () => false))
      return true;
  }
  return false;
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
  const isSound = after < Number.POSITIVE_INFINITY && after <= Math.max(before, sharpest);
  return isSound ? worst : Number.POSITIVE_INFINITY;
}

/** Elements of the star that lose their edge vanish, the others get the new corner. */
function pullTogether(work: Work, { node, target }: Pull): void {
  shiftStar(work, node, -1);
  retarget(work, node, target);
  shiftStar(work, node, 1);
  for (const e of work.star[node])
    if (isFlat(work, e)) {
      work.isAlive[e] = 0;
      for (const other of new Set(work.elements.subarray(4 * e, 4 * e + 4)))
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

/** A collapsed edge leaves its elements with one corner twice. */
function isFlat({ elements }: Work, e: number): boolean {
  const [a, b, c, d] = [
    elements[4 * e],
    elements[4 * e + 1],
    elements[4 * e + 2],
    elements[4 * e + 3],
  ];
  return a === b || a === c || a === d || b === c || b === d || c === d;
}

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
