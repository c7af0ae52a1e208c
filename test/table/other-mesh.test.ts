import { expect, test } from "vitest";
import type { Recording } from "../../src/case/case.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { carryRecording, carryTwin, intoBox, nearestPlaces } from "../../src/table/other-mesh.js";
import { dice, diceOfLowConductivity, lowConductivity } from "../../src/table/region.js";
import { defaultSpec } from "../../src/twin/spec.js";

const mesh = biventricularHeart({ nodes: 320, height_mm: 30 });
const finer = intoBox(biventricularHeart({ nodes: 640, height_mm: 30 }), mesh);
const twinWith = (field: Float64Array | undefined) => ({
  spec: {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: "conductivity-field", options: {} },
  },
  values: {
    scalars: {},
    fields: { ...(field && { "diffusion.log_scale": field }) } as Record<string, Float64Array>,
    network: new Float64Array(0),
    sites: {},
  },
});

test("each node of the other mesh takes the nearest observed node", () => {
  const all = Int32Array.from({ length: nodeCount(mesh) }, (_, i) => i);
  expect(nearestPlaces(mesh, all, mesh)).toEqual(all);
  const places = nearestPlaces(mesh, all, finer);
  const distance = (i: number) =>
    Math.hypot(...[0, 1, 2].map((a) => finer.points[3 * i + a] - mesh.points[3 * places[i] + a]));
  expect(Math.max(...[...places.keys()].map(distance))).toBeLessThan(6);
  expect(places.length).toBe(nodeCount(finer));
});

test("a recording of some nodes is carried to all, its stimulus to the nodes near its own", () => {
  const nodes = Int32Array.of(3, 200);
  const recording: Recording = {
    id: "a",
    beat: "a",
    stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: [3, 4, 5], value: 1 }] },
    potential: {
      times_ms: Float64Array.of(0, 1),
      nodes,
      values: Float32Array.of(0.1, 0.2, 0.3, 0.4),
      arbitraryScale: false,
    },
  };
  const { potential, stimuli } = carryRecording(recording, mesh, finer);
  expect(potential!.nodes.length).toBe(nodeCount(finer));
  expect(potential!.values.length).toBe(2 * nodeCount(finer));
  const near = nearestPlaces(mesh, nodes, finer)[17];
  expect(potential!.values[17]).toBe(recording.potential!.values[near]);
  expect(potential!.values[nodeCount(finer) + 17]).toBe(recording.potential!.values[2 + near]);
  const [started] = stimuli.kind === "given" ? stimuli.stimuli : [];
  const gap = (node: number) =>
    Math.hypot(
      ...[0, 1, 2].map((a) => finer.points[3 * started.nodes[0] + a] - mesh.points[3 * node + a]),
    );
  expect(Math.min(...[3, 4, 5].map(gap))).toBeLessThan(6);
});

test("a recording of activation times is carried as well", () => {
  const plane = sheet({ width_mm: 10, height_mm: 10, spacing_mm: 2 });
  const recording: Recording = {
    id: "a",
    beat: "a",
    stimuli: { kind: "unknown" },
    activation: { nodes: Int32Array.of(0), times_ms: Float64Array.of(7) },
  };
  const { activation } = carryRecording(recording, plane, plane);
  expect([...new Set(activation!.times_ms)]).toEqual([7]);
  expect(activation!.times_ms.length).toBe(nodeCount(plane));
});

test("a twin keeps its numbers on another mesh, and its fields those of the nearest nodes", () => {
  const field = Float64Array.from({ length: nodeCount(mesh) }, (_, i) => -i);
  const carried = carryTwin(twinWith(field), mesh, finer).values.fields["diffusion.log_scale"];
  expect(carried.length).toBe(nodeCount(finer));
  const all = Int32Array.from({ length: nodeCount(mesh) }, (_, i) => i);
  expect(carried[9]).toBe(-nearestPlaces(mesh, all, finer)[9]);
});

test("low conductivity is below half the median, without a look at the truth", () => {
  expect(lowConductivity([1, 1, 1, 0.51, 0.49, 0.1])).toEqual(
    [...[false, false, false], ...[true, true, true]].map((low, k) => (k === 3 ? false : low)),
  );
});

test("Dice of the found region: 1 for the truth, 0 for a twin without a field", () => {
  const truth = Array.from({ length: 100 }, (_, i) => (i < 10 ? 0.04 : i < 20 ? 0.35 : 1));
  const exact = twinWith(Float64Array.from(truth, Math.log));
  expect(diceOfLowConductivity(exact, truth)).toBe(1);
  expect(diceOfLowConductivity(twinWith(undefined), truth)).toBe(0);
  const core = twinWith(Float64Array.from(truth, (c) => (c < 0.1 ? -3 : 0)));
  expect(diceOfLowConductivity(core, truth)).toBeCloseTo(2 / 3, 12);
  expect(dice([false], [false])).toBe(1);
});
