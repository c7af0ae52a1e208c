import { expect, test } from "vitest";
import { sheet } from "../../src/mesh/generators.js";
import { edgeGraph } from "../../src/mesh/graph.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { operators } from "../../src/mesh/operators.js";
import { grid, slab } from "../../src/mesh/structured.js";
import { errorOf } from "../twin/problem.js";

const box = slab({ size_mm: [2, 2, 2], spacing_mm: 0.5, fibre: [1, 0, 0] });
const p1 = (mesh: Mesh) => operators.p1(mesh, edgeGraph(mesh));

const swapped = (mesh: Mesh, isSwapped: (element: number) => boolean): Mesh => {
  const elements = mesh.elements.slice();
  for (let e = 0; e < elements.length / 4; e++)
    if (isSwapped(e))
      [elements[4 * e], elements[4 * e + 1]] = [elements[4 * e + 1], elements[4 * e]];
  return { ...mesh, elements };
};

test("single inverted tetrahedra are named and counted", () => {
  const problem = errorOf(() => p1(swapped(box, (e) => e === 7 || e === 30)));
  expect(problem).toMatchObject({ code: "inverted-element", path: "mesh.elements" });
  expect(problem.message).toMatch(/^Element 7 is inverted, as are 1 others of 384/);
});

test("a mesh that is numbered left-handed throughout is the same tissue", () => {
  const left = p1(swapped(box, () => true));
  const right = p1(box);
  left.weights.w.forEach((w, e) => {
    expect(w).toBeCloseTo(right.weights.w[e], 12);
  });
  expect(left.mass).toEqual(right.mass);
});

test("a folded node inverts elements", () => {
  const points = box.points.slice();
  const middle = 2 + 5 * (2 + 5 * 2);
  points[3 * middle] += 0.7;
  expect(errorOf(() => p1({ ...box, points })).code).toBe("inverted-element");
});

/** One corner of the box's tetrahedra, pushed onto the opposite face of one of them. */
function flattened(height: number): Mesh {
  const points = box.points.slice();
  const [a, b, c, d] = box.elements.subarray(0, 4);
  for (let k = 0; k < 3; k++) {
    const face = (points[3 * a + k] + points[3 * b + k] + points[3 * c + k]) / 3;
    points[3 * d + k] = face + height * (points[3 * d + k] - face);
  }
  return { ...box, points };
}

test("a sliver that dictates the time step is named with what it costs", () => {
  const problem = errorOf(() => p1(flattened(1e-3)));
  expect(problem.code).toBe("sliver-element");
  expect(problem.message).toMatch(
    /^Element [03] is a sliver .* makes the time step \d+ times shorter/,
  );
  const times = Number(/(\d+) times/.exec(problem.message)?.[1]);
  expect(times).toBeGreaterThan(20);
  // The rate goes like 1 / height, and so does the factor.
  const worse = errorOf(() => p1(flattened(1e-4))).message;
  expect(Number(/(\d+) times/.exec(worse)?.[1]) / times).toBeCloseTo(10, 0);
  expect(() => p1(flattened(0.2))).not.toThrow();
});

test("flat cells everywhere are a choice, not slivers", () => {
  expect(() => p1(slab({ size_mm: [20, 20, 0.02], spacing_mm: 1 }))).not.toThrow();
});

test("finite elements on a grid are refused by the name of the way out", () => {
  const problem = errorOf(() => p1(grid({ size_mm: [2, 2, 2], spacing_mm: 1 })));
  expect(problem).toMatchObject({ code: "missing-elements" });
  expect(problem.fix).toMatch(/finite-difference/);
});

test.each([
  ["too long", [2, 0, 0], /^The fibre of element 5 has length 2 instead of 1/],
  ["not a number", [0, Number.NaN, 0], /^The fibre of element 5 is \[0, NaN, 0\]/],
  ["infinite", [0, 0, Infinity], /^The fibre of element 5 is \[0, 0, Infinity\]/],
] as const)("a fibre that is %s is named", (_, fibre, why) => {
  const surface = sheet({ width_mm: 3, height_mm: 3, spacing_mm: 1, fibreAngle_deg: 0 });
  for (const mesh of [box, surface]) {
    const fibres = (mesh.fibres as Float64Array).slice();
    fibres.set(fibre, 15);
    const problem = errorOf(() => operators["p1-fibre"]({ ...mesh, fibres }, edgeGraph(mesh)));
    expect(problem).toMatchObject({ code: "bad-fibre", path: "mesh.fibres" });
    expect(problem.message).toMatch(why);
  }
});

test("a zero fibre is isotropic, a missing row is named", () => {
  const fibres = (box.fibres as Float64Array).slice().fill(0);
  const { w_fibre } = operators["p1-fibre"]({ ...box, fibres }, edgeGraph(box)).weights;
  expect(w_fibre.every((w) => w === 0)).toBe(true);
  const short = { ...box, fibres: fibres.subarray(3) };
  expect(errorOf(() => operators["p1-fibre"](short, edgeGraph(box))).code).toBe("bad-shape");
});
