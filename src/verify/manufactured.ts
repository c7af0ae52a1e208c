import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { grid } from "../mesh/structured.js";
import type { DiffusionStep, MassKind, SchemeName } from "../model/schemes.js";
import type { Catalog } from "../twin/spec.js";
import {
  type Check,
  type CheckInput,
  errorPlot,
  finestOrder,
  judged,
  listed,
  type Part,
} from "./check.js";
import { irregularBox, irregularSheet } from "./meshes.js";
import { compileProblem, finalPotential, relativeError, solve } from "./problem.js";
import { manufactured } from "./reactions.js";

const size_mm = 6;
const end_ms = 3;
const wave = Math.PI / size_mm;
const { mu, level } = manufactured.params;
/** Along and across the fibres, mm2/ms. */
const [along, across] = [0.6, 0.2];

/** level + 0.3 cos cos (cos): no flux through any face of the box. */
function shapeOf(mesh: Mesh): Float64Array {
  return Float64Array.from({ length: nodeCount(mesh) }, (_, i) =>
    [0, 1, 2].reduce((product, axis) => product * Math.cos(wave * mesh.points[3 * i + axis]), 0.3),
  ).map((x) => level.value + x);
}

interface Setting {
  readonly diffusion: string;
  readonly mesh: Mesh;
  /** Axes across the fibres in which the mesh extends. */
  readonly acrossAxes: 1 | 2;
  readonly numerics: {
    scheme: SchemeName;
    diffusion?: DiffusionStep;
    mass?: MassKind;
  };
}

function compiledSetting(catalog: Catalog, setting: Setting) {
  const { diffusion, mesh, acrossAxes, numerics } = setting;
  const shape = shapeOf(mesh);
  const problem = compileProblem({
    catalog,
    reaction: manufactured,
    diffusion,
    mesh,
    numerics,
    diffusionValues: { D_across: across, ratio: along / across },
    reactionValues: { kappa: wave ** 2 * (along + acrossAxes * across) },
    nodal: { shape },
  });
  return { problem, shape };
}

/** Relative error of the potential at the end against the manufactured solution. */
export function manufacturedError(catalog: Catalog, setting: Setting, dt_ms: number): number {
  const { problem, shape } = compiledSetting(catalog, setting);
  const simulation = solve(problem, { end_ms, dt_ms, start: shape });
  const exact = shape.map((s) => s * Math.exp(-mu.value * end_ms));
  return relativeError(problem.compiled.operator.mass, finalPotential(simulation), exact);
}

interface SpaceCase {
  readonly id: string;
  readonly name: string;
  readonly setting: (cells: number) => Setting;
  readonly cells: readonly number[];
  /** Step at the coarsest spacing; it shrinks with the spacing squared. */
  readonly dt_ms: number;
}

const box = (dimension: 2 | 3): [number, number, number] => [
  size_mm,
  size_mm,
  dimension === 3 ? size_mm : 0,
];
const rk4 = { scheme: "rk4" } as const;
const consistent = { scheme: "strang", diffusion: "crank-nicolson", mass: "consistent" } as const;

const spaceCases: readonly SpaceCase[] = [
  {
    id: "triangles",
    name: "P1 triangles, irregular, lumped mass",
    setting: (cells) => ({
      diffusion: "finite-element-fibre",
      mesh: irregularSheet([size_mm, size_mm], size_mm / cells),
      acrossAxes: 1,
      numerics: rk4,
    }),
    cells: [8, 16, 32],
    dt_ms: 0.05,
  },
  {
    id: "triangles-consistent",
    name: "P1 triangles, irregular, consistent mass",
    setting: (cells) => ({
      diffusion: "finite-element-fibre",
      mesh: irregularSheet([size_mm, size_mm], size_mm / cells),
      acrossAxes: 1,
      numerics: consistent,
    }),
    cells: [8, 16, 32],
    dt_ms: 0.1,
  },
  {
    id: "tetrahedra",
    name: "P1 tetrahedra, irregular, lumped mass",
    setting: (cells) => ({
      diffusion: "finite-element-fibre",
      mesh: irregularBox(box(3), size_mm / cells),
      acrossAxes: 2,
      numerics: rk4,
    }),
    cells: [4, 8, 16],
    dt_ms: 0.3,
  },
  {
    id: "tetrahedra-consistent",
    name: "P1 tetrahedra, irregular, consistent mass",
    setting: (cells) => ({
      diffusion: "finite-element-fibre",
      mesh: irregularBox(box(3), size_mm / cells),
      acrossAxes: 2,
      numerics: consistent,
    }),
    cells: [4, 8, 16],
    dt_ms: 0.2,
  },
  {
    id: "differences-2d",
    name: "Finite differences, sheet",
    setting: (cells) => ({
      diffusion: "finite-difference-fibre",
      mesh: grid({ size_mm: box(2), spacing_mm: size_mm / cells, fibre: [1, 0, 0] }),
      acrossAxes: 1,
      numerics: rk4,
    }),
    cells: [8, 16, 32, 64],
    dt_ms: 0.3,
  },
  {
    id: "differences-3d",
    name: "Finite differences, box",
    setting: (cells) => ({
      diffusion: "finite-difference-fibre",
      mesh: grid({ size_mm: box(3), spacing_mm: size_mm / cells, fibre: [1, 0, 0] }),
      acrossAxes: 2,
      numerics: rk4,
    }),
    cells: [4, 8, 16],
    dt_ms: 0.3,
  },
];

