import { expect, test } from "vitest";
import { createSyntheticPatient } from "../../src/case/synthetic.js";
import { syntheticOptions } from "../../src/case/synthetic-options.js";
import { catalog } from "../../src/catalog/catalog.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { truthSimulator } from "../../src/twin/truth.js";

const simulator = truthSimulator(catalog);
const heart = biventricularHeart({ nodes: 450, height_mm: 30 });

for (const name of ["aliev-panfilov", "rogers-mcculloch", "mitchell-schaeffer"])
  test(`${name}: the truth's error in time is below 1e-7 and falls with the fourth power`, () => {
    const options = { reaction: { name }, nodes: 450, recordings: 3, frames: 41, seed: 1 };
    const { case: value, truth } = createSyntheticPatient(
      syntheticOptions("published", options),
      simulator,
      heart,
    );
    const { conductivity, ...coefficients } = truth.diffusion;
    const { stimuli } = value.recordings[0];
    if (stimuli.kind !== "given") throw new Error("no stimulus");
    const run = (finerSteps: number) =>
      simulator.simulate({
        mesh: value.mesh,
        reaction: truth.reaction,
        diffusion: { ...coefficients, logConductivity: Float64Array.from(conductivity, Math.log) },
        recordings: [stimuli.stimuli],
        interval_ms: truth.measured.interval_ms,
        samples: 41,
        accuracy: "truth",
        finerSteps,
      });
    const [whole, half, finest] = [1, 2, 8].map(run);
    const error = ({ runs }: typeof whole) => {
      const [x, y] = [runs, finest.runs].map(([first]) => Float64Array.from(first.potential));
      return x.reduce((sum, u, k) => sum + (u - y[k]) ** 2, 0) / x.length;
    };
    expect(error(whole)).toBeLessThan(1e-7);
    // Heun is of second order, so the mean square falls by 16; a switch in the model costs some.
    const ratio = whole.numerics.step_ms / half.numerics.step_ms;
    expect(Math.log(error(whole) / error(half)) / Math.log(ratio)).toBeGreaterThan(3.2);
    expect(whole.numerics).toEqual(truth.numerics);
    // What the case holds is the truth, rounded to single precision.
    expect(value.recordings[0].potential?.values).toEqual(
      Float32Array.from(whole.runs[0].potential),
    );
  });

test("ten Tusscher: rounding to single precision is far below the error of the truth's step", () => {
  const reaction = { name: "ten-tusscher-panfilov" };
  const mesh = sheet({ width_mm: 12, height_mm: 3, spacing_mm: 0.6 });
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction,
    diffusion: { name: "finite-element", options: {} },
    numerics: { scheme: "strang", stepFraction: 0.4, refinements: 0 },
  };
  const compiled = compileTwin(catalog, spec, mesh);
  const values = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
  const left = [...Array(nodeCount(mesh)).keys()].filter((i) => mesh.points[3 * i] < 1.5);
  const stimuli = [{ kind: "initial", nodes: left, value: 1 }] as const;
  const recording = { id: "left", beat: "left", stimuli: { kind: "given", stimuli } } as const;
  const run = (backEnd: "js-float64" | "wasm-f32x4", finer: number) => {
    const grid = timeGrid(2, 11, stableStep_ms(compiled, values) / finer);
    return lanePotential(simulate(compiled, [{ values, recording }], { grid, backEnd }), 0);
  };
  const exact = run("js-float64", 1);
  const meanSquare = (other: ArrayLike<number>) =>
    exact.reduce((sum: number, u: number, k: number) => sum + (u - other[k]) ** 2, 0) /
    exact.length;
  const [rounding, step] = [meanSquare(run("wasm-f32x4", 1)), meanSquare(run("js-float64", 2))];
  expect(Math.max(...exact.slice(-nodeCount(mesh)))).toBeGreaterThan(0.8);
  expect(rounding).toBeLessThan(step / 100);
  // Others of many states are rounded alike: the truth of those is simulated so.
  const { numerics } = simulator.simulate({
    mesh,
    reaction: { ...reaction, parameters: publishedOf(reaction) },
    diffusion: {
      along_mm2_per_ms: 0.15,
      across_mm2_per_ms: 0.15,
      logConductivity: new Float64Array(nodeCount(mesh)),
    },
    recordings: [stimuli],
    interval_ms: 1,
    samples: 2,
    accuracy: "truth",
    finerSteps: 1,
  });
  expect(numerics).toMatchObject({ scheme: "strang", backEnd: "wasm-f32x4" });
});

const publishedOf = (choice: { name: string }) =>
  Object.fromEntries(
    Object.entries(simulator.parameters(choice)).map(([name, { value }]) => [name, value]),
  );
