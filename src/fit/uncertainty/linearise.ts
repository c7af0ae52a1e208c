import type { CompiledTwin } from "../../twin/compile.js";
import type { TwinValues } from "../../twin/spec.js";
import { lossOf } from "../losses.js";
import { sumOfAll } from "../matrix.js";
import { type Comparison, residualsOf } from "../normal-equations.js";
import type { Target } from "../targets.js";
import { directionsOf } from "./directions.js";
import { patchCount, patchesOf } from "./patches.js";

export interface LineariseOptions {
  readonly compare: Comparison;
  /** Largest time step, ms. */
  readonly limit_ms: number;
  /** Scalars that do not move. */
  readonly held: readonly string[];
  /** Scale of a robust loss; absent: that of the residuals at q. */
  readonly scale?: number;
}

/** One recording's share of the normal equations at q (directions.ts), and of its patches. */
export interface Linearised {
  /** [P * P] J'WJ, [P] J'Wr */
  readonly jtj: Float64Array;
  readonly jtr: Float64Array;
  /** Sum of weighted squared residuals (robust losses: of 2 rho) and their number. */
  readonly cost: number;
  readonly count: number;
  /** [patches * P] J'Wr of the nodes of every patch, and [patches][P * P] their J'WJ. */
  readonly patches: Float64Array;
  readonly hessians: readonly Float64Array[];
  /** Scale of a robust loss, for the costs of trials. */
  readonly scale: number;
  readonly diverged: boolean;
}

/** Directions simulated at a time; their columns are kept in single precision afterwards. */
const together = 16;

/**
 * Differences in all directions, four parameter sets in the lanes of one simulation. Scalars are
 * moved both ways: where two of them nearly do the same, the error of a one-sided difference is as
 * large as what tells them apart, and standard errors come out too small by a factor 1.5 and more.
 */
export function linearise(
  compiled: CompiledTwin,
  target: Target,
  { values, q }: { values: TwinValues; q: Float64Array },
  { compare, limit_ms, held, scale }: LineariseOptions,
): Linearised {
  const directions = directionsOf(compiled, values, held);
  const { size, steps } = directions;
  const base = directions.valuesAt(q);
  const options = { compare, limit_ms };
  const first = residualsOf(compiled, target, [base], { ...options, scale });
  const [residuals] = first.residuals;
  const columns: Float32Array[] = [];
  for (let k = 0; k < size; k += together) {
    const group = Array.from({ length: Math.min(together, size - k) }, (_, d) => k + d);
    const isTwoSided = (d: number) => d < directions.scalars.length;
    const moved = (d: number, sign: number) => {
      const at = Float64Array.from(q);
      at[d] += sign * steps[d];
      return directions.valuesAt(at);
    };
    const sets = group.flatMap((d) => [moved(d, 1), ...(isTwoSided(d) ? [moved(d, -1)] : [])]);
    const found = residualsOf(compiled, target, sets, { ...options, scale: first.scale }).residuals;
    let next = 0;
    for (const d of group) {
      const up = found[next++];
      const [down, width] = isTwoSided(d) ? [found[next++], 2 * steps[d]] : [residuals, steps[d]];
      columns.push(Float32Array.from(up, (value, i) => (value - down[i]) / width));
    }
  }
  const rho = lossOf(compiled.spec.observation.loss, first.scale);
  return {
    ...accumulate(residuals, columns, {
      weightOf: (i) => first.weights[i] * rho.weight(residuals[i]),
      costOf: (i) => 2 * first.weights[i] * rho.value(residuals[i]),
      patchOf: patchByResidual(compiled, target),
    }),
    scale: first.scale,
    diverged: first.diverged[0],
  };
}

/** Potentials and times both run through the channels fastest. */
function patchByResidual(compiled: CompiledTwin, { timeNodes }: Target): (i: number) => number {
  const patches = patchesOf(compiled);
  return (i) => patches[timeNodes[i % timeNodes.length]];
}

interface Sums {
  readonly weightOf: (i: number) => number;
  readonly costOf: (i: number) => number;
  readonly patchOf: (i: number) => number;
}

function accumulate(
  residuals: Float64Array,
  columns: readonly Float32Array[],
  { weightOf, costOf, patchOf }: Sums,
): Pick<Linearised, "jtj" | "jtr" | "cost" | "count" | "patches" | "hessians"> {
  const P = columns.length;
  const members = Array.from({ length: patchCount }, () => [] as number[]);
  let cost = 0;
  residuals.forEach((residual, i) => {
    if (Number.isNaN(residual)) return;
    members[patchOf(i)].push(i);
    cost += costOf(i);
  });
  // Patch by patch: twelve matrices at a time would not stay in the cache.
  const sums = members.map((own) => patchSums(residuals, columns, { own, weightOf }));
  const scores = sums.map(({ score }) => score);
  const hessians = sums.map(({ hessian }) => hessian);
  return {
    jtj: sumOfAll(hessians, P * P),
    jtr: sumOfAll(scores, P),
    cost,
    count: members.reduce((n, own) => n + own.length, 0),
    patches: Float64Array.from(scores.flatMap((score) => [...score])),
    hessians,
  };
}

/** J'WJ and J'Wr of some residuals. */
function patchSums(
  residuals: Float64Array,
  columns: readonly Float32Array[],
  { own, weightOf }: Pick<Sums, "weightOf"> & { readonly own: readonly number[] },
): { hessian: Float64Array; score: Float64Array } {
  const P = columns.length;
  const hessian = new Float64Array(P * P);
  const score = new Float64Array(P);
  const row = new Float64Array(P);
  for (const i of own) {
    const weight = weightOf(i);
    for (let a = 0; a < P; a++) row[a] = columns[a][i];
    for (let a = 0; a < P; a++) {
      if (row[a] === 0) continue;
      const wa = weight * row[a];
      score[a] += wa * residuals[i];
      for (let b = 0; b <= a; b++) hessian[a * P + b] += wa * row[b];
    }
  }
  for (let a = 0; a < P; a++) for (let b = 0; b < a; b++) hessian[b * P + a] = hessian[a * P + b];
  return { hessian, score };
}
