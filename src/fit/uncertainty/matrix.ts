/** Lower Cholesky factor L, A = L L', of a symmetric positive definite matrix [n * n], row-major. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[j * n + j];
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

/** The first `count` diagonal elements of A^-1 from the factor of A. */
export function inverseDiagonal(l: Float64Array, n: number, count = n): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => {
    const unit = new Float64Array(n);
    unit[k] = 1;
    return forward(l, unit).reduce((sum, v) => sum + v * v, 0);
  });
}
