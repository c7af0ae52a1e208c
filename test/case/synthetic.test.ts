import { expect, test } from "vitest";
import type { Case, PotentialData } from "../../src/case/case.js";
import { createSyntheticPatient } from "../../src/case/synthetic.js";
import { type SyntheticOptions, syntheticOptions } from "../../src/case/synthetic-options.js";
import { catalog } from "../../src/catalog/catalog.js";
import { LeadsError } from "../../src/core/errors.js";
import { checkCase } from "../../src/io/case-check.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { edgeGraph, graphDistances } from "../../src/mesh/graph.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { truthSimulator } from "../../src/twin/truth.js";

const simulator = truthSimulator(catalog);
const heart = biventricularHeart({ nodes: 450, height_mm: 30 });
const small = { nodes: 450, recordings: 5, frames: 41 } as const;

const patient = (
  preset: string,
  given: Partial<SyntheticOptions> = {},
  reaction = "aliev-panfilov",
) =>
  createSyntheticPatient(
    syntheticOptions(preset, { reaction: { name: reaction }, seed: 1, ...small, ...given }),
    simulator,
    heart,
  );
const potentialOf = (value: Case, id: string) =>
  value.recordings.find((r) => r.id === id)?.potential as PotentialData;

const published = patient("published");
const hard = patient("hard");

test("the same options give the same patient, another seed another one", () => {
  expect(patient("published")).toEqual(published);
  const other = patient("published", { seed: 2 });
  expect(other.truth.reaction.parameters).not.toEqual(published.truth.reaction.parameters);
  expect(other.truth.sites).not.toEqual(published.truth.sites);
});

const [usual, stiff] = [false, true].map((wanted) =>
  Object.values(catalog.reactions)
    .filter(({ numerics }) => (numerics !== undefined) === wanted)
    .map(({ name }) => name),
);

// A stiff patient takes minutes, at hundreds of times the steps; what it is made from is checked here.
// Its rest moves with its conductances, so only published ones rest where the entry says.
// Gastric muscle follows its pacemaker cells and has no front of its own.
const conducting = stiff.filter((name) => name !== "corrias-buist");
test.each(
  conducting,
)("%s, stiff: the published cell beats, holds, and conducts a front", (name) => {
  const parameters = Object.fromEntries(
    Object.entries(simulator.parameters({ name })).map(([key, p]) => [key, p.value]),
  );
  const cell = simulator.cell({ name }, parameters);
  expect(cell.restsAtRest && cell.holdsBelowThreshold).toBe(true);
  expect(cell.peak).toBeGreaterThan(0.8);
  const front = simulator.front({ name }, parameters);
  // sqrt(mm2/ms * 1/ms): hearts conduct at 0.3 to 0.7 mm/ms with D near 0.1 mm2/ms.
  expect(front?.speed_mm_per_ms).toBeGreaterThan(1);
  expect(front?.speed_mm_per_ms).toBeLessThan(3);
});

for (const reaction of usual)
  test(`${reaction}: each beat starts, reaches every node and ends within the frames`, () => {
    const { case: value, truth } = patient("published", { recordings: 4 }, reaction);
    checkCase(value);
    expect(truth.measured.silent).toEqual([]);
    // Made for 1.8 spacings; D is drawn within a factor of 1.2, its front goes with the root.
    expect(truth.measured.front_spacings).toBeGreaterThan(1.8 / Math.sqrt(1.2) - 0.05);
    for (const { potential } of value.recordings) {
      const { values, nodes, times_ms } = potential as PotentialData;
      const N = nodeCount(value.mesh);
      expect([nodes.length, times_ms.length, values.length]).toEqual([N, 41, 41 * N]);
      const peaks = Float64Array.from(nodes, (_, k) => {
        let peak = 0;
        for (let f = 0; f < 41; f++) peak = Math.max(peak, values[f * N + k]);
        return peak;
      });
      expect(Math.min(...peaks)).toBeGreaterThan(0.5);
      expect(Math.max(...values.subarray(40 * N))).toBeLessThan(0.1);
    }
    // A wave, not a flash: some node is still at rest when another has long been lifted. Steep
    // up-strokes resolved on a mesh this coarse cross it in a small part of a long plateau.
    expect(truth.measured.activation_ms).toBeGreaterThan(0.02 * truth.measured.cell_duration_ms);
  });

