import { median } from "../core/median.js";
import type { ObservationModel } from "../twin/spec.js";

/** A loss of scaled residuals: value rho(r) and weight rho'(r) / r for iterative reweighting. */
export interface Loss {
  value(residual: number): number;
  weight(residual: number): number;
}

/** Huber's threshold and Student's degrees of freedom, 95 % efficient for normal noise. */
const huberThreshold = 1.345;
const studentFreedom = 4;

const squares: Loss = { value: (r) => (r * r) / 2, weight: () => 1 };

/** `scale` is the residuals' own robust standard deviation. */
export function lossOf(kind: ObservationModel["loss"], scale: number): Loss {
  if (kind === "squares") return squares;
  if (kind === "huber") {
    const k = huberThreshold * scale;
    return {
      value: (r) => (Math.abs(r) <= k ? (r * r) / 2 : k * (Math.abs(r) - k / 2)),
      weight: (r) => (Math.abs(r) <= k ? 1 : k / Math.abs(r)),
    };
  }
  const v = studentFreedom;
  return {
    value: (r) => (((v + 1) * scale * scale) / 2) * Math.log(1 + (r / scale) ** 2 / v),
    weight: (r) => (v + 1) / (v + (r / scale) ** 2),
  };
}

/** 1.4826 times the median absolute residual. */
export function robustScale(residuals: ArrayLike<number>): number {
  const sizes = Array.from(residuals, Math.abs).filter((r) => !Number.isNaN(r));
  return sizes.length > 0 ? Math.max(1e-9, 1.4826 * median(sizes)) : 1e-9;
}
