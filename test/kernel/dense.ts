/** Dense matrices as rows; enough linear algebra to check sparse solvers on a dozen nodes. */
export type Matrix = readonly (readonly number[])[];

export const combine = (a: Matrix, b: Matrix, factor: number): Matrix =>
  a.map((row, i) => row.map((x, j) => x + factor * b[i][j]));

export const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));

export const times = (a: Matrix, x: ArrayLike<number>): number[] =>
  a.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0));

export const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));

/** Gauss-Jordan elimination with pivoting. */
export function inverse(a: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...identity(n)[i]]);
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= k && Math.abs(row[k]) > Math.abs(rows[best][k]) ? i : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    rows[k] = rows[k].map((x) => x / rows[k][k]);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][k];
      if (i !== k) rows[i] = rows[i].map((x, j) => x - factor * rows[k][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** Taylor series of a / 2^12, squared twelve times. */
export function exponential(a: Matrix): Matrix {
  const small = a.map((row) => row.map((x) => x / 2 ** 12));
  let [sum, term] = [identity(a.length), identity(a.length)];
  for (let k = 1; k <= 12; k++) {
    term = multiply(term, small).map((row) => row.map((x) => x / k));
    sum = combine(sum, term, 1);
  }
  for (let k = 0; k < 12; k++) sum = multiply(sum, sum);
  return sum;
}
