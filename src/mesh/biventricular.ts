import { fail } from "../core/errors.js";
import { collapseStiffNodes } from "./collapse.js";
import { requirePositive } from "./generators.js";
import { edgeGraph } from "./graph.js";
import {
  fibreAt,
  type HeartShape,
  heartBox,
  heartDomain,
  heartRegions,
  heartShape,
  projectTo,
  regionAt,
  surfaceDistances,
  transmuralDepth,
} from "./heart-geometry.js";
import type { Mesh } from "./mesh.js";
import { nodeCount } from "./mesh.js";
import { dropUnusedNodes, renumber, reverseCuthillMcKee } from "./order.js";
import { relaxStiffness } from "./relax.js";
import { stuffTetrahedra, type Tetrahedra } from "./stuffing.js";
import { boundarySurface, tetrahedronFaces } from "./surface.js";
import { smoothTetrahedra } from "./tet-quality.js";
import { add, centroid, pointAt, subtract, type Vector } from "./vector.js";

export interface HeartOptions {
  /** Number of nodes to aim at, from about 400: met within 3 % (mostly 1 %), or an error. */
  readonly nodes: number;
  /** Apex to base; rabbit about 30, human about 90. */
  readonly height_mm: number;
  /** Fibre helix angles; default +60 at the endocardium to -60 at the epicardium. */
  readonly helix?: { readonly endo_deg: number; readonly epi_deg: number };
}

/** Values of nodeData.surface: which face of the wall a node lies on. */
export const heartSurfaces = {
  inside: 0,
  leftEndocardium: 1,
  rightEndocardium: 2,
  epicardium: 3,
  base: 4,
} as const;

/**
 * A biventricular heart of tetrahedra: apex at z = -height, flat base at z = 0, right ventricle
 * towards +x. Regions LV, RV and septum; unit fibres; nodeData transmural (0 endo .. 1 epi, septum
 * 0 left .. 1 right), apicobasal (0 apex .. 1 base), rv (0/1) and surface (heartSurfaces). Nodes
 * come in reverse Cuthill-McKee order. Deterministic.
 */
export function biventricularHeart(options: HeartOptions): Mesh {
  requirePositive({ nodes: options.nodes, height_mm: options.height_mm });
  const { mesh: raw, shape } = findSpacing({ ...options, height_mm: referenceHeight_mm });
  const project = projectTo(heartDomain(shape), 1e-4 * referenceHeight_mm);
  const even = evenOut(raw, project);
  // Few are left by now, at tips where the surface bends too much for the first round.
  const evened = evenOut(collapseStiffNodes(even, { mostTurn_deg: 60 }), project);
  if (Math.abs(nodeCount(evened) / options.nodes - 1) >= 0.03) failCount(options.nodes);
  const ordered = renumber(evened, reverseCuthillMcKee(edgeGraph(evened)));
  const mesh = describe(ordered, shape, options.helix ?? { endo_deg: 60, epi_deg: -60 });
  const factor = options.height_mm / referenceHeight_mm;
  return { ...mesh, points: mesh.points.map((x) => x * factor) };
}

/** Every heart is made at this height and scaled: rounding cannot give two heights two meshes. */
const referenceHeight_mm = 30;

/** Well shaped first, then easy on the time step: the relaxation may spend the surplus of shape. */
function evenOut(mesh: Mesh, project: (p: Vector) => Vector): Mesh {
  const smooth = { ...mesh, points: smoothTetrahedra(mesh, { project, passes: 4 }) };
  return { ...smooth, points: relaxStiffness(smooth, { project, passes: 8 }) };
}

/**
 * Tries cells of different size until the node number fits and the surface is a ball's, without
 * holes and pinches where a wall or a cavity is thinner than a cell.
 */
function findSpacing({ height_mm, nodes }: HeartOptions): Trial {
  let cell = height_mm * 1.17 * nodes ** (-1 / 2.8);
  let best: Trial | undefined;
  for (let trial = 0; trial < 65; trial++) {
    const found = tryCell({ height_mm, nodes }, variant(cell, trial - 5));
    if (best === undefined || found.score < best.score) best = found;
    if (best.score < 0.01) break;
    // Thin walls: the node number goes like cell^-2.7.
    if (trial < 4) cell *= (found.mesh.points.length / 3 / nodes) ** (1 / 2.7);
  }
  return best !== undefined && best.score < 0.03 ? best : failCount(nodes);
}

interface Trial {
  readonly mesh: Mesh;
  readonly shape: HeartShape;
  /** Relative miss of the node number; 1 more where the surface has holes or pinches. */
  readonly score: number;
}

interface LatticeChoice {
  readonly cell: number;
  /** Place of the lattice along x and y, mm. */
  readonly shift: Vector;
}

/** The cell itself, then (k >= 0) cells up to 10 % off in lattices shifted by the golden ratio. */
function variant(cell: number, k: number): LatticeChoice {
  if (k < 0) return { cell, shift: [0, 0, 0] };
  const factor = 1 + (k % 2 === 0 ? 1 : -1) * 0.0034 * Math.ceil(k / 2);
  const fraction = (k * 0.6180339887) % 1;
  return { cell: cell * factor, shift: [fraction * cell, ((3 * fraction) % 1) * cell, 0] };
}

