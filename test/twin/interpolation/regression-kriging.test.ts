import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/core/random.js";
import { gaussianProcess } from "../../../src/twin/interpolation/gaussian-process.js";
import { nearest } from "../../../src/twin/interpolation/nearest.js";
import { regressionKriging } from "../../../src/twin/interpolation/regression-kriging.js";
import {
  breakthroughTimes,
  ellipsoid,
  knownOf,
  meanAbsoluteError,
  pickNodes,
  positions,
} from "./surfaces.js";

const heart = ellipsoid(2);
const times = breakthroughTimes(heart);
const scalePrior = { mean: 0.5, sd: 0.5 };
const layouts = [0, 1, 2, 3, 4, 5].map((seed) => pickNodes(heart, 24, seed));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
const error = (predicted: ArrayLike<number>, nodes: number[]) =>
  meanAbsoluteError(predicted, times, nodes);
const plainError = mean(
  layouts.map((nodes) => error(gaussianProcess(heart, knownOf(times, nodes)).mean, nodes)),
);

test("physics that is right up to scale and a smooth error is used, with the right scale", () => {
  const prediction = Float64Array.from(
    positions(heart),
    ([x], i) => 1.25 * times[i] + 40 + 2 * Math.sin(x / 15),
  );
  const fits = layouts.map((nodes) =>
    regressionKriging(heart, knownOf(times, nodes), { physics: { prediction, scalePrior } }),
  );
  for (const { scale, chance } of fits) {
    // Its sd leaves out the uncertainty of the three fitted parameters.
    expect(Math.abs(scale.mean - 0.8)).toBeLessThan(4 * scale.sd);
    expect(scale.sd).toBeLessThan(0.1);
    expect(chance).toBeGreaterThan(0.99);
  }
  expect(Math.abs(mean(fits.map(({ scale }) => scale.mean)) - 0.8)).toBeLessThan(0.05);
  expect(mean(fits.map((fit, i) => error(fit.mean, layouts[i])))).toBeLessThan(0.4 * plainError);
});

test("physics that has nothing to do with the heart is dropped at little cost", () => {
  const fits = layouts.map((nodes, seed) => {
    const random = createRandom(seed, "nonsense");
    const prediction = times.map(() => 20 + 8 * random.normal());
    return regressionKriging(heart, knownOf(times, nodes), { physics: { prediction, scalePrior } });
  });
  expect(Math.abs(mean(fits.map(({ scale }) => scale.mean)))).toBeLessThan(0.05);
  expect(mean(fits.map(({ chance }) => chance))).toBeLessThan(0.3);
  expect(mean(fits.map((fit, i) => error(fit.mean, layouts[i])))).toBeLessThan(1.03 * plainError);
});

describe("physics that only memorises its data (here the nearest value)", () => {
  const fits = layouts.map((nodes) => {
    const known = knownOf(times, nodes);
    const prediction = nearest(heart, known);
    const leaveOut = nodes.map((left, k) => {
      const others = nodes.filter((node) => node !== left);
      const row = new Float64Array(nodes.length).fill(NaN);
      row[k] = nearest(heart, knownOf(times, others))[left];
      return row;
    });
    const honest = regressionKriging(heart, known, {
      physics: { prediction, leaveOut, scalePrior },
    });
    const naive = regressionKriging(heart, known, { physics: { prediction, scalePrior } });
    return { nodes, honest, naive };
  });
  const coverage = (kind: "honest" | "naive") =>
    mean(
      fits.flatMap(({ nodes, ...fit }) =>
        [...times.keys()]
          .filter((i) => !nodes.includes(i))
          .map((i) => {
            const { mean: predicted, sdWithNoise } = fit[kind];
            return Math.abs(times[i] - predicted[i]) < 1.96 * sdWithNoise[i] ? 1 : 0;
          }),
      ),
    );

  test("is trusted blindly in-sample, and hardly with leave-out predictions", () => {
    for (const { naive, honest } of fits) {
      expect(naive.scale.mean).toBeGreaterThan(0.99);
      expect(honest.scale.mean).toBeLessThan(0.5);
    }
    const errors = (kind: "honest" | "naive") =>
      mean(fits.map((fit) => error(fit[kind].mean, fit.nodes)));
    expect(errors("honest")).toBeLessThan(1.1 * plainError);
    expect(errors("honest")).toBeLessThan(0.8 * errors("naive"));
  });
  test("leave-out predictions also keep the intervals honest", () => {
    expect(coverage("honest")).toBeGreaterThan(0.85);
    expect(coverage("naive")).toBeLessThan(0.3);
  });
});

