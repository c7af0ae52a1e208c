import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { encodeVtu } from "../../src/io/vtu-write.js";
import { inspectMesh } from "../../src/mesh/checks.js";
import { sheet } from "../../src/mesh/generators.js";
import { edgeGraph, elementEdges } from "../../src/mesh/graph.js";
import { type Mesh, nodeCount } from "../../src/mesh/mesh.js";
import { applyWeights, lumpedMass, operators } from "../../src/mesh/operators.js";
import { cable, grid, slab } from "../../src/mesh/structured.js";
import { signedVolume } from "../../src/mesh/surface.js";
import { biLaplacian } from "../../src/twin/interpolation/bi-laplacian.js";

const sum = (values: Iterable<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));
const field = (mesh: Mesh, f: (x: number, y: number, z: number) => number) =>
  Float64Array.from({ length: nodeCount(mesh) }, (_, i) =>
    f(mesh.points[3 * i], mesh.points[3 * i + 1], mesh.points[3 * i + 2]),
  );

describe("slab", () => {
  const mesh = slab({ size_mm: [2, 0.7, 0.3], spacing_mm: 0.1, fibre: [2, 0, 0] });

  test("fills its box with sound positive tetrahedra of one sixth of a cell", () => {
    const report = inspectMesh(mesh);
    expect([report.nodes, report.elements]).toEqual([21 * 8 * 4, 6 * 20 * 7 * 3]);
    expect(report.boundingBox.max.map((x) => Number(x.toFixed(12)))).toEqual([2, 0.7, 0.3]);
    expect([report.components, report.nonManifoldEdges, report.boundaryEdges]).toEqual([1, 0, 0]);
    expect(report.orientationConsistent).toBe(true);
    for (let e = 0; e < report.elements; e++)
      expect(signedVolume(mesh.points, mesh.elements.subarray(4 * e, 4 * e + 4))).toBeCloseTo(
        1e-3 / 6,
        12,
      );
  });

  test("all six tetrahedra of a cell share its main diagonal; nodes run x first", () => {
    const stride = 1 + 21 + 21 * 8;
    for (let e = 0; e < mesh.elements.length / 4; e++) {
      const nodes = [...mesh.elements.subarray(4 * e, 4 * e + 4)];
      expect(Math.max(...nodes) - Math.min(...nodes)).toBe(stride);
    }
    expect([...mesh.points.subarray(3 * 22, 3 * 23)].map((x) => Number(x.toFixed(12)))).toEqual([
      0.1, 0.1, 0,
    ]);
    expect([...(mesh.fibres as Float64Array).subarray(0, 6)]).toEqual([1, 0, 0, 1, 0, 0]);
  });

  test("the spacing is rounded to whole cells; impossible sizes are named", () => {
    expect(nodeCount(slab({ size_mm: [1, 1, 1], spacing_mm: 0.3 }))).toBe(64);
    expect(() => slab({ size_mm: [1, 0, 1], spacing_mm: 0.3 })).toThrow("y = 0");
    expect(() => slab({ size_mm: [1e3, 1e3, 1e3], spacing_mm: 0.1 })).toThrow(/are the most/);
    const zero = { size_mm: [1, 1, 1], spacing_mm: 0.5, fibre: [0, 0, 0] } as const;
    expect(() => slab(zero)).toThrow(/no direction/);
  });
});

