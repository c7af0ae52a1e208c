import type { FreeScalar } from "../../twin/parameters.js";
import type { TwinValues } from "../../twin/spec.js";
import { type Fitting, someTargets } from "../context.js";
import { solve } from "../matrix.js";
import { directionsOf, fromZ, zBounds, zOf } from "./directions.js";
import { type Spread, spreadOf } from "./effective.js";
import { type Ends, fixedIntervals, intervalOf, type ParameterInterval } from "./intervals.js";
import { profileSide } from "./profile.js";
import { type Refined, refine } from "./refine.js";

/** Training recordings that the intervals rest on. */
const mostRecordings = 8;
/** Gauss-Newton iterations of what is left free along a profile: it starts from the linear answer. */
const profileIterations = 4;

export interface ParameterUncertainty {
  /** In the order of the twin's declaration: free ones first. */
  readonly parameters: readonly ParameterInterval[];
  readonly optimum: Refined;
  readonly spread: Spread;
}

export interface UncertaintyOptions {
  /** Follow the loss away from the optimum instead of trusting its curvature there. */
  readonly profile: boolean;
  /** Gauss-Newton iterations towards the optimum at most; a curvature alone needs few. */
  readonly iterations?: number;
}

/** A 90 % interval, or the reason why there is none, for every scalar of a fitted twin. */
export async function parameterUncertainty(
  fitting: Fitting,
  twin: TwinValues,
  { profile, iterations }: UncertaintyOptions,
): Promise<ParameterUncertainty> {
  const targets = someTargets(fitting.train, mostRecordings);
  const optimum = await refine(fitting, twin, { targets, iterations });
  const { scalars } = optimum.directions;
  const spread = spreadOf(optimum.linearisation, scalars.length);
  const undone = leftUndone(optimum, spread);
  const intervals: ParameterInterval[] = [];
  for (const [k, scalar] of scalars.entries()) {
    const half = spread.half[k] + undone[k];
    const ends = profile
      ? await profiled(fitting, { optimum, spread, scalar, k, half })
      : linear(half, spread.effectiveSamples[k]);
    intervals.push(intervalOf(scalar, { twin, optimum: optimum.values }, ends));
  }
  return {
    parameters: [...intervals, ...fixedIntervals(fitting.compiled, twin)],
    optimum,
    spread,
  };
}

const linear = (half: number, effectiveSamples: number): Ends => ({
  below: half,
  above: half,
  method: "laplace",
  effectiveSamples,
});

/** Size of the Gauss-Newton step that the search has not taken. */
function leftUndone({ directions, slope }: Refined, spread: Spread): Float64Array {
  const step = solve(spread.factor, slope);
  return step.slice(0, directions.scalars.length).map(Math.abs);
}

interface Profiled {
  readonly optimum: Refined;
  readonly spread: Spread;
  readonly scalar: FreeScalar;
  /** The scalar's coordinate, and the half-width of its linear interval. */
  readonly k: number;
  readonly half: number;
}

/** Both ends of a profile; the threshold is the one that a parabola crosses at `half`. */
async function profiled(
  fitting: Fitting,
  { optimum, spread, scalar, k, half }: Profiled,
): Promise<Ends> {
  const { values, linearisation, directions, scales } = optimum;
  const z = zOf(scalar, values);
  const [least, most] = zBounds(scalar);
  const targets = someTargets(fitting.train, mostRecordings);
  const unit = new Float64Array(directions.size);
  unit[k] = 1;
  const column = solve(spread.factor, unit);
  const costAt = async (distance: number): Promise<number> => {
    const moved = { ...values.scalars, [scalar.name]: fromZ(scalar, z + distance) };
    const base = { ...values, scalars: moved };
    const held = [scalar.name];
    const { low, high } = directionsOf(fitting.compiled, base, held);
    const shift = column.filter((_, j) => j !== k).map((v) => (distance * v) / column[k]);
    const start = shift.map((v, j) => Math.min(high[j], Math.max(low[j], v)));
    const found = await refine(fitting, base, {
      targets,
      held,
      start,
      iterations: profileIterations,
      // Of a robust loss: with scales of its own every refit would minimise another function.
      scales,
    });
    return found.cost;
  };
  const threshold = linearisation.variance * (half / spread.independent[k]) ** 2;
  const common = { guess: half, least: optimum.cost, threshold, costAt };
  return {
    below: await profileSide({ ...common, limit: z - least, sign: -1 }),
    above: await profileSide({ ...common, limit: most - z, sign: 1 }),
    method: "profile",
    effectiveSamples: spread.effectiveSamples[k],
  };
}
