import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { Case, Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import type { CandidateResult } from "../../src/fit/candidate.js";
import { createSession, type Executor, inlineExecutor } from "../../src/fit/executor.js";
import { lossGradient } from "../../src/fit/field-gradient.js";
import { fitCandidate } from "../../src/fit/fit-candidate.js";
import { fitCandidates } from "../../src/fit/fit-candidates.js";
import { targetsOf } from "../../src/fit/targets.js";
import { workerPool } from "../../src/fit/worker-pool.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues, pack, unpack } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";

const mesh = sheet({ width_mm: 24, height_mm: 20, spacing_mm: 2 });
const truth = { "reaction.a": 0.13, "reaction.time_scale": 11, "diffusion.D": 0.35 };
const spec: TwinSpec = {
  ...defaultSpec,
  reaction: { name: "aliev-panfilov" },
  diffusion: { name: "finite-element", options: {} },
  fit: { ...defaultSpec.fit, freeReaction: ["a", "time_scale"], starts: 1 },
};

/** Recordings of a sheet paced at its corners, from the engine at a fifth of the stable step. */
function makeCase(): Case {
  const fine = { ...spec, numerics: { ...spec.numerics, stepFraction: 0.15 } };
  const compiled = compileTwin(catalog, fine, mesh);
  const published = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
  const values = { ...published, scalars: { ...published.scalars, ...truth } };
  const [interval, samples] = [6, 80];
  const grid = timeGrid(interval, samples, stableStep_ms(compiled, values));
  const corners = [0, 11, nodeCount(mesh) - 1, nodeCount(mesh) - 12];
  const near = (site: number) =>
    Array.from({ length: nodeCount(mesh) }, (_, i) => i).filter(
      (i) =>
        Math.hypot(
          mesh.points[3 * i] - mesh.points[3 * site],
          mesh.points[3 * i + 1] - mesh.points[3 * site + 1],
        ) < 6,
    );
  const recordings = corners.map((site, k): Recording => {
    const stimuli = [{ kind: "initial", nodes: near(site), value: 1 }] as const;
    const recording = { id: `r${k}`, beat: `r${k}`, stimuli: { kind: "given", stimuli } } as const;
    const simulation = simulate(compiled, [{ values, recording }], { grid, backEnd: "js-float64" });
    return {
      ...recording,
      potential: {
        times_ms: Float64Array.from({ length: samples }, (_, f) => f * interval),
        nodes: Int32Array.from({ length: nodeCount(mesh) }, (_, i) => i),
        values: Float32Array.from(lanePotential(simulation, 0)),
        arbitraryScale: false,
      },
    };
  });
  const split = { train: ["r0", "r1"], validation: ["r2"], test: ["r3"] };
  return { name: "sheet", source: "test", mesh, recordings, split };
}

const data = makeCase();
const fitWith = (executor: Executor, wanted: TwinSpec = spec) =>
  fitCandidate({ data, catalog, executor, seed: 3 }, wanted);
const comparable = ({ seconds: _, ...result }: CandidateResult) => result;

test("a fit that starts at published values finds the truth", async () => {
  const result = await fitWith(inlineExecutor(createSession(catalog, data)));
  expect(result.status).toBe("fitted");
  expect(result.validation.mse).toBeLessThan(1e-6);
  for (const [name, value] of Object.entries(truth))
    expect(Math.abs(result.values.scalars[name] / value - 1), name).toBeLessThan(0.01);
  expect(result.checks.filter((c) => !c.passed)).toEqual([]);
  expect(result.checks.map((c) => c.name)).toContain("half-step");
});

test("a fit with implicit diffusion finds the same truth; trial values may need a shorter step", async () => {
  const numerics = { ...spec.numerics, scheme: "strang", diffusion: "crank-nicolson" } as const;
  for (const dt_ms of [0.5, 30]) {
    const wanted = { ...spec, numerics: { ...numerics, dt_ms } };
    const result = await fitWith(inlineExecutor(createSession(catalog, data)), wanted);
    expect(result.status).toBe("fitted");
    for (const [name, value] of Object.entries(truth))
      expect(Math.abs(result.values.scalars[name] / value - 1), name).toBeLessThan(0.02);
  }
});

test("a conductivity field is pulled towards the truth by the adjoint", async () => {
  const field = {
    ...spec,
    diffusion: { name: "conductivity-field", options: {} },
    fit: { ...spec.fit, fieldIterations: 10 },
  };
  const result = await fitWith(inlineExecutor(createSession(catalog, data)), field);
  const last = result.curves.at(-1)!;
  expect(last.phase).toBe("fields");
  expect(last.train.at(-1)!).toBeLessThanOrEqual(last.train[0]);
  expect(result.validation.mse).toBeLessThan(1e-5);
});

test("each learning curve has a name of its own", async () => {
  // The truth is out of reach, so that all starts are made.
  const fit = { ...spec.fit, freeReaction: ["a"], starts: 2, timeIterations: 2 };
  const executor = inlineExecutor(createSession(catalog, data));
  const { curves } = await fitWith(executor, { ...spec, fit });
  const phases = curves.map(({ phase }) => phase);
  expect(new Set(phases).size).toBe(phases.length);
  expect(phases).toContain("times, start 2");
  expect(phases.at(-1)).toBe("potential, polished");
});

test("a field that has nothing left to gain ends without validation, too", async () => {
  const random = createRandom(1, "noise");
  const noisy = (recording: Recording): Recording => {
    const values = recording.potential!.values.map((u) => u + 0.05 * random.normal());
    return { ...recording, potential: { ...recording.potential!, values } };
  };
  const split = { ...data.split, validation: [] };
  const blind = { ...data, recordings: data.recordings.map(noisy), split };
  const wanted = {
    ...spec,
    diffusion: { name: "conductivity-field", options: {} },
    fit: { ...spec.fit, fieldIterations: 150 },
  };
  const executor = inlineExecutor(createSession(catalog, blind));
  const { curves } = await fitCandidate({ data: blind, catalog, executor, seed: 3 }, wanted);
  const { phase, train } = curves.at(-1)!;
  expect(phase).toBe("fields");
  expect(train.length).toBeLessThan(150);
  // Noise is what is left: the last five iterations gained less than a thousandth.
  expect(train.length).toBeGreaterThan(6);
  expect(train.at(-1)! / train.at(-6)!).toBeGreaterThan(0.999);
}, 60_000);

test("a structure that cannot be built is rejected with the reason", async () => {
  const impossible = { ...spec, diffusion: { name: "finite-element-fibre", options: {} } };
  const result = await fitWith(inlineExecutor(createSession(catalog, data)), impossible);
  expect(result.status).toBe("rejected");
  expect(result.reason).toMatch(/fibre/);
});

test("an aborted fit rejects and leaves no result", async () => {
  const controller = new AbortController();
  controller.abort();
  const executor = inlineExecutor(createSession(catalog, data));
  const request = { data, catalog, executor, seed: 3, signal: controller.signal };
  await expect(fitCandidate(request, spec)).rejects.toThrow(/Interrupted/);
});

const worker = new URL("../../dist/fit/worker.js", import.meta.url);
test.skipIf(!existsSync(worker))(
  "one worker, two workers and no worker give the same bits (needs npm run build)",
  async () => {
    const inline = comparable(await fitWith(inlineExecutor(createSession(catalog, data))));
    for (const workers of [1, 2]) {
      const pool = workerPool(worker, data, { workers });
      expect(comparable(await fitWith(pool))).toEqual(inline);
      await pool.close();
    }
  },
);

const several = [
  { spec, seed: 3 },
  { spec: { ...spec, diffusion: { name: "graph-laplacian", options: {} } }, seed: 3 },
  { spec: { ...spec, diffusion: { name: "finite-element-fibre", options: {} } }, seed: 4 },
].map((request) => {
  const fit = { ...spec.fit, timeIterations: 2, potentialIterations: 2 };
  return { ...request, spec: { ...request.spec, fit } };
});

async function oneByOne(): Promise<unknown[]> {
  const executor = inlineExecutor(createSession(catalog, data));
  const results: unknown[] = [];
  for (const { spec: wanted, seed } of several)
    results.push(comparable(await fitCandidate({ data, catalog, executor, seed }, wanted)));
  return results;
}

test("fits side by side are those one by one, bit for bit", async () => {
  const executor = inlineExecutor(createSession(catalog, data));
  const together = await fitCandidates({ executor }, several);
  expect(together.map(comparable)).toEqual(await oneByOne());
  expect(together.map(({ status }) => status)).toEqual(["fitted", "fitted", "rejected"]);
});

test.skipIf(!existsSync(worker))(
  "whole fits on one or two workers give the same bits (needs npm run build)",
  async () => {
    const expected = await oneByOne();
    for (const workers of [1, 2]) {
      const executor = workerPool(worker, data, { workers });
      const together = await fitCandidates({ executor }, several);
      expect(together.map(comparable)).toEqual(expected);
      await executor.close();
    }
  },
);

test("an interrupt reaches fits that run side by side", async () => {
  const executor = inlineExecutor(createSession(catalog, data));
  const before = fitCandidates({ executor, signal: AbortSignal.abort() }, several);
  await expect(before).rejects.toThrow(/Interrupted/);
  const controller = new AbortController();
  const during = fitCandidates({ executor, signal: controller.signal }, several);
  queueMicrotask(() => controller.abort());
  await expect(during).rejects.toThrow(/Interrupted/);
});

test("a reaction parameter may vary from node to node: its gradient is the loss's slope", () => {
  const nodal = { ...spec, fit: { ...spec.fit, nodalReaction: ["a"] } };
  const compiled = compileTwin(catalog, nodal, mesh);
  const start = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
  const targets = targetsOf(data, ["r0", "r1"], nodal.observation);
  const options = { limit_ms: stableStep_ms(compiled, start), timeWeight: 0 };
  const at = (z: Float64Array) =>
    lossGradient(compiled, targets, unpack(compiled.layout, z, start), options);
  const z = pack(compiled.layout, start);
  expect(z.length).toBe(compiled.layout.scalars.length + nodeCount(mesh));
  const { gradient, loss } = at(z);
  // The loss alone is the same number.
  const alone = lossGradient(compiled, targets, start, { ...options, lossOnly: true });
  expect(alone.loss).toBe(loss);
  expect(alone.gradient.every((g) => g === 0)).toBe(true);
  // A smooth direction over the nodes, and the common factor of the same parameter.
  const first = compiled.layout.scalars.length;
  const wave = z.map((_, k) => (k < first ? 0 : Math.sin(0.3 * (k - first))));
  const common = z.map((_, k) => Number(compiled.layout.scalars[k]?.name === "reaction.a"));
  for (const direction of [wave, common]) {
    const h = 5e-3;
    const moved = (sign: number) => at(z.map((v, k) => v + sign * h * direction[k])).loss;
    const slope = gradient.reduce((s, g, k) => s + g * direction[k], 0);
    expect((moved(1) - moved(-1)) / (2 * h) / slope).toBeCloseTo(1, 1.7);
  }
});

test("a parameter that a symmetry fixes cannot vary over the nodes", () => {
  const fixed = { ...spec, fit: { ...spec.fit, nodalReaction: ["k"] } };
  expect(() => compileTwin(catalog, fixed, mesh)).toThrow(/k is not fitted/);
});

test.each([
  "neural-conductance",
  "neural-flux",
  "graph-attention",
])("a network can be fitted: %s", async (name) => {
  const network = {
    ...spec,
    diffusion: { name, options: {} },
    fit: { ...spec.fit, timeIterations: 2, potentialIterations: 2, fieldIterations: 2 },
  };
  const result = await fitWith(inlineExecutor(createSession(catalog, data)), network);
  expect(result.reason).toBe("");
  const [first, ...rest] = result.curves.at(-1)!.train;
  expect(Math.min(first, ...rest)).toBe(rest.at(-1) ?? first);
  expect(result.values.network.every(Number.isFinite)).toBe(true);
});

test("the first start takes given values, inside their bounds; workers get them too", async () => {
  const none = { timeIterations: 0, potentialIterations: 0, fieldIterations: 0 };
  const wanted: TwinSpec = {
    ...spec,
    fit: { ...spec.fit, ...none, freeReaction: ["a", "mu1"] },
  };
  const starts = {
    "aliev-panfilov": { "reaction.a": 0.17, "reaction.mu1": 1e9, "reaction.k": 3, "reaction.x": 1 },
    "rogers-mcculloch": { "reaction.a": 0.3 },
  };
  const executor = inlineExecutor(createSession(catalog, data));
  const context = { data, catalog, executor, seed: 3 };
  const [plain, given] = [
    await fitCandidate(context, wanted),
    await fitCandidate({ ...context, starts }, wanted),
  ];
  const { params } = catalog.reactions["aliev-panfilov"];
  expect(plain.values.scalars["reaction.a"]).toBe(params.a.value);
  expect(given.values.scalars["reaction.a"]).toBe(0.17);
  expect(given.values.scalars["reaction.mu1"]).toBe(params.mu1.bounds[1]);
  // Not free, or of another reaction: as published.
  expect(given.values.scalars["reaction.k"]).toBe(params.k.value);
  expect(given.values.scalars).not.toHaveProperty("reaction.x");
  const [worker] = await fitCandidates({ executor }, [{ spec: wanted, seed: 3, starts }]);
  expect(comparable(worker)).toEqual(comparable(given));
});
