import { schemes } from "../model/schemes.js";
import type { CompiledTwin } from "./compile.js";
import { nodalFieldName } from "./parameters.js";
import { reactionRate } from "./single-cell.js";
import type { TwinValues } from "./spec.js";

/** Largest stable step, ms, times the twin's safety fraction. */
export function stableStep_ms(compiled: CompiledTwin, values: TwinValues): number {
  const { spec } = compiled;
  const limit = schemes[spec.numerics.scheme].stability;
  const rate = extremes(compiled, values).reduce(
    (fastest, parameters) => Math.max(fastest, reactionRate(compiled.system, parameters)),
    0,
  );
  return (spec.numerics.stepFraction * limit) / (couplingRate(compiled, values) + rate);
}

/** The reaction's parameters at the cells that differ most, where some vary over the nodes. */
function extremes({ program }: CompiledTwin, values: TwinValues): Record<string, number>[] {
  const common = reactionParameters(values);
  const varied = program.nodeParameters.flatMap((name) => {
    const field = values.fields[nodalFieldName(name)] ?? [0];
    const [low, high] = [
      field.reduce((a, b) => Math.min(a, b), 0),
      field.reduce((a, b) => Math.max(a, b), 0),
    ];
    return [low, high].map((y) => ({ ...common, [name]: common[name] * Math.exp(y) }));
  });
  return [common, ...varied];
}

/** The reaction's parameters under their own names. */
export function reactionParameters(values: TwinValues): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values.scalars)
      .filter(([name]) => name.startsWith("reaction."))
      .map(([name, value]) => [name.slice("reaction.".length), value]),
  );
}

/**
 * Fastest rate of the coupling, 1/ms. For symmetric fluxes the largest eigenvalue itself, by power
 * iteration: a few small cells of a volume mesh make the Gershgorin bound twice as large as it.
 * Messages that depend on the state may be up to twice as steep as at rest.
 */
function couplingRate(compiled: CompiledTwin, values: TwinValues): number {
  const { diffusion } = compiled;
  const conductance = totalConductance(compiled, values);
  const bound = gershgorin(compiled, conductance);
  if (diffusion.physics !== "symmetric-flux") return 2 * bound;
  return Math.min(bound, largestEigenvalue(compiled, conductance));
}

/** Sum of the edge values that messages read: what a message makes of them is at most as stiff. */
function totalConductance(compiled: CompiledTwin, values: TwinValues): Float64Array {
  const total = new Float64Array(compiled.graph.lengths.length);
  const edgeValues = compiled.edgeMap.evaluate(values);
  for (const name of compiled.program.edgeValues)
    edgeValues[name].forEach((g, e) => {
      total[e] += g;
    });
  return total;
}

/** 2 max_i sum_j |g_ij| / mass_i bounds every eigenvalue. */
function gershgorin({ graph, operator }: CompiledTwin, g: Float64Array): number {
  const sum = new Float64Array(graph.nodeCount);
  for (let e = 0; e < g.length; e++) {
    sum[graph.edges[2 * e]] += Math.abs(g[e]);
    sum[graph.edges[2 * e + 1]] += Math.abs(g[e]);
  }
  return 2 * sum.reduce((most, s, i) => Math.max(most, s / operator.mass[i]), 0);
}

const iterations = 40;
/** The Rayleigh quotient comes from below. */
const margin = 1.05;

function largestEigenvalue({ graph, operator }: CompiledTwin, g: Float64Array): number {
  const { nodeCount: n, edges } = graph;
  const { mass } = operator;
  // A fixed start that no symmetry of a mesh can make orthogonal to the stiffest mode.
  let u = Float64Array.from({ length: n }, (_, i) => Math.sin(1 + 7.3 * i) / Math.sqrt(mass[i]));
  let value = 0;
  for (let k = 0; k < iterations; k++) {
    const flow = new Float64Array(n);
    for (let e = 0; e < g.length; e++) {
      const [i, j] = [edges[2 * e], edges[2 * e + 1]];
      const flux = g[e] * (u[j] - u[i]);
      flow[i] += flux;
      flow[j] -= flux;
    }
    let [product, size] = [0, 0];
    for (let i = 0; i < n; i++) {
      product -= flow[i] * u[i];
      size += u[i] * u[i] * mass[i];
    }
    value = product / size;
    const scale = 1 / Math.sqrt(size);
    u = flow.map((f, i) => (-f / mass[i]) * scale);
  }
  return margin * value;
}
