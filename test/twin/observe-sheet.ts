import type { Case, PotentialData, Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { pixelSheet } from "../../src/io/pixel-sheet.js";
import { compileTwin } from "../../src/twin/compile.js";
import { observedFrames, spatialBlur, timeMap } from "../../src/twin/observe.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type ObservationModel, type TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";

/** What a camera did to a wave on a small sheet of tissue. */
export interface Camera {
  readonly blur_ms: number;
  readonly shift_ms: number;
  readonly spatialBlur_mm: number;
  readonly noise: number;
  /** Share of values that are off by +-1. */
  readonly outliers: number;
  readonly gains: (channel: number) => { gain: number; offset: number; slope: number };
}

export const plainCamera: Camera = {
  blur_ms: 0,
  shift_ms: 0,
  spatialBlur_mm: 0,
  noise: 0,
  outliers: 0,
  gains: () => ({ gain: 1, offset: 0, slope: 0 }),
};

const side = 9;
const spacing_mm = 0.5;

export function sheetSpec(
  observation: Partial<ObservationModel>,
  diffusion = "finite-element",
): TwinSpec {
  return {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: diffusion, options: {} },
    observation: { ...defaultSpec.observation, ...observation },
    fit: { ...defaultSpec.fit, freeReaction: ["time_scale", "a"] },
  };
}

/** Aliev-Panfilov with a time scale of 4 ms and D = 0.2 mm2/ms on 9 x 9 nodes, paced at a corner. */
export const truth = { "reaction.time_scale": 4, "reaction.a": 0.12, "diffusion.D": 0.2 };

export function filmedCase(camera: Camera): Case {
  const mesh = pixelSheet(side, side, spacing_mm);
  const times_ms = Float64Array.from({ length: 60 }, (_, f) => 2 * f);
  const nodes = Int32Array.from({ length: 27 }, (_, k) => 3 * k);
  const blank: PotentialData = {
    times_ms,
    nodes,
    values: new Float32Array(times_ms.length * nodes.length),
    arbitraryScale: true,
  };
  const recording: Recording = {
    id: "film",
    beat: "film",
    stimuli: {
      kind: "given",
      stimuli: [
        {
          kind: "current",
          nodes: [0, 1, side, side + 1],
          start_ms: 10,
          duration_ms: 3,
          strength_per_ms: 1,
        },
      ],
    },
    potential: blank,
  };
  const values = filmedValues(mesh, recording, camera);
  return {
    name: "sheet",
    source: "synthetic",
    mesh,
    recordings: [{ ...recording, potential: { ...blank, values } }],
    split: { train: ["film"], validation: [], test: [] },
  };
}

function filmedValues(mesh: Case["mesh"], recording: Recording, camera: Camera): Float32Array {
  const compiled = compileTwin(catalog, sheetSpec({}), mesh);
  const published = initialValues(compiled.declared, compiled.model, side * side, 1);
  const values = { ...published, scalars: { ...published.scalars, ...truth } };
  const { times_ms, nodes } = recording.potential!;
  // Samples four times finer than the fit's: another discretisation of the same blur.
  const grid = timeGrid(0.5, 241, stableStep_ms(compiled, values) / 2);
  const simulation = simulate(compiled, [{ values, recording }], { grid, backEnd: "js-float64" });
  const source = spatialBlur(compiled, lanePotential(simulation, 0), camera.spatialBlur_mm);
  const map = timeMap(times_ms, grid, camera);
  const samples = { values: source, lanes: 1, lane: 0, nodes: side * side };
  const frames = observedFrames(samples, nodes, map);
  const random = createRandom(1, "camera");
  const last = times_ms[times_ms.length - 1];
  return Float32Array.from(frames, (u, k) => {
    const { gain, offset, slope } = camera.gains(k % nodes.length);
    const t = (2 * times_ms[Math.floor(k / nodes.length)]) / last - 1;
    const wrong = random.uniform() < camera.outliers ? Math.sign(random.normal()) : 0;
    return gain * u + offset + slope * t + camera.noise * random.normal() + wrong;
  });
}
