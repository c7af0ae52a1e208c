import { expect, test } from "vitest";
import { inspectMesh } from "../../src/mesh/checks.js";
import { ellipsoidShell, sheet } from "../../src/mesh/generators.js";
import { edgeGraph } from "../../src/mesh/graph.js";
import { type Mesh, nodeCount } from "../../src/mesh/mesh.js";
import { lumpedMass } from "../../src/mesh/operators.js";
import { nodeNormals, refineTriangles } from "../../src/mesh/surface.js";
import { cross, dot, norm, pointAt, subtract } from "../../src/mesh/vector.js";

const area = (mesh: Mesh) => lumpedMass(mesh).reduce((sum, m) => sum + m, 0);

function angles_deg(mesh: Mesh): number[] {
  return Array.from(mesh.elements, (node, at) => {
    const first = at - (at % 3);
    const [p, q] = [1, 2].map((k) =>
      subtract(
        pointAt(mesh.points, mesh.elements[first + ((at + k) % 3)]),
        pointAt(mesh.points, node),
      ),
    );
    return (Math.atan2(norm(cross(p, q)), dot(p, q)) * 180) / Math.PI;
  });
}

test("a sheet fills its rectangle with equilateral triangles", () => {
  const height_mm = 20 * Math.sqrt(3 / 4);
  const mesh = sheet({ width_mm: 30, height_mm, spacing_mm: 1 });
  const report = inspectMesh(mesh);
  expect(report.boundingBox).toEqual({ min: [0, 0, 0], max: [30, height_mm, 0] });
  expect(area(mesh)).toBeCloseTo(30 * height_mm, 9);
  expect([report.components, report.nonManifoldEdges, report.orientationConsistent]).toEqual([
    1,
    0,
    true,
  ]);
  // Right triangles of half the size close the sides; all others are equilateral.
  expect(Math.min(...angles_deg(mesh))).toBeGreaterThan(29.9);
  expect(angles_deg(mesh).filter((a) => Math.abs(a - 60) < 1e-6).length).toBeGreaterThan(3000);
  const normals = nodeNormals(mesh);
  normals.forEach((x, k) => {
    expect(x).toBeCloseTo(k % 3 === 2 ? 1 : 0, 12);
  });
});

test("a sheet's fibres point where they are told", () => {
  const { fibres } = sheet({ width_mm: 3, height_mm: 3, spacing_mm: 1, fibreAngle_deg: 90 });
  expect(fibres?.[1]).toBe(1);
  expect(Math.abs(fibres?.[0] as number)).toBeLessThan(1e-15);
  expect(sheet({ width_mm: 3, height_mm: 3, spacing_mm: 1 }).fibres).toBeUndefined();
});

for (const nodes of [60, 250, 1119, 5000])
  for (const open of [true, false])
    test(`${open ? "open" : "closed"} ellipsoid of ${nodes} nodes: number, shape, orientation`, () => {
      const semiAxes_mm = [14, 11, 25] as const;
      const mesh = ellipsoidShell({ semiAxes_mm, nodes, open });
      expect(Math.abs(nodeCount(mesh) / nodes - 1)).toBeLessThan(0.02);
      const report = inspectMesh(mesh);
      expect(report.components).toBe(1);
      expect(report.nonManifoldEdges).toBe(0);
      expect(report.duplicateNodes + report.unusedNodes + report.degenerateElements).toBe(0);
      expect(report.orientationConsistent).toBe(true);
      expect(report.boundaryEdges === 0).toBe(!open);
      expect(Math.min(...angles_deg(mesh))).toBeGreaterThan(nodes < 300 ? 22 : 30);
      expect(Math.max(...angles_deg(mesh))).toBeLessThan(nodes < 300 ? 115 : 105);
      const normals = nodeNormals(mesh);
      const [a, b, c] = semiAxes_mm;
      for (let i = 0; i < nodeCount(mesh); i++) {
        const [x, y, z] = pointAt(mesh.points, i);
        expect(Math.hypot(x / a, y / b, z / c)).toBeCloseTo(1, 12);
        expect(dot(pointAt(normals, i), [x / a ** 2, y / b ** 2, z / c ** 2])).toBeGreaterThan(0);
      }
      const edges = mesh.elements.length / 2 + report.boundaryEdges / 2;
      expect(nodeCount(mesh) - edges + mesh.elements.length / 3).toBe(open ? 1 : 2);
    });

test("the spacing asked for is the mean edge length, within 10 %", () => {
  const mesh = ellipsoidShell({ semiAxes_mm: [15, 15, 25], spacing_mm: 1.5, open: true });
  const { lengths } = edgeGraph(mesh);
  const mean = lengths.reduce((sum, l) => sum + l, 0) / lengths.length;
  expect(Math.abs(mean / 1.5 - 1)).toBeLessThan(0.1);
});

test("a shell's fibres are unit tangents; at helix angle 0 they run around, at 90 towards the base", () => {
  const make = (helixAngle_deg: number) =>
    ellipsoidShell({ semiAxes_mm: [12, 12, 20], nodes: 500, open: true, helixAngle_deg });
  const around = make(0).fibres as Float64Array;
  const up = make(90).fibres as Float64Array;
  for (let e = 0; e < around.length / 3; e++) {
    expect(norm(pointAt(around, e))).toBeCloseTo(1, 12);
    expect(Math.abs(dot(pointAt(around, e), pointAt(up, e)))).toBeLessThan(1e-9);
    expect(Math.abs(around[3 * e + 2])).toBeLessThan(1e-9);
    expect(up[3 * e + 2]).toBeGreaterThan(0);
  }
});

test("refining keeps old nodes, area, regions and fibres and quarters every triangle", () => {
  const coarse = {
    ...sheet({ width_mm: 4, height_mm: 3, spacing_mm: 1, fibreAngle_deg: 20 }),
    regions: undefined as unknown as Int32Array,
  };
  const M = coarse.elements.length / 3;
  const mesh: Mesh = {
    ...coarse,
    regions: Int32Array.from({ length: M }, (_, e) => e),
    nodeData: { x: coarse.points.filter((_, k) => k % 3 === 0) },
  };
  const fine = refineTriangles(mesh);
  expect(fine.points.slice(0, mesh.points.length)).toEqual(mesh.points);
  expect(fine.elements.length).toBe(4 * mesh.elements.length);
  expect(area(fine)).toBeCloseTo(area(mesh), 12);
  expect([...fine.regions.slice(0, 8)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(fine.fibres?.slice(-3)).toEqual(mesh.fibres?.slice(-3));
  expect(fine.nodeData?.x).toEqual(fine.points.filter((_, k) => k % 3 === 0));
  expect(inspectMesh(fine).orientationConsistent).toBe(true);
  expect(Math.min(...angles_deg(fine))).toBeCloseTo(Math.min(...angles_deg(mesh)), 9);
});

test("impossible sizes are named", () => {
  expect(() => sheet({ width_mm: 0, height_mm: 1, spacing_mm: 1 })).toThrow(/width_mm = 0/);
  expect(() => ellipsoidShell({ semiAxes_mm: [1, 1, 1], open: true })).toThrow(
    /either spacing_mm or nodes/,
  );
  expect(() =>
    ellipsoidShell({ semiAxes_mm: [1, 1, 1], nodes: 100, open: true, baseFraction: 2 }),
  ).toThrow(/baseFraction = 2/);
});
