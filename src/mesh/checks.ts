import { fail, type Problem } from "../core/errors.js";
import { connectedComponents, degrees, edgeGraph } from "./graph.js";
import { elementCount, type Mesh, nodeCount, nodesPerElement } from "./mesh.js";
import {
  boundarySurface,
  countFaces,
  signedVolume,
  tetrahedronFaces,
  triangleNormal,
} from "./surface.js";
import { norm, pointAt, subtract } from "./vector.js";

export interface MeshReport {
  readonly nodes: number;
  readonly elements: number;
  /** mm if the mesh keeps its promise; see unitGuess. */
  readonly boundingBox: { readonly min: number[]; readonly max: number[] };
  readonly diagonal_mm: number;
  readonly notFinite: number;
  readonly outOfRange: number;
  /** Nodes that lie within 1e-9 of the diagonal from a node with a lower x or number. */
  readonly duplicateNodes: number;
  readonly unusedNodes: number;
  readonly components: number;
  /** Edges of more than two surface triangles; for volumes also faces of more than two elements. */
  readonly nonManifoldEdges: number;
  /** Surface edges of one triangle only: the rim of an open surface. */
  readonly boundaryEdges: number;
  readonly orientationConsistent: boolean;
  readonly degenerateElements: number;
  readonly degreeRange: readonly [number, number];
  readonly unitGuess: "mm" | "um" | "m" | "suspicious";
}

/** Looks at everything that commonly goes wrong in mesh files; never throws on a bad mesh. */
export function inspectMesh(mesh: Mesh): MeshReport {
  const notFinite = mesh.points.reduce((sum, x) => sum + (Number.isFinite(x) ? 0 : 1), 0);
  const outOfRange = mesh.elements.reduce(
    (sum, node) => sum + (node >= 0 && node < nodeCount(mesh) ? 0 : 1),
    0,
  );
  const boundingBox = box(mesh.points);
  const diagonal_mm = Math.hypot(...boundingBox.max.map((top, k) => top - boundingBox.min[k]));
  return {
    nodes: nodeCount(mesh),
    elements: elementCount(mesh),
    boundingBox,
    diagonal_mm,
    notFinite,
    outOfRange,
    duplicateNodes: countDuplicates(mesh.points, 1e-9 * diagonal_mm),
    unitGuess: guessUnit(diagonal_mm),
    ...topology(outOfRange > 0 ? { ...mesh, elements: new Int32Array(0) } : mesh),
  };
}

function topology(mesh: Mesh) {
  const graph = edgeGraph(mesh);
  const degree = degrees(graph);
  const used = new Set(mesh.elements);
  const unusedNodes = nodeCount(mesh) - used.size;
  const usage = surfaceEdges(mesh);
  return {
    unusedNodes,
    components: connectedComponents(graph).count - unusedNodes,
    nonManifoldEdges: usage.overused + (mesh.elementKind === "triangle" ? 0 : overusedFaces(mesh)),
    boundaryEdges: usage.open,
    orientationConsistent: mesh.elementKind === "triangle" ? usage.consistent : allPositive(mesh),
    degenerateElements: countDegenerate(mesh),
    degreeRange: [
      degree.reduce((least, d) => Math.min(least, d), Number.POSITIVE_INFINITY),
      degree.reduce((most, d) => Math.max(most, d), 0),
    ] as const,
  };
}

function box(points: Float64Array): { min: number[]; max: number[] } {
  const min = [0, 1, 2].map(() => Number.POSITIVE_INFINITY);
  const max = [0, 1, 2].map(() => Number.NEGATIVE_INFINITY);
  points.forEach((x, at) => {
    min[at % 3] = Math.min(min[at % 3], x);
    max[at % 3] = Math.max(max[at % 3], x);
  });
  return { min, max };
}

