import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { sheet } from "../../src/mesh/generators.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate } from "../../src/twin/simulate.js";
import { protocolInput } from "../../src/view/protocol.js";
import { openLab } from "../../studio/src/lab/lab-session.js";
import { mesh, nodes, spec } from "./shell.js";

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
  lab.tissue([5], { radius_mm: 8, factor: 0.1 });
  expect(lab.save()).toMatchObject({ pulses: [{ start_ms: 0 }], tissue: [{ factor: 0.1 }] });
  lab.reset();
  expect(lab.save()).toMatchObject({ pulses: [], tissue: [{ factor: 0.1 }] });
  expect(lab.factors()[5]).toBe(0.1);
});

test("tissue that nothing reaches makes no vulnerable window", () => {
  const lab = openLab(mesh, spec, values);
  lab.tissue([nodes - 1], { radius_mm: 12, factor: 0 });
  const point = lab.scan({ node: 0, at: 0, s1_ms: 600, count: 1, s2_ms: [] });
  expect(lab.factors().filter((factor) => factor === 0).length).toBeGreaterThan(5);
  expect(point(550)).toMatchObject({ reached: 1, reentry: false });
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

const flat = sheet({ width_mm: 48, height_mm: 30, spacing_mm: 2 });
/** The node of the sheet that is closest to a place. */
const nodeAt = (x: number, y: number): number => {
  const away = (i: number) => Math.hypot(flat.points[3 * i] - x, flat.points[3 * i + 1] - y);
  return Array.from({ length: flat.points.length / 3 }, (_, i) => i).reduce((best, i) =>
    away(i) < away(best) ? i : best,
  );
};

for (const refinements of [0, 1])
  test(`a wave does not cross an ablation line, but passes its gap (refined ${refinements} x)`, () => {
    const refined = { ...spec, numerics: { ...spec.numerics, refinements } };
    const compiled = compileTwin(catalog, refined, flat);
    const start = initialValues(compiled.declared, compiled.model, compiled.topology.nodes, 1);
    const lab = openLab(flat, refined, { ...start, sites: {} });
    const [paced, behind] = [nodeAt(6, 15), nodeAt(42, 15)];
    const arrival_ms = (through: readonly number[]) => {
      lab.heal();
      lab.reset();
      lab.tissue(through, { radius_mm: 0.5, factor: 0 });
      lab.pace(paced);
      for (let k = 0; k < 75; k++) lab.advance();
      return lab.advance().activation_ms[behind];
    };
    expect(arrival_ms([nodeAt(24, 0), nodeAt(24, 30)])).toBeNaN();
    const protocol = lab.save();
    const { recording, ...input } = protocolInput(compiled, { ...start, sites: {} }, protocol);
    const stepsPerSample = Math.round(protocol.every_ms / lab.dt_ms());
    const grid = { interval_ms: protocol.every_ms, stepsPerSample, samples: 76 };
    const long = simulate(compiled, [{ ...input, recording }], { grid });
    const last = lanePotential(long, 0).subarray(75 * long.nodes);
    expect(last[behind]).toBeLessThan(0.01);
    const straight = arrival_ms([nodeAt(0, 0), nodeAt(0, 2)]);
    const round = arrival_ms([nodeAt(24, 6), nodeAt(24, 15), nodeAt(24, 30)]);
    expect(straight).toBeGreaterThan(20);
    expect(round).toBeGreaterThan(straight + 2);
  });

test("a spot that is paced starts a wave on a fine mesh too", () => {
  const fine = sheet({ width_mm: 9, height_mm: 9, spacing_mm: 0.3 });
  const slow = { ...spec, reaction: { name: "aliev-panfilov" } };
  const compiled = compileTwin(catalog, slow, fine);
  const start = initialValues(compiled.declared, compiled.model, compiled.topology.nodes, 1);
  const scalars = { ...start.scalars, [diffusivity]: 1 };
  const lab = openLab(fine, slow, { ...start, scalars, sites: {} });
  lab.pace(Math.floor(fine.points.length / 6));
  for (let k = 0; k < 12; k++) lab.advance();
  const fired = lab.advance().activation_ms.filter(Number.isFinite).length;
  expect(fired).toBe(fine.points.length / 3);
});

test("healed tissue and fitted numbers are the twin's own again", () => {
  const lab = openLab(mesh, spec, values);
  lab.tissue([5, 40], { radius_mm: 4, factor: 0 });
  lab.parameter(diffusivity, 2 * values.scalars[diffusivity]);
  expect(lab.save().tissue[0].nodes).toEqual(expect.arrayContaining([5, 40]));
  expect(lab.save().tissue[0].nodes.length).toBeGreaterThan(3);
  expect(Object.keys(lab.changed())).toEqual([diffusivity]);
  lab.heal();
  lab.fitted();
  expect(lab.save()).toMatchObject({ tissue: [], parameters: {} });
  expect(lab.factors().every((factor) => factor === 1)).toBe(true);
});
