import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { ellipsoidShell, sheet } from "../../src/mesh/generators.js";
import { edgeGraph } from "../../src/mesh/graph.js";
import type { EdgeGraph, EdgeOperator, Mesh } from "../../src/mesh/mesh.js";
import {
  applyWeights,
  consistentMass,
  lumpedMass,
  type OperatorName,
  operators,
} from "../../src/mesh/operators.js";
import { boundarySurface, refineTriangles } from "../../src/mesh/surface.js";

/** Those of meshes with elements; test/mesh/structured.test.ts has the others. */
const names = (Object.keys(operators) as OperatorName[]).filter(
  (name) => !name.startsWith("finite-difference"),
);
const build = (name: OperatorName, mesh: Mesh, graph: EdgeGraph): EdgeOperator =>
  operators[name](mesh, graph);
const flat = sheet({
  width_mm: 16,
  height_mm: 16 * Math.sqrt(3 / 4),
  spacing_mm: 1,
  fibreAngle_deg: 30,
});
const heart = biventricularHeart({ nodes: 1119, height_mm: 30 });
const shell = ellipsoidShell({
  semiAxes_mm: [12, 10, 18],
  nodes: 400,
  open: true,
  helixAngle_deg: 40,
});
const meshes = { flat, heart, shell };

const field = (mesh: Mesh, f: (x: number, y: number, z: number) => number) =>
  Float64Array.from({ length: mesh.points.length / 3 }, (_, i) =>
    f(mesh.points[3 * i], mesh.points[3 * i + 1], mesh.points[3 * i + 2]),
  );
const laplacian = (graph: EdgeGraph, operator: EdgeOperator, u: Float64Array) =>
  applyWeights(graph, operator.weights.w, u).map((sum, i) => sum / operator.mass[i]);
const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));

/** Nodes at least two rows away from the sheet's rim: all six neighbours equal. */
const inner = Array.from({ length: flat.points.length / 3 }, (_, i) => i).filter((i) => {
  const [x, y] = flat.points.subarray(3 * i, 3 * i + 2);
  return x > 1.9 && x < 14.1 && y > 1.6 && y < 16 * Math.sqrt(3 / 4) - 1.6;
});

for (const [label, mesh] of Object.entries(meshes)) {
  const graph = edgeGraph(mesh);
  for (const name of names)
    test(`${name} on the ${label}: finite, positive mass, constants rest, semi-definite`, () => {
      const operator = build(name, mesh, graph);
      expect(Math.min(...operator.mass)).toBeGreaterThan(0);
      const random = createRandom(3, name);
      for (const w of Object.values(operator.weights)) {
        expect(w.length).toBe(graph.lengths.length);
        expect(w.every(Number.isFinite)).toBe(true);
        expect(largest(applyWeights(graph, w, new Float64Array(graph.nodeCount).fill(3)))).toBe(0);
        for (let trial = 0; trial < 20; trial++) {
          const u = Float64Array.from({ length: graph.nodeCount }, () => random.normal());
          const flow = applyWeights(graph, w, u);
          const energy = -u.reduce((sum, ui, i) => sum + ui * flow[i], 0);
          expect(energy).toBeGreaterThan(-1e-9);
          // Conservation is the symmetry of w seen from outside.
          expect(Math.abs(flow.reduce((sum, f) => sum + f, 0))).toBeLessThan(1e-9);
        }
      }
    });
}

test("on an equilateral lattice linear fields are at rest and quadratics give their Laplacian", () => {
  const graph = edgeGraph(flat);
  const linear = field(flat, (x, y) => 2 + 3 * x - 5 * y);
  const quadratic = field(flat, (x, y) => x * x + 0.5 * x * y + 2 * y * y);
  const expected: [OperatorName, number][] = [
    // Mean over six neighbours at distance h: h^2 / 4 of the Laplacian 6; their sum: six times that.
    ["mean", 1.5],
    ["graph", 9],
    ["inverse-distance", 6],
    ["p1", 6],
  ];
  for (const [name, value] of expected) {
    const operator = build(name, flat, graph);
    const atRest = laplacian(graph, operator, linear);
    const curved = laplacian(graph, operator, quadratic);
    for (const i of inner) {
      expect(Math.abs(atRest[i])).toBeLessThan(1e-10);
      expect(Math.abs(curved[i] - value)).toBeLessThan(1e-10);
    }
  }
});

