import { cholesky, inverseDiagonal, solve, sumOfAll } from "../matrix.js";
import { normal95, student95 } from "./student.js";

/** A fit at its optimum, linearised: the sums that uncertainty rests on. */
export interface Linearisation {
  /** [P * P] J'WJ plus the penalty of the fit. */
  readonly hessian: Float64Array;
  /** [R][G * P] J'Wr by recording and patch; groups without residuals are all zero. */
  readonly scores: readonly Float64Array[];
  /** [R][G][P * P] J'WJ by recording and patch. */
  readonly hessians: readonly (readonly Float64Array[])[];
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
  /** For draws: variance of one residual, and the lower Cholesky factor of the Hessian. */
  readonly variance: number;
  readonly factor: Float64Array;
}

/** A pivot that loses more than this share to one group rests on that group alone. */
const leastPivot = 1e-8;

/**
 * Laplace with as many independent residuals as there are. Without a group of residuals the
 * linearised estimate moves by psi_g = (H - J_g' W J_g)^-1 J_g' W r_g; residuals that are correlated
 * within groups and not between them give the jackknife variance
 *   (G - 1) / G sum_g (psi_g - mean)^2  (CV3J: MacKinnon, Nielsen & Webb 2023),
 * which, unlike in-sample scores, is not too small where a group pulls the fit to itself. Groups are
 * recordings (an error of one beat moves all its nodes) and patches of the heart (an error of the
 * tissue moves a place in all beats), taken both ways (Cameron, Gelbach & Miller 2011), which white
 * noise leaves near variance * H^-1:
 *   V = V_recordings + V_patches - V_both.
 * What one group alone sees stays where it is when the group is left out. A variance from few groups
 * is itself uncertain: Student's t with the smaller number of groups less one (Cameron & Miller
 * 2015). Of the first `count` coordinates.
 */
export function spreadOf(linearisation: Linearisation, count: number): Spread {
  const { hessian, variance, count: residuals } = linearisation;
  const P = Math.round(Math.sqrt(hessian.length));
  const factor = cholesky(hessian, P);
  const independent = inverseDiagonal(factor, P, count).map((v) => Math.sqrt(variance * v));
  const { grouped, freedom } = twoWay(movesOf(linearisation, P), count);
  const quantile = student95(freedom);
  const deviation = independent.map((sd, k) => Math.max(sd, grouped[k]));
  return {
    independent,
    deviation,
    half: independent.map((sd, k) => Math.max(normal95 * sd, quantile * grouped[k])),
    effectiveSamples: independent.map((sd, k) => residuals * (sd / deviation[k]) ** 2),
    variance,
    factor,
  };
}

/** psi of every group, by what it is a group of; groups without a say are left out. */
interface Moves {
  readonly byRecording: readonly Float64Array[];
  readonly byPatch: readonly Float64Array[];
  readonly both: readonly Float64Array[];
}

interface Cell {
  readonly hessian: Float64Array;
  readonly score: Float64Array;
}

function movesOf({ hessian, scores, hessians, patches }: Linearisation, P: number): Moves {
  const cells = scores.map((score, r) =>
    Array.from({ length: patches }, (_, g): Cell => {
      return { hessian: hessians[r][g], score: score.subarray(g * P, (g + 1) * P) };
    }),
  );
  const places = Array.from({ length: patches }, (_, g) => cells.map((row) => row[g]));
  const moves = (groups: readonly (readonly Cell[])[]) =>
    groups
      .map((group) => together(group, P))
      .filter(({ score }) => score.some((v) => v !== 0))
      .map((group) => moveWithout(group, hessian));
  return {
    byRecording: moves(cells),
    byPatch: moves(places),
    both: moves(cells.flat().map((cell) => [cell])),
  };
}

const together = (cells: readonly Cell[], P: number): Cell => ({
  hessian: sumOfAll(
    cells.map((cell) => cell.hessian),
    P * P,
  ),
  score: sumOfAll(
    cells.map((cell) => cell.score),
    P,
  ),
});

/** (H - H_g)^-1 s_g: how far the estimate goes when the group is left out. */
function moveWithout({ hessian: own, score }: Cell, hessian: Float64Array): Float64Array {
  const P = score.length;
  const rest = hessian.map((v, k) => v - own[k]);
  return solve(
    cholesky(rest, P, (k) => leastPivot * hessian[k * P + k]),
    score,
  );
}

/** Standard errors from groups both ways; 0 where there are no two groups of either kind. */
function twoWay(moves: Moves, count: number): { grouped: Float64Array; freedom: number } {
  const used = [moves.byRecording, moves.byPatch, moves.both];
  const [recordings, places, both] = used.map((some) => jackknife(some, count));
  const several = used
    .slice(0, 2)
    .map((some) => some.length)
    .filter((size) => size > 1);
  const grouped = Float64Array.from({ length: count }, (_, k) => {
    const overlap = recordings && places ? (both?.[k] ?? 0) : 0;
    return Math.sqrt(Math.max(0, (recordings?.[k] ?? 0) + (places?.[k] ?? 0) - overlap));
  });
  const freedom = several.length > 0 ? Math.min(...several) - 1 : Number.POSITIVE_INFINITY;
  return { grouped, freedom };
}

/** (G - 1) / G sum (psi_g - mean)^2; undefined for fewer than two groups. */
function jackknife(moves: readonly Float64Array[], count: number): Float64Array | undefined {
  const G = moves.length;
  if (G < 2) return undefined;
  return Float64Array.from({ length: count }, (_, k) => {
    const mean = moves.reduce((s, psi) => s + psi[k], 0) / G;
    return ((G - 1) / G) * moves.reduce((s, psi) => s + (psi[k] - mean) ** 2, 0);
  });
}
