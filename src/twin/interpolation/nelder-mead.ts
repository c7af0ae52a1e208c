export interface NelderMeadOptions {
  /** [n] first simplex: one step along each axis. */
  readonly steps: readonly number[];
  /** Stop when the simplex is this small along every axis. */
  readonly tolerance: number;
  readonly maxEvaluations: number;
}

export interface Minimum {
  readonly point: readonly number[];
  readonly value: number;
  readonly evaluations: number;
}

interface Vertex {
  readonly point: readonly number[];
  readonly value: number;
}

/**
 * Minimum of `objective` near `start` without derivatives; the same input gives the same output.
 * The objective may return Infinity to refuse a point, but not at every first vertex.
 * (Nelder & Mead 1965, doi:10.1093/comjnl/7.4.308; coefficients 1, 2, 1/2, 1/2)
 */
export function nelderMead(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  { steps, tolerance, maxEvaluations }: NelderMeadOptions,
): Minimum {
  let evaluations = 0;
  const vertex = (point: readonly number[]): Vertex => {
    evaluations++;
    const value = objective(point);
    return { point, value: Number.isNaN(value) ? Infinity : value };
  };
  const corners = steps.map((step, axis) => start.map((x, i) => (i === axis ? x + step : x)));
  let simplex = sorted([start, ...corners].map(vertex));
  while (evaluations < maxEvaluations && extent(simplex) > tolerance) {
    const worst = simplex[simplex.length - 1];
    const others = simplex.slice(0, -1);
    const replacement = replace(worst, others, vertex);
    simplex = sorted(
      replacement === undefined
        ? [others[0], ...simplex.slice(1).map((v) => vertex(blend(others[0].point, v.point, 0.5)))]
        : [...others, replacement],
    );
  }
  return { ...simplex[0], evaluations };
}

/** A better vertex on the line from the worst through the others' middle; undefined: shrink. */
function replace(
  worst: Vertex,
  others: readonly Vertex[],
  vertex: (point: readonly number[]) => Vertex,
): Vertex | undefined {
  const middle = worst.point.map(
    (_, i) => others.reduce((sum, { point }) => sum + point[i], 0) / others.length,
  );
  const along = (t: number) => vertex(blend(middle, worst.point, t));
  const reflected = along(-1);
  if (reflected.value < others[0].value) {
    const expanded = along(-2);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  if (reflected.value < others[others.length - 1].value) return reflected;
  const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined;
}

const sorted = (simplex: readonly Vertex[]) => [...simplex].sort((a, b) => a.value - b.value);

/** a + t (b - a) */
const blend = (a: readonly number[], b: readonly number[], t: number) =>
  a.map((x, i) => x + t * (b[i] - x));

const extent = (simplex: readonly Vertex[]) =>
  Math.max(
    ...simplex
      .slice(1)
      .flatMap(({ point }) => point.map((x, i) => Math.abs(x - simplex[0].point[i]))),
  );
