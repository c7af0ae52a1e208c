import type { UncertaintyDetails } from "../../../src/view/contract.js";
import { rangeOf } from "../ui/colours.js";
import type { ShownPanel } from "./maps.js";

interface Shown {
  readonly candidate: number | undefined;
  readonly recording: string | undefined;
  readonly nodes: number;
}

/** Half-widths of the 90 % intervals of activation times; grey where none is known. */
export function uncertaintyPanels(
  known: UncertaintyDetails | undefined,
  { candidate, recording, nodes }: Shown,
): ShownPanel[] {
  const half_ms = known?.candidate === candidate && known?.half_ms[recording ?? ""];
  const values = half_ms || new Float64Array(nodes).fill(Number.NaN);
  const { high } = rangeOf(values);
  return [
    {
      title: half_ms
        ? "activation time: 90 % half width"
        : "half width: known of the best candidate's test beats alone",
      unit: "ms",
      values,
      range: { low: 0, high },
      colours: "viridis",
      isolines: 0,
    },
  ];
}
