import type { Random } from "../core/random.js";
import { graphDistances } from "../mesh/graph.js";
import type { EdgeGraph } from "../mesh/mesh.js";
import type { ScarOptions } from "./synthetic-options.js";

export interface Scar {
  /** Nodes, ascending. */
  readonly core: readonly number[];
  readonly border: readonly number[];
  /** [N] ln(conductivity / healthy conductivity). */
  readonly logConductivity: Float64Array;
}

export const noScar = (nodes: number): Scar => ({
  core: [],
  border: [],
  logConductivity: new Float64Array(nodes),
});

/** The nodes nearest to a random one along edges make the core, the next nearest the border zone. */
export function placeScar(graph: EdgeGraph, options: ScarOptions, random: Random): Scar {
  const { nodeCount: N } = graph;
  const distance = graphDistances(graph, [{ node: random.integer(N), start: 0 }]);
  const order = Array.from({ length: N }, (_, i) => i).sort(
    (a, b) => distance[a] - distance[b] || a - b,
  );
  const coreCount = Math.max(1, Math.round(options.coreFraction * N));
  const borderCount = Math.max(1, Math.round(options.borderFraction * N));
  const ascending = (nodes: number[]) => nodes.sort((a, b) => a - b);
  const core = ascending(order.slice(0, coreCount));
  const border = ascending(order.slice(coreCount, coreCount + borderCount));
  const logConductivity = new Float64Array(N);
  for (const node of core) logConductivity[node] = Math.log(options.coreFactor);
  for (const node of border) logConductivity[node] = Math.log(options.borderFactor);
  return { core, border, logConductivity };
}