/** By the diagonal of the bounding box: hearts from mouse-and-rabbit to dilated adult, 10-250 mm. */
function guessUnit(diagonal: number): MeshReport["unitGuess"] {
  const isHeart = (size_mm: number) => size_mm >= 10 && size_mm <= 250;
  if (isHeart(diagonal)) return "mm";
  if (isHeart(diagonal / 1000)) return "um";
  if (isHeart(diagonal * 1000)) return "m";
  return "suspicious";
}

function countDuplicates(points: Float64Array, tolerance: number): number {
  const order = Array.from({ length: points.length / 3 }, (_, i) => i).sort(
    (a, b) => points[3 * a] - points[3 * b] || a - b,
  );
  const isCopy = (at: number) => {
    const here = pointAt(points, order[at]);
    for (let k = at - 1; k >= 0 && here[0] - points[3 * order[k]] <= tolerance; k--)
      if (norm(subtract(here, pointAt(points, order[k]))) <= tolerance) return true;
    return false;
  };
  return order.reduce((sum, _node, at) => sum + (isCopy(at) ? 1 : 0), 0);
}

function surfaceEdges(mesh: Mesh): { open: number; overused: number; consistent: boolean } {
  const { triangles } = boundarySurface(mesh);
  const directed = new Map<number, number>();
  const N = nodeCount(mesh);
  for (let at = 0; at < triangles.length; at++) {
    const to = triangles[at % 3 === 2 ? at - 2 : at + 1];
    const key = triangles[at] * N + to;
    directed.set(key, (directed.get(key) ?? 0) + 1);
  }
  let open = 0;
  let overused = 0;
  let consistent = true;
  for (const [key, forward] of directed) {
    const from = Math.floor(key / N);
    const backward = directed.get((key % N) * N + from) ?? 0;
    if (backward > 0 && from > key % N) continue;
    if (forward + backward === 1) open++;
    if (forward + backward > 2) overused++;
    if (forward + backward === 2 && forward !== 1) consistent = false;
  }
  return { open, overused, consistent };
}

function overusedFaces(mesh: Mesh): number {
  const faces = new Int32Array(3 * mesh.elements.length);
  for (let e = 0; e < elementCount(mesh); e++)
    faces.set(
      tetrahedronFaces.flatMap((face) => face.map((k) => mesh.elements[4 * e + k])),
      12 * e,
    );
  const uses = countFaces(faces, nodeCount(mesh));
  let overused = 0;
  // A face of n elements is met n times and counts once.
  for (let face = 0; face < faces.length / 3; face++)
    if (uses.countOf(face) > 2) overused += 1 / uses.countOf(face);
  return Math.round(overused);
}

const elementNodes = (mesh: Mesh, element: number) =>
  mesh.elements.subarray(element * nodesPerElement(mesh), (element + 1) * nodesPerElement(mesh));

function allPositive(mesh: Mesh): boolean {
  for (let e = 0; e < elementCount(mesh); e++)
    if (!(signedVolume(mesh.points, elementNodes(mesh, e)) > 0)) return false;
  return true;
}

/** Elements whose area or volume is below 1e-9 of their longest edge's square or cube. */
function countDegenerate(mesh: Mesh): number {
  let count = 0;
  for (let e = 0; e < elementCount(mesh); e++) {
    const nodes = elementNodes(mesh, e);
    const longest = longestEdge(mesh.points, nodes);
    const relative =
      nodes.length === 3
        ? norm(triangleNormal(mesh.points, nodes)) / longest ** 2
        : Math.abs(signedVolume(mesh.points, nodes)) / longest ** 3;
    if (!(relative > 1e-9)) count++;
  }
  return count;
}

function longestEdge(points: Float64Array, nodes: Int32Array): number {
  let longest = 0;
  for (const a of nodes)
    for (const b of nodes)
      longest = Math.max(longest, norm(subtract(pointAt(points, a), pointAt(points, b))));
  return longest;
}

/**
 * Throws a LeadsError that names the first thing that would spoil a simulation. `anySize` lets
 * sheets and test tissue pass whose diagonal is no heart's.
 */