test("p1 leaves linear fields at rest at every inner node of the unstructured heart", () => {
  const graph = edgeGraph(heart);
  const flow = laplacian(
    graph,
    operators.p1(heart, graph),
    field(heart, (x, y, z) => x - 2 * y + 3 * z),
  );
  const surface = new Set(boundarySurface(heart).nodes);
  for (let i = 0; i < flow.length; i++)
    if (!surface.has(i)) expect(Math.abs(flow[i])).toBeLessThan(1e-10);
});

test("p1 energies of linear fields are |grad|^2 V, and along fibres (f . grad)^2 V, exactly", () => {
  const graph = edgeGraph(flat);
  const { weights } = operators["p1-fibre"](flat, graph);
  const u = field(flat, (x, y) => 3 * x - 4 * y);
  const energy = (w: Float64Array) =>
    -applyWeights(graph, w, u).reduce((sum, flow, i) => sum + u[i] * flow, 0);
  const area = 16 * 16 * Math.sqrt(3 / 4);
  expect(energy(weights.w) / (25 * area)).toBeCloseTo(1, 12);
  const along = 3 * Math.cos(Math.PI / 6) - 4 * Math.sin(Math.PI / 6);
  expect(energy(weights.w_fibre) / (along ** 2 * area)).toBeCloseTo(1, 10);
  expect(lumpedMass(flat).reduce((sum, m) => sum + m, 0) / area).toBeCloseTo(1, 12);
});

