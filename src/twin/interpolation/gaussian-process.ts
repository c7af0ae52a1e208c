import { fail } from "../../core/errors.js";
import type { Mesh } from "../../mesh/mesh.js";
import { checkKnown, coordinatesOf, type Known, radiusOfGyration } from "./known.js";
import { constantTrend, linearTrend } from "./polynomial-trend.js";
import { fitProcess, type ProcessPriors, weakPriors } from "./process-fit.js";
import type { ProcessParameters } from "./trend-process.js";

export interface GaussianProcessOptions {
  /** Trend under the field; flat priors on its coefficients. "constant" by default. */
  readonly mean?: "constant" | "linear";
  /** Parameters that are not to be fitted, e.g. { noiseSd: 0 } to pass through the data. */
  readonly fixed?: Partial<ProcessParameters>;
  /** Instead of `weakPriors`, parameter by parameter. */
  readonly priors?: Partial<ProcessPriors>;
}

export interface ProcessPrediction {
  /** [N] */
  readonly mean: Float64Array;
  /** [N] sd of the noise-free field. */
  readonly sd: Float64Array;
  /** [N] sd of a new measurement: field and noise. Intervals for held-out electrodes use this. */
  readonly sdWithNoise: Float64Array;
  readonly parameters: ProcessParameters;
  /** Log marginal likelihood of the known values, priors not included. */
  readonly logEvidence: number;
}

/**
 * Gaussian process with Matern 5/2 covariance on 3-D position (mm); length, signal and noise by
 * `fitProcess`. Needs 2 known nodes. The uncertainty of the three parameters is not in the sds.
 * (Rasmussen & Williams 2006)
 */
export function gaussianProcess(
  mesh: Mesh,
  known: Known,
  options: GaussianProcessOptions = {},
): ProcessPrediction {
  const sites = knownSites(mesh, known);
  const trend = options.mean === "linear" ? linearTrend(sites) : constantTrend;
  const columns = trend(sites);
  const priors = Array.from({ length: columns.columns }, () => ({ mean: 0, sd: Infinity }));
  const data = { sites, values: Array.from(known.values), trend: columns, priors };
  const { parameters, posterior } = fitProcess(
    data,
    { ...defaultPriors(mesh, known), ...options.priors },
    options.fixed,
  );
  const { mean, sd } = posterior.predict(mesh.points, trend(mesh.points));
  const { logEvidence } = posterior;
  return { mean, sd, sdWithNoise: withNoise(sd, parameters), parameters, logEvidence };
}

/** [K * 3] positions of the known nodes, mm, checked for a fit. */
export function knownSites(mesh: Mesh, known: Known): Float64Array {
  checkKnown(mesh, known);
  if (known.nodes.length < 2)
    fail({
      code: "too-few-nodes",
      message: "A Gaussian process cannot learn its spread from one known node.",
      fix: "Give at least 2 known nodes, or use the nearest value.",
    });
  return coordinatesOf(mesh, known.nodes);
}

export function defaultPriors(mesh: Mesh, known: Known): ProcessPriors {
  const values = Array.from(known.values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // Equal values still need a positive scale; this one vanishes against them.
  const sd = Math.max(Math.sqrt(variance), 1e-6 * (Math.abs(mean) || 1));
  return weakPriors({ size_mm: radiusOfGyration(mesh.points), sd });
}

export const withNoise = (sd: Float64Array, { noiseSd }: ProcessParameters): Float64Array =>
  sd.map((value) => Math.hypot(value, noiseSd));