test("parameters differ from the published ones by at most the spread; fixed ones do not", () => {
  const declared = simulator.parameters({ name: "aliev-panfilov" });
  for (const [name, value] of Object.entries(published.truth.reaction.parameters)) {
    const factor = value / declared[name].value;
    if (declared[name].fitted) expect(factor).not.toBe(1);
    else expect(factor).toBe(1);
    expect(Math.abs(Math.log(factor))).toBeLessThanOrEqual(Math.log(1.2) + 1e-12);
  }
  const exact = patient("published", { spread: 1 });
  for (const [name, value] of Object.entries(exact.truth.reaction.parameters))
    expect(value).toBe(declared[name].value);
});

test("a cell that fires alone but has no travelling wave is refused with the reason", () => {
  const reaction = { name: "fitzhugh-nagumo", variant: "single-cell" };
  const lonely = simulator.parameters(reaction);
  const values = Object.fromEntries(Object.entries(lonely).map(([name, p]) => [name, p.value]));
  expect(simulator.cell(reaction, values).peak).toBeGreaterThan(0.8);
  expect(simulator.front(reaction, values)).toBeUndefined();
  expect(() => patient("published", { reaction, spread: 1 })).toThrow(/conducts a wave/);
});

test("the cable's front is the closed form where the recovery is switched off", () => {
  // u' = c1 u (u - a)(1 - u): speed sqrt(D c1 / 2) (1 - 2 a); 10 % to 90 % over 2 ln 9 sqrt(2 D / c1).
  const values = { c1: 0.26, c2: 1e-9, a: 0.13, b: 1e-9, d: 1, time_scale: 1 };
  const front = simulator.front({ name: "rogers-mcculloch" }, values);
  expect(front?.speed_mm_per_ms).toBeCloseTo(Math.sqrt(0.13) * 0.74, 2);
  expect((front?.width_mm ?? 0) / (2 * Math.log(9) * Math.sqrt(2 / 0.26))).toBeCloseTo(1, 1);
});

test("the case says nothing of the truth", () => {
  const { mesh, ...rest } = hard.case;
  const text = JSON.stringify({ ...rest, regionNames: mesh.regionNames });
  for (const word of ["aliev", "scar", "conductivity", "parameters", "mu1"])
    expect(text.replace("what is true of it", "")).not.toContain(word);
  expect(Object.keys(mesh.nodeData ?? {}).sort()).toEqual([
    "apicobasal",
    "rv",
    "surface",
    "transmural",
  ]);
  for (const recording of hard.case.recordings) expect(recording.activation).toBeUndefined();
  expect(JSON.parse(JSON.stringify(hard.truth))).toEqual(hard.truth);
});

test("noise has the standard deviation asked for, and a share of nodes is observed", () => {
  const N = nodeCount(hard.case.mesh);
  const nodes = hard.case.recordings[0].potential?.nodes as Int32Array;
  expect(nodes.length).toBe(Math.round(0.3 * N));
  expect([...nodes]).toEqual([...new Set(nodes)].sort((a, b) => a - b));
  for (const { id, potential } of hard.clean) {
    const noisy = potentialOf(hard.case, id);
    expect(noisy.nodes).toEqual(nodes);
    const clean = (potential as PotentialData).values;
    const noise = Array.from(
      noisy.values,
      (u, at) => u - clean[Math.floor(at / nodes.length) * N + nodes[at % nodes.length]],
    );
    const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
    const sd = Math.sqrt(noise.reduce((a, b) => a + (b - mean) ** 2, 0) / noise.length);
    // Five standard errors of either.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.05) / Math.sqrt(noise.length));
    expect(Math.abs(sd / 0.05 - 1)).toBeLessThan(5 / Math.sqrt(2 * noise.length));
  }
});

test("clean recordings are the test recordings at every node, with activation times", () => {
  expect(published.clean.map((r) => r.id)).toEqual(published.case.split.test);
  for (const { id, potential, activation } of published.clean) {
    expect(potential).toEqual(potentialOf(published.case, id));
    expect(activation?.times_ms.every(Number.isFinite)).toBe(true);
    const stimuli = published.case.recordings.find((r) => r.id === id)?.stimuli;
    if (stimuli?.kind !== "given") throw new Error("no stimulus");
    for (const node of stimuli.stimuli[0].nodes) expect(activation?.times_ms[node]).toBe(0);
  }
});

