import type { FitSettings, TwinSpec } from "../../twin/spec.js";

/** How much work a fit may take: the counts of FitSettings, the rest left as it is. */
export type Effort = Pick<
  FitSettings,
  "starts" | "timeIterations" | "potentialIterations" | "fieldIterations"
>;

export interface Tiers {
  /** One start, enough to see which reactions deserve more; none is rejected by it (see rescue). */
  readonly screening: Effort;
  readonly standard: Effort;
  /** L-BFGS needs about 200 evaluations to resolve a scar's core. */
  readonly thorough: Effort;
}

export const defaultTiers: Tiers = {
  screening: { starts: 1, timeIterations: 12, potentialIterations: 14, fieldIterations: 30 },
  standard: { starts: 4, timeIterations: 12, potentialIterations: 20, fieldIterations: 80 },
  thorough: { starts: 6, timeIterations: 16, potentialIterations: 40, fieldIterations: 220 },
};

export const reaches = (fit: FitSettings, effort: Effort): boolean =>
  fit.starts >= effort.starts &&
  fit.timeIterations >= effort.timeIterations &&
  fit.potentialIterations >= effort.potentialIterations &&
  fit.fieldIterations >= effort.fieldIterations;

/** Work in units of one Gauss-Newton iteration; fields and networks come on top. */
export const workOf = (effort: Effort, withField: boolean): number =>
  effort.starts * (effort.timeIterations + effort.potentialIterations) +
  (withField ? effort.fieldIterations : 0);

/** Everything of a structure but the effort of its fit. */
export const withoutEffort = (spec: TwinSpec): unknown => {
  const {
    starts: _s,
    timeIterations: _t,
    potentialIterations: _p,
    fieldIterations: _f,
    ...fit
  } = spec.fit;
  return { ...spec, fit };
};
