import { describe, expect, test } from "vitest";
import type { Case } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import type { Fitting } from "../../src/fit/context.js";
import { createSession, inlineExecutor } from "../../src/fit/executor.js";
import { lossGradient } from "../../src/fit/field-gradient.js";
import { fitScalars } from "../../src/fit/scalar-fit.js";
import { targetsOf, trainedBeats } from "../../src/fit/targets.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues, pack, unpack } from "../../src/twin/parameters.js";
import type { ObservationModel, TwinValues } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { filmedCase, plainCamera, sheetSpec, truth } from "./observe-sheet.js";

const camera = {
  ...plainCamera,
  blur_ms: 2.5,
  shift_ms: 0.7,
  noise: 0.01,
  gains: (c: number) => ({ gain: 0.5 + 0.1 * (c % 7), offset: 0.3 * (c % 4), slope: 0.05 }),
};

const fullModel: Partial<ObservationModel> = {
  gainOffset: true,
  drift: true,
  timingShift: true,
  temporalBlur_ms: "fitted",
};

function compiledFor(data: Case, observation: Partial<ObservationModel>, diffusion?: string) {
  const spec = sheetSpec(observation, diffusion);
  return compileTwin(catalog, spec, data.mesh, { beats: trainedBeats(data) });
}

describe("gradient through the observation model", () => {
  const data = filmedCase({ ...camera, spatialBlur_mm: 0.4, outliers: 0.02 });

  for (const loss of ["squares", "huber", "student"] as const)
    test(`${loss}: Taylor remainders shrink with the square`, () => {
      const model = { ...fullModel, spatialBlur_mm: 0.4, noiseByChannel: true, loss };
      const compiled = compiledFor(data, model, "conductivity-field");
      const targets = targetsOf(data, ["film"], compiled.spec.observation);
      const published = initialValues(compiled.declared, compiled.model, 81, 1);
      const start: TwinValues = {
        ...published,
        scalars: { ...published.scalars, ...truth, "observation.shift_ms.film": 0.2 },
      };
      const z = pack(compiled.layout, start);
      const random = createRandom(3, loss);
      const direction = z.map(() => random.normal());
      const limit_ms = 0.9 * stableStep_ms(compiled, start);
      const at = (h: number) => {
        const values = unpack(
          compiled.layout,
          z.map((v, k) => v + h * direction[k]),
          start,
        );
        const options = { limit_ms, timeWeight: 0, scales: [0.1], backEnd: "js-float64" } as const;
        return lossGradient(compiled, targets, values, options);
      };
      const base = at(0);
      const slope = base.gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
      const remainder = (h: number) => Math.abs(at(h).loss - base.loss - h * slope);
      const order = Math.log2(remainder(2e-3) / remainder(1e-3));
      expect(order).toBeGreaterThan(1.9);
      expect(order).toBeLessThan(2.1);
    });
});

async function recovered(data: Case, observation: Partial<ObservationModel>) {
  const compiled = compiledFor(data, observation);
  const executor = inlineExecutor(createSession(catalog, data));
  const fitting: Fitting = {
    context: { data, catalog, executor, seed: 1 },
    compiled,
    train: targetsOf(data, ["film"], compiled.spec.observation),
    validation: [],
    random: createRandom(1, "fit"),
    curves: [],
    simulations: 0,
  };
  const published = initialValues(compiled.declared, compiled.model, 81, 1);
  const start = {
    ...published,
    scalars: {
      ...published.scalars,
      "reaction.time_scale": 4.6,
      "reaction.a": 0.1,
      "diffusion.D": 0.3,
    },
  };
  const options = { targets: fitting.train, iterations: 15, goodEnough: 0, leastGain: 1e-3 };
  const compared = { compare: "potential", phase: "potential" } as const;
  const fit = await fitScalars(fitting, start, { ...compared, ...options });
  return { loss: fit.loss, scalars: fit.values.scalars };
}

const relativeError = (scalars: Readonly<Record<string, number>>) =>
  Math.max(...Object.entries(truth).map(([name, value]) => Math.abs(scalars[name] / value - 1)));

describe("Levenberg-Marquardt behind a camera", () => {
  test("finds blur, delay and tissue under unknown gains, offsets and drifts", async () => {
    const { loss, scalars } = await recovered(filmedCase(camera), fullModel);
    expect(loss).toBeLessThan(1.1e-4);
    expect(Math.abs(scalars["observation.blur_ms"] - 2.5)).toBeLessThan(0.15);
    expect(Math.abs(scalars["observation.shift_ms.film"] - 0.7)).toBeLessThan(0.1);
    expect(relativeError(scalars)).toBeLessThan(0.05);
  });

  test("without the blur the misfit stays and the tissue is wrong", async () => {
    const sharp = { ...fullModel, temporalBlur_ms: 0 };
    const { loss, scalars } = await recovered(filmedCase(camera), sharp);
    expect(loss).toBeGreaterThan(2e-4);
    expect(relativeError(scalars)).toBeGreaterThan(0.1);
  });

  test("robust losses withstand outliers that mislead least squares", async () => {
    const data = filmedCase({ ...camera, outliers: 0.05 });
    const errorOf = async (loss: ObservationModel["loss"]) =>
      relativeError((await recovered(data, { ...fullModel, loss })).scalars);
    const [squares, huber, student] = await Promise.all(
      (["squares", "huber", "student"] as const).map(errorOf),
    );
    expect(student).toBeLessThan(0.08);
    expect(huber).toBeLessThan(0.08);
    expect(squares).toBeGreaterThan(student);
  });
});
