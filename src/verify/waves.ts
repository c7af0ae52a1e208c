import { nodeCount } from "../mesh/mesh.js";
import { cable } from "../mesh/structured.js";
import type { Catalog } from "../twin/spec.js";
import { type Check, errorPlot, judged, listed, observedOrder, type Part } from "./check.js";
import { irregularSheet } from "./meshes.js";
import {
  activationTimes,
  compileProblem,
  finalPotential,
  relativeError,
  solve,
} from "./problem.js";
import { bistable } from "./reactions.js";

const group = "Waves";

/** Steps that leave the error of RK4 far below that of space. */
const explicitStep = (spacing_mm: number, D: number) => (0.3 * spacing_mm ** 2) / D;

const D = 0.3;
const { k, a } = bistable.params;
const front = {
  speed: Math.sqrt((D * k.value) / 2) * (1 - 2 * a.value),
  width_mm: Math.sqrt((2 * D) / k.value),
  start_mm: 10,
  end_ms: 30,
  length_mm: 40,
} as const;

const exactFront = (x_mm: number, t_ms: number) =>
  1 / (1 + Math.exp((x_mm - front.start_mm - front.speed * t_ms) / front.width_mm));

/** Speed over the middle of the cable, and the error of the profile at the end. */
export function bistableFront(catalog: Catalog, spacing_mm: number) {
  const mesh = cable({ length_mm: front.length_mm, spacing_mm });
  const problem = compileProblem({
    catalog,
    reaction: bistable,
    diffusion: "finite-difference",
    mesh,
    numerics: { scheme: "rk4" },
    diffusionValues: { D },
  });
  const profile = (t_ms: number) =>
    Float64Array.from({ length: nodeCount(mesh) }, (_, i) => exactFront(mesh.points[3 * i], t_ms));
  const { end_ms } = front;
  const dt_ms = explicitStep(spacing_mm, D);
  const simulation = solve(problem, { end_ms, dt_ms, start: profile(0) });
  const times = activationTimes(simulation);
  const node = (x: number) => Math.round(x / spacing_mm);
  const u = finalPotential(simulation);
  return {
    speed: 8 / (times[node(22)] - times[node(14)]),
    error: relativeError(problem.compiled.operator.mass, u, profile(end_ms)),
    x: Array.from({ length: u.length }, (_, i) => mesh.points[3 * i]),
    u: [...u],
    exact: [...profile(end_ms)],
  };
}

function frontPart(catalog: Catalog): Part {
  return {
    name: "exact front of the bistable cubic",
    run: () => {
      const spacings = [0.4, 0.2, 0.1];
      const runs = spacings.map((spacing) => bistableFront(catalog, spacing));
      const errors = runs.map(({ error }) => error);
      const offSpeed = runs.map(({ speed }) => Math.abs(speed / front.speed - 1));
      const source = "Exact front u = 1 / (1 + exp((x - c t) / sqrt(2 D / k)))";
      const rows = [
        judged(group, {
          id: "waves.front.speed",
          figure: "Speed of the bistable front, h = 0.1 mm",
          value: runs[2].speed,
          unit: "mm/ms",
          rule: "near",
          reference: front.speed,
          tolerance: 0.005 * front.speed,
          source: `${source}, c = sqrt(D k / 2) (1 - 2 a)`,
          note: `relative errors ${listed(offSpeed)} at h = ${spacings.join(", ")} mm`,
        }),
        judged(group, {
          id: "waves.front.order",
          figure: "Order in space of the front's profile",
          value: observedOrder(errors[1], errors[2]),
          unit: "1",
          rule: "near",
          reference: 2,
          tolerance: 0.1,
          source,
          note: `relative errors ${listed(errors)}`,
        }),
      ];
      const { x, u, exact } = runs[0];
      const profile = {
        title: `Bistable front after ${front.end_ms} ms, h = 0.4 mm`,
        x: "x, mm",
        y: "u",
        scale: "linear" as const,
        series: [
          { name: "leads", role: "ours" as const, x, y: u },
          { name: "exact", role: "reference" as const, x, y: exact },
        ],
      };
      const line = { name: "bistable front", role: "ours" as const, x: spacings, y: errors };
      return { rows, plots: [profile, errorPlot("Bistable front", "spacing, mm", [line], 2)] };
    },
  };
}

/** Speed of an Aliev-Panfilov wave on a cable between 15 and 25 mm, mm/ms. */
export function cableSpeed(catalog: Catalog, spacing_mm: number): number {
  const mesh = cable({ length_mm: 40, spacing_mm });
  const problem = compileProblem({
    catalog,
    reaction: catalog.reactions["aliev-panfilov"],
    diffusion: "finite-difference",
    mesh,
    numerics: { scheme: "rk4" },
    diffusionValues: { D },
  });
  const start = Float64Array.from({ length: nodeCount(mesh) }, (_, i) =>
    mesh.points[3 * i] < 5 - 1e-9 ? 1 : 0,
  );
  const dt_ms = explicitStep(spacing_mm, D);
  const times = activationTimes(solve(problem, { end_ms: 110, dt_ms, start }));
  const node = (x: number) => Math.round(x / spacing_mm);
  return 10 / (times[node(25)] - times[node(15)]);
}

/** Computed apart from this project: see docs/verification.md. */
const cableReference = { speed: 0.212915, tolerance: 1e-4 } as const;

