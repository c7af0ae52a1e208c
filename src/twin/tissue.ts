import { fail } from "../core/errors.js";
import type { CompiledTwin } from "./compile.js";

/**
 * Edge values, [E] each, where the conductivity of some nodes is changed: a scar, an ablation line
 * (0 lets nothing pass). An edge takes the geometric mean of its ends, as the learnt fields do.
 * `factors`: [N] conductivity / that of the twin. Errors: "bad-shape", "bad-tissue".
 */
export function changedTissue(
  { graph, program, diffusion }: CompiledTwin,
  edgeValues: Readonly<Record<string, Float64Array>>,
  factors: Float64Array,
): Record<string, Float64Array> {
  checkFactors(factors, graph.nodeCount);
  if (!program.padded)
    fail({
      code: "bad-tissue",
      path: diffusion.name,
      message: `${diffusion.name}: its messages do not vanish with an edge, so tissue cannot be taken away.`,
      fix: "Use a twin whose diffusion is built on conductances.",
    });
  const factor = (e: number) =>
    Math.sqrt(factors[graph.edges[2 * e]] * factors[graph.edges[2 * e + 1]]);
  return Object.fromEntries(
    Object.entries(edgeValues).map(([name, values]) => [name, values.map((g, e) => g * factor(e))]),
  );
}

function checkFactors(factors: Float64Array, nodes: number): void {
  if (factors.length !== nodes)
    fail({
      code: "bad-shape",
      message: `Tissue is changed at ${factors.length} nodes of ${nodes}.`,
      fix: "Give one factor per node of the simulated mesh.",
    });
  const node = factors.findIndex((factor) => !(factor >= 0 && factor < Number.POSITIVE_INFINITY));
  if (node >= 0)
    fail({
      code: "bad-tissue",
      message: `The conductivity of node ${node} is to be multiplied by ${factors[node]}.`,
      fix: "Give factors from 0 (nothing passes) upwards.",
    });
}