const group = "Manufactured solution";
const source = "Exact: u = (0.6 + 0.3 cos cos cos) exp(-mu t) with a cubic reaction and its source";

function spacePart({ catalog }: CheckInput, one: SpaceCase): Part {
  return {
    name: `order in space: ${one.name}`,
    run: () => {
      const errors = one.cells.map((cells) =>
        manufacturedError(catalog, one.setting(cells), one.dt_ms * (one.cells[0] / cells) ** 2),
      );
      const row = judged(group, {
        id: `manufactured.space.${one.id}`,
        figure: `Order in space: ${one.name}`,
        value: finestOrder(errors),
        unit: "1",
        rule: "near",
        reference: 2,
        tolerance: 0.1,
        source,
        note: `relative errors ${listed(errors)} at ${one.cells.join(", ")} cells a side`,
      });
      const spacings = one.cells.map((cells) => size_mm / cells);
      const plot = { name: one.name, role: "ours" as const, x: spacings, y: errors };
      return { rows: [row], plots: [errorPlot(one.name, "spacing, mm", [plot], 2)] };
    },
  };
}

interface TimeCase {
  readonly id: string;
  readonly name: string;
  readonly numerics: Setting["numerics"];
  readonly order: number;
  /** Halved twice. */
  readonly dt_ms: number;
}

const timeCases: readonly TimeCase[] = [
  { id: "euler", name: "Euler", numerics: { scheme: "euler" }, order: 1, dt_ms: 0.05 },
  { id: "heun", name: "Heun", numerics: { scheme: "heun" }, order: 2, dt_ms: 0.05 },
  { id: "rk4", name: "RK4", numerics: { scheme: "rk4" }, order: 4, dt_ms: 0.05 },
  {
    id: "rush-larsen",
    name: "Rush-Larsen",
    numerics: { scheme: "rush-larsen" },
    order: 1,
    dt_ms: 0.05,
  },
  {
    id: "rush-larsen-2",
    name: "Rush-Larsen, exponential midpoint",
    numerics: { scheme: "rush-larsen-2" },
    order: 2,
    dt_ms: 0.05,
  },
  {
    id: "godunov",
    name: "Godunov splitting, backward Euler",
    numerics: { scheme: "godunov", diffusion: "backward-euler" },
    order: 1,
    dt_ms: 0.1,
  },
  {
    id: "strang",
    name: "Strang splitting, Crank-Nicolson",
    numerics: { scheme: "strang", diffusion: "crank-nicolson" },
    order: 2,
    dt_ms: 0.1,
  },
  {
    id: "strang-consistent",
    name: "Strang splitting, Crank-Nicolson, consistent mass",
    numerics: consistent,
    order: 2,
    dt_ms: 0.1,
  },
];

/** Steps of the reference are this much smaller than the smallest step under test. */
const refinement = 8;

/**
 * Errors at the given steps against a much finer solution on the same
 * mesh, so that space has no part in them. With lumped mass the reference is RK4's, which
 * shares nothing with the other schemes; with consistent mass it is the scheme's own.
 */
export function timeErrors(catalog: Catalog, numerics: Setting["numerics"], steps_ms: number[]) {
  const mesh = irregularSheet([size_mm, size_mm], size_mm / 8);
  const setting = { diffusion: "finite-element-fibre", mesh, acrossAxes: 1 } as const;
  const final = (own: Setting["numerics"], dt_ms: number) => {
    const { problem, shape } = compiledSetting(catalog, { ...setting, numerics: own });
    const simulation = solve(problem, { end_ms, dt_ms, start: shape });
    return { u: finalPotential(simulation), mass: problem.compiled.operator.mass };
  };
  const finest = steps_ms[steps_ms.length - 1] / refinement;
  const reference = final(numerics.mass === "consistent" ? numerics : rk4, finest);
  return steps_ms.map((dt_ms) =>
    relativeError(reference.mass, final(numerics, dt_ms).u, reference.u),
  );
}

function timePart({ catalog }: CheckInput, one: TimeCase): Part {
  return {
    name: `order in time: ${one.name}`,
    run: () => {
      const steps = [1, 2, 4].map((k) => one.dt_ms / k);
      const errors = timeErrors(catalog, one.numerics, steps);
      const row = judged(group, {
        id: `manufactured.time.${one.id}`,
        figure: `Order in time: ${one.name}`,
        value: finestOrder(errors),
        unit: "1",
        rule: "near",
        reference: one.order,
        tolerance: 0.1,
        source:
          one.numerics.mass === "consistent"
            ? "order of the scheme; errors against its own solution at an eighth of the finest step"
            : "order of the scheme; errors against RK4 on the same mesh at an eighth of the finest step",
        note: `relative errors ${listed(errors)} at dt ${steps.map((dt) => `${dt}`).join(", ")} ms`,
      });
      const line = { name: one.name, role: "ours" as const, x: steps, y: errors };
      return { rows: [row], plots: [errorPlot(one.name, "time step, ms", [line], one.order)] };
    },
  };
}

export const manufacturedCheck: Check = {
  group,
  explanation:
    "A known smooth solution of a cubic reaction with diffusion along and across fibres, carried by a source. Errors must shrink as the method's order says: the spacing halved takes a quarter of the error, and a step halved what the scheme promises. A wrong coefficient, sign or mass shows at once.",
  parts: (input) => [
    ...spaceCases.map((one) => spacePart(input, one)),
    ...timeCases.map((one) => timePart(input, one)),
  ],
};
