import { expect, test } from "vitest";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { inspectMesh, requireSoundMesh } from "../../src/mesh/checks.js";
import { ellipsoidShell, sheet } from "../../src/mesh/generators.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { boundarySurface, nodeNormals } from "../../src/mesh/surface.js";

const good = ellipsoidShell({ semiAxes_mm: [12, 10, 18], nodes: 200, open: false });
const edit = (array: Float64Array | Int32Array, at: number, value: number) => {
  const copy = array.slice();
  copy[at] = value;
  return copy;
};

/** Every way to spoil a mesh, and what the error must say. */
const spoilt: Record<string, [Mesh, RegExp]> = {
  "a NaN": [{ ...good, points: edit(good.points, 7, Number.NaN) as Float64Array }, /1 coordinates/],
  "counting from 1": [
    { ...good, elements: good.elements.map((n) => n + 1) },
    /nodes that do not exist/,
  ],
  "a missing row": [{ ...good, regions: good.regions.slice(1) }, /mesh.regions has/],
  "a short field": [{ ...good, nodeData: { depth: new Float64Array(3) } }, /nodeData.depth has 3/],
  "a doubled node": [
    {
      ...good,
      points: Float64Array.from([...good.points, ...good.points.slice(0, 3)]),
      elements: edit(good.elements, good.elements.indexOf(0), good.points.length / 3) as Int32Array,
    },
    /1 nodes lie on top/,
  ],
  "a lonely node": [
    { ...good, points: Float64Array.from([...good.points, 0, 0, 0]) },
    /1 nodes belong to no element/,
  ],
  "a flat triangle": [
    { ...good, elements: edit(good.elements, 1, good.elements[0]) as Int32Array },
    /have no area/,
  ],
  "two parts": [
    {
      ...good,
      points: Float64Array.from([...good.points, ...good.points.map((x) => x + 60)]),
      elements: Int32Array.from([
        ...good.elements,
        ...good.elements.map((n) => n + good.points.length / 3),
      ]),
      regions: new Int32Array(2 * good.regions.length),
    },
    /falls into 2 parts/,
  ],
  micrometres: [{ ...good, points: good.points.map((x) => 1000 * x) }, /looks like um/],
  metres: [{ ...good, points: good.points.map((x) => x / 1000) }, /looks like m\./],
  crumbs: [{ ...good, points: good.points.map((x) => x / 20) }, /hearts measure/],
  nothing: [{ ...good, elements: new Int32Array(0), regions: new Int32Array(0) }, /no elements/],
};

for (const [name, [mesh, message]] of Object.entries(spoilt))
  test(`requireSoundMesh names ${name}`, () => {
    expect(() => requireSoundMesh(mesh)).toThrow(message);
  });

test("a sound mesh passes, and small tissue when it is declared", () => {
  expect(requireSoundMesh(good)).toEqual(inspectMesh(good));
  const tissue = sheet({ width_mm: 3, height_mm: 2, spacing_mm: 0.5 });
  expect(() => requireSoundMesh(tissue)).toThrow(/anySize|hearts measure/);
  expect(requireSoundMesh(tissue, { anySize: true }).unitGuess).toBe("suspicious");
});

test("the report sees turned triangles, third triangles on an edge and rims", () => {
  const [a, b, c] = good.elements;
  const turned = { ...good, elements: edit(edit(good.elements, 1, c), 2, b) as Int32Array };
  expect(inspectMesh(good).orientationConsistent).toBe(true);
  expect(inspectMesh(turned).orientationConsistent).toBe(false);
  const fin = {
    ...good,
    points: Float64Array.from([...good.points, 0, 0, 40]),
    elements: Int32Array.from([...good.elements, a, b, good.points.length / 3]),
    regions: new Int32Array(good.regions.length + 1),
  };
  expect(inspectMesh(fin).nonManifoldEdges).toBe(1);
  expect(inspectMesh(fin).boundaryEdges).toBe(2);
  const bitten = { ...good, elements: good.elements.slice(3), regions: good.regions.slice(1) };
  expect(inspectMesh(bitten).boundaryEdges).toBe(3);
});

test("the surface of one tetrahedron is outward whatever way the element is written", () => {
  const points = Float64Array.from([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
  for (const elements of [
    [0, 1, 2, 3],
    [0, 2, 1, 3],
  ]) {
    const mesh: Mesh = {
      points,
      elementKind: "tetrahedron",
      elements: Int32Array.from(elements),
      regions: new Int32Array(1),
      regionNames: {},
    };
    const { triangles, nodes } = boundarySurface(mesh);
    expect([triangles.length, ...nodes]).toEqual([12, 0, 1, 2, 3]);
    const normals = nodeNormals(mesh);
    for (let k = 0; k < 3; k++) expect(normals[k]).toBeCloseTo(-1 / Math.sqrt(3), 12);
    expect(inspectMesh(mesh).orientationConsistent).toBe(elements[1] === 1);
  }
});

test("the heart's surface is closed and encloses the volume of its elements", () => {
  const heart = biventricularHeart({ nodes: 1119, height_mm: 30 });
  const { triangles } = boundarySurface(heart);
  const p = (node: number) => heart.points.subarray(3 * node, 3 * node + 3);
  let enclosed = 0;
  for (let k = 0; k < triangles.length; k += 3) {
    const [a, b, c] = [0, 1, 2].map((m) => p(triangles[k + m]));
    enclosed +=
      (a[0] * (b[1] * c[2] - b[2] * c[1]) -
        a[1] * (b[0] * c[2] - b[2] * c[0]) +
        a[2] * (b[0] * c[1] - b[1] * c[0])) /
      6;
  }
  let filled = 0;
  for (let e = 0; e < heart.elements.length; e += 4) {
    const [o, ...rest] = [0, 1, 2, 3].map((m) => p(heart.elements[e + m]));
    const [u, v, w] = rest.map((q) => [q[0] - o[0], q[1] - o[1], q[2] - o[2]]);
    filled +=
      (u[0] * (v[1] * w[2] - v[2] * w[1]) -
        u[1] * (v[0] * w[2] - v[2] * w[0]) +
        u[2] * (v[0] * w[1] - v[1] * w[0])) /
      6;
  }
  expect(enclosed / filled).toBeCloseTo(1, 12);
});
