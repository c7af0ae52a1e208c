import { expect, test } from "vitest";
import type { Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { channelTimes } from "../../src/twin/times.js";
import { predict } from "../../studio/src/engine/predict.js";
import { mesh, nodes, spec } from "./shell.js";

test("a beat on the page has the activation times that a score takes out of its frames", () => {
  const compiled = compileTwin(catalog, spec, mesh);
  const values = { ...initialValues(compiled.declared, compiled.model, nodes, 1), sites: {} };
  const stimuli = [{ kind: "initial", nodes: [0, 1, 2, 3], value: 1 } as const];
  const paced: Recording = { id: "r", beat: "r", stimuli: { kind: "given", stimuli } };
  const grid = timeGrid(7, 60, stableStep_ms(compiled, values));
  const simulation = simulate(compiled, [{ values, recording: paced }], { grid });
  const potential = {
    nodes: Int32Array.from({ length: nodes }, (_, i) => i),
    times_ms: Float64Array.from({ length: 60 }, (_, f) => 7 * f),
    values: Float32Array.from(lanePotential(simulation, 0)),
    arbitraryScale: false,
  };
  const measured = channelTimes(potential, potential.values, nodes);
  const recording = { ...paced, potential };
  const beat = predict({ mesh, spec, values, beats: [], recording });
  expect(beat.every_ms).toBe(7);
  const errors = beat.activation_ms.map((t, i) => Math.abs(t - measured.activation_ms[i]));
  expect(errors.filter(Number.isFinite).length).toBe(nodes);
  expect(Math.max(...errors)).toBeLessThan(1e-3);
});
