import { helixDirection } from "./generators.js";
import type { Box, Domain } from "./stuffing.js";
import { add, dot, norm, normalize, scale, subtract, type Vector } from "./vector.js";

/** An ellipsoid with axes along x, y, z. */
interface Ellipsoid {
  readonly centre: Vector;
  readonly semiAxes: Vector;
}

/**
 * Truncated ellipsoids: apex at z = -height, base plane z = 0, right ventricle towards +x. The
 * left ventricle is an ellipsoidal shell; the right one a wall around what its cavity leaves of
 * an ellipsoid outside of the left. Proportions after the rabbit ventricles (height 30 mm: left
 * wall 5.1 mm, right wall 3 mm, 28 x 22 mm at the base).
 */
export interface HeartShape {
  readonly leftEndo: Ellipsoid;
  readonly leftEpi: Ellipsoid;
  readonly rightEndo: Ellipsoid;
  readonly rightEpi: Ellipsoid;
  readonly rightWall_mm: number;
  /** Radius of rounded seams, mm. */
  readonly rounding_mm: number;
  readonly height_mm: number;
}

/**
 * Walls and the right cavity get at least the width `thinnest_mm`, so that a coarse lattice can
 * still tell their sides apart; the right ventricle then grows outwards.
 */
export function heartShape(height_mm: number, thinnest_mm = 0): HeartShape {
  const H = height_mm;
  const leftCentre: Vector = [0, 0, -0.22 * H];
  const leftAxes: Vector = [0.37 * H, 0.37 * H, 0.78 * H];
  const leftWall = Math.max(0.17 * H, thinnest_mm);
  const rightCentre: Vector = [0.2 * H, 0, -0.2 * H];
  const rightWall = Math.max(0.1 * H, thinnest_mm);
  const grow = ([a, b, c]: Vector, by: number): Vector => [a + by, b + by, c + by];
  // The cavity between 0.37 H (left epicardium) and 0.2 H + 0.3 H is 0.13 H wide.
  const widening = Math.max(0, thinnest_mm - 0.13 * H);
  const rightAxes = grow([0.3 * H, 0.26 * H, 0.58 * H], widening);
  return {
    leftEpi: { centre: leftCentre, semiAxes: leftAxes },
    leftEndo: { centre: leftCentre, semiAxes: grow(leftAxes, -leftWall) },
    rightEpi: { centre: rightCentre, semiAxes: grow(rightAxes, rightWall) },
    rightEndo: { centre: rightCentre, semiAxes: rightAxes },
    rightWall_mm: rightWall,
    rounding_mm: 0.05 * H,
    height_mm: H,
  };
}

/** First-order distance to an ellipsoid, negative inside: k (k - 1) / |grad k| of k = |p / axes|. */
function distance({ centre, semiAxes }: Ellipsoid, p: Vector): number {
  const q = subtract(p, centre);
  const k = Math.hypot(q[0] / semiAxes[0], q[1] / semiAxes[1], q[2] / semiAxes[2]);
  if (k < 1e-9) return -Math.min(...semiAxes);
  return (k * (k - 1)) / norm(gradientVector(semiAxes, q));
}

const gradientVector = ([a, b, c]: Vector, q: Vector): Vector => [
  q[0] / a ** 2,
  q[1] / b ** 2,
  q[2] / c ** 2,
];

/** Outward direction of the ellipsoid of the same family through p. */
const outward = ({ centre, semiAxes }: Ellipsoid, p: Vector): Vector =>
  normalize(gradientVector(semiAxes, subtract(p, centre)));

/** Maximum with a seam rounded over the width r: exact where the two differ by more than r. */
const roundMax = (a: number, b: number, r: number) =>
  Math.max(a, b) + Math.max(0, r - Math.abs(a - b)) ** 2 / (4 * r);

export interface SurfaceDistances {
  readonly leftEndo: number;
  readonly rightEndo: number;
  readonly epi: number;
  readonly base: number;
}

