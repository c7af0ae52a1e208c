import type { CompiledTwin } from "../../twin/compile.js";
import type { FreeScalar } from "../../twin/parameters.js";
import type { TwinValues } from "../../twin/spec.js";
import { fromZ, zBounds, zOf } from "./directions.js";
import type { End } from "./profile.js";

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

export interface Ends {
  readonly below: End;
  readonly above: End;
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
  const down = within(below, z - least);
  const up = within(above, most - z);
  const wide = [down, up].some((end) => typeof end === "number" && end > widest);
  const reason =
    method === "laplace" && parameter.note
      ? parameter.note
      : (openReason(down, "below") ??
        openReason(up, "above") ??
        (method === "laplace" && transform === "log" && wide
          ? "the data hardly curve the loss here: ask for the profile"
          : ""));
  const at = (end: End, sign: number) =>
    typeof end === "number" ? fromZ(scalar, z + sign * end) : null;
  return {
    name,
    unit: parameter.unit,
    value: twin.scalars[name],
    estimate: optimum.scalars[name],
    low: at(down, -1),
    high: at(up, 1),
    bounds: parameter.bounds,
    verdict: reason ? "not identifiable" : "identified",
    reason,
    method,
    effectiveSamples,
  };
}

/** An end beyond the declared range is none. */
const within = (end: End, limit: number): End =>
  typeof end === "number" && !(Number.isFinite(end) && end < limit) ? "range" : end;

const openReasons = {
  range: "the declared range ends first",
  steps: "the search ended before the cost had risen enough",
} as const;

const openReason = (end: End, side: "below" | "above"): string | undefined =>
  typeof end === "number" ? undefined : `the interval is open ${side}: ${openReasons[end]}`;

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