test("passes through noise-free data, with leave-out predictions too", () => {
  const nodes = layouts[0];
  const known = knownOf(times, nodes);
  const prediction = times.map((value, i) => 0.7 * value + Math.cos(i));
  const leaveOut = [nodes.map((node) => 0.6 * times[node]), nodes.map((_, k) => (k % 2 ? k : NaN))];
  for (const physics of [
    { prediction, scalePrior },
    { prediction, leaveOut, scalePrior },
  ]) {
    const fit = regressionKriging(heart, known, { physics, fixed: { noiseSd: 0 } });
    nodes.forEach((node, k) => {
      expect(fit.mean[node]).toBeCloseTo(known.values[k], 5);
      expect(fit.sd[node]).toBeLessThan(1e-2);
    });
  }
});

test("averages the fits with and without physics: means, sds and scale of the mixture", () => {
  const known = knownOf(times, layouts[1]);
  const prediction = times.map((value, i) => value + 8 * Math.sin(i));
  const withChance = (chance: number) =>
    regressionKriging(heart, known, { physics: { prediction, scalePrior, chance } });
  const [mixed, drifted] = [withChance(0.5), withChance(1)];
  const plain = gaussianProcess(heart, known);
  const odds = Math.exp(drifted.logEvidence - plain.logEvidence);
  expect(mixed.chance).toBeCloseTo(odds / (1 + odds), 10);
  const p = mixed.chance;
  const blend = (a: number, b: number) => p * a + (1 - p) * b;
  times.forEach((_, i) => {
    const [a, b] = [drifted.mean[i], plain.mean[i]];
    expect(mixed.mean[i]).toBeCloseTo(blend(a, b), 8);
    for (const kind of ["sd", "sdWithNoise"] as const) {
      const second = blend(a ** 2 + drifted[kind][i] ** 2, b ** 2 + plain[kind][i] ** 2);
      expect(mixed[kind][i] ** 2).toBeCloseTo(second - blend(a, b) ** 2, 6);
    }
  });
  expect(p).toBeGreaterThan(0.02);
  expect(p).toBeLessThan(0.98);
  expect(mixed.scale.mean).toBeCloseTo(p * drifted.scale.mean, 10);
});

test("a tight prior fixes the scale, a chance of 1 keeps the physics in", () => {
  const prediction = times.map((value) => 2 * value);
  const known = knownOf(times, layouts[0]);
  const physics = { prediction, scalePrior: { mean: 0.3, sd: 1e-6 }, chance: 1 };
  const fit = regressionKriging(heart, known, { physics });
  expect(fit.scale.mean).toBeCloseTo(0.3, 6);
  expect(fit.chance).toBe(1);
});

test("refuses what it cannot use", () => {
  const known = knownOf(times, layouts[0]);
  const run = (physics: object) => () =>
    regressionKriging(heart, known, { physics: { prediction: times, scalePrior, ...physics } });
  expect(run({ prediction: times.slice(1) })).toThrow("162 finite values");
  expect(run({ prediction: times.map((v, i) => (i ? v : Infinity)) })).toThrow("162 finite values");
  expect(run({ scalePrior: { mean: 0, sd: 0 } })).toThrow("finite positive sd");
  expect(run({ chance: 0 })).toThrow("not in (0, 1]");
  expect(run({ leaveOut: [[1, 2]] })).toThrow("one per known node");
  expect(run({ leaveOut: [layouts[0].map(() => NaN)] })).toThrow(
    `No leave-out prediction covers the known node ${layouts[0][0]}`,
  );
});
