import { cholesky, inverseDiagonal, solve } from "./matrix.js";
import { normal95, student95 } from "./student.js";

/** A fit at its optimum, linearised: the sums that uncertainty rests on. */
export interface Linearisation {
  /** [P * P] J'WJ plus the penalty of the fit. */
  readonly hessian: Float64Array;
  /** [R][G * P] J'Wr by recording and patch; groups without residuals are all zero. */
  readonly scores: readonly Float64Array[];
  readonly patches: number;
  /** Variance of one residual, and the number of residuals. */
  readonly variance: number;
  readonly count: number;
}

export interface Spread {
  /** Standard errors if every residual were independent: variance * H^-1. */
  readonly independent: Float64Array;
  /** Standard errors with the residuals as correlated as they are, never below `independent`. */
  readonly deviation: Float64Array;
  /** Half-widths of 90 % intervals. */
  readonly half: Float64Array;
  /** Independent residuals that each estimate rests on. */
  readonly effectiveSamples: Float64Array;
  /** Lower Cholesky factor of the Hessian, for draws. */
  readonly factor: Float64Array;
}

/**
 * Laplace with as many independent residuals as there are. Gauss-Newton's influence of a group of
 * residuals on the estimate is psi_g = H^-1 J_g' W r_g; residuals that are correlated within groups
 * and not between them give the variance sum_g psi_g^2 (a jackknife that leaves groups out, to first
 * order). Groups are recordings (an error of one beat moves all its nodes) and patches of the heart
 * (an error of the tissue moves a place in all beats), taken both ways (Cameron, Gelbach & Miller
 * 2011), which white noise leaves at variance * H^-1:
 *   V = V_recordings + V_patches - V_both.
 * A variance from few groups is itself uncertain: Student's t with the smaller number of groups less
 * one (Cameron & Miller 2015). Of the first `count` coordinates.
 */
export function spreadOf(linearisation: Linearisation, count: number): Spread {
  const { hessian, scores, patches, variance, count: residuals } = linearisation;
  const P = Math.round(Math.sqrt(hessian.length));
  const factor = cholesky(hessian, P);
  const independent = inverseDiagonal(factor, P, count).map((v) => Math.sqrt(variance * v));
  const cells = scores.map((score) =>
    Array.from({ length: patches }, (_, g) => solve(factor, score.subarray(g * P, (g + 1) * P))),
  );
  const byRecording = cells.map((row) => sumOf(row, count));
  const byPatch = Array.from({ length: patches }, (_, g) =>
    sumOf(
      cells.map((row) => row[g]),
      count,
    ),
  );
  const { grouped, freedom } = twoWay({ byRecording, byPatch, both: cells.flat() }, count);
  const quantile = student95(freedom);
  const deviation = independent.map((sd, k) => Math.max(sd, grouped[k]));
  return {
    independent,
    deviation,
    half: independent.map((sd, k) => Math.max(normal95 * sd, quantile * grouped[k])),
    effectiveSamples: independent.map((sd, k) => residuals * (sd / deviation[k]) ** 2),
    factor,
  };
}

interface Groups {
  readonly byRecording: readonly Float64Array[];
  readonly byPatch: readonly Float64Array[];
  readonly both: readonly Float64Array[];
}

/** Standard errors from groups both ways; 0 where there are no two groups of either kind. */
function twoWay(groups: Groups, count: number): { grouped: Float64Array; freedom: number } {
  const used = [groups.byRecording, groups.byPatch, groups.both].map((some) =>
    some.filter((psi) => psi.some((v) => v !== 0)),
  );
  const [recordings, places, both] = used.map((some) => groupVariance(some, count));
  const sizes = used.slice(0, 2).map((some) => some.length);
  const several = sizes.filter((size) => size > 1);
  const grouped = Float64Array.from({ length: count }, (_, k) => {
    const overlap = recordings && places ? (both?.[k] ?? 0) : 0;
    const variance = (recordings?.[k] ?? 0) + (places?.[k] ?? 0) - overlap;
    return Math.sqrt(Math.max(0, variance, both?.[k] ?? 0));
  });
  const freedom = several.length > 0 ? Math.min(...several) - 1 : Number.POSITIVE_INFINITY;
  return { grouped, freedom };
}

function sumOf(vectors: readonly Float64Array[], length: number): Float64Array {
  return Float64Array.from({ length }, (_, k) => vectors.reduce((s, vector) => s + vector[k], 0));
}

/** G / (G - 1) sum (psi_g - mean)^2; undefined for fewer than two groups. */
function groupVariance(groups: readonly Float64Array[], count: number): Float64Array | undefined {
  const G = groups.length;
  if (G < 2) return undefined;
  return Float64Array.from({ length: count }, (_, k) => {
    const mean = groups.reduce((s, psi) => s + psi[k], 0) / G;
    return (G / (G - 1)) * groups.reduce((s, psi) => s + (psi[k] - mean) ** 2, 0);
  });
}
