import type { CandidateResult } from "../../../src/fit/candidate.js";
import { diffusionName } from "../../../src/model/program.js";
import { rangeOf } from "../ui/colours.js";
import { difference, type ShownPanel } from "./maps.js";

/** Smaller differences are none. */
const leastRange = 0.1;

type Fitted = Pick<CandidateResult, "status" | "values">;

/** Numbers of diffusions whose tissue is the same everywhere. */
const uniform = ["D", "D_across", "rate"].map(diffusionName);

/**
 * [N] conductivity relative to the healthy one: learnt, or 1 everywhere where the diffusion is one
 * number. Undefined where it is neither: by region, or what a network makes of the edges.
 */
export function twinConductivity(fitted: Fitted | undefined, nodes: number) {
  if (fitted?.status !== "fitted") return undefined;
  const { scalars, fields, network } = fitted.values;
  const logScale = fields[diffusionName("log_scale")];
  // A refined mesh has more nodes, those of the case first.
  if (logScale)
    return { title: "twin: conductivity", values: logScale.slice(0, nodes).map(Math.exp) };
  if (network.length > 0 || !uniform.some((name) => name in scalars)) return undefined;
  return { title: "twin: conductivity (uniform)", values: new Float64Array(nodes).fill(1) };
}

interface Known {
  readonly twin: ReturnType<typeof twinConductivity>;
  /** Of a synthetic patient, [N]. */
  readonly truth: readonly number[] | undefined;
}

/** True and fitted conductivity and their difference, as far as they are known. */
export function conductivityPanels({ twin, truth }: Known): ShownPanel[] {
  const real = truth && Float64Array.from(truth);
  const high = Math.max(1, ...[twin?.values, real].map((map) => (map ? rangeOf(map).high : 1)));
  const panel = (title: string, values: Float64Array): ShownPanel => ({
    ...{ title, values, unit: "relative", isolines: 0 },
    range: { low: 0, high },
    colours: "viridis",
  });
  const fitted = twin ? [panel(twin.title, twin.values)] : [];
  if (!real) return fitted;
  const trueMap = panel("true conductivity", real);
  if (!twin) return [trueMap];
  const error = difference(twin.values, real);
  const most = Math.max(leastRange, rangeOf(error, true).high);
  return [
    trueMap,
    ...fitted,
    {
      ...panel("twin − truth", error),
      range: { low: -most, high: most },
      colours: "error",
    },
  ];
}
