/** One side of a profile: where the cost has risen by `threshold`. */
export interface ProfileSide {
  /** Distance from the optimum to the end of the declared range, and its sign. */
  readonly limit: number;
  readonly sign: 1 | -1;
  /** A first guess of the distance: the half-width of the linear interval. */
  readonly guess: number;
  /** Cost at the optimum, and the rise that ends the interval. */
  readonly least: number;
  readonly threshold: number;
  /** Lowest cost with the parameter moved by so much, everything else free. */
  readonly costAt: (distance: number) => Promise<number>;
}

/** Steps of the search, and how near to the threshold it must come (in the square root). */
const [mostSteps, near] = [6, 0.04];

/**
 * Distance at which the profile crosses the threshold; null where the range ends before it does:
 * the interval is open there. The root of the rise is nearly linear in the distance, so the search
 * goes by it; the exact answer for a parabola after one step.
 */
export async function profileSide(side: ProfileSide): Promise<number | null> {
  const { limit, sign, guess, least, threshold, costAt } = side;
  let [inner, innerRoot] = [0, 0];
  let outer: { at: number; root: number } | undefined;
  let at = Math.min(limit, guess);
  for (let step = 0; step < mostSteps; step++) {
    const root = Math.sqrt(Math.max(0, (await costAt(sign * at)) - least) / threshold);
    if (Math.abs(root - 1) < near) return at;
    if (root < 1) {
      if (at >= limit) return null;
      [inner, innerRoot] = [at, root];
    } else outer = { at, root };
    at = outer
      ? inner + ((outer.at - inner) * (1 - innerRoot)) / (outer.root - innerRoot)
      : Math.min(limit, at * Math.min(4, 1 / Math.max(root, 0.25)));
  }
  return outer ? at : null;
}
