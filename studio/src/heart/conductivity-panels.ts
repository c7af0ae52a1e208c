import { rangeOf } from "../ui/colours.js";
import { difference, type ShownPanel } from "./maps.js";

/** Smaller differences are none. */
const leastRange = 0.1;

interface Known {
  readonly nodes: number;
  /** Learnt logarithm of the conductivity relative to the healthy one; a refined mesh has more. */
  readonly logScale: Float64Array | undefined;
  /** Of a synthetic patient, [N]. */
  readonly truth: readonly number[] | undefined;
}

/** True and fitted conductivity relative to the healthy one; a twin that learnt none has 1 everywhere. */
export function conductivityPanels({ nodes, logScale, truth }: Known): ShownPanel[] {
  const twin = logScale?.slice(0, nodes).map(Math.exp) ?? new Float64Array(nodes).fill(1);
  const real = truth && Float64Array.from(truth);
  const high = Math.max(1, rangeOf(twin).high, real ? rangeOf(real).high : 1);
  const panel = (title: string, values: Float64Array): ShownPanel => ({
    ...{ title, values, unit: "relative", isolines: 0 },
    range: { low: 0, high },
    colours: "viridis",
  });
  const fitted = panel(`twin: conductivity${logScale ? "" : " (uniform)"}`, twin);
  if (!real) return [fitted];
  const error = difference(twin, real);
  const most = Math.max(leastRange, rangeOf(error, true).high);
  return [
    panel("true conductivity", real),
    fitted,
    {
      ...panel("twin − truth", error),
      range: { low: -most, high: most },
      colours: "error",
    },
  ];
}
