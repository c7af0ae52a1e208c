import { expect, test } from "vitest";
import { biventricularHeart, heartSurfaces } from "../../src/mesh/biventricular.js";
import { inspectMesh, requireSoundMesh } from "../../src/mesh/checks.js";
import { collapseStiffNodes } from "../../src/mesh/collapse.js";
import { edgeGraph, graphDistances } from "../../src/mesh/graph.js";
import { type Mesh, nodeCount } from "../../src/mesh/mesh.js";
import { nodeStiffness, squareSpacing } from "../../src/mesh/node-stiffness.js";
import { applyWeights, lumpedMass, operators } from "../../src/mesh/operators.js";
import { stuffTetrahedra } from "../../src/mesh/stuffing.js";
import { boundarySurface } from "../../src/mesh/surface.js";
import { dihedralAngles, meanRatio, tetrahedronQuality } from "../../src/mesh/tet-quality.js";
import { centroid, dot, norm, normalize, pointAt, type Vector } from "../../src/mesh/vector.js";

const heart = biventricularHeart({ nodes: 1119, height_mm: 30 });
const data = heart.nodeData as Record<string, Float64Array>;
const nodesOn = (surface: number) =>
  Array.from(data.surface.keys()).filter((i) => data.surface[i] === surface);

for (const nodes of [400, 700, 1119, 3000])
  test(`a heart of ${nodes} nodes is sound, well shaped and a ball with two dents`, () => {
    const mesh = biventricularHeart({ nodes, height_mm: 30 });
    expect(Math.abs(nodeCount(mesh) / nodes - 1)).toBeLessThan(0.03);
    const report = requireSoundMesh(mesh);
    expect([report.components, report.nonManifoldEdges, report.boundaryEdges]).toEqual([1, 0, 0]);
    expect(report.orientationConsistent).toBe(true);
    const { triangles, nodes: surface } = boundarySurface(mesh);
    expect(surface.length - triangles.length / 6).toBe(2);
    const quality = tetrahedronQuality(mesh);
    expect(quality.minDihedral_deg).toBeGreaterThan(15);
    expect(quality.maxDihedral_deg).toBeLessThan(150);
    expect(quality.meanMinDihedral_deg).toBeGreaterThan(48);
    expect(quality.minMeanRatio).toBeGreaterThan(0.4);
    expect(report.degreeRange[0]).toBeGreaterThanOrEqual(4);
  });

/** Largest eigenvalue (mm^-2) of M^-1 K of the lumped P1 Laplacian: power iteration, Rayleigh. */
function largestEigenvalue(mesh: Mesh): number {
  const graph = edgeGraph(mesh);
  const { mass, weights } = operators.p1(mesh, graph);
  let u = mass.map((_, i) => Math.sin(12.9898 * (i + 1) ** 2));
  let lambda = 0;
  for (let k = 0; k < 600; k++) {
    const next = applyWeights(graph, weights.w, u).map((flux, i) => -flux / mass[i]);
    const product = (a: Float64Array, b: Float64Array) =>
      mass.reduce((sum, m, i) => sum + m * a[i] * b[i], 0);
    lambda = product(u, next) / product(u, u);
    const size = Math.sqrt(product(next, next));
    u = next.map((x) => x / size);
  }
  return lambda;
}

for (const nodes of [400, 700, 1119, 3000])
  test(`no cell of a heart of ${nodes} nodes dictates the time step`, () => {
    const mesh = nodes === 1119 ? heart : biventricularHeart({ nodes, height_mm: 30 });
    const sums = nodeStiffness(mesh);
    // An even lattice has about 10; tiny cells at the surface used to make it 33 to 50.
    const lambda = largestEigenvalue(mesh);
    expect(lambda * squareSpacing(sums)).toBeLessThan(14);
    expect(lambda).toBeGreaterThanOrEqual(
      0.999 * Math.max(...sums.diagonal.map((k, i) => k / sums.mass[i])),
    );
    if (nodes === 1119) expect(lambda).toBeLessThan(4.5);
  });

