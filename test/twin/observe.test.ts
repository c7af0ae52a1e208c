import { describe, expect, test } from "vitest";
import type { PotentialData, Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { targetOf } from "../../src/fit/targets.js";
import { pixelSheet } from "../../src/io/pixel-sheet.js";
import { compileTwin } from "../../src/twin/compile.js";
import {
  fitChannels,
  observedFrames,
  pullFrames,
  shiftOf,
  spatialBlur,
  type TimeMap,
  timeMap,
} from "../../src/twin/observe.js";
import { timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec } from "../../src/twin/spec.js";
import { channelTimes } from "../../src/twin/times.js";
import { sheetSpec } from "./observe-sheet.js";

const grid = timeGrid(1, 41, 1);
const random = createRandom(7, "observe");
const noise = (count: number) => Float64Array.from({ length: count }, () => random.normal());
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
};
/** The map as a dense row of weights. */
const row = ({ rows }: TimeMap, f: number, samples = 41): Float64Array => {
  const out = new Float64Array(samples);
  rows[f].index.forEach((sample, k) => {
    out[sample] += rows[f].weight[k];
  });
  return out;
};

describe("time map", () => {
  test("is the identity on the grid, and interpolates between samples", () => {
    const identity = timeMap([3, 7], grid, { blur_ms: 0, shift_ms: 0 });
    expect([...identity.rows[0].index]).toEqual([3]);
    expect([...identity.rows[1].weight]).toEqual([1]);
    const between = row(timeMap([3], grid, { blur_ms: 0, shift_ms: 0.25 }), 0);
    expect(between[2]).toBeCloseTo(0.25, 12);
    expect(between[3]).toBeCloseTo(0.75, 12);
  });

  test("keeps constants and straight lines, and delays by the shift", () => {
    const line = Float64Array.from({ length: 41 }, (_, t) => 2 + 0.5 * t);
    for (const blur_ms of [0, 0.1, 0.7, 2]) {
      const weights = row(timeMap([20], grid, { blur_ms, shift_ms: 0.3 }), 0);
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 8);
      expect(dot(weights, line)).toBeCloseTo(2 + 0.5 * 19.7, 7);
    }
  });

  test("blurs a Gaussian into the wider one of the sum of variances", () => {
    for (const interval_ms of [0.1, 1])
      for (const [t, sd] of [
        [30, 1.5],
        [33.4, 2.4],
      ]) {
        const samples = 60 / interval_ms + 1;
        const pulse = Float64Array.from({ length: samples }, (_, k) =>
          Math.exp(-0.5 * ((interval_ms * k - 30) / 2) ** 2),
        );
        const map = timeMap([t], timeGrid(interval_ms, samples, 1), { blur_ms: sd, shift_ms: 0 });
        const width = Math.hypot(2, sd);
        const exact = (2 / width) * Math.exp(-0.5 * ((t - 30) / width) ** 2);
        expect(Math.abs(dot(row(map, 0, samples), pulse) - exact)).toBeLessThan(2e-3);
      }
  });

  test("derivatives by blur and shift are those of the map", () => {
    const signal = noise(41);
    const at = (blur_ms: number, shift_ms: number) =>
      dot(row(timeMap([17.4], grid, { blur_ms, shift_ms }), 0), signal);
    for (const blur_ms of [0.3, 1, 2.4]) {
      const slope = (part: "d-blur" | "d-shift") =>
        dot(row(timeMap([17.4], grid, { blur_ms, shift_ms: 0.2, part }), 0), signal);
      const h = 1e-5;
      expect(slope("d-blur")).toBeCloseTo(
        (at(blur_ms + h, 0.2) - at(blur_ms - h, 0.2)) / (2 * h),
        7,
      );
      expect(slope("d-shift")).toBeCloseTo(
        (at(blur_ms, 0.2 + h) - at(blur_ms, 0.2 - h)) / (2 * h),
        7,
      );
    }
  });

  test("pulling back is the transpose", () => {
    const map = timeMap([0.3, 5.5, 39.9], grid, { blur_ms: 1.3, shift_ms: -0.4 });
    const [x, y] = [noise(41 * 3), noise(3 * 2)];
    const nodes = [2, 0];
    const forward = observedFrames({ values: x, lanes: 1, lane: 0, nodes: 3 }, nodes, map);
    const back = new Float64Array(41 * 3);
    pullFrames(y, nodes, map, { values: back, lanes: 1, lane: 0, nodes: 3 });
    expect(dot(forward, y)).toBeCloseTo(dot(x, back), 12);
  });
});