test("the wave is late behind a scar, and on time away from it", () => {
  const plain = patient("published", { seed: 3, spread: 1 });
  const scar = { coreFraction: 0.05, borderFraction: 0.05, coreFactor: 0.04, borderFactor: 0.35 };
  const scarred = patient("published", { seed: 3, spread: 1, scar });
  const { core, border } = scarred.truth.scar;
  expect(core.length).toBe(Math.round(0.05 * nodeCount(plain.case.mesh)));
  const { conductivity } = scarred.truth.diffusion;
  for (const node of core) expect(conductivity[node]).toBeCloseTo(0.04, 12);
  for (const node of border) expect(conductivity[node]).toBeCloseTo(0.35, 12);
  expect(conductivity.filter((c) => c === 1).length).toBe(
    conductivity.length - core.length - border.length,
  );
  // The same heart, reaction and site in both; only the scar differs.
  const site = scarred.truth.sites[0].node;
  const graph = edgeGraph(plain.case.mesh);
  const lit = graphDistances(graph, [{ node: site, start: 0 }]);
  const nodes = Array.from(lit.keys()).filter((i) => lit[i] <= scarred.truth.stimulus.radius_mm);
  const run = (y: readonly number[]) =>
    simulator.simulate({
      mesh: plain.case.mesh,
      reaction: { name: "aliev-panfilov", parameters: plain.truth.reaction.parameters },
      diffusion: { ...plain.truth.diffusion, logConductivity: Float64Array.from(y, Math.log) },
      recordings: [[{ kind: "initial", nodes, value: 1 }]],
      interval_ms: 10,
      samples: 61,
      accuracy: "draft",
      finerSteps: 1,
    }).runs[0].activation_ms;
  const [without, withScar] = [run(conductivity.map(() => 1)), run(conductivity)];
  const delay = (list: readonly number[]) =>
    list.map((i) => withScar[i] - without[i]).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const healthy = Array.from(conductivity.keys()).filter((i) => conductivity[i] === 1);
  expect(delay(core)).toBeGreaterThan(10);
  expect(Math.abs(delay(healthy))).toBeLessThan(2);
});

test("each option that cannot be met is refused by name", () => {
  const refused = (given: Partial<SyntheticOptions>): string => {
    try {
      patient("published", given);
    } catch (error) {
      if (error instanceof LeadsError) return `${error.code} ${error.path}`;
      throw error;
    }
    return "accepted";
  };
  expect(refused({ recordings: 2 })).toBe("bad-option recordings");
  expect(refused({ recordings: 421 })).toBe("bad-option recordings");
  expect(refused({ observed: 0 })).toBe("bad-option observed");
  expect(refused({ observed: 1.5 })).toBe("bad-option observed");
  expect(refused({ noise: -0.1 })).toBe("bad-option noise");
  expect(refused({ noise: Number.NaN })).toBe("bad-option noise");
  expect(refused({ frames: 2 })).toBe("bad-option frames");
  expect(refused({ seed: 0.5 })).toBe("bad-option seed");
  expect(refused({ anisotropy: 0 })).toBe("bad-option anisotropy");
  expect(refused({ finerSteps: 0 })).toBe("bad-option finerSteps");
  expect(refused({ nodes: 0.5 })).toBe("bad-option nodes");
  expect(
    refused({ scar: { coreFraction: 0.9, borderFraction: 0.2, coreFactor: 1, borderFactor: 1 } }),
  ).toBe("bad-option scar");
  expect(() => patient("published", {}, "aliev-panfilow")).toThrow(
    'did you mean "aliev-panfilov"?',
  );
  expect(() => patient("publisht")).toThrow('did you mean "published"?');
  const reaction = { name: "aliev-panfilov", variant: "constant-f" };
  expect(() => patient("published", { reaction })).toThrow('did you mean "constant-e"?');
  expect(() => patient("published", { noize: 1 } as Partial<SyntheticOptions>)).toThrow(
    'did you mean "noise"?',
  );
});

test("a variant keeps what it switches off", () => {
  const reaction = { name: "aliev-panfilov", variant: "constant-e" };
  const { truth } = patient("published", { reaction, recordings: 3 });
  expect(truth.reaction.parameters["mu1"]).toBe(0);
  expect(truth.reaction.parameters["a"]).not.toBe(0.1);
});
