import { solveSymmetric } from "./matrix.js";

/** Sums over recordings of J'WJ, J'Wr, the cost r'Wr and the number of residuals. */
export interface Quadratic {
  readonly jtj: Float64Array;
  readonly jtr: Float64Array;
  readonly cost: number;
  readonly count: number;
}

export interface LeastSquaresProblem {
  /** Normal equations at z. */
  readonly quadratic: (z: Float64Array) => Promise<Quadratic>;
  /** Costs at several z, side by side. */
  readonly costs: (candidates: readonly Float64Array[]) => Promise<readonly number[]>;
  /** Clamps z to its bounds. */
  readonly project: (z: Float64Array) => Float64Array;
}

export interface LeastSquaresOptions {
  readonly iterations: number;
  /** Stop when the cost per residual is below this. */
  readonly goodEnough: number;
  /** Stop when two iterations in a row gain less than this share. */
  readonly leastGain: number;
  /** Called after every iteration; returning true stops. */
  readonly onIteration: (z: Float64Array, cost: number) => Promise<boolean> | boolean;
}

export interface LeastSquaresResult {
  readonly z: Float64Array;
  readonly cost: number;
  readonly count: number;
  /** Cost per residual after every iteration. */
  readonly curve: readonly number[];
  /** J'WJ at the last point that was linearised, for standard errors. */
  readonly jtj: Float64Array;
  readonly converged: boolean;
}

/** Dampings tried side by side, relative to the current one. */
const spread = [0.03, 0.3, 3, 30];

/**
 * Levenberg-Marquardt with the four dampings of an iteration in the four lanes of one simulation:
 * the line search is free. Damping is relative to the diagonal of J'WJ (Marquardt).
 */
export async function levenbergMarquardt(
  problem: LeastSquaresProblem,
  start: Float64Array,
  options: LeastSquaresOptions,
): Promise<LeastSquaresResult> {
  let z = problem.project(start);
  let damping = 1e-2;
  let small = 0;
  let quadratic = await problem.quadratic(z);
  let { cost } = quadratic;
  const curve = [cost / quadratic.count];
  let converged = false;
  for (let iteration = 0; iteration < options.iterations && Number.isFinite(cost); iteration++) {
    const dampings = spread.map((s) => damping * s);
    const inside = withoutBlocked(problem, z, quadratic);
    const candidates = dampings.map((d) => problem.project(step(z, inside, d)));
    const trial = await problem.costs(candidates);
    const best = trial.reduce((b, c, k) => (c < trial[b] || Number.isNaN(trial[b]) ? k : b), 0);
    if (!(trial[best] < cost)) {
      damping *= 100;
      if (damping > 1e8) {
        converged = true;
        break;
      }
      continue;
    }
    const gain = 1 - trial[best] / cost;
    z = candidates[best];
    damping = Math.max(1e-9, dampings[best]);
    quadratic = await problem.quadratic(z);
    cost = quadratic.cost;
    curve.push(cost / quadratic.count);
    small = gain < options.leastGain ? small + 1 : 0;
    const stop = await options.onIteration(z, cost / quadratic.count);
    converged = cost / quadratic.count < options.goodEnough || small >= 2;
    if (stop || converged) break;
  }
  return { z, cost, count: quadratic.count, curve, jtj: quadratic.jtj, converged };
}

/** Coordinates that stand at a bound and would leave it are taken out: the others step without them. */
function withoutBlocked(
  { project }: LeastSquaresProblem,
  z: Float64Array,
  q: Quadratic,
): Quadratic {
  const n = z.length;
  const downhill = project(z.map((v, k) => v - Math.sign(q.jtr[k]) * 1e-6));
  const blocked = downhill.map((v, k) => (q.jtr[k] !== 0 && v === z[k] ? 1 : 0));
  return {
    ...q,
    jtj: q.jtj.map((v, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return i !== j && (blocked[i] || blocked[j]) ? 0 : v;
    }),
    jtr: q.jtr.map((v, k) => (blocked[k] ? 0 : v)),
  };
}

/**
 * Solves (J'WJ + damping diag(J'WJ) + cost/count) step = -J'Wr. The last term is a weak prior (a
 * factor e, against residuals of the present size): without it a parameter that the data do not
 * see would take an endless step, and the limit on steps would stop all others with it.
 */
function step(
  z: Float64Array,
  { jtj, jtr, cost, count }: Quadratic,
  damping: number,
): Float64Array {
  const n = z.length;
  const largest = Array.from({ length: n }, (_, k) => jtj[k * n + k]).reduce(
    (a, b) => Math.max(a, b),
    0,
  );
  const a = Float64Array.from(jtj);
  for (let k = 0; k < n; k++)
    a[k * n + k] += damping * Math.max(jtj[k * n + k], 1e-9 * largest) + cost / count + 1e-300;
  const d = solveSymmetric(
    a,
    jtr.map((v) => -v),
  );
  // A step of more than a factor e in any parameter is outside what the linearisation can tell.
  const longest = d.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const scale = longest > 1 ? 1 / longest : 1;
  return z.map((v, k) => v + scale * d[k]);
}
