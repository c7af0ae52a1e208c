import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { errorProfile } from "../../src/fit/assess.js";
import { targetOf } from "../../src/fit/targets.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { defaultSpec } from "../../src/twin/spec.js";

const mesh = sheet({ width_mm: 40, height_mm: 40, spacing_mm: 2 });
const compiled = compileTwin(
  catalog,
  {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: "finite-element", options: {} },
  },
  mesh,
);
const all = Array.from({ length: nodeCount(mesh) }, (_, i) => i);
/** Electrodes on every `stride`-th node of every such row. */
const electrodes = (stride: number) =>
  all.filter((i) => (i % 21) % stride === 0 && Math.floor(i / 21) % stride === 0);

function correlation(nodes: readonly number[], errorOf: (node: number, k: number) => number) {
  const activation = { nodes: Int32Array.from(nodes), times_ms: new Float64Array(nodes.length) };
  const target = targetOf(
    { id: "r", beat: "r", stimuli: { kind: "given", stimuli: [] }, activation },
    defaultSpec.observation,
  );
  const prediction = {
    activation_ms: Float64Array.from(nodes, errorOf),
    recovery_ms: new Float64Array(nodes.length),
    finite: true,
  };
  return errorProfile(compiled, [target], [prediction]).spatialCorrelation;
}

test.each([
  1, 2, 5,
])("electrodes %d nodes apart: an error of one half has a place, white noise has none", (stride) => {
  const nodes = electrodes(stride);
  expect(correlation(nodes, (node) => (mesh.points[3 * node] < 20 ? 2 : -2))).toBeGreaterThan(0.6);
  const { normal } = createRandom(1, "white");
  expect(Math.abs(correlation(nodes, () => normal()))).toBeLessThan(0.25);
});

test("one electrode has no neighbour, and no correlation", () => {
  expect(correlation([220], () => 3)).toBe(0);
});
