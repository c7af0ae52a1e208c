import { expect, test } from "vitest";
import type { Stimulus } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import { compileTwin } from "../../src/twin/compile.js";
import { liveTwin } from "../../src/twin/live.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { errorOf } from "./problem.js";

const mesh = ellipsoidShell({ semiAxes_mm: [12, 10, 18], nodes: 300, open: false });
const nodesOfMesh = mesh.points.length / 3;

function compiledTwin(diffusion: string) {
  const compiled = compileTwin(
    catalog,
    {
      ...defaultSpec,
      reaction: { name: "mitchell-schaeffer" },
      diffusion: { name: diffusion, options: {} },
    },
    mesh,
  );
  const { declared, model } = compiled;
  const values = { ...initialValues(declared, model, compiled.topology.nodes, 1), sites: {} };
  return { compiled, values };
}

const near = (node: number) => Array.from({ length: 8 }, (_, k) => (node + k) % nodesOfMesh);
const pulse = (node: number, start_ms: number) => ({
  kind: "current" as const,
  nodes: near(node),
  start_ms,
  duration_ms: 3,
  strength_per_ms: 0.6,
});

/** Spans of 4 ms against one long roll-out with the same steps. */
function both(
  diffusion: string,
  stimuli: readonly Extract<Stimulus, { kind: "current" }>[],
  tissue?: Float64Array,
) {
  const { compiled, values } = compiledTwin(diffusion);
  const limit_ms = stableStep_ms(compiled, values);
  const steps = 2 * Math.ceil(2 / limit_ms);
  const grid = { ...timeGrid(4, 101, limit_ms), stepsPerSample: steps };
  const recording = { id: "r", beat: "r", stimuli: { kind: "given" as const, stimuli } };
  const long = simulate(compiled, [{ values, recording, ...(tissue && { tissue }) }], { grid });
  const twin = liveTwin(compiled, {
    values,
    dt_ms: 4 / steps,
    stepsPerSpan: steps,
    ...(tissue && { tissue }),
  });
  for (const s of stimuli) twin.pace(s);
  const states = Array.from({ length: 100 }, () => twin.advance());
  return { long, last: states[99], nodes: compiled.topology.nodes, twin };
}

test.each([
  "finite-element",
  "mean-aggregation",
])("%s: spans end where one long roll-out ends", (diffusion) => {
  const { long, last, nodes, twin } = both(diffusion, [pulse(3, 1), pulse(150, 360.7)]);
  expect(twin.now_ms()).toBeCloseTo(400, 9);
  const expected = lanePotential(long, 0).subarray(100 * nodes);
  const apart = Array.from(last.potential, (u, i) => Math.abs(u - expected[i]));
  expect(Math.max(...apart)).toBeLessThan(2e-5);
  expect(Math.max(...last.potential)).toBeGreaterThan(0.5);
  expect([...last.activation_ms].filter(Number.isFinite).length).toBe(nodes);
});

test("the first activation of a span is timed as in one roll-out", () => {
  const { long, last, nodes } = both("finite-element", [pulse(3, 1)]);
  for (let i = 0; i < nodes; i++)
    expect(last.activation_ms[i]).toBeCloseTo(long.result.activation_ms[i], 3);
});

test("nothing passes an ablated ring, in spans and in one roll-out alike", () => {
  const tissue = Float64Array.from({ length: nodesOfMesh }, (_, i) =>
    Math.abs(mesh.points[3 * i + 2]) < 4 ? 0 : 1,
  );
  const { long, last, nodes } = both("finite-element", [pulse(0, 1)], tissue);
  const silent = [...last.activation_ms].filter(Number.isNaN).length;
  expect(silent).toBeGreaterThan(20);
  expect(silent).toBeLessThan(nodes - 8);
  expect([...long.result.activation_ms].filter((t) => t === Infinity).length).toBe(silent);
});

test("tissue of the wrong size or sign is refused", () => {
  expect(errorOf(() => both("finite-element", [], new Float64Array(2))).code).toBe("bad-shape");
  const negative = new Float64Array(nodesOfMesh).fill(1);
  negative[7] = -1;
  const problem = errorOf(() => both("finite-element", [], negative));
  expect(problem.message).toContain("node 7");
});
