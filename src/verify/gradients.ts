import { createRandom } from "../core/random.js";
import { nodeCount } from "../mesh/mesh.js";
import type { Diffusion, Reaction } from "../model/declare.js";
import { lanePotential } from "../twin/simulate.js";
import type { TwinValues } from "../twin/spec.js";
import { type Check, type CheckInput, judged, type Part, worstOf } from "./check.js";
import { meshFor } from "./invariants.js";
import { type CompiledProblem, compileProblem, type Problem, solve } from "./problem.js";

const group = "Gradients";
const [steps, dt_ms] = [40, 0.02];

/** A place in the space of everything that a fit may move, or a direction in it. */
interface Place {
  readonly values: TwinValues;
  /** Normalised potential at t = 0, [N]. */
  readonly start: Float64Array;
}

const scaled = (a: Float64Array, d: Float64Array, h: number) => a.map((x, i) => x + h * d[i]);

function moved({ values, start }: Place, along: Place, h: number): Place {
  const scalars = Object.entries(values.scalars).map(([name, x]) => [
    name,
    x + h * (along.values.scalars[name] ?? 0),
  ]);
  const fields = Object.entries(values.fields).map(([name, y]) => [
    name,
    scaled(y, along.values.fields[name], h),
  ]);
  return {
    values: {
      ...values,
      scalars: Object.fromEntries(scalars),
      fields: Object.fromEntries(fields),
      network: scaled(values.network, along.values.network, h),
    },
    start: scaled(start, along.start, h),
  };
}

/** Half the squared distance of the sampled potentials to a target that is the start itself. */
function lossOf(problem: CompiledProblem, place: Place, adjoint: boolean) {
  const simulation = solve(
    { ...problem, values: place.values },
    { end_ms: steps * dt_ms, dt_ms, intervals: 4, start: place.start, adjoint },
  );
  const residual = lanePotential(simulation, 0).map((u, k) => u - 0.3 - 0.01 * (k % 7));
  const loss = residual.reduce((sum, r) => sum + (r * r) / 2, 0);
  return { loss, residual, simulation };
}

/** Derivative of the loss along a direction by the exact adjoint. */
export function adjointSlope(problem: CompiledProblem, place: Place, along: Place): number {
  const { residual, simulation } = lossOf(problem, place, true);
  const { compiled } = problem;
  const { globals, edges, initial } = simulation.gradient({ potential: residual });
  const { scalars, fields, network } = compiled.edgeMap.pullBack(place.values, edges);
  const dot = (a: ArrayLike<number>, b: Float64Array) => b.reduce((sum, x, i) => sum + x * a[i], 0);
  let slope = dot(initial[compiled.program.stateNames[0]], along.start);
  for (const [name, d] of Object.entries(along.values.scalars))
    slope += d * ((globals[name]?.[0] ?? 0) + (scalars[name] ?? 0));
  for (const [name, d] of Object.entries(along.values.fields)) slope += dot(fields[name], d);
  along.values.network.forEach((d, k) => {
    slope += d * (network[k] + (globals[`diffusion.n${k}`]?.[0] ?? 0));
  });
  return slope;
}

/** Central differences at h and h / 2, extrapolated: the error falls with h^4. */
export function differenceSlope(
  problem: CompiledProblem,
  place: Place,
  along: Place,
  h = 2e-4,
): number {
  const central = (h: number) =>
    (lossOf(problem, moved(place, along, h), false).loss -
      lossOf(problem, moved(place, along, -h), false).loss) /
    (2 * h);
  return (4 * central(h / 2) - central(h)) / 3;
}

function placeOf({ compiled, values }: CompiledProblem, seed: number): { at: Place; along: Place } {
  const random = createRandom(seed, "gradients");
  const nodes = nodeCount(compiled.mesh);
  const normals = (count: number, size: number) =>
    Float64Array.from({ length: count }, () => size * random.normal());
  const at = {
    values: { ...values, fields: mapped(values.fields, (y) => normals(y.length, 0.3)) },
    start: Float64Array.from({ length: nodes }, () => 0.8 * random.uniform()),
  };
  const scalars = Object.entries(values.scalars).map(([name, x]) => [
    name,
    0.3 * (Math.abs(x) || 0.1) * random.normal(),
  ]);
  const along = {
    values: {
      ...values,
      scalars: Object.fromEntries(scalars),
      fields: mapped(values.fields, (y) => normals(y.length, 0.3)),
      network: normals(values.network.length, 0.3),
    },
    start: normals(nodes, 0.05),
  };
  return { at, along };
}

const mapped = (
  fields: Readonly<Record<string, Float64Array>>,
  make: (y: Float64Array) => Float64Array,
) => Object.fromEntries(Object.entries(fields).map(([name, y]) => [name, make(y)]));

/** Directions tried before a difference counts: along some a state crosses an `if` of the model. */
const directions = [1, 2, 3, 4];

