import { LuDecomposition, Matrix } from "ml-matrix";
import { fail } from "../../core/errors.js";
import { type Mesh, nodeCount } from "../../mesh/mesh.js";
import { checkKnown, coordinatesOf, distance, type Known, radiusOfGyration } from "./known.js";
import { constantTrend, linearTrend, type Trend } from "./polynomial-trend.js";

export interface RadialBasisOptions {
  /** Added to the kernel's diagonal (distances in radii of the sites); 0 interpolates exactly. */
  readonly ridge?: number;
}

/** Thin-plate kernel r^2 log r in 3-D, linear tail. (Duchon 1977, doi:10.1007/BFb0086566) */
export function thinPlate(mesh: Mesh, known: Known, options: RadialBasisOptions = {}) {
  checkKnown(mesh, known);
  const trend = linearTrend(coordinatesOf(mesh, known.nodes));
  const kernel = (r: number) => (r === 0 ? 0 : r * r * Math.log(r));
  return radialBasis(mesh, known, { kernel, trend, ridge: options.ridge ?? 0 });
}

/** Radial basis -r, the biharmonic kernel of 3-D space, with a constant tail. (Duchon 1977) */
export function linearRadialBasis(mesh: Mesh, known: Known, options: RadialBasisOptions = {}) {
  checkKnown(mesh, known);
  const kernel = (r: number) => -r;
  return radialBasis(mesh, known, { kernel, trend: constantTrend, ridge: options.ridge ?? 0 });
}

interface RadialBasis {
  /** Conditionally positive definite on the complement of the trend; r in radii of the sites. */
  readonly kernel: (r: number) => number;
  readonly trend: Trend;
  readonly ridge: number;
}

/**
 * u(x) = sum_k a_k kernel(|x - x_k|) + trend(x) b with [K + ridge I, T; T', 0] [a; b] = [y; 0].
 * Distances are straight: these kernels on geodesic distance are not conditionally definite.
 */
function radialBasis(mesh: Mesh, known: Known, basis: RadialBasis): Float64Array {
  const { kernel, trend, ridge } = basis;
  const sites = coordinatesOf(mesh, known.nodes);
  const scale = radiusOfGyration(sites) || 1;
  const tail = trend(sites);
  const [K, P] = [tail.rows, tail.columns];
  const system = Matrix.zeros(K + P, K + P);
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++)
      system.set(i, j, kernel(distance(sites, i, sites, j) / scale) + (i === j ? ridge : 0));
  system.setSubMatrix(tail, 0, K).setSubMatrix(tail.transpose(), K, 0);
  const factors = new LuDecomposition(system);
  if (factors.isSingular()) singular();
  const right = Matrix.zeros(K + P, 1);
  for (let k = 0; k < K; k++) right.set(k, 0, known.values[k]);
  const weights = factors.solve(right).to1DArray();
  const polynomial = trend(mesh.points).mmul(Matrix.columnVector(weights.slice(K)));
  return Float64Array.from({ length: nodeCount(mesh) }, (_, i) => {
    let sum = polynomial.get(i, 0);
    for (let k = 0; k < K; k++)
      sum += weights[k] * kernel(distance(mesh.points, i, sites, k) / scale);
    return sum;
  });
}

const singular = (): never =>
  fail({
    code: "singular-system",
    message: "Two known nodes lie in the same place, so no radial basis passes through both.",
    fix: "Leave one of them out, or set a small ridge such as 1e-6.",
  });
