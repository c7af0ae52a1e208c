import { expect, test } from "vitest";
import type { Case, Recording } from "../../src/case/case.js";
import { baselineScores } from "../../src/fit/baselines.js";
import { targetsOf } from "../../src/fit/targets.js";
import { sheet } from "../../src/mesh/generators.js";
import { defaultSpec } from "../../src/twin/spec.js";

const mesh = sheet({ width_mm: 8, height_mm: 4, spacing_mm: 2 });
const nodes = Int32Array.of(0, 1, 2, 3);

/** Times of a beat that is paced at one node. */
const recording = (id: string, site: number, times_ms: readonly number[]): Recording => ({
  id,
  beat: id,
  stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: [site], value: 1 }] },
  activation: { nodes, times_ms: Float64Array.from(times_ms) },
});

const data: Case = {
  name: "times",
  source: "test",
  mesh,
  recordings: [
    recording("far", 4, [8, 6, 4, 2]),
    recording("near", 1, [2, 0, 3, 5]),
    recording("asked", 0, [0, 2, 4, 6]),
  ],
  split: { train: ["far", "near"], validation: [], test: ["asked"] },
};

test("times alone stand beside their own mean and the recording paced nearest", () => {
  const [train, judged] = [data.split.train, data.split.test].map((ids) =>
    targetsOf(data, ids, defaultSpec.observation),
  );
  const scores = baselineScores(data, train, judged);
  expect(Object.keys(scores)).toEqual(["spatial_mean", "nearest_pacing"]);
  expect(scores.spatial_mean).toMatchObject({ mse: null, at_mae_ms: 2, activation_agreement: 1 });
  expect(scores.nearest_pacing.at_mae_ms).toBe((2 + 2 + 1 + 1) / 4);
});
