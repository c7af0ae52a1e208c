import { createRandom } from "../core/random.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { gridOperators } from "../mesh/operators.js";
import { grid } from "../mesh/structured.js";
import type { Diffusion } from "../model/declare.js";
import { lanePotential } from "../twin/simulate.js";
import type { Catalog } from "../twin/spec.js";
import { stepBound } from "../twin/stability.js";
import { type Check, judged, type Part, type Plot, worstOf } from "./check.js";
import { irregularSheet } from "./meshes.js";
import { compileProblem, type Problem, solve } from "./problem.js";
import { linearDecay } from "./reactions.js";

const group = "Invariants of diffusion";
const intervals = 100;

/** A mesh that an entry can be built on: elements with fibres and two regions, or a grid. */
export function meshFor(diffusion: Diffusion): Mesh {
  if (gridOperators.has(diffusion.operator))
    return grid({ size_mm: [8, 6, 0], spacing_mm: 1, fibre: [1, 0, 0] });
  const mesh = irregularSheet([8, 6], 1, 30);
  return { ...mesh, regions: mesh.regions.map((_, k) => 1 + (k % 2)) };
}

/** Total sum m u and energy sum m u^2 of a random start, relative to their size, over time. */
export function diffuse(
  catalog: Catalog,
  diffusion: Diffusion,
  numerics: Problem["numerics"] = { scheme: "rk4" },
) {
  const mesh = meshFor(diffusion);
  const name = diffusion.name;
  const problem = compileProblem({
    catalog,
    reaction: linearDecay,
    diffusion: name,
    mesh,
    numerics,
  });
  const random = createRandom(3, "invariants");
  const start = Float64Array.from({ length: nodeCount(mesh) }, () => random.uniform());
  const implicit = numerics.diffusion !== undefined && numerics.diffusion !== "explicit";
  const dt_ms = implicit ? 0.5 : 0.5 * stepBound(problem.compiled, problem.values).step_ms;
  const end_ms = intervals * dt_ms;
  const simulation = solve(problem, { end_ms, dt_ms, intervals, start });
  const all = lanePotential(simulation, 0);
  const { mass } = problem.compiled.operator;
  const sums = (power: 1 | 2) =>
    Array.from({ length: intervals + 1 }, (_, t) =>
      mass.reduce((sum, m, i) => sum + m * all[t * mass.length + i] ** power, 0),
    );
  const [total, energy] = [sums(1), sums(2)];
  return {
    times_ms: total.map((_, t) => t * dt_ms),
    drift: total.map((value) => Math.abs(value / total[0] - 1)),
    energy: energy.map((value) => value / energy[0]),
  };
}

const conservative = (catalog: Catalog) =>
  Object.values(catalog.diffusions).filter(({ physics }) => physics !== "message");

function conservationPart(catalog: Catalog): Part {
  return {
    name: "conservation",
    run: () => {
      const runs = conservative(catalog).map((diffusion) => ({
        name: diffusion.name,
        figure: Math.max(...diffuse(catalog, diffusion).drift),
      }));
      const worst = worstOf(runs);
      const row = judged(group, {
        id: "invariants.conservation",
        figure: `Drift of sum(m u) over ${intervals} steps, worst of ${runs.length} entries`,
        value: worst.figure,
        unit: "1",
        rule: "at most",
        reference: 1e-13,
        source: "fluxes between two nodes are equal and opposite; float64 rounding is 2e-16",
        note: `worst: ${worst.name}; without reaction, random start, RK4`,
      });
      return { rows: [row], plots: [] };
    },
  };
}

const energyCases = [
  { name: "rk4", numerics: { scheme: "rk4" } },
  { name: "strang, Crank-Nicolson", numerics: { scheme: "strang", diffusion: "crank-nicolson" } },
  { name: "godunov, backward Euler", numerics: { scheme: "godunov", diffusion: "backward-euler" } },
] as const;

/** Largest growth of the energy in one step, relative to its start; none in exact arithmetic. */
export const largestGrowth = (energy: readonly number[]): number =>
  energy.slice(1).reduce((most, value, t) => Math.max(most, value - energy[t]), -Infinity);

function energyPart(catalog: Catalog): Part {
  return {
    name: "energy decay",
    run: () => {
      const symmetric = conservative(catalog).filter((d) => d.physics === "symmetric-flux");
      const rows = energyCases.map(({ name, numerics }) => {
        const runs = symmetric.map((diffusion) => ({
          name: diffusion.name,
          figure: largestGrowth(diffuse(catalog, diffusion, numerics).energy),
        }));
        const worst = worstOf(runs);
        return judged(group, {
          id: `invariants.energy.${numerics.scheme}`,
          figure: `Largest growth of sum(m u^2) in a step, ${name}, worst of ${runs.length}`,
          value: worst.figure,
          unit: "1",
          rule: "at most",
          reference: 1e-13,
          source: "a symmetric positive semi-definite operator only loses energy",
          note: `worst: ${worst.name}; negative means that it always falls`,
        });
      });
      return { rows, plots: [energyPlot(catalog)] };
    },
  };
}

function energyPlot(catalog: Catalog): Plot {
  const { times_ms, energy } = diffuse(catalog, catalog.diffusions["finite-element-fibre"]);
  return {
    title: "Energy of pure diffusion, finite elements with fibres",
    x: "time, ms",
    y: "sum(m u\u00b2), relative",
    scale: "linear",
    series: [{ name: "leads", role: "ours", x: times_ms, y: energy }],
  };
}

export const invariantsCheck: Check = {
  group,
  explanation:
    "What diffusion may never do, whatever its parameters: make or lose charge (every entry with fluxes), or gain energy (every entry with symmetric fluxes).",
  parts: ({ catalog }) => [conservationPart(catalog), energyPart(catalog)],
};
