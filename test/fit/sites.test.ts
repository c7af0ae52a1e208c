import { describe, expect, test } from "vitest";
import type { Case } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { createSession, inlineExecutor } from "../../src/fit/executor.js";
import { fitCandidate } from "../../src/fit/fit-candidate.js";
import { krigeTwin, twinMap } from "../../src/fit/kriging.js";
import { chooseSites } from "../../src/io/choose-sites.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import { farthestPoints } from "../../src/mesh/smoothness.js";
import { gaussianProcess } from "../../src/twin/interpolation/gaussian-process.js";
import { geodesicDistances, unfoldedGraph } from "../../src/twin/interpolation/geodesic.js";
import { nearest } from "../../src/twin/interpolation/nearest.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";

const spacing_mm = 5;
const mesh = ellipsoidShell({
  semiAxes_mm: [28, 28, 36],
  spacing_mm,
  open: true,
  baseFraction: 0.4,
});
const nodes = mesh.points.length / 3;
const onsets_ms = [8, 11, 14];
const speed_mm_per_ms = 1.2;
const origins = [...farthestPoints(unfoldedGraph(mesh), onsets_ms.length, 7)];
const ways = geodesicDistances(mesh, origins);
const truth = Float64Array.from({ length: nodes }, (_, i) =>
  Math.min(...ways.map((way, k) => onsets_ms[k] + way[i] / speed_mm_per_ms)),
);

/** A front of one speed from three places, measured at some nodes with a little noise. */
function beat(known: number, noise_ms = 0): Case {
  const all = Array.from({ length: nodes }, (_, i) => i);
  const learnt = chooseSites(mesh.points, all, { count: known, seed: 1 });
  const random = createRandom(1, "noise");
  const activation = {
    nodes: Int32Array.from(learnt),
    times_ms: Float64Array.from(learnt, (i) => truth[i] + noise_ms * random.normal()),
  };
  return {
    name: "front",
    source: "test",
    mesh,
    recordings: [{ id: "known", beat: "b", stimuli: { kind: "unknown" }, activation }],
    split: { train: ["known"], validation: [], test: [] },
  };
}

const spec: TwinSpec = {
  ...defaultSpec,
  reaction: { name: "modified-mitchell-schaeffer", variant: "torchcor" },
  diffusion: { name: "finite-element", options: {} },
  stimulus: { sites: 6 },
  observation: { ...defaultSpec.observation, loss: "student" },
  fit: { ...defaultSpec.fit, freeReaction: [], starts: 1, fieldIterations: 10 },
  numerics: { scheme: "euler", stepFraction: 0.9, refinements: 1 },
};

const executorFor = (data: Case) => inlineExecutor(createSession(catalog, data));
const contextOf = (data: Case) => ({ data, catalog, executor: executorFor(data), seed: 1 });

const meanError = (map: ArrayLike<number>, data: Case) => {
  const seen = new Set(data.recordings[0].activation!.nodes);
  const left = [...truth.keys()].filter((i) => !seen.has(i));
  return left.reduce((sum, i) => sum + Math.abs(map[i] - truth[i]), 0) / left.length;
};

const knownOf = (data: Case) => {
  const { nodes, times_ms } = data.recordings[0].activation!;
  return { nodes, values: times_ms };
};

describe("a beat that enters at three unknown places", () => {
  const data = beat(60);
  const fit = fitCandidate(contextOf(data), spec);

  test("places and times are found", async () => {
    const { values, status } = await fit;
    expect(status).toBe("fitted");
    const found = values.sites["b"];
    const map = twinMap({ catalog, data }, spec, data.recordings[0], values);
    origins.forEach((origin, k) => {
      const closest = found
        .map(({ node }) => ways[k][node])
        .reduce((a, b) => Math.min(a, b), Infinity);
      expect(closest, `site ${k}`).toBeLessThanOrEqual(1.5 * spacing_mm);
      // The current lifts a patch at once, so its front is ahead by the patch's radius.
      const ahead_ms = spacing_mm / 2 / speed_mm_per_ms;
      expect(map[origin] - onsets_ms[k], `onset ${k}`).toBeGreaterThan(-0.5);
      expect(map[origin] - onsets_ms[k], `onset ${k}`).toBeLessThan(ahead_ms + 0.5);
    });
  }, 240_000);

  test("the twin predicts unseen nodes better than interpolation", async () => {
    const { values } = await fit;
    const map = twinMap({ catalog, data }, spec, data.recordings[0], values);
    expect(meanError(map, data)).toBeLessThan(0.5 * meanError(nearest(mesh, knownOf(data)), data));
    expect(meanError(map, data)).toBeLessThan(
      meanError(gaussianProcess(mesh, knownOf(data)).mean, data),
    );
  }, 240_000);

  test("the same seed gives the same twin", async () => {
    const [one, two] = [await fit, await fitCandidate(contextOf(data), spec)];
    expect(two.values).toEqual(one.values);
  }, 240_000);
});

describe("kriging on the twin", () => {
  test("with noise it is no worse than the process alone, and better than nearest", async () => {
    const data = beat(40, 1);
    const recording = "known";
    const twin = await krigeTwin(contextOf(data), spec, { recording, folds: 2, executorFor });
    const alone = meanError(gaussianProcess(mesh, knownOf(data)).mean, data);
    expect(meanError(twin.kriged.mean, data)).toBeLessThan(1.05 * alone);
    expect(meanError(twin.kriged.mean, data)).toBeLessThan(
      meanError(nearest(mesh, knownOf(data)), data),
    );
    expect(twin.kriged.chance).toBeGreaterThan(0.2);
  }, 240_000);

  test("a recording that is not training data is refused", async () => {
    const data = beat(20);
    const options = { recording: "heldout", folds: 2, executorFor };
    await expect(krigeTwin(contextOf(data), spec, options)).rejects.toThrow(/not a training/);
  });
});
