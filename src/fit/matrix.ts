/**
 * Lower Cholesky factor L, A = L L', of a symmetric positive definite matrix [n * n], row-major.
 * Coordinates whose pivot is not above `least` are left out: solutions are 0 there.
 */
export function cholesky(
  matrix: Float64Array,
  n: number,
  least: (k: number) => number = () => Number.NEGATIVE_INFINITY,
): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      else if (sum <= least(i)) l[i * n + i] = Number.POSITIVE_INFINITY;
      else l[i * n + i] = Math.sqrt(Math.max(sum, 1e-300));
    }
  return l;
}

/** Solves L x = b. */
export function forward(l: Float64Array, b: ArrayLike<number>): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
    x[i] /= l[i * n + i];
  }
  return x;
}

/** Solves L' x = b. */
export function backward(l: Float64Array, b: ArrayLike<number>): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
    x[i] /= l[i * n + i];
  }
  return x;
}

/** A^-1 b from the factor of A. */
export const solve = (l: Float64Array, b: ArrayLike<number>): Float64Array =>
  backward(l, forward(l, b));

/** Solution of a symmetric positive definite system, [n * n] row-major. */
export const solveSymmetric = (matrix: Float64Array, right: Float64Array): Float64Array =>
  solve(cholesky(matrix, right.length), right);

/** Trace of A^-1 B from the factor of A; B symmetric. */
export function traceOfSolved(l: Float64Array, b: Float64Array): number {
  const n = Math.round(Math.sqrt(b.length));
  let sum = 0;
  for (let k = 0; k < n; k++) sum += solve(l, b.subarray(k * n, (k + 1) * n))[k];
  return sum;
}

/** The first `count` diagonal elements of A^-1 from the factor of A. */
export function inverseDiagonal(l: Float64Array, n: number, count = n): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => {
    const unit = new Float64Array(n);
    unit[k] = 1;
    return forward(l, unit).reduce((sum, v) => sum + v * v, 0);
  });
}

/** Sum of vectors of this length. */
export function sumOfAll(vectors: readonly Float64Array[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const vector of vectors) for (let k = 0; k < length; k++) sum[k] += vector[k];
  return sum;
}