describe("spatial blur", () => {
  const side = 25;
  const compiled = compileTwin(catalog, sheetSpec({}), pixelSheet(side, side, 0.25));
  const { mass } = compiled.operator;

  test("transposed is the transpose, and no charge is lost", () => {
    const [x, y] = [noise(2 * side * side), noise(2 * side * side)];
    const blurred = spatialBlur(compiled, x, 0.6);
    expect(dot(blurred, y)).toBeCloseTo(dot(x, spatialBlur(compiled, y, 0.6, true)), 10);
    const first = blurred.subarray(0, side * side);
    expect(dot(mass, first)).toBeCloseTo(dot(mass, x.subarray(0, side * side)), 10);
  });

  test("widens a point by its standard deviation", () => {
    const point = new Float64Array(side * side);
    point[12 * side + 12] = 1;
    const blurred = spatialBlur(compiled, point, 0.5);
    let [total, second] = [0, 0];
    blurred.forEach((u, i) => {
      total += u * mass[i];
      second += u * mass[i] * (0.25 * ((i % side) - 12)) ** 2;
    });
    expect(Math.sqrt(second / total)).toBeCloseTo(0.5, 2);
  });
});

const film = (values: ArrayLike<number>, channels: number): PotentialData => ({
  times_ms: Float64Array.from({ length: values.length / channels }, (_, f) => f),
  nodes: Int32Array.from({ length: channels }, (_, k) => k),
  values: Float32Array.from(values),
  arbitraryScale: true,
});

describe("channels", () => {
  const wave = Float64Array.from({ length: 80 }, (_, f) => 1 / (1 + Math.exp(-(f - 30) / 2)));
  const line = (f: number) => (2 * f) / 79 - 1;
  const both = { gainOffset: true, drift: true };

  test("gain, offset and drift are found, missing values left out", () => {
    const data = film(
      wave.map((u, f) => (f === 12 ? Number.NaN : 0.04 * u + 3 + 0.01 * line(f))),
      1,
    );
    const { coefficients } = fitChannels(data, wave, both);
    [0.04, 3, 0.01].forEach((value, k) => {
      expect(coefficients[k]).toBeCloseTo(value, 5);
    });
  });

  test("switched off, nothing is fitted", () => {
    const { fitted, coefficients } = fitChannels(film(wave, 1), noise(80), {
      gainOffset: false,
      drift: false,
    });
    expect([...coefficients]).toEqual([1, 0, 0]);
    expect(fitted.length).toBe(80);
  });

  test("a wave upside down gets no gain, and the best offset without it", () => {
    const data = film(
      wave.map((u) => 1 - u),
      1,
    );
    const { coefficients } = fitChannels(data, wave, { gainOffset: true, drift: false });
    expect(coefficients[0]).toBe(0);
    expect(coefficients[1]).toBeCloseTo(data.values.reduce((a, b) => a + b, 0) / 80, 6);
  });

  test("a robust loss resists outliers that pull least squares away", () => {
    const data = film(
      wave.map((u, f) => 2 * u + 1 + (f % 9 === 4 ? 5 : 0)),
      1,
    );
    const weight = (r: number) => 5 / (4 + (r / 0.05) ** 2);
    const error = ({ coefficients: c }: { coefficients: Float64Array }) =>
      Math.abs(c[0] - 2) + Math.abs(c[1] - 1);
    expect(error(fitChannels(data, wave, both))).toBeGreaterThan(0.3);
    expect(error(fitChannels(data, wave, { ...both, weight }))).toBeLessThan(0.01);
  });
});