/** One lattice; a wall below 1.25 cells would get holes. */
function tryCell({ height_mm, nodes }: HeartOptions, { cell, shift }: LatticeChoice): Trial {
  const shape = heartShape(height_mm, 1.25 * cell);
  const domain = heartDomain(shape);
  const box = heartBox(shape);
  const moved = stuffTetrahedra(
    (p) => domain(add(p, shift)),
    { min: subtract(box.min, shift), max: subtract(box.max, shift) },
    cell,
  );
  const points = moved.points.map((x, at) => x + shift[at % 3]);
  const mesh = collapseStiffNodes(largestPiece({ ...moved, points }), { mostTurn_deg: 37 });
  const miss = Math.abs(mesh.points.length / 3 / nodes - 1);
  const isTorn = miss < 0.03 && !hasBallSurface(mesh);
  return { mesh, shape, score: isTorn ? miss + 1 : miss };
}

/** Closed, every edge between two triangles, and Euler characteristic 2. */
function hasBallSurface(mesh: Mesh): boolean {
  const { triangles, nodes } = boundarySurface(mesh);
  const { edges } = edgeGraph({ ...mesh, elementKind: "triangle", elements: triangles });
  const faces = triangles.length / 3;
  return 2 * (edges.length / 2) === 3 * faces && nodes.length - edges.length / 2 + faces === 2;
}

function failCount(nodes: number): never {
  return fail({
    code: "node-count",
    message: `No lattice gives a sound heart of ${nodes} nodes: its walls are thinner than a cell.`,
    path: "nodes",
    fix: "Ask for about 400 nodes or more.",
  });
}

/** The largest set of elements that hang together by faces; hinges and islands do not conduct. */
function largestPiece(mesh: Tetrahedra): Mesh {
  const piece = piecesByFaces(mesh);
  const sizes = new Map<number, number>();
  for (const p of piece) sizes.set(p, (sizes.get(p) ?? 0) + 1);
  const largest = [...sizes].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0])[0];
  const elements = mesh.elements.filter((_, at) => piece[at >> 2] === largest);
  return dropUnusedNodes({ ...bareMesh(mesh), elements });
}

function piecesByFaces(mesh: Tetrahedra): Int32Array {
  const root = Int32Array.from({ length: mesh.elements.length / 4 }, (_, e) => e);
  const find = (start: number) => {
    let e = start;
    while (root[e] !== e) {
      root[e] = root[root[e]];
      e = root[e];
    }
    return e;
  };
  const N = mesh.points.length / 3;
  const pairs = new Map<number, number>();
  const owner = new Map<number, number>();
  for (let e = 0; e < root.length; e++)
    for (const face of tetrahedronFaces) {
      const [low, middle, high] = face.map((k) => mesh.elements[4 * e + k]).sort((a, b) => a - b);
      const pair = pairs.get(low * N + middle) ?? pairs.size;
      pairs.set(low * N + middle, pair);
      const other = owner.get(pair * N + high);
      owner.set(pair * N + high, e);
      if (other !== undefined) root[find(other)] = find(e);
    }
  return root.map((_, e) => find(e));
}

const bareMesh = ({ points, elements }: Tetrahedra): Mesh => ({
  points,
  elementKind: "tetrahedron",
  elements,
  regions: new Int32Array(elements.length / 4),
  regionNames: {},
});

function describe(
  mesh: Mesh,
  shape: HeartShape,
  helix: { endo_deg: number; epi_deg: number },
): Mesh {
  const fibres = new Float64Array((3 * mesh.elements.length) / 4);
  const regions = mesh.regions.slice();
  for (let e = 0; e < regions.length; e++) {
    const middle = centroid(mesh.points, mesh.elements.subarray(4 * e, 4 * e + 4));
    regions[e] = regionAt(shape, middle);
    fibres.set(fibreAt(shape, middle, helix), 3 * e);
  }
  const regionNames = Object.fromEntries(
    Object.entries(heartRegions).map(([name, tag]) => [String(tag), name]),
  );
  return { ...mesh, regions, regionNames, fibres, nodeData: describeNodes(mesh, shape) };
}

function describeNodes(mesh: Mesh, shape: HeartShape): Record<string, Float64Array> {
  const N = nodeCount(mesh);
  const perNode = (value: (node: number) => number) =>
    Float64Array.from({ length: N }, (_, node) => value(node));
  const at = (node: number) => pointAt(mesh.points, node);
  const heights = perNode((node) => at(node)[2]);
  const apex = heights.reduce((least, z) => Math.min(least, z), 0);
  const onSurface = new Set(boundarySurface(mesh).nodes);
  return {
    transmural: perNode((node) => transmuralDepth(shape, at(node))),
    apicobasal: heights.map((z) => 1 - z / apex),
    rv: perNode((node) => (regionAt(shape, at(node)) === heartRegions.RV ? 1 : 0)),
    surface: perNode((node) =>
      onSurface.has(node) ? nearestSurface(shape, mesh, node) : heartSurfaces.inside,
    ),
  };
}

/** The base counts first, so that its rim does not count as endo- or epicardium. */
function nearestSurface(shape: HeartShape, mesh: Mesh, node: number): number {
  const d = surfaceDistances(shape, pointAt(mesh.points, node));
  if (Math.abs(d.base) < 1e-6 * shape.height_mm) return heartSurfaces.base;
  const gaps: [number, number][] = [
    [Math.abs(d.leftEndo), heartSurfaces.leftEndocardium],
    [Math.abs(d.rightEndo), heartSurfaces.rightEndocardium],
    [Math.abs(d.epi), heartSurfaces.epicardium],
  ];
  return gaps.reduce((a, b) => (b[0] < a[0] ? b : a))[1];
}