export function requireSoundMesh(mesh: Mesh, options: { anySize?: boolean } = {}): MeshReport {
  requireShapes(mesh);
  const report = inspectMesh(mesh);
  const problem = firstProblem(report, options.anySize ?? false);
  if (problem !== undefined) fail({ path: "mesh", ...problem });
  return report;
}

function requireShapes(mesh: Mesh): void {
  const M = mesh.elements.length / nodesPerElement(mesh);
  const shapes: [string, number, number][] = [
    ["points", mesh.points.length, 3 * Math.floor(nodeCount(mesh))],
    ["elements", mesh.elements.length, nodesPerElement(mesh) * Math.floor(M)],
    ["regions", mesh.regions.length, M],
    ["fibres", mesh.fibres?.length ?? 3 * M, 3 * M],
    ...Object.entries(mesh.nodeData ?? {}).map(([name, v]): [string, number, number] => [
      `nodeData.${name}`,
      v.length,
      nodeCount(mesh),
    ]),
  ];
  for (const [name, found, expected] of shapes)
    if (found !== expected)
      fail({
        code: "bad-shape",
        message: `mesh.${name} has ${found} values where ${expected} are expected.`,
        path: `mesh.${name}`,
        fix: "Check that the file is complete and that nodes and elements were not mixed up.",
      });
}

function firstProblem(report: MeshReport, anySize: boolean): Problem | undefined {
  const rules: [boolean, Problem][] = [
    [
      report.nodes === 0 || report.elements === 0,
      { code: "empty-mesh", message: "The mesh has no elements.", fix: "Check the mesh file." },
    ],
    [
      report.notFinite > 0,
      {
        code: "not-finite",
        message: `${report.notFinite} coordinates are not finite numbers.`,
        fix: "Repair or drop these nodes before importing the mesh.",
      },
    ],
    [
      report.outOfRange > 0,
      {
        code: "out-of-range",
        message: `${report.outOfRange} element corners name nodes that do not exist.`,
        fix: `Nodes are numbered 0 to ${report.nodes - 1}; files that count from 1 need a shift.`,
      },
    ],
    [
      report.unitGuess === "um" || report.unitGuess === "m",
      {
        code: "suspicious-unit",
        message: `The mesh is ${report.diagonal_mm} mm across, which looks like ${report.unitGuess}.`,
        fix: `Multiply the points by ${report.unitGuess === "um" ? "0.001" : "1000"} to get mm.`,
      },
    ],
    [
      report.unitGuess === "suspicious" && !anySize,
      {
        code: "suspicious-unit",
        message: `The mesh is ${report.diagonal_mm} mm across; hearts measure 10 to 250 mm.`,
        fix: "Convert the points to mm, or pass anySize for tissue that is not a heart.",
      },
    ],
    ...connectionRules(report),
  ];
  return rules.find(([broken]) => broken)?.[1];
}

function connectionRules(report: MeshReport): [boolean, Problem][] {
  return [
    [
      report.duplicateNodes > 0,
      {
        code: "duplicate-nodes",
        message: `${report.duplicateNodes} nodes lie on top of others, so tissue is torn there.`,
        fix: "Merge coinciding nodes.",
      },
    ],
    [
      report.unusedNodes > 0,
      {
        code: "unused-nodes",
        message: `${report.unusedNodes} nodes belong to no element.`,
        fix: "Remove them (dropUnusedNodes) so that every node carries tissue.",
      },
    ],
    [
      report.degenerateElements > 0,
      {
        code: "degenerate-element",
        message: `${report.degenerateElements} elements have no area or volume.`,
        fix: "Remove or repair flat elements.",
      },
    ],
    [
      report.components > 1,
      {
        code: "disconnected",
        message: `The mesh falls into ${report.components} parts that no wave can bridge.`,
        fix: "Keep the largest part, or merge the nodes between parts.",
      },
    ],
  ];
}
