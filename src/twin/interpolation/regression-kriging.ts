import { Matrix } from "ml-matrix";
import { fail } from "../../core/errors.js";
import { type Mesh, nodeCount } from "../../mesh/mesh.js";
import {
  defaultPriors,
  type GaussianProcessOptions,
  gaussianProcess,
  knownSites,
  type ProcessPrediction,
  withNoise,
} from "./gaussian-process.js";
import type { Known } from "./known.js";
import { fitProcess } from "./process-fit.js";
import type { CoefficientPrior } from "./trend-process.js";

export interface PhysicsRegressor {
  /** [N] the physics model's prediction, fitted to all known values, in their unit. */
  readonly prediction: Float64Array;
  /**
   * [B][K] predictions at the known nodes by fits that did not see them (bagging, folds); NaN
   * where the node was seen. Their mean replaces `prediction` at the known nodes, so that a model
   * that fits its own data well and others badly is believed only as far as it predicts. Without
   * them, a model through the data gets s = 1 and falsely narrow intervals.
   */
  readonly leaveOut?: readonly ArrayLike<number>[];
  /** Normal prior of the scale s where the physics helps, e.g. { mean: 0.5, sd: 0.5 }. */
  readonly scalePrior: CoefficientPrior;
  /** Probability, before the data, that the physics helps at all (s not 0); 0.5 by default. */
  readonly chance?: number;
}

export interface RegressionKrigingPrediction extends ProcessPrediction {
  /** Posterior mean and sd of s, the case s = 0 included: near 0 where the physics is no help. */
  readonly scale: CoefficientPrior;
  /** Probability, given the data, that the physics helps: the weight of the fit with s. */
  readonly chance: number;
}

/**
 * value = m + s * physics(x) + field(x) + noise: a Gaussian process (Matern 5/2, see
 * `gaussianProcess`) whose trend is a constant m, flat prior, and a physics prediction. m and s
 * are integrated out in closed form; length, signal and noise by marginal likelihood with weak
 * priors. The result is averaged with the process without physics, each weighted by its evidence,
 * so that unhelpful physics costs little. `parameters` and `logEvidence` are of the fit with s.
 * (Universal kriging with external drift; Kennedy & O'Hagan 2001, doi:10.1111/1467-9868.00294)
 */
export function regressionKriging(
  mesh: Mesh,
  known: Known,
  { physics, ...options }: Omit<GaussianProcessOptions, "mean"> & { physics: PhysicsRegressor },
): RegressionKrigingPrediction {
  const sites = knownSites(mesh, known);
  checkPhysics(mesh, physics);
  const regressor = honestRegressor(known, physics);
  const atSites = Array.from(known.nodes, (node) => regressor[node]);
  // Centred: m then means the level at an average site, and the normal equations stay well scaled.
  const level = atSites.reduce((sum, value) => sum + value, 0) / atSites.length;
  const columns = (values: ArrayLike<number>) =>
    new Matrix(Array.from(values, (value) => [1, value - level]));
  const data = {
    sites,
    values: Array.from(known.values),
    trend: columns(atSites),
    priors: [{ mean: 0, sd: Infinity }, physics.scalePrior],
  };
  const priors = { ...defaultPriors(mesh, known), ...options.priors };
  const { parameters, posterior } = fitProcess(data, priors, options.fixed);
  const { logEvidence } = posterior;
  const drifted = posterior.predict(mesh.points, columns(regressor));
  const plain = gaussianProcess(mesh, known, options);
  const chance = posteriorChance(physics.chance ?? 0.5, logEvidence - plain.logEvidence);
  const sdWithNoise = withNoise(drifted.sd, parameters);
  const measured = mixture(
    chance,
    { ...drifted, sd: sdWithNoise },
    { ...plain, sd: plain.sdWithNoise },
  );
  const s = posterior.coefficients[1];
  const scale = mixture(chance, { mean: [s.mean], sd: [s.sd] }, { mean: [0], sd: [0] });
  return {
    ...mixture(chance, drifted, plain),
    sdWithNoise: measured.sd,
    parameters,
    logEvidence,
    scale: { mean: scale.mean[0], sd: scale.sd[0] },
    chance,
  };
}

/** Bayes' rule for two models from the prior chance of the first and its log Bayes factor. */
function posteriorChance(prior: number, logBayesFactor: number): number {
  return prior === 1 ? 1 : 1 / (1 + ((1 - prior) / prior) * Math.exp(-logBayesFactor));
}

interface Moments {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** Mean and sd of drawing from `a` with probability p and from `b` otherwise, entry by entry. */
function mixture(p: number, a: Moments, b: Moments): { mean: Float64Array; sd: Float64Array } {
  const mean = Float64Array.from(a.mean, (value, i) => p * value + (1 - p) * b.mean[i]);
  const sd = mean.map((_, i) => {
    const apart = a.mean[i] - b.mean[i];
    return Math.sqrt(p * a.sd[i] ** 2 + (1 - p) * b.sd[i] ** 2 + p * (1 - p) * apart ** 2);
  });
  return { mean, sd };
}

/** [N] the prediction, with the mean of the leave-out predictions at the known nodes. */
function honestRegressor(known: Known, { prediction, leaveOut }: PhysicsRegressor): Float64Array {
  const result = prediction.slice();
  if (leaveOut === undefined) return result;
  if (leaveOut.some((row) => row.length !== known.nodes.length))
    fail({
      code: "bad-shape",
      message: `Every leave-out row must hold ${known.nodes.length} values, one per known node.`,
      path: "physics.leaveOut",
      fix: "Give predictions at the known nodes, in their order, NaN where a node was seen.",
    });
  for (let k = 0; k < known.nodes.length; k++) {
    const unseen = leaveOut.map((row) => row[k]).filter((value) => Number.isFinite(value));
    if (unseen.length === 0)
      fail({
        code: "never-left-out",
        message: `No leave-out prediction covers the known node ${known.nodes[k]}.`,
        path: "physics.leaveOut",
        fix: "Add fits that leave it out (more bags), or use folds, which leave out every node.",
      });
    result[known.nodes[k]] = unseen.reduce((sum, value) => sum + value, 0) / unseen.length;
  }
  return result;
}

function checkPhysics(mesh: Mesh, physics: PhysicsRegressor): void {
  const { prediction, scalePrior, chance = 0.5 } = physics;
  if (prediction.length !== nodeCount(mesh) || !prediction.every(Number.isFinite))
    fail({
      code: "bad-shape",
      message: `The physics prediction must hold ${nodeCount(mesh)} finite values, one per node.`,
      path: "physics.prediction",
      fix: "Interpolate over nodes that the model leaves unactivated.",
    });
  if (!(scalePrior.sd > 0 && scalePrior.sd < Infinity) || !Number.isFinite(scalePrior.mean))
    fail({
      code: "bad-prior",
      message: "The prior of the physics scale needs a finite mean and a finite positive sd.",
      path: "physics.scalePrior",
      fix: "Use e.g. { mean: 0.5, sd: 0.5 }.",
    });
  if (!(chance > 0 && chance <= 1))
    fail({
      code: "bad-prior",
      message: `The chance that the physics helps is ${chance}, not in (0, 1].`,
      path: "physics.chance",
      fix: "Use 0.5 when undecided, 1 to rely on the scale prior alone.",
    });
}