test("the element shares add up to the P1 operator", () => {
  const { mass, weights } = operators.p1(heart, edgeGraph(heart));
  const { edges } = edgeGraph(heart);
  const diagonal = new Float64Array(mass.length);
  weights.w.forEach((w, e) => {
    diagonal[edges[2 * e]] += w;
    diagonal[edges[2 * e + 1]] += w;
  });
  const sums = nodeStiffness(heart);
  for (const [i, k] of diagonal.entries()) {
    expect(Math.abs(sums.diagonal[i] / k - 1)).toBeLessThan(1e-11);
    expect(Math.abs(sums.mass[i] / mass[i] - 1)).toBeLessThan(1e-11);
  }
});

test("collapsing keeps a stuffed ball a ball, and a mesh without stiff nodes as it is", () => {
  const elements = stuffTetrahedra(
    (p) => norm(p) - 10,
    { min: [-10, -10, -10], max: [10, 10, 10] },
    2.4,
  );
  const regions = new Int32Array(elements.elements.length / 4);
  const ball: Mesh = { ...elements, elementKind: "tetrahedron", regions, regionNames: {} };
  const once = collapseStiffNodes(ball, { mostTurn_deg: 37 });
  expect(nodeCount(once)).toBeLessThan(nodeCount(ball));
  const report = requireSoundMesh(once);
  expect([report.components, report.nonManifoldEdges, report.boundaryEdges]).toEqual([1, 0, 0]);
  const { triangles, nodes } = boundarySurface(once);
  expect(nodes.length - triangles.length / 6).toBe(2);
  for (const node of nodes) expect(norm(pointAt(once.points, node))).toBeCloseTo(10, 5);
  expect(collapseStiffNodes(heart, { mostTurn_deg: 37 }).elements).toEqual(heart.elements);
});

test("the same options give the same heart; another height the same one scaled", () => {
  expect(biventricularHeart({ nodes: 1119, height_mm: 30 })).toEqual(heart);
  const human = biventricularHeart({ nodes: 1119, height_mm: 90 });
  expect(nodeCount(human)).toBe(nodeCount(heart));
  human.points.forEach((x, k) => {
    expect(Math.abs(x - 3 * heart.points[k])).toBeLessThan(1e-2);
  });
});

test("it has the height asked for and every node near its surfaces belongs to one of four", () => {
  const { boundingBox } = inspectMesh(heart);
  expect(boundingBox.max[2]).toBe(0);
  expect(boundingBox.min[2]).toBeGreaterThan(-30.001);
  expect(boundingBox.min[2]).toBeLessThan(-29.5);
  for (const surface of Object.values(heartSurfaces))
    expect(nodesOn(surface).length).toBeGreaterThan(40);
  expect(data.surface.filter((s) => s > 0).length).toBe(boundarySurface(heart).nodes.length);
  for (const node of nodesOn(heartSurfaces.base))
    expect(heart.points[3 * node + 2]).toBeCloseTo(0, 4);
});

test("the left wall is three nodes thick: no edge joins endocardium and epicardium below the base", () => {
  const { edges, lengths } = edgeGraph(heart);
  const hops = graphDistances(
    edgeGraph(heart),
    nodesOn(heartSurfaces.leftEndocardium).map((node) => ({ node, start: 0 })),
    lengths.map(() => 1),
  );
  const left = nodesOn(heartSurfaces.epicardium).filter((i) => heart.points[3 * i] < 0);
  const mean = left.reduce((sum, i) => sum + hops[i], 0) / left.length;
  expect(Math.min(...left.map((i) => hops[i]))).toBeGreaterThanOrEqual(2);
  expect(mean).toBeGreaterThan(2);
  expect(edges.length).toBe(2 * lengths.length);
});

test("node data lie in their ranges and grow the right way", () => {
  const [least, most] = [Math.min, Math.max];
  expect(least(...data.transmural)).toBe(0);
  expect(most(...data.transmural)).toBeLessThanOrEqual(1);
  expect([least(...data.apicobasal), most(...data.apicobasal)]).toEqual([0, 1]);
  const mean = (nodes: number[]) =>
    nodes.reduce((sum, i) => sum + data.transmural[i], 0) / nodes.length;
  expect(mean(nodesOn(heartSurfaces.leftEndocardium))).toBeLessThan(0.02);
  expect(mean(nodesOn(heartSurfaces.epicardium))).toBeGreaterThan(0.95);
  data.rv.forEach((rv, i) => {
    if (rv === 1) expect(heart.points[3 * i]).toBeGreaterThan(0);
  });
});

