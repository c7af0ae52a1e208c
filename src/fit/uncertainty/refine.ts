import type { TwinValues } from "../../twin/spec.js";
import { checkAbort, type Fitting, stepLimit_ms } from "../context.js";
import { penaltyWeight } from "../field-fit.js";
import { levenbergMarquardt, type Quadratic } from "../levenberg-marquardt.js";
import type { Target } from "../targets.js";
import { type Directions, directionsOf } from "./directions.js";
import type { Linearisation } from "./effective.js";
import type { Linearised } from "./linearise.js";
import { patchCount } from "./patches.js";

/** Gauss-Newton iterations at most; fields of scars need the most. */
const mostIterations = 12;
/** An iteration that gains this many squared standard errors moves nothing that matters. */
const leastGain = 0.02;
/** No recording is better than 0.3 % of the amplitude (or 0.3 ms), however clean it looks. */
const leastVariance = { potential: 1e-5, times: 1e-1 } as const;

export interface Refined {
  readonly directions: Directions;
  /** The optimum of all training recordings, from the twin (q = 0). */
  readonly q: Float64Array;
  readonly values: TwinValues;
  /** Mean weighted squared residual. */
  readonly loss: number;
  /** Sum of squares and penalty, the figure that profiles compare. */
  readonly cost: number;
  /** Half its gradient in q: zero at the optimum. */
  readonly slope: Float64Array;
  readonly linearisation: Linearisation;
}

export interface RefineOptions {
  readonly targets: readonly Target[];
  readonly held?: readonly string[];
  /** Where to begin; the twin if absent. */
  readonly start?: Float64Array;
  readonly iterations?: number;
}

/**
 * Brings everything that is free to the optimum of all training recordings: fits stop early and use
 * a few recordings, and intervals belong round an optimum. Fields move under the fit's own penalty.
 */
export async function refine(
  fitting: Fitting,
  twin: TwinValues,
  { targets, held = [], start, iterations = mostIterations }: RefineOptions,
): Promise<Refined> {
  const { compiled, context } = fitting;
  const directions = directionsOf(compiled, twin, held);
  const compare = targets.every((t) => t.potential) ? "potential" : "times";
  const penalty = { directions, weight: penaltyWeight(targets) };
  let parts: readonly Linearised[] = [];
  const run = async (q: Float64Array): Promise<Quadratic> => {
    checkAbort(fitting);
    const limit_ms = stepLimit_ms(compiled, [directions.valuesAt(q)]);
    parts = await context.executor.run<"linearise">(
      compiled.spec,
      targets.map(({ recording }) => ({
        kind: "linearise",
        recording: recording.id,
        values: twin,
        q,
        options: { compare, limit_ms, held },
      })),
    );
    fitting.simulations += (directions.size + 1) * targets.length;
    return withPenalty(penalty, q, parts);
  };
  const costs = async (trials: readonly Float64Array[]): Promise<number[]> => {
    const sets = trials.map((q) => directions.valuesAt(q));
    const limit_ms = stepLimit_ms(compiled, sets);
    const found = await context.executor.run<"costs">(
      compiled.spec,
      targets.map(({ recording }, k) => ({
        kind: "costs",
        recording: recording.id,
        sets,
        options: { compare, limit_ms, scale: parts[k].scale },
      })),
    );
    fitting.simulations += sets.length * targets.length;
    return trials.map(
      (q, s) =>
        found.reduce((sum, part) => sum + part[s].cost, 0) + penaltyAt(penalty, q, parts).cost,
    );
  };
  const { low, high, size } = directions;
  const project = (q: Float64Array) => q.map((v, k) => Math.min(high[k], Math.max(low[k], v)));
  const count = targets.reduce((n, t) => n + (t.potential?.values.length ?? t.timeNodes.length), 0);
  const result = await levenbergMarquardt(
    { quadratic: run, costs, project },
    start ?? new Float64Array(size),
    { iterations, goodEnough: 0, leastGain: leastGain / count, onIteration: () => false },
  );
  // The last linearisation is that of the optimum: rejected trials make none.
  const cost = parts.reduce((sum, part) => sum + part.cost, 0);
  const residuals = parts.reduce((sum, part) => sum + part.count, 0);
  const loss = cost / residuals;
  return {
    directions,
    q: result.z,
    values: directions.valuesAt(result.z),
    loss,
    cost: result.cost,
    slope: withPenalty(penalty, result.z, parts).jtr,
    linearisation: {
      hessian: result.jtj,
      scores: parts.map((part) => part.patches),
      patches: patchCount,
      variance: Math.max(loss, leastVariance[compare]),
      count: residuals,
    },
  };
}

interface WeightedPenalty {
  readonly directions: Directions;
  /** The fit's factor for times, whose squares are larger than the potentials'. */
  readonly weight: number;
}

const residualCount = (parts: readonly Linearised[]) => parts.reduce((n, p) => n + p.count, 0);

/** The fit's penalty stands beside the mean loss, so here it is multiplied by the residuals. */
function penaltyAt(
  { directions, weight }: WeightedPenalty,
  q: Float64Array,
  parts: readonly Linearised[],
): { cost: number; slope: Float64Array; factor: number } {
  const { smoothness, size } = directions;
  const { matrix, linear, constant } = smoothness;
  const factor = weight * residualCount(parts);
  const slope = Float64Array.from(linear);
  let cost = constant;
  for (let a = 0; a < size; a++) {
    let row = 0;
    for (let b = 0; b < size; b++) row += matrix[a * size + b] * q[b];
    slope[a] += row;
    cost += q[a] * (row + 2 * linear[a]);
  }
  return { cost: factor * cost, slope: slope.map((s) => factor * s), factor };
}

function withPenalty(
  penalty: WeightedPenalty,
  q: Float64Array,
  parts: readonly Linearised[],
): Quadratic {
  const { cost, slope, factor } = penaltyAt(penalty, q, parts);
  const jtj = penalty.directions.smoothness.matrix.map((v) => factor * v);
  const jtr = Float64Array.from(slope);
  let total = cost;
  for (const part of parts) {
    part.jtj.forEach((v, k) => {
      jtj[k] += v;
    });
    part.jtr.forEach((v, k) => {
      jtr[k] += v;
    });
    total += part.diverged ? Number.POSITIVE_INFINITY : part.cost;
  }
  return { jtj, jtr, cost: total, count: residualCount(parts) };
}
