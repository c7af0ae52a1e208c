import type { Case } from "../case/case.js";
import { fail } from "../core/errors.js";
import type { Random } from "../core/random.js";
import type { CompiledTwin } from "../twin/compile.js";
import type { Catalog, TwinValues } from "../twin/spec.js";
import { safeStep_ms } from "../twin/stability.js";
import type { LearningCurve } from "./candidate.js";
import type { Executor, Session } from "./executor.js";
import type { Target } from "./targets.js";

/** What every fit is given. */
export interface FitContext {
  /** Train and validation recordings; test recordings stay outside. */
  readonly data: Case;
  readonly catalog: Catalog;
  readonly executor: Executor;
  /** Where structures are kept compiled; each fit compiles its own if absent. */
  readonly compiled?: Session["compiled"];
  readonly seed: number;
  readonly signal?: Interrupt;
  readonly starts?: FirstStarts;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Values by reaction ("name" or "name/variant") that the first start takes instead of the published
 * ones; bounds stay, and so do the other starts.
 */
export type FirstStarts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a fit looks at between its iterations; an AbortSignal is one. */
export type Interrupt = Pick<AbortSignal, "aborted">;

export interface Progress {
  readonly phase: string;
  readonly iteration: number;
  readonly of: number;
  readonly loss: number;
}

/** One structure being fitted: the compiled twin, its targets, and the story so far. */
export interface Fitting {
  readonly context: FitContext;
  readonly compiled: CompiledTwin;
  readonly train: readonly Target[];
  readonly validation: readonly Target[];
  readonly random: Random;
  readonly curves: LearningCurve[];
  /** Trajectories simulated so far. */
  simulations: number;
}

export function checkAbort({ context }: Pick<Fitting, "context">): void {
  if (context.signal?.aborted)
    fail({
      code: "interrupted",
      message: "Interrupted.",
      fix: "Go on with: leads discover --resume RUN.",
    });
}

/** Step limit that is stable for all given values. */
export function stepLimit_ms(compiled: CompiledTwin, sets: readonly TwinValues[]): number {
  return sets.reduce((least, v) => Math.min(least, safeStep_ms(compiled, v)), Infinity);
}

/** Estimated noise below this share of the amplitude squared is curvature of clean signals. */
const leastNoise = 1e-5;

/** Noise variance that no model can explain, averaged over targets; 0 for clean data. */
export function noiseFloor(targets: readonly Target[]): number {
  const mean = targets.reduce((sum, t) => sum + t.noise, 0) / Math.max(1, targets.length);
  return mean > leastNoise ? mean : 0;
}

/** Up to `count` targets, evenly spread over the list. */
export function someTargets(targets: readonly Target[], count: number): Target[] {
  if (targets.length <= count) return [...targets];
  return Array.from({ length: count }, (_, k) => targets[Math.floor((k * targets.length) / count)]);
}

/** One simulation has four lanes. */
export function groupsOfFour<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / 4);
  return Array.from({ length: count }, (_, k) => items.slice(4 * k, 4 * k + 4));
}