test("three regions of plausible size, the septum between the two others", () => {
  expect(heart.regionNames).toEqual({ "1": "LV", "2": "RV", "3": "septum" });
  const middle = (tag: number) => {
    const xs = Array.from(heart.regions.keys())
      .filter((e) => heart.regions[e] === tag)
      .map((e) => centroid(heart.points, heart.elements.subarray(4 * e, 4 * e + 4))[0]);
    return {
      x: xs.reduce((sum, x) => sum + x, 0) / xs.length,
      share: xs.length / heart.regions.length,
    };
  };
  const [lv, rv, septum] = [1, 2, 3].map(middle);
  expect(lv.x).toBeLessThan(septum.x);
  expect(septum.x).toBeLessThan(rv.x);
  for (const { share } of [lv, rv, septum]) expect(share).toBeGreaterThan(0.1);
});

test("fibres are unit vectors along the wall and turn from +60 to -60 degrees", () => {
  const angles: [number, number][] = [];
  for (let e = 0; e < heart.regions.length; e++) {
    const fibre = pointAt(heart.fibres as Float64Array, e);
    expect(norm(fibre)).toBeCloseTo(1, 12);
    const nodes = heart.elements.subarray(4 * e, 4 * e + 4);
    const p = centroid(heart.points, nodes);
    // The left free wall half way down, where the wall is nearly a circular cylinder around z.
    if (p[0] > 0 || p[2] < -10) continue;
    const around: Vector = normalize([-p[1], p[0], 0]);
    const outward: Vector = normalize([p[0], p[1], 0]);
    expect(Math.abs(dot(fibre, outward))).toBeLessThan(0.2);
    const depth = [...nodes].reduce((sum, i) => sum + data.transmural[i], 0) / 4;
    angles.push([depth, (Math.atan2(fibre[2], dot(fibre, around)) * 180) / Math.PI]);
  }
  expect(angles.length).toBeGreaterThan(300);
  for (const [depth, angle] of angles)
    expect(Math.abs(angle - (60 - 120 * depth))).toBeLessThan(12);
});

test("a heart too coarse for its walls is refused with a fix", () => {
  expect(() => biventricularHeart({ nodes: 20, height_mm: 30 })).toThrow(/sound heart of 20 nodes/);
  expect(() => biventricularHeart({ nodes: 1000, height_mm: -1 })).toThrow(/height_mm = -1/);
});

test("quality measures of the regular tetrahedron are exact", () => {
  const points = Float64Array.from([1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1]);
  for (const angle of dihedralAngles(points, [0, 1, 2, 3]))
    expect(angle).toBeCloseTo((Math.acos(1 / 3) * 180) / Math.PI, 10);
  expect(Math.abs(meanRatio(points, [0, 1, 2, 3]))).toBeCloseTo(1, 12);
});

test("stuffing a ball: guaranteed angles, and its volume converges at second order", () => {
  const ball = (p: Vector) => norm(p) - 1;
  const box = { min: [-1, -1, -1], max: [1, 1, 1] } as const;
  const errors = [0.24, 0.12, 0.06].map((cell) => {
    const mesh: Mesh = {
      ...stuffTetrahedra(ball, box, cell),
      elementKind: "tetrahedron",
      regions: new Int32Array(0),
      regionNames: {},
    };
    expect(tetrahedronQuality(mesh).minDihedral_deg).toBeGreaterThan(10);
    const { nodes } = boundarySurface(mesh);
    const miss = Array.from(nodes, (node) => Math.abs(norm(pointAt(mesh.points, node)) - 1));
    expect(Math.max(...miss)).toBeLessThan(1e-6);
    return Math.abs(lumpedMass(mesh).reduce((sum, m) => sum + m, 0) - (4 * Math.PI) / 3);
  });
  expect(Math.abs(Math.log2(errors[0] / errors[2]) / 2 - 2)).toBeLessThan(0.1);
});
