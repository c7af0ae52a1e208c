import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { directionsOf } from "../../src/fit/uncertainty/directions.js";
import { drawTwins } from "../../src/fit/uncertainty/maps.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { defaultSpec } from "../../src/twin/spec.js";
import { hasSoundConductances } from "../../src/twin/tensor-check.js";

/** Sheared until its triangles are obtuse: some weights are negative. */
const obtuse = (() => {
  const mesh = sheet({ width_mm: 10, height_mm: 10, spacing_mm: 2 });
  const points = mesh.points.map((v, k) => (k % 3 === 0 ? v + 2 * mesh.points[k + 1] : v));
  return { ...mesh, points };
})();
const compiled = compileTwin(
  catalog,
  {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: "conductivity-field", options: {} },
  },
  obtuse,
);
const twin = initialValues(compiled.declared, compiled.model, nodeCount(obtuse), 1);

/** Every direction known to within `sd`, one as well as the other. */
function knownTo(sd: number) {
  const { size, scalars } = directionsOf(compiled, twin);
  const factor = new Float64Array(size * size);
  for (let k = 0; k < size; k++) factor[k * size + k] = 1 / sd;
  const ones = new Float64Array(scalars.length).fill(1);
  const linearisation = { variance: 1 };
  return { optimum: { linearisation }, spread: { factor, deviation: ones, independent: ones } };
}

test("draws of a field that few data hold stay on what the mesh can carry, none at the twin", () => {
  const random = () => createRandom(3, "draws");
  type Known = Parameters<typeof drawTwins>[2];
  const draws = drawTwins({ compiled }, twin, knownTo(4) as unknown as Known, random());
  const field = (values: typeof twin) => values.fields["diffusion.log_scale"];
  for (const draw of draws) {
    expect(hasSoundConductances(compiled, draw)).toBe(true);
    expect(Math.max(...field(draw).map(Math.abs))).toBeGreaterThan(0.01);
  }
  const { uniform } = createRandom(4, "steep");
  const steep = Array.from({ length: 20 }, () => ({
    ...twin,
    fields: { "diffusion.log_scale": field(twin).map(() => 9 * uniform() - 6) },
  }));
  expect(steep.some((values) => !hasSoundConductances(compiled, values))).toBe(true);
});
