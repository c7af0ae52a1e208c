import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { neuralMembrane } from "../../src/catalog/reaction/neural-membrane.js";
import { createRandom } from "../../src/core/random.js";
import { baselineScores } from "../../src/fit/baselines.js";
import { createSession, inlineExecutor } from "../../src/fit/executor.js";
import { fitCandidate } from "../../src/fit/fit-candidate.js";
import { targetsOf } from "../../src/fit/targets.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { evaluate } from "../../src/model/graph.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { sheetPatient } from "./sheet-patient.js";

const mesh = sheet({ width_mm: 12, height_mm: 8, spacing_mm: 2 });
const nodes = nodeCount(mesh);

const specOf = (reaction: string, diffusion: string): TwinSpec => ({
  ...defaultSpec,
  reaction: { name: reaction },
  diffusion: { name: diffusion, options: {} },
});

const data = sheetPatient({
  mesh,
  truth: specOf("aliev-panfilov", "graph-laplacian"),
  sites: [0, nodes - 1, 6, nodes - 7],
  stimulus: (near) => ({ kind: "initial", nodes: near, value: 1 }),
  interval_ms: 10,
  frames: 32,
});

test("networks in place of membrane and conduction are fitted by the fit of every other twin", async () => {
  const executor = inlineExecutor(createSession(catalog, data));
  const fit = { starts: 1, timeIterations: 4, potentialIterations: 5, fieldIterations: 10 };
  const spec = specOf("neural-membrane", "graph-attention");
  const wanted = { ...spec, fit: { ...spec.fit, ...fit } };
  const result = await fitCandidate({ data, catalog, executor, seed: 3 }, wanted);
  expect(result.status).toBe("fitted");
  // 32 weights and the time scale; the rate and the weights of one attention head.
  expect(result.parameterCount).toBe(32 + 1 + 1 + 16);
  const [potential, fields] = ["potential", "fields"].map(
    (phase) => result.curves.find((curve) => curve.phase === phase)!,
  );
  expect(potential.train.at(-1)!).toBeLessThan(0.1 * potential.train[0]);
  expect(fields.train.at(-1)!).toBeLessThanOrEqual(fields.train[0]);
  // Early stopping looks at recordings that no gradient has seen.
  expect(fields.validation.length).toBeGreaterThan(1);
  const targets = targetsOf(data, ["r2"], spec.observation);
  const { zero } = baselineScores(data, [], targets);
  expect(result.validation.mse!).toBeLessThan(0.02 * zero.mse!);
});

const { parameters, rates } = reactionSystem(neuralMembrane);
const published = Object.fromEntries(Object.entries(parameters).map(([k, p]) => [k, p.value]));

test("it begins as the excitable cell that its entry names", () => {
  const unit = published.time_scale;
  let [squares, count] = [0, 0];
  for (let u = -0.4; u <= 1.15; u += 0.05)
    for (let v = -0.2; v <= 1; v += 0.1) {
      const [du, dv] = evaluate(rates, { ...published, u, v });
      squares += (unit * du - (8 * u * (1 - u) * (u - 0.15) - 3 * v)) ** 2;
      squares += (unit * dv - 0.05 * (u - v)) ** 2;
      count += 2;
    }
  expect(Math.sqrt(squares / count)).toBeLessThan(0.02);
});

test("it rests at rest, whatever its weights", () => {
  const random = createRandom(5);
  const weights = Object.fromEntries(
    Object.keys(parameters).map((name) => [name, 1 + 4 * random.uniform()]),
  );
  expect(evaluate(rates, { ...weights, u: 0, v: 0 })).toEqual([0, 0]);
});