describe("grid", () => {
  const box = grid({ size_mm: [1.2, 0.9, 0.5], spacing_mm: 0.11, fibre: [0, 0, -1] });
  const flat = grid({ size_mm: [1.2, 0.9, 0], spacing_mm: 0.11 });
  const line = cable({ length_mm: 1.2, spacing_mm: 0.11 });

  test.each([
    ["box", box, 1.2 * 0.9 * 0.5],
    ["sheet", flat, 1.2 * 0.9],
    ["cable", line, 1.2],
  ] as const)("%s: axis edges, sorted; masses add up to the size; nothing is lost", (_, mesh, size) => {
    const graph = edgeGraph(mesh);
    const [nx, ny, nz] = mesh.grid?.nodes as readonly [number, number, number];
    expect(graph.nodeCount).toBe(nx * ny * nz);
    expect(graph.lengths.length).toBe((nx - 1) * ny * nz + nx * (ny - 1) * nz + nx * ny * (nz - 1));
    for (let e = 0; e < graph.lengths.length; e++) {
      const [i, j] = graph.edges.subarray(2 * e, 2 * e + 2);
      const d = [0, 1, 2].map((k) => Math.abs(mesh.points[3 * i + k] - mesh.points[3 * j + k]));
      expect(d.filter((x) => x > 1e-9).length).toBe(1);
      expect(Math.max(...d)).toBeCloseTo(graph.lengths[e], 12);
      if (e > 0) {
        const [a, b] = graph.edges.subarray(2 * e - 2, 2 * e);
        expect(a < i || (a === i && b < j)).toBe(true);
      }
    }
    const { mass, weights } = operators["finite-difference"](mesh);
    expect(sum(mass)).toBeCloseTo(size, 12);
    const random = createRandom(1, "u");
    const u = field(mesh, () => random.normal());
    expect(Math.abs(sum(applyWeights(graph, weights.w, u)))).toBeLessThan(1e-10);
  });

  test("inside, quadratics give their Laplacian; at the boundary, a cosine without flux does", () => {
    const graph = edgeGraph(box);
    const { mass, weights } = operators["finite-difference"](box);
    const u = field(box, (x, y, z) => x * x - 3 * y * y + 0.5 * z * z + x * y);
    const flow = applyWeights(graph, weights.w, u);
    const inside = (i: number) =>
      [0, 1, 2].every((k) => {
        const x = box.points[3 * i + k];
        return x > 1e-9 && x < [1.2, 0.9, 0.5][k] - 1e-9;
      });
    let seen = 0;
    for (let i = 0; i < mass.length; i++)
      if (inside(i) && ++seen) expect(flow[i] / mass[i]).toBeCloseTo(2 - 6 + 1, 9);
    expect(seen).toBeGreaterThan(100);
    // cos(pi x / L) is an eigenvector of the differences: -(4 / h^2) sin^2(pi h / 2 L), everywhere.
    const h = (box.grid?.spacing_mm as readonly number[])[0];
    const wave = field(box, (x) => Math.cos((Math.PI * x) / 1.2));
    const rate = (-4 / h ** 2) * Math.sin((Math.PI * h) / 2.4) ** 2;
    const out = applyWeights(graph, weights.w, wave);
    expect(largest(out.map((f, i) => f / mass[i] - rate * wave[i]))).toBeLessThan(1e-9);
  });

  test("fibres weigh the edges along their axis; oblique or missing ones are named", () => {
    const graph = edgeGraph(box);
    const { w, w_fibre } = operators["finite-difference-fibre"](box).weights;
    for (let e = 0; e < w.length; e++) {
      const isAlong = graph.edges[2 * e + 1] - graph.edges[2 * e] === 12 * 9;
      expect(w_fibre[e]).toBe(isAlong ? w[e] : 0);
    }
    const oblique = grid({ size_mm: [1, 1, 1], spacing_mm: 0.5, fibre: [1, 1, 0] });
    expect(() => operators["finite-difference-fibre"](oblique)).toThrow(/along an axis/);
    expect(() => operators["finite-difference"](oblique)).not.toThrow();
    expect(() => operators["finite-difference-fibre"](flat)).toThrow(/grid has none/);
    const surface = sheet({ width_mm: 3, height_mm: 3, spacing_mm: 1 });
    expect(() => operators["finite-difference"](surface)).toThrow(/need a grid/);
  });

  test("interpolation finds its Laplacian; files have no place for a grid", () => {
    const known = { nodes: [0, 11], values: [2, 4] };
    const between = biLaplacian(line, known);
    expect(between.every((v) => v >= 2 - 1e-6 && v <= 4 + 1e-6)).toBe(true);
    expect(between[0]).toBe(2);
    expect(() => encodeVtu(flat)).toThrow(/grid without elements/);
  });

  test("a single node is no grid", () => {
    expect(() => grid({ size_mm: [0, 0, 0], spacing_mm: 1 })).toThrow(/single node/);
    expect(() => grid({ size_mm: [1, -1, 0], spacing_mm: 1 })).toThrow("y = -1");
  });
});

test("the graph of a slab: Kuhn's seven edges a node, found again from the elements", () => {
  const mesh = slab({ size_mm: [3, 2, 2], spacing_mm: 0.5 });
  const graph = edgeGraph(mesh);
  const [nx, ny, nz] = [7, 5, 5];
  const cells = [nx - 1, ny - 1, nz - 1];
  const axis = cells[0] * ny * nz + nx * cells[1] * nz + nx * ny * cells[2];
  const faces = cells[0] * cells[1] * nz + nx * cells[1] * cells[2] + cells[0] * ny * cells[2];
  expect(graph.lengths.length).toBe(axis + faces + cells[0] * cells[1] * cells[2]);
  expect(new Set(elementEdges(mesh, graph)).size).toBe(graph.lengths.length);
  expect(sum(lumpedMass(mesh))).toBeCloseTo(12, 12);
});
