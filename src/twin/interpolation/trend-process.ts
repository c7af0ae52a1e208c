import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { distance } from "./known.js";

/** Numbers of the process: values = trend + field + noise. Sds in the unit of the values. */
export interface ProcessParameters {
  /** Correlation length of the field, mm. */
  readonly length_mm: number;
  readonly signalSd: number;
  readonly noiseSd: number;
}

/** Normal prior of one trend coefficient; sd Infinity means flat. */
export interface CoefficientPrior {
  readonly mean: number;
  readonly sd: number;
}

export interface ProcessData {
  /** [K * 3] mm */
  readonly sites: Float64Array;
  /** [K] */
  readonly values: readonly number[];
  /** [K x P] */
  readonly trend: Matrix;
  /** [P] */
  readonly priors: readonly CoefficientPrior[];
}

export interface Posterior {
  /** Log density of the values with the coefficients integrated out (flat ones as in REML). */
  readonly logEvidence: number;
  /** [P] posterior means and sds of the trend coefficients. */
  readonly coefficients: readonly CoefficientPrior[];
  /** Mean [n] and sd [n] of trend + field (no noise) at coordinates [n * 3], trend rows [n x P]. */
  predict(coordinates: Float64Array, trend: Matrix): { mean: Float64Array; sd: Float64Array };
}

/** Matern 5/2 correlation at distance r / length. (Rasmussen & Williams 2006, eq. 4.17) */
export function matern52(r: number): number {
  const x = Math.sqrt(5) * r;
  return (1 + x + (x * x) / 3) * Math.exp(-x);
}

// Keeps the factorisation alive when the noise is zero; relative to the signal variance.
const JITTER = 1e-10;

/**
 * Gaussian process regression with normal (or flat) priors on a linear trend, in closed form:
 *   y ~ N(H b, C),  b ~ N(b0, L^-1),  A = H' C^-1 H + L,  b_hat = A^-1 (H' C^-1 y + L b0).
 * Undefined where the covariance is numerically singular. (Rasmussen & Williams 2006, sec. 2.7)
 */
export function condition(data: ProcessData, parameters: ProcessParameters): Posterior | undefined {
  const { sites, values, trend: H, priors } = data;
  const chol = new CholeskyDecomposition(covariance(sites, parameters));
  if (!chol.isPositiveDefinite()) return undefined;
  const y = Matrix.columnVector([...values]);
  const solvedH = chol.solve(H);
  const precision = Matrix.diag(priors.map(({ sd }) => sd ** -2));
  const priorMean = Matrix.columnVector(priors.map(({ mean }) => mean));
  const normal = new CholeskyDecomposition(symmetric(H.transpose().mmul(solvedH).add(precision)));
  if (!normal.isPositiveDefinite()) return undefined;
  const b = normal.solve(solvedH.transpose().mmul(y).add(precision.mmul(priorMean)));
  const residual = y.sub(H.mmul(b));
  const weights = chol.solve(residual);
  const shift = Matrix.sub(b, priorMean);
  const misfit = residual.dot(weights) + shift.dot(precision.mmul(shift));
  const flat = priors.filter(({ sd }) => sd === Infinity).length;
  const logPrecision = priors.reduce(
    (sum, { sd }) => sum - (sd < Infinity ? 2 * Math.log(sd) : 0),
    0,
  );
  const spread = normal.solve(Matrix.eye(priors.length));
  return {
    logEvidence:
      -0.5 *
      (misfit +
        logDeterminant(chol) +
        logDeterminant(normal) -
        logPrecision +
        (values.length - flat) * Math.log(2 * Math.PI)),
    coefficients: priors.map((_, p) => ({ mean: b.get(p, 0), sd: Math.sqrt(spread.get(p, p)) })),
    predict(coordinates, trend) {
      const cross = crossCovariance(sites, coordinates, parameters);
      const solved = chol.solve(cross);
      const mean = trend.mmul(b).add(cross.transpose().mmul(weights)).to1DArray();
      // Uncertainty of the coefficients seen through what the field does not explain of the trend.
      const open = Matrix.sub(trend, cross.transpose().mmul(solvedH));
      const openSpread = open.mmul(spread);
      const sd = mean.map((_, i) => {
        let variance = parameters.signalSd ** 2;
        for (let k = 0; k < values.length; k++) variance -= cross.get(k, i) * solved.get(k, i);
        for (let p = 0; p < priors.length; p++) variance += open.get(i, p) * openSpread.get(i, p);
        return Math.sqrt(Math.max(0, variance));
      });
      return { mean: Float64Array.from(mean), sd: Float64Array.from(sd) };
    },
  };
}

function covariance(sites: Float64Array, parameters: ProcessParameters): Matrix {
  const { signalSd, noiseSd } = parameters;
  const result = crossCovariance(sites, sites, parameters);
  for (let k = 0; k < result.rows; k++)
    result.set(k, k, signalSd ** 2 * (1 + JITTER) + noiseSd ** 2);
  return result;
}

/** [K x n] */
function crossCovariance(
  sites: Float64Array,
  coordinates: Float64Array,
  { length_mm, signalSd }: ProcessParameters,
): Matrix {
  const result = new Matrix(sites.length / 3, coordinates.length / 3);
  for (let k = 0; k < result.rows; k++)
    for (let i = 0; i < result.columns; i++) {
      const r = distance(sites, k, coordinates, i) / length_mm;
      result.set(k, i, signalSd ** 2 * matern52(r));
    }
  return result;
}

const logDeterminant = ({ lowerTriangularMatrix }: CholeskyDecomposition) =>
  2 * lowerTriangularMatrix.diagonal().reduce((sum, value) => sum + Math.log(value), 0);

const symmetric = (matrix: Matrix) => matrix.transpose().add(matrix).mul(0.5);
