import { fail } from "../core/errors.js";
import { diffusionName } from "../model/program.js";
import type { CompiledTwin } from "./compile.js";
import type { TwinValues } from "./spec.js";

/**
 * Conductivities must make a positive definite tensor: coefficients and ratios above zero, fields
 * that are numbers. Errors: "bad-tensor" naming the parameter or the node.
 */
export function requireTensor({ model, diffusion }: CompiledTwin, values: TwinValues): void {
  if (diffusion.physics !== "symmetric-flux") return;
  for (const [name, { bounds, unit }] of Object.entries(model.params)) {
    const value = values.scalars[diffusionName(name)];
    if (bounds[0] > 0 && !(value > 0))
      fail({
        code: "bad-tensor",
        path: diffusionName(name),
        message: `${diffusion.name}: ${name} = ${value} makes a conductivity tensor that is not positive definite.`,
        fix: `Give a value above 0${unit === "1" ? "" : ` ${unit}`} (usual: ${bounds.join(" to ")}).`,
      });
  }
  for (const name of Object.keys(model.fields)) {
    const node = (values.fields[diffusionName(name)] ?? []).findIndex(Number.isNaN);
    if (node >= 0)
      fail({
        code: "bad-tensor",
        path: diffusionName(name),
        message: `${diffusion.name}: ${name} is not a number at node ${node}.`,
        fix: "Give every node a number.",
      });
  }
}

type EdgeValues = Readonly<Record<string, Float64Array>>;

/**
 * The sum of a node's conductances is the operator's diagonal: below zero, the node would feed on its
 * own differences. Single weights of obtuse elements may well be negative.
 */
export function requireConductances(compiled: CompiledTwin, edgeValues: EdgeValues): void {
  const found = isJudged(compiled) && negativeDiagonal(compiled, edgeValues);
  if (!found) return;
  const { node, total } = found;
  const { name } = compiled.diffusion;
  fail({
    code: "bad-tensor",
    path: name,
    message: `${name}: the conductances around node ${node} add up to ${total}, so that diffusion there would be uphill.`,
    fix: "Check the coefficients, and whether a field is steep beside an obtuse element there.",
  });
}

/**
 * Whether `requireConductances` would pass. Trials of a fit may be too steep for the mesh, which is no
 * error: they cost infinitely much.
 */
export const hasSoundConductances = (compiled: CompiledTwin, values: TwinValues): boolean =>
  !isJudged(compiled) ||
  negativeDiagonal(compiled, compiled.edgeMap.evaluate(values)) === undefined;

/** Messages may have any sign, and what a network makes of its weights is judged by its fit. */
const isJudged = ({ model, diffusion }: CompiledTwin): boolean =>
  diffusion.physics === "symmetric-flux" && !model.network;

/** The first node whose conductances add up to less than zero, if there is one. */
function negativeDiagonal(
  { graph, program }: CompiledTwin,
  edgeValues: EdgeValues,
): { node: number; total: number } | undefined {
  const total = new Float64Array(graph.nodeCount);
  for (const name of program.edgeValues)
    for (let e = 0; e < edgeValues[name].length; e++) {
      total[graph.edges[2 * e]] += edgeValues[name][e];
      total[graph.edges[2 * e + 1]] += edgeValues[name][e];
    }
  const node = total.findIndex((sum) => !(sum >= 0));
  return node < 0 ? undefined : { node, total: total[node] };
}
