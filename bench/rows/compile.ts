import type { Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { simulate } from "../../src/twin/simulate.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";
import { underLock } from "../peers/process.js";
import type { Session } from "../session.js";
import { median } from "../stats.js";
import type { RowFigure } from "./row.js";

const reactions = ["aliev-panfilov", "rogers-mcculloch", "fitzhugh-nagumo", "mitchell-schaeffer"];
const diffusions = ["graph-laplacian", "finite-element", "conductivity-field"];
const steps = 600;
const samples = 61;

/**
 * From a structure that this process has not met to its first gradient on 642 nodes: checks, edge
 * weights, passes compiled, 600 steps and their adjoint. The process has compiled another one before.
 */
export async function compileRow({ quick }: Session): Promise<RowFigure[]> {
  const mesh = ellipsoidShell({ semiAxes_mm: [10, 10, 15], nodes: 642, open: false });
  const lifted = Array.from({ length: 40 }, (_, i) => i);
  const stimuli = [{ kind: "initial", nodes: lifted, value: 1 } as const];
  const recording: Recording = { id: "r", beat: "r", stimuli: { kind: "given", stimuli } };
  const specs = reactions.flatMap((reaction) =>
    diffusions.map(
      (diffusion): TwinSpec => ({
        ...defaultSpec,
        reaction: { name: reaction },
        diffusion: { name: diffusion, options: {} },
        numerics: { ...defaultSpec.numerics, scheme: "euler" },
      }),
    ),
  );
  const [first, ...fresh] = quick ? specs.slice(0, 4) : specs;
  // The first one warms the process up.
  const times = await underLock(() => {
    firstGradient(mesh, recording, first);
    return fresh.map((spec) => firstGradient(mesh, recording, spec));
  });
  const value = median(times);
  return [
    {
      row: "compile",
      title: "structure to first gradient",
      nodes: mesh.points.length / 3,
      layout: `${fresh.length} structures`,
      headline: true,
      ours: { value, unit: "ms" },
      value,
      unit: "ms",
      better: "lower",
      reach: 30,
      aim: 10,
    },
  ];
}

function firstGradient(mesh: Mesh, recording: Recording, spec: TwinSpec): number {
  const start = performance.now();
  const compiled = compileTwin(catalog, spec, mesh);
  const values = initialValues(compiled.declared, compiled.model, mesh.points.length / 3, 1);
  const stepsPerSample = steps / (samples - 1);
  const interval_ms = stepsPerSample * stableStep_ms(compiled, values);
  const grid = { interval_ms, samples, stepsPerSample };
  const simulation = simulate(compiled, [{ values, recording }], {
    grid,
    adjoint: true,
    watch: false,
  });
  const gradient = simulation.gradient({ potential: simulation.result.potential });
  const time = performance.now() - start;
  if (!Object.values(gradient.edges).every((g) => g.every(Number.isFinite)))
    throw new Error(`${spec.reaction.name} with ${spec.diffusion.name}: the gradient diverged.`);
  return time;
}