test("a beat without a fitted delay gets the mean of those with one", () => {
  const scalars = { "observation.shift_ms.a": 1, "observation.shift_ms.b": 0.4 };
  const values = { scalars, fields: {}, network: new Float64Array(0), sites: {} };
  const recording = (beat: string): Recording => ({ id: beat, beat, stimuli: { kind: "unknown" } });
  const model = { ...defaultSpec.observation, timingShift: true };
  expect(shiftOf(model, values, recording("b"))).toBe(0.4);
  expect(shiftOf(model, values, recording("new"))).toBeCloseTo(0.7, 12);
  expect(shiftOf(defaultSpec.observation, values, recording("b"))).toBe(0);
});

describe("times of an arbitrary scale", () => {
  const beat = (f: number) => {
    const rise = 1 / (1 + Math.exp(-(f - 30.3) / 1.2));
    const fall = 1 / (1 + Math.exp((f - 60) / 6));
    return rise * fall;
  };
  const frames = Float64Array.from({ length: 120 }, (_, f) => beat(f));
  const times = (values: ArrayLike<number>) => channelTimes(film(values, 1), values, 1);

  test("do not depend on gain and offset", () => {
    const clean = times(frames);
    const scaled = times(frames.map((u) => 0.03 * u - 7));
    expect(scaled.activation_ms[0]).toBeCloseTo(clean.activation_ms[0], 9);
    expect(scaled.recovery_ms[0]).toBeCloseTo(clean.recovery_ms[0], 9);
    expect(clean.activation_ms[0]).toBeCloseTo(30.3, 0);
  });

  test("survive the noise of a camera", () => {
    const clean = times(frames);
    const errors = Array.from({ length: 40 }, () => {
      const noisy = times(frames.map((u) => u + 0.08 * random.normal()));
      return [
        noisy.activation_ms[0] - clean.activation_ms[0],
        noisy.recovery_ms[0] - clean.recovery_ms[0],
      ];
    });
    const mean = (k: number) => errors.reduce((sum, e) => sum + Math.abs(e[k]), 0) / 40;
    expect(mean(0)).toBeLessThan(0.35);
    expect(mean(1)).toBeLessThan(2);
  });

  test("a channel without signal does not activate", () => {
    const values = Float64Array.from({ length: 360 }, (_, k) =>
      k % 3 === 1 ? 0.02 * Math.sin(k) : beat(Math.floor(k / 3)),
    );
    const { activation_ms } = channelTimes(film(values, 3), values, 3);
    expect([...activation_ms].map(Number.isNaN)).toEqual([false, true, false]);
  });
});

describe("targets", () => {
  const values = Float32Array.from({ length: 300 }, (_, k) => {
    const [f, c] = [Math.floor(k / 3), k % 3];
    return 1 / (1 + Math.exp(-(f - 30) / 2)) + (c === 2 ? 0.1 : 0.02) * random.normal();
  });
  const potential = { ...film(values, 3), nodes: Int32Array.from([4, 8, 15]) };
  const recording: Recording = { id: "r", beat: "r", stimuli: { kind: "unknown" }, potential };

  test("masked leads are not there", () => {
    const target = targetOf(recording, { ...defaultSpec.observation, mask: [8] });
    expect([...target.timeNodes]).toEqual([4, 15]);
    expect(target.potential!.values[3]).toBe(values[5]);
    const all = { ...defaultSpec.observation, mask: [4, 8, 15] };
    expect(() => targetOf(recording, all)).toThrow("mask leaves no observed node");
  });

  test("noisy channels weigh by their inverse variance", () => {
    const { weights } = targetOf(recording, { ...defaultSpec.observation, noiseByChannel: true });
    expect(weights.reduce((a, b) => a + b, 0) / 3).toBeCloseTo(1, 9);
    expect(weights[0] / weights[2]).toBeGreaterThan(10);
    expect(weights[0] / weights[2]).toBeLessThan(60);
  });
});
