import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { lossGradient } from "../../src/fit/field-gradient.js";
import { costs } from "../../src/fit/normal-equations.js";
import { targetOf } from "../../src/fit/targets.js";
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
const nodes = Int32Array.from({ length: nodeCount(obtuse) }, (_, i) => i);
const corner = { kind: "initial", nodes: [0, 1, 6, 7], value: 1 } as const;
const target = targetOf(
  {
    id: "r",
    beat: "r",
    stimuli: { kind: "given", stimuli: [corner] },
    activation: { nodes, times_ms: Float64Array.from(nodes, (i) => i) },
  },
  defaultSpec.observation,
);
const twin = initialValues(compiled.declared, compiled.model, nodeCount(obtuse), 1);

/** Every direction known to within `sd`, one as well as the other. */
function knownTo(sd: number) {
  const { size, scalars } = directionsOf(compiled, twin);
  const factor = new Float64Array(size * size);
  for (let k = 0; k < size; k++) factor[k * size + k] = 1 / sd;
  const ones = new Float64Array(scalars.length).fill(1);
  return { variance: 1, factor, independent: ones, deviation: ones };
}
const drawn = (sd: number) => drawTwins({ compiled }, twin, knownTo(sd), createRandom(3, "draws"));
const fieldName = "diffusion.log_scale";

test("draws of a field that few data hold are flattened to what the mesh can carry", () => {
  const { low, high } = catalogBounds();
  const { twins, flattened } = drawn(4);
  // The very same draws, far too small to be steep: 400 times as much is what was drawn.
  const small = drawn(0.01).twins;
  let steep = 0;
  twins.forEach((values, k) => {
    const asDrawn = small[k].fields[fieldName].map((y) => Math.min(high, Math.max(low, 400 * y)));
    const raw = { ...values, fields: { [fieldName]: asDrawn } };
    const isSteep = !hasSoundConductances(compiled, raw);
    steep += Number(isSteep);
    expect(hasSoundConductances(compiled, values)).toBe(true);
    const distance = Math.max(...values.fields[fieldName].map((y, i) => Math.abs(y - asDrawn[i])));
    if (isSteep) expect(distance).toBeGreaterThan(0.5);
    else expect(distance).toBeLessThan(1e-9);
    expect(Math.max(...values.fields[fieldName].map(Math.abs))).toBeGreaterThan(0.05);
  });
  expect(steep).toBeGreaterThan(0);
  expect(flattened).toBe(steep);
  expect(drawn(0.01).flattened).toBe(0);
});

function catalogBounds() {
  const [field] = compiled.layout.fields;
  return { low: field.bounds[0], high: field.bounds[1] };
}

test("values that the mesh cannot carry cost infinitely much in a fit", () => {
  const { uniform } = createRandom(4, "steep");
  const fields = () => ({ [fieldName]: twin.fields[fieldName].map(() => 9 * uniform() - 6) });
  const tries = Array.from({ length: 20 }, () => ({ ...twin, fields: fields() }));
  const steep = tries.find((values) => !hasSoundConductances(compiled, values))!;
  const options = { compare: "times", limit_ms: 0.05, scale: 1 } as const;
  const [flat, uphill] = costs(compiled, target, [twin, steep], options);
  expect(flat.cost).toBeGreaterThan(0);
  expect(Number.isFinite(flat.cost)).toBe(true);
  expect(uphill.cost).toBe(Number.POSITIVE_INFINITY);
  expect(costs(compiled, target, [steep], options)[0].cost).toBe(Number.POSITIVE_INFINITY);
  const gradient = lossGradient(compiled, [target], steep, { limit_ms: 0.05, timeWeight: 1 });
  expect(gradient).toMatchObject({ loss: Number.POSITIVE_INFINITY, diverged: true });
});