/** The direction of one parameter alone. */
function alone({ values, start }: Place, name: string): Place {
  const none = (y: Float64Array) => new Float64Array(y.length);
  return {
    values: {
      ...values,
      scalars: { [name]: 0.3 * (Math.abs(values.scalars[name]) || 0.1) },
      fields: mapped(values.fields, none),
      network: none(values.network),
    },
    start: none(start),
  };
}

/** Long steps resolve small slopes, short ones cross no `if`: a right gradient agrees with one. */
const lengths = [0.03, 3e-3, 2e-4];
/** Slopes below this share of the whole drown in the rounding of the loss. */
const felt = 1e-6;

/**
 * Relative difference of both slopes, the largest along a random direction in everything and along
 * each parameter alone, so that no small gradient hides behind a large one; the best of a few places.
 */
export function gradientError(problem: CompiledProblem, slopeOf = adjointSlope): number {
  const errors = directions.map((seed) => () => {
    const { at, along } = placeOf(problem, seed);
    const whole = differenceSlope(problem, at, along);
    const names = Object.keys(problem.values.scalars);
    return worstOf([
      { figure: Math.abs(slopeOf(problem, at, along) / whole - 1) },
      ...names.map((name) => {
        const one = alone(at, name);
        const slope = slopeOf(problem, at, one);
        const errors = lengths.map((h) => {
          const exact = differenceSlope(problem, at, one, h);
          return Math.abs(slope - exact) / Math.max(Math.abs(exact), felt * Math.abs(whole));
        });
        return { figure: Math.min(...errors) };
      }),
    ]).figure;
  });
  let best = Number.POSITIVE_INFINITY;
  for (const error of errors) {
    best = Math.min(best, error());
    if (best < accepted / 10) break;
  }
  return best;
}

/** A gradient off by 1e-5 is refused. */
const accepted = 1e-6;

const split = { scheme: "strang", diffusion: "crank-nicolson" } as const;
const schemesTried: readonly Problem["numerics"][] = [
  { scheme: "euler" },
  { scheme: "heun" },
  { scheme: "rush-larsen" },
  { scheme: "rush-larsen-2" },
  { scheme: "godunov", diffusion: "backward-euler" },
  split,
  { ...split, mass: "consistent" },
];

interface Pair {
  readonly name: string;
  readonly reaction: Reaction;
  readonly diffusion: Diffusion;
  readonly numerics: Problem["numerics"];
}

/** quick: every reaction and every diffusion once; full: all pairs. */
function pairs({ catalog, cost }: CheckInput): Pair[] {
  const reactions = Object.values(catalog.reactions);
  const diffusions = Object.values(catalog.diffusions);
  const pair = (reaction: Reaction, diffusion: Diffusion): Pair => ({
    name: `${reaction.name} + ${diffusion.name}`,
    reaction,
    diffusion,
    numerics: { scheme: reaction.numerics?.scheme ?? "rk4" },
  });
  if (cost === "full")
    return reactions.flatMap((reaction) => diffusions.map((d) => pair(reaction, d)));
  const first = catalog.diffusions["finite-element-fibre"];
  return [
    ...reactions.map((reaction) => pair(reaction, first)),
    ...diffusions.filter((d) => d !== first).map((d) => pair(reactions[0], d)),
  ];
}

function schemePairs({ catalog }: CheckInput): Pair[] {
  const reaction = catalog.reactions["aliev-panfilov"];
  const diffusion = catalog.diffusions["finite-element-fibre"];
  return schemesTried.map((numerics) => ({
    name: Object.values(numerics).join(", "),
    reaction,
    diffusion,
    numerics,
  }));
}

function pairsPart(input: CheckInput, title: string, id: string, list: readonly Pair[]): Part {
  return {
    name: title,
    run: () => {
      const errors = list.map(({ name, reaction, diffusion, numerics }) => {
        const mesh = meshFor(diffusion);
        const { catalog } = input;
        const problem = compileProblem({
          catalog,
          reaction,
          diffusion: diffusion.name,
          mesh,
          numerics,
        });
        return { name, figure: gradientError(problem) };
      });
      const worst = worstOf(errors);
      const row = judged(group, {
        id,
        figure: `${title}: relative error, worst of ${list.length}`,
        value: worst.figure,
        unit: "1",
        rule: "at most",
        reference: accepted,
        source: "central differences in float64, extrapolated to fourth order",
        note: `worst: ${worst.name}; all parameters, fields, weights and initial potentials at once, and each parameter alone`,
      });
      return { rows: [row], plots: [] };
    },
  };
}

export const gradientsCheck: Check = {
  group,
  explanation:
    "The exact discrete adjoint in float64, against differences of the simulation itself: along random directions in everything that a fit may move, and along each parameter alone.",
  parts: (input) => {
    const byReaction = new Map<string, Pair[]>();
    for (const pair of pairs(input))
      byReaction.set(pair.reaction.name, [...(byReaction.get(pair.reaction.name) ?? []), pair]);
    return [
      ...[...byReaction].map(([name, list]) =>
        pairsPart(input, `Gradient of ${name}`, `gradients.${name}`, list),
      ),
      pairsPart(input, "Gradient of every scheme", "gradients.schemes", schemePairs(input)),
    ];
  },
};
