import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { defaultSpec } from "../../src/twin/spec.js";
import { openLab } from "../../studio/src/lab/lab-session.js";

const mesh = ellipsoidShell({ semiAxes_mm: [24, 20, 36], nodes: 300, open: false });
const spec = {
  ...defaultSpec,
  reaction: { name: "mitchell-schaeffer" },
  diffusion: { name: "finite-element", options: {} },
};
const { declared, model, topology } = compileTwin(catalog, spec, mesh);
const values = { ...initialValues(declared, model, topology.nodes, 1), sites: {} };
const diffusivity = Object.keys(declared).find((name) => /^diffusion\.D/.test(name))!;

test("a number that needs smaller steps gets them, and begins what was paced anew", () => {
  const lab = openLab(mesh, spec, values);
  const before = lab.dt_ms();
  lab.pace(0);
  for (let k = 0; k < 10; k++) lab.advance();
  lab.parameter(diffusivity, 40 * values.scalars[diffusivity]);
  expect(lab.dt_ms()).toBeLessThan(before);
  expect(lab.now_ms()).toBe(0);
  expect(lab.save().pulses.length).toBe(1);
  const states = Array.from({ length: 20 }, () => lab.advance());
  expect(states.every(({ finite }) => finite)).toBe(true);
  expect(Math.max(...states.at(-1)!.activation_ms)).toBeGreaterThan(0);
});

test("a scar holds from the start of the saved protocol on, and a reset keeps it", () => {
  const lab = openLab(mesh, spec, values);
  lab.pace(0);
  lab.advance();
  lab.tissue(5, 8, 0.1);
  expect(lab.save()).toMatchObject({ pulses: [{ start_ms: 0 }], tissue: [{ factor: 0.1 }] });
  lab.reset();
  expect(lab.save()).toMatchObject({ pulses: [], tissue: [{ factor: 0.1 }] });
  expect(lab.factors()[5]).toBe(0.1);
});

test("a short S2 that starts nothing is not given the beat of the last S1", () => {
  const lab = openLab(mesh, spec, values);
  const point = lab.scan({ node: 0, at: 0, s1_ms: 600, count: 1, s2_ms: [] });
  const [early, late] = [point(15), point(550)];
  expect(early).toMatchObject({ reached: 0, reentry: false, apd_ms: null });
  expect(late).toMatchObject({ reached: 1, reentry: false });
  expect(late.di_ms).toBeGreaterThan(0);
  expect(late.apd_ms).toBeGreaterThan(50);
});
