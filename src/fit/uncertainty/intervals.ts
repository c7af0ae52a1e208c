import type { CompiledTwin } from "../../twin/compile.js";
import type { FreeScalar } from "../../twin/parameters.js";
import type { TwinValues } from "../../twin/spec.js";
import { fromZ, zBounds, zOf } from "./directions.js";

export interface ParameterInterval {
  readonly name: string;
  readonly unit: string;
  /** The twin's own. */
  readonly value: number;
  /** Optimum of all training recordings, which the interval is about; null for fixed ones. */
  readonly estimate: number | null;
  /** Ends of the 90 % interval; null where it is open. */
  readonly low: number | null;
  readonly high: number | null;
  readonly bounds: readonly [number, number];
  readonly verdict: "identified" | "not identifiable" | "fixed";
  /** Why it is not identifiable; "" otherwise. */
  readonly reason: string;
  readonly method: "laplace" | "profile" | "none";
  /** Independent residuals that the estimate rests on. */
  readonly effectiveSamples: number | null;
}

/** Distances in z from the optimum to the ends; null where the profile found none. */
export interface Ends {
  readonly below: number | null;
  readonly above: number | null;
  readonly method: "laplace" | "profile";
  readonly effectiveSamples: number;
}

/** An interval wider than a factor e each way is beyond what a linearisation can tell. */
const widest = 1;

export function intervalOf(
  scalar: FreeScalar,
  { twin, optimum }: { twin: TwinValues; optimum: TwinValues },
  { below, above, method, effectiveSamples }: Ends,
): ParameterInterval {
  const { name, parameter, transform } = scalar;
  const [least, most] = zBounds(scalar);
  const z = zOf(scalar, optimum);
  const end = (at: number | null) =>
    at === null || !Number.isFinite(at) || at <= least || at >= most ? null : fromZ(scalar, at);
  const low = end(below === null ? null : z - below);
  const high = end(above === null ? null : z + above);
  const wide = Math.max(below ?? 0, above ?? 0) > widest;
  const reason =
    method === "laplace" && parameter.note
      ? parameter.note
      : low === null || high === null
        ? `the interval is open ${low === null ? "below" : "above"}: the declared range ends first`
        : method === "laplace" && transform === "log" && wide
          ? "the data hardly curve the loss here: ask for the profile"
          : "";
  return {
    name,
    unit: parameter.unit,
    value: twin.scalars[name],
    estimate: optimum.scalars[name],
    low,
    high,
    bounds: parameter.bounds,
    verdict: reason ? "not identifiable" : "identified",
    reason,
    method,
    effectiveSamples,
  };
}

/** What no fit moves: symmetries and choices. */
export function fixedIntervals(compiled: CompiledTwin, twin: TwinValues): ParameterInterval[] {
  const free = new Set(compiled.layout.scalars.map(({ name }) => name));
  return Object.entries(compiled.declared)
    .filter(([name]) => !free.has(name))
    .map(([name, { unit, bounds }]) => ({
      name,
      unit,
      value: twin.scalars[name],
      estimate: null,
      low: null,
      high: null,
      bounds,
      verdict: "fixed",
      reason: "",
      method: "none",
      effectiveSamples: null,
    }));
}
