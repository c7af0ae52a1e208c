import { expect, test } from "vitest";
import { createSyntheticPatient } from "../../src/case/synthetic.js";
import { syntheticOptions } from "../../src/case/synthetic-options.js";
import { catalog } from "../../src/catalog/catalog.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
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
