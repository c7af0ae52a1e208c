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

/** A distance in z from the optimum, or why there is none: the range or the search ended first. */
export type End = number | "range" | "steps";

/** Steps of the search, and how near to the threshold it must come (in the square root). */
const [mostSteps, near] = [6, 0.04];

/**
 * Distance at which the profile crosses the threshold. The root of the rise is nearly linear in the
 * distance, so the search goes by it; the exact answer for a parabola after one step.
 */
export async function profileSide(side: ProfileSide): Promise<End> {
  const { limit, guess } = side;
  let inner = { at: 0, root: 0 };
  let outer: typeof inner | undefined;
  let at = Math.min(limit, guess);
  for (let step = 0; step < mostSteps; step++) {
    const root = await rootAt(side, at);
    if (Math.abs(root - 1) < near) return at;
    if (root >= 1) outer = { at, root };
    else if (at >= limit) return "range";
    else inner = { at, root };
    at = outer
      ? between(inner, outer)
      : Math.min(limit, at * Math.min(4, 1 / Math.max(root, 0.25)));
  }
  return outer && Number.isFinite(outer.root) ? at : "steps";
}

/** Square root of the rise in units of the threshold; infinite where the twin leaves the numbers. */
async function rootAt({ sign, least, threshold, costAt }: ProfileSide, at: number) {
  const rise = (await costAt(sign * at)) - least;
  return Number.isNaN(rise) ? Number.POSITIVE_INFINITY : Math.sqrt(Math.max(0, rise) / threshold);
}

interface Point {
  readonly at: number;
  readonly root: number;
}

/** Where a straight line through both crosses 1; halfway where the outer one is infinite. */
function between(inner: Point, outer: Point): number {
  const share = Number.isFinite(outer.root) ? (1 - inner.root) / (outer.root - inner.root) : 0.5;
  return inner.at + (outer.at - inner.at) * share;
}