test("three orthogonal fibre fields add up to the isotropic operator", () => {
  const graph = edgeGraph(heart);
  const f = heart.fibres as Float64Array;
  const count = f.length / 3;
  const sum = new Float64Array(graph.lengths.length);
  const normalized = (v: number[]) => v.map((x) => x / Math.hypot(...v));
  const crossed = (a: number[], b: number[]) => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const frames = Array.from({ length: count }, (_, e) => {
    const first = [...f.subarray(3 * e, 3 * e + 3)];
    const helper = Math.abs(first[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
    const second = normalized(crossed(first, helper));
    return [first, second, crossed(first, second)];
  });
  for (const k of [0, 1, 2]) {
    const fibres = Float64Array.from(frames.flatMap((frame) => frame[k]));
    const { w_fibre } = operators["p1-fibre"]({ ...heart, fibres }, graph).weights;
    w_fibre.forEach((w, e) => {
      sum[e] += w;
    });
  }
  const { w } = operators.p1(heart, graph).weights;
  expect(largest(w.map((value, e) => value - sum[e]))).toBeLessThan(1e-11);
});

test("regional weights add up to p1, one per tag", () => {
  const graph = edgeGraph(heart);
  const { weights } = operators["p1-regional"](heart, graph);
  expect(Object.keys(weights)).toEqual(["w_1", "w_2", "w_3"]);
  const { w } = operators.p1(heart, graph).weights;
  const gap = w.map((v, e) => v - weights.w_1[e] - weights.w_2[e] - weights.w_3[e]);
  expect(largest(gap)).toBeLessThan(1e-12);
});

test("turning mesh and fibres changes no operator", () => {
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const turn = (v: Float64Array) => {
    const out = v.slice();
    for (let k = 0; k < v.length; k += 3) {
      const [x, y, z] = [c * v[k] - s * v[k + 1], s * v[k] + c * v[k + 1], v[k + 2]];
      out.set([x, c * y - s * z, s * y + c * z], k);
    }
    return out;
  };
  for (const mesh of [heart, shell]) {
    const turned = {
      ...mesh,
      points: turn(mesh.points),
      fibres: turn(mesh.fibres as Float64Array),
    };
    for (const name of names) {
      const [a, b] = [mesh, turned].map((m) => build(name, m, edgeGraph(m)));
      for (const key of Object.keys(a.weights))
        expect(largest(a.weights[key].map((w, e) => w - b.weights[key][e]))).toBeLessThan(1e-10);
      expect(largest(a.mass.map((m, i) => m - b.mass[i]))).toBeLessThan(1e-10);
    }
  }
});

/** The next mesh of a nested family on the unit sphere. */
function refineBall(mesh: Mesh): Mesh {
  const fine = refineTriangles(mesh);
  const points = fine.points.slice();
  for (let k = 0; k < points.length; k += 3) {
    const radius = Math.hypot(points[k], points[k + 1], points[k + 2]);
    for (let axis = 0; axis < 3; axis++) points[k + axis] /= radius;
  }
  return { ...fine, points };
}

test("p1 on the sphere converges at second order to its first harmonic", () => {
  // On the unit sphere -Laplacian z = 2 z; the Rayleigh quotient of z is 2 + O(h^2).
  let ball = ellipsoidShell({ semiAxes_mm: [1, 1, 1], nodes: 100, open: false });
  const errors = [0, 1, 2, 3].map(() => {
    ball = refineBall(ball);
    const graph = edgeGraph(ball);
    const { mass, weights } = operators.p1(ball, graph);
    const z = field(ball, (_x, _y, height) => height);
    const flow = applyWeights(graph, weights.w, z);
    const energy = -z.reduce((sum, value, i) => sum + value * flow[i], 0);
    return Math.abs(energy / z.reduce((sum, value, i) => sum + mass[i] * value ** 2, 0) - 2);
  });
  for (const k of [1, 2, 3])
    expect(Math.abs(Math.log2(errors[k - 1] / errors[k]) - 2)).toBeLessThan(0.1);
});

test("p1-fibre without fibres and flat elements are named", () => {
  const { fibres: _, ...bare } = flat;
  expect(() => operators["p1-fibre"](bare, edgeGraph(bare))).toThrow(/needs fibre directions/);
  const squashed = { ...flat, points: flat.points.map((x, k) => (k % 3 === 0 ? x : 0)) };
  expect(() => operators.p1(squashed, edgeGraph(squashed))).toThrow(/has no area/);
});

test.each(Object.entries(meshes))("the consistent mass of the %s", (_label, mesh) => {
  const graph = edgeGraph(mesh);
  const shared = consistentMass(mesh, graph);
  const lumped = lumpedMass(mesh);
  const size = mesh.elementKind === "triangle" ? 3 : 4;
  // The diagonal is what the edges leave of the lumped mass: 1/6 of an area, 1/10 of a volume.
  const diagonal = lumped.slice();
  shared.forEach((m, e) => {
    for (const end of [0, 1]) diagonal[graph.edges[2 * e + end]] -= m;
  });
  expect(largest(diagonal.map((d, i) => d / lumped[i] - 2 / (size + 1)))).toBeLessThan(1e-13);
});

test("the consistent mass integrates products on the unit square and the unit tetrahedron", () => {
  const integral = (mesh: Mesh, f: Float64Array) => {
    const graph = edgeGraph(mesh);
    const shared = consistentMass(mesh, graph);
    // sum m_i f_i^2 - sum c_ij (f_i - f_j)^2
    const around = lumpedMass(mesh).reduce((sum, m, i) => sum + m * f[i] ** 2, 0);
    return shared.reduce(
      (sum, m, e) => sum - m * (f[graph.edges[2 * e]] - f[graph.edges[2 * e + 1]]) ** 2,
      around,
    );
  };
  const bare = { regionNames: {}, regions: new Int32Array(2) };
  const square: Mesh = {
    ...{ ...bare, elementKind: "triangle", elements: Int32Array.of(0, 1, 2, 0, 2, 3) },
    points: Float64Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0),
  };
  expect(
    integral(
      square,
      field(square, (x) => x),
    ),
  ).toBeCloseTo(1 / 3, 14);
  expect(
    integral(
      square,
      field(square, (x, y) => x + y),
    ),
  ).toBeCloseTo(7 / 6, 14);
  const corner: Mesh = {
    ...{ ...bare, regions: new Int32Array(1), elementKind: "tetrahedron" },
    elements: Int32Array.of(0, 1, 2, 3),
    points: Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1),
  };
  expect(
    integral(
      corner,
      field(corner, (x) => x),
    ),
  ).toBeCloseTo(1 / 60, 14);
});
