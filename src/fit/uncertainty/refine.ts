import type { TwinValues } from "../../twin/spec.js";
import { checkAbort, type Fitting, stepLimit_ms } from "../context.js";
import { penaltyWeight } from "../field-fit.js";
import { levenbergMarquardt } from "../levenberg-marquardt.js";
import { cholesky, sumOfAll, traceOfSolved } from "../matrix.js";
import type { Target } from "../targets.js";
import { type Directions, directionsOf } from "./directions.js";
import type { Linearisation } from "./effective.js";
import type { Linearised } from "./linearise.js";
import { patchCount } from "./patches.js";
import { penaltyAt, residualCount, type WeightedPenalty, withPenalty } from "./penalty.js";

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
  /** Sum of squares and penalty, the figure that profiles compare. */
  readonly cost: number;
  /** Half its gradient in q: zero at the optimum. */
  readonly slope: Float64Array;
  /** Scale of a robust loss by recording; costs of one scale alone can be compared. */
  readonly scales: readonly number[];
  readonly linearisation: Linearisation;
}

export interface RefineOptions {
  readonly targets: readonly Target[];
  readonly held?: readonly string[];
  /** Where to begin; the twin if absent. */
  readonly start?: Float64Array;
  readonly iterations?: number;
  /** Scales of a robust loss by recording; absent: the residuals' own at every iteration. */
  readonly scales?: readonly number[];
}

/**
 * Brings everything that is free to the optimum of all training recordings: fits stop early and use
 * a few recordings, and intervals belong round an optimum. Fields move under the fit's own penalty.
 */
export async function refine(
  fitting: Fitting,
  twin: TwinValues,
  { targets, held = [], start, iterations = mostIterations, scales }: RefineOptions,
): Promise<Refined> {
  const directions = directionsOf(fitting.compiled, twin, held);
  const compare = targets.every((t) => t.potential) ? "potential" : "times";
  const penalty = { directions, weight: penaltyWeight(targets) };
  const search = { fitting, twin, targets, held, scales, compare, penalty } as const;
  let parts: readonly Linearised[] = [];
  const quadratic = async (q: Float64Array) => {
    parts = await linearised(search, q);
    return withPenalty(penalty, q, parts);
  };
  const costs = (trials: readonly Float64Array[]) => trialCosts(search, trials, parts);
  const { low, high, size } = directions;
  const project = (q: Float64Array) => q.map((v, k) => Math.min(high[k], Math.max(low[k], v)));
  const count = targets.reduce((n, t) => n + (t.potential?.values.length ?? t.timeNodes.length), 0);
  const result = await levenbergMarquardt(
    { quadratic, costs, project },
    start ?? new Float64Array(size),
    { iterations, goodEnough: 0, leastGain: leastGain / count, onIteration: () => false },
  );
  // The last linearisation is that of the optimum: rejected trials make none.
  return {
    directions,
    q: result.z,
    values: directions.valuesAt(result.z),
    cost: result.cost,
    slope: withPenalty(penalty, result.z, parts).jtr,
    scales: parts.map(({ scale }) => scale),
    linearisation: linearisationOf(search, result.jtj, parts),
  };
}

interface Search extends Pick<RefineOptions, "targets" | "scales"> {
  readonly fitting: Fitting;
  readonly twin: TwinValues;
  readonly held: readonly string[];
  readonly compare: "potential" | "times";
  readonly penalty: WeightedPenalty;
}

async function linearised(
  { fitting, twin, targets, held, scales, compare, penalty }: Search,
  q: Float64Array,
): Promise<readonly Linearised[]> {
  checkAbort(fitting);
  const { compiled, context } = fitting;
  const limit_ms = stepLimit_ms(compiled, [penalty.directions.valuesAt(q)]);
  fitting.simulations += (penalty.directions.size + 1) * targets.length;
  return context.executor.run<"linearise">(
    compiled.spec,
    targets.map(({ recording }, k) => ({
      kind: "linearise",
      recording: recording.id,
      values: twin,
      q,
      options: { compare, limit_ms, held, scale: scales?.[k] },
    })),
  );
}

/** Costs with the scales of the last linearisation. */
async function trialCosts(
  { fitting, targets, compare, penalty }: Search,
  trials: readonly Float64Array[],
  parts: readonly Linearised[],
): Promise<number[]> {
  const { compiled, context } = fitting;
  const sets = trials.map((q) => penalty.directions.valuesAt(q));
  const limit_ms = stepLimit_ms(compiled, sets);
  fitting.simulations += sets.length * targets.length;
  const found = await context.executor.run<"costs">(
    compiled.spec,
    targets.map(({ recording }, k) => ({
      kind: "costs",
      recording: recording.id,
      sets,
      options: { compare, limit_ms, scale: parts[k].scale },
    })),
  );
  return trials.map(
    (q, s) =>
      found.reduce((sum, part) => sum + part[s].cost, 0) + penaltyAt(penalty, q, parts).cost,
  );
}

function linearisationOf(
  { fitting, targets, compare }: Search,
  hessian: Float64Array,
  parts: readonly Linearised[],
): Linearisation {
  const cost = parts.reduce((sum, part) => sum + part.cost, 0);
  const count = residualCount(parts);
  const channels = channelCoefficients(fitting, compare === "potential" ? targets : []);
  const used = effectiveParameters(hessian, parts) + channels;
  return {
    hessian,
    scores: parts.map((part) => part.patches),
    hessians: parts.map((part) => part.hessians),
    patches: patchCount,
    variance: Math.max(cost / Math.max(1, count - used), leastVariance[compare]),
    count,
  };
}

/** tr(H^-1 J'WJ): the free numbers, each by the share that the data and not the penalty decide. */
function effectiveParameters(hessian: Float64Array, parts: readonly Linearised[]): number {
  const size = Math.round(Math.sqrt(hessian.length));
  const data = sumOfAll(
    parts.map(({ jtj }) => jtj),
    size * size,
  );
  return traceOfSolved(cholesky(hessian, size), data);
}

/** Gains, offsets and drifts, which the residuals have been freed of. */
function channelCoefficients({ compiled }: Fitting, targets: readonly Target[]): number {
  const { gainOffset, drift } = compiled.spec.observation;
  const each = gainOffset ? (drift ? 3 : 2) : 0;
  return targets.reduce((n, { potential }) => n + each * (potential?.nodes.length ?? 0), 0);
}