function cablePart(catalog: Catalog, full: boolean): Part {
  return {
    name: "conduction velocity of a cable",
    run: () => {
      const spacings = full ? [0.5, 0.25, 0.125, 0.0625] : [0.5, 0.25, 0.125];
      const speeds = spacings.map((spacing) => cableSpeed(catalog, spacing));
      const [c4, c2, c1] = speeds.slice(-3);
      const limit = c1 + (c1 - c2) / 3;
      const rows = [
        judged(group, {
          id: "waves.cable.speed",
          figure: "Aliev-Panfilov cable, D = 0.3 mm2/ms: speed as h goes to 0",
          value: limit,
          unit: "mm/ms",
          rule: "near",
          reference: cableReference.speed,
          tolerance: cableReference.tolerance * cableReference.speed,
          source: "method of lines in scipy 1.17 (LSODA, rtol 1e-9), h to 0.05 mm, Richardson",
          note: `speeds ${speeds.map((c) => c.toFixed(5)).join(", ")} at h = ${spacings.join(", ")} mm`,
        }),
        judged(group, {
          id: "waves.cable.order",
          figure: "Order of the speed in the spacing",
          value: observedOrder(Math.abs(c4 - c2), Math.abs(c2 - c1)),
          unit: "1",
          rule: "near",
          reference: 2,
          tolerance: 0.1,
          source: "differences over three spacings",
        }),
      ];
      const errors = speeds.map((c) => Math.abs(c / cableReference.speed - 1));
      const line = { name: "cable", role: "ours" as const, x: spacings, y: errors };
      return { rows, plots: [errorPlot("Speed on a cable", "spacing, mm", [line], 2)] };
    },
  };
}

/** Arrival times at a distance from the middle of a sheet, by direction. */
export function arrivalByDirection(catalog: Catalog, spacing_mm: number, sectors = 24) {
  const [size, radius_mm] = [32, 12];
  const mesh = irregularSheet([size, size], spacing_mm);
  const problem = compileProblem({
    catalog,
    reaction: catalog.reactions["aliev-panfilov"],
    diffusion: "finite-element",
    mesh,
    numerics: { scheme: "rk4" },
    diffusionValues: { D },
  });
  const polar = Array.from({ length: nodeCount(mesh) }, (_, i) => {
    const [x, y] = [mesh.points[3 * i] - size / 2, mesh.points[3 * i + 1] - size / 2];
    return { radius: Math.hypot(x, y), angle: Math.atan2(y, x) };
  });
  // A smooth bump, so that the start has no corners of the mesh in it.
  const start = Float64Array.from(polar, ({ radius }) => 1 / (1 + Math.exp((radius - 4) / 0.5)));
  const dt_ms = 0.15 * spacing_mm ** 2;
  const times = activationTimes(
    solve(problem, { end_ms: 70, dt_ms, start, backEnd: "wasm-f32x4" }),
  );
  const bySector = Array.from({ length: sectors }, () => [] as [number, number][]);
  polar.forEach(({ radius, angle }, i) => {
    if (Math.abs(radius - radius_mm) > 2) return;
    bySector[Math.floor(((angle + Math.PI) / (2 * Math.PI)) * sectors) % sectors].push([
      radius - radius_mm,
      times[i],
    ]);
  });
  return bySector.map(intercept);
}

/** Value at x = 0 of the straight line through points (x, y) by least squares. */
function intercept(points: readonly (readonly [number, number])[]): number {
  const mean = (f: (p: readonly [number, number]) => number) =>
    points.reduce((sum, p) => sum + f(p), 0) / points.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const slope = mean((p) => (p[0] - x) * (p[1] - y)) / mean((p) => (p[0] - x) ** 2);
  return y - slope * x;
}

/** (largest - smallest) / mean. */
export function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return (Math.max(...values) - Math.min(...values)) / mean;
}

function isotropyPart(catalog: Catalog, full: boolean): Part {
  return {
    name: "isotropy on an irregular mesh",
    run: () => {
      const spacing = full ? 0.25 : 0.4;
      const arrivals = arrivalByDirection(catalog, spacing);
      const degrees = arrivals.map((_, s) => ((s + 0.5) * 360) / arrivals.length - 180);
      const mean = arrivals.reduce((sum, t) => sum + t, 0) / arrivals.length;
      const row = judged(group, {
        id: "waves.isotropy",
        figure: `Spread of arrival over directions, irregular triangles, h = ${spacing} mm`,
        value: spread(arrivals),
        unit: "1",
        rule: "at most",
        reference: 0.01,
        source: "isotropic diffusion: no direction is faster",
        note: "(largest - smallest) / mean arrival at 12 mm from the centre, 24 sectors",
      });
      const plot = {
        title: "Arrival at 12 mm by direction",
        x: "direction, degrees",
        y: "arrival, ms",
        scale: "linear" as const,
        series: [
          { name: "leads", role: "ours" as const, x: degrees, y: arrivals },
          { name: "mean", role: "reference" as const, x: degrees, y: degrees.map(() => mean) },
        ],
      };
      return { rows: [row], plots: [plot] };
    },
  };
}

export const wavesCheck: Check = {
  group,
  explanation:
    "A front with a closed formula, the conduction velocity of a cable and its convergence, and a circular wave on a mesh without preferred directions.",
  parts: ({ catalog, cost }) => [
    frontPart(catalog),
    cablePart(catalog, cost === "full"),
    isotropyPart(catalog, cost === "full"),
  ],
};