/** Signed distances (mm) to the four surfaces, negative on the tissue's side. */
export function surfaceDistances(shape: HeartShape, p: Vector): SurfaceDistances {
  const r = shape.rounding_mm;
  const leftEpi = distance(shape.leftEpi, p);
  return {
    leftEndo: -distance(shape.leftEndo, p),
    rightEndo: -roundMax(distance(shape.rightEndo, p), -leftEpi, 2.4 * r),
    epi: -roundMax(-leftEpi, -distance(shape.rightEpi, p), r),
    base: p[2],
  };
}

export function heartDomain(shape: HeartShape): Domain {
  return (p) => {
    const d = surfaceDistances(shape, p);
    return Math.max(d.leftEndo, d.rightEndo, d.epi, d.base);
  };
}

export function heartBox(shape: HeartShape): Box {
  const { leftEpi, rightEpi, height_mm } = shape;
  const margin = shape.rounding_mm;
  const right = rightEpi.centre[0] + rightEpi.semiAxes[0];
  const side = Math.max(leftEpi.semiAxes[1], rightEpi.semiAxes[1]);
  return {
    min: [-leftEpi.semiAxes[0] - margin, -side - margin, -height_mm - margin],
    max: [right + margin, side + margin, 0],
  };
}

/** The point of the surface f = 0 near p: Newton steps along the numerical gradient. */
export function projectTo(domain: Domain, step_mm: number): (p: Vector) => Vector {
  return (start) => {
    let p = start;
    for (let k = 0; k < 4; k++) {
      const gradient = centralGradient(domain, p, step_mm);
      const square = dot(gradient, gradient);
      if (square < 1e-12) return p;
      p = subtract(p, scale(gradient, domain(p) / square));
    }
    return p;
  };
}

function centralGradient(domain: Domain, p: Vector, h: number): Vector {
  const along = (e: Vector) =>
    (domain(add(p, scale(e, h))) - domain(subtract(p, scale(e, h)))) / (2 * h);
  return [along([1, 0, 0]), along([0, 1, 0]), along([0, 0, 1])];
}

export const heartRegions = { LV: 1, RV: 2, septum: 3 } as const;

/** Septum: the part of the left shell that faces the right cavity, with its rounded-off face. */
export function regionAt(shape: HeartShape, p: Vector): number {
  if (distance(shape.leftEpi, p) > 0.01 * shape.height_mm) return heartRegions.RV;
  const facing = distance(shape.rightEndo, p) < shape.rightWall_mm / 2 && p[0] > 0;
  return facing ? heartRegions.septum : heartRegions.LV;
}

/**
 * Depth in the wall by the distances to its two faces: 0 endocardium .. 1 epicardium; through the
 * septum 0 on the left .. 1 on the right side.
 */
export function transmuralDepth(shape: HeartShape, p: Vector): number {
  const isRight = regionAt(shape, p) === heartRegions.RV;
  const inner = distance(isRight ? shape.rightEndo : shape.leftEndo, p);
  const outer = -distance(isRight ? shape.rightEpi : shape.leftEpi, p);
  const [a, b] = [Math.max(0, inner), Math.max(0, outer)];
  return a + b > 0 ? a / (a + b) : 0;
}

/** Rule-based fibre (Streeter 1969, Bayer 2012): helix angle linear in depth, along the wall. */
export function fibreAt(
  shape: HeartShape,
  p: Vector,
  helix: { endo_deg: number; epi_deg: number },
): Vector {
  const depth = transmuralDepth(shape, p);
  const isRight = regionAt(shape, p) === heartRegions.RV;
  const inner = outward(isRight ? shape.rightEndo : shape.leftEndo, p);
  const outer = outward(isRight ? shape.rightEpi : shape.leftEpi, p);
  const normal = normalize(add(scale(inner, 1 - depth), scale(outer, depth)));
  const angle_deg = helix.endo_deg + (helix.epi_deg - helix.endo_deg) * depth;
  return helixDirection(normal, p, (angle_deg * Math.PI) / 180);
}
