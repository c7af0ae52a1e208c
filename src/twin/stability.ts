import { fail } from "../core/errors.js";
import { dimension } from "../mesh/operators.js";
import { isSplit, reactionScheme, schemes, splittings, thetas } from "../model/schemes.js";
import type { CompiledTwin } from "./compile.js";
import { nodalFieldName } from "./parameters.js";
import { requireValues } from "./require-values.js";
import { reactionRate } from "./single-cell.js";
import type { TwinValues } from "./spec.js";

/** The largest stable step, and what does not let it be larger. */
export interface StepBound {
  readonly step_ms: number;
  readonly limitedBy: "reaction" | "diffusion";
  /** Where diffusion is fastest. */
  readonly node: number;
}

/**
 * The time step of a simulation, ms: the one that is given, or the stable one times the safety
 * fraction. Throws "unstable-step" if the given one is not stable.
 */
export function stableStep_ms(compiled: CompiledTwin, values: TwinValues): number {
  const { dt_ms, stepFraction } = compiled.spec.numerics;
  requireValues(compiled, values);
  const bound = stepBound(compiled, values, dt_ms === undefined ? stepFraction : 1);
  if (dt_ms !== undefined && dt_ms > bound.step_ms) unstableStep(compiled, dt_ms, bound);
  return dt_ms ?? bound.step_ms;
}

/** The same for values on trial, which may need a smaller step than the one given. */
export function safeStep_ms(compiled: CompiledTwin, values: TwinValues): number {
  requireValues(compiled, values);
  const { dt_ms, stepFraction } = compiled.spec.numerics;
  if (dt_ms !== undefined && dt_ms <= stepBound(compiled, values).step_ms) return dt_ms;
  return stepBound(compiled, values, stepFraction).step_ms;
}

/** `fraction` of the largest stable step. */
export function stepBound(compiled: CompiledTwin, values: TwinValues, fraction = 1): StepBound {
  const { scheme } = compiled.spec.numerics;
  const reaction = fastestReaction(compiled, values);
  const { rate: coupling, node } = couplingRate(compiled, values);
  const most_ms = compiled.reaction.numerics?.step_ms ?? Number.POSITIVE_INFINITY;
  const bound = (step_ms: number, limitedBy: StepBound["limitedBy"]): StepBound => ({
    step_ms: Math.min(step_ms, most_ms),
    limitedBy: step_ms > most_ms ? "reaction" : limitedBy,
    node,
  });
  if (!isSplit(scheme)) {
    const limited = coupling > reaction ? "diffusion" : "reaction";
    return bound((fraction * schemes[scheme].stability) / (coupling + reaction), limited);
  }
  const { reaction: stages, share } = splittings[scheme];
  const ofReaction = (fraction * schemes[stages].stability) / (share * reaction);
  const ofDiffusion = fraction * diffusionStep_ms(compiled, coupling);
  return ofDiffusion < ofReaction ? bound(ofDiffusion, "diffusion") : bound(ofReaction, "reaction");
}

/**
 * Of the rates that the scheme steps explicitly. Stiff reactions, which declare their scheme and step,
 * are excused from those of gates where the scheme takes them exactly; of the others, the fastest are
 * feedbacks that grow (calcium release), which no step has to damp: half of what the declared step
 * would bear stands for them.
 */
function fastestReaction(compiled: CompiledTwin, values: TwinValues): number {
  const { system, spec } = compiled;
  const scheme = schemes[reactionScheme(spec.numerics.scheme)];
  const declared = scheme.exactGates ? system.numerics : undefined;
  const exactGates = declared !== undefined;
  const most = declared ? 1 / declared.step_ms : Number.POSITIVE_INFINITY;
  const rates = extremes(compiled, values).map((p) =>
    Math.min(most, reactionRate(system, p, { exactGates })),
  );
  return rates.reduce((fastest, rate) => Math.max(fastest, rate), 0);
}

/** Largest stable step of diffusion that has a step of its own. */
function diffusionStep_ms({ spec, mesh }: CompiledTwin, rate: number): number {
  const { diffusion = "explicit", mass } = spec.numerics;
  if (thetas[diffusion] >= 0.5) return Number.POSITIVE_INFINITY;
  // The consistent mass of a simplex in d dimensions is at least 1 / (d + 2) of the lumped one.
  const stiffer = mass === "consistent" ? dimension(mesh) + 2 : 1;
  return schemes.euler.stability / (stiffer * rate);
}

function unstableStep(compiled: CompiledTwin, dt_ms: number, bound: StepBound): never {
  const { scheme } = compiled.spec.numerics;
  const largest = bound.step_ms.toPrecision(3);
  const isDiffusion = bound.limitedBy === "diffusion";
  const cause = isDiffusion
    ? `the diffusion, fastest at node ${bound.node}`
    : "the reaction's fastest rate";
  return fail({
    code: "unstable-step",
    path: "numerics.dt_ms",
    message: `numerics.dt_ms = ${dt_ms} is above ${largest} ms, the stable step of ${scheme}, limited by ${cause}.`,
    fix: isDiffusion
      ? `Take dt_ms <= ${largest}, or strang with diffusion "crank-nicolson".`
      : `Take dt_ms <= ${largest}.`,
  });
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
function couplingRate(compiled: CompiledTwin, values: TwinValues): { rate: number; node: number } {
  const { diffusion } = compiled;
  const conductance = totalConductance(compiled, values);
  const { rate: bound, node } = gershgorin(compiled, conductance);
  if (diffusion.physics !== "symmetric-flux") return { rate: 2 * bound, node };
  return { rate: Math.min(bound, largestEigenvalue(compiled, conductance)), node };
}

/** Sum of the edge values that messages read: what a message makes of them is at most as stiff. */
function totalConductance(compiled: CompiledTwin, values: TwinValues): Float64Array {
  const total = new Float64Array(compiled.graph.lengths.length);
  const edgeValues = compiled.edgeMap.evaluate(values);
  for (const name of compiled.program.edgeValues)
    for (let e = 0; e < total.length; e++) total[e] += edgeValues[name][e];
  return total;
}

/** 2 max_i sum_j |g_ij| / mass_i bounds every eigenvalue; `node` is the row it comes from. */
function gershgorin({ graph, operator }: CompiledTwin, g: Float64Array) {
  const sum = new Float64Array(graph.nodeCount);
  for (let e = 0; e < g.length; e++) {
    sum[graph.edges[2 * e]] += Math.abs(g[e]);
    sum[graph.edges[2 * e + 1]] += Math.abs(g[e]);
  }
  let fastest = 0;
  let node = 0;
  for (let i = 0; i < sum.length; i++) {
    const rate = sum[i] / operator.mass[i];
    if (rate > fastest) [fastest, node] = [rate, i];
  }
  return { rate: 2 * fastest, node };
}

const iterations = 40;
/** The Rayleigh quotient comes from below. */
const margin = 1.05;

function largestEigenvalue({ graph, operator }: CompiledTwin, g: Float64Array): number {
  const { nodeCount: n, edges } = graph;
  const { mass } = operator;
  // A fixed start that no symmetry of a mesh can make orthogonal to the stiffest mode.
  const u = new Float64Array(n);
  for (let i = 0; i < n; i++) u[i] = Math.sin(1 + 7.3 * i) / Math.sqrt(mass[i]);
  const flow = new Float64Array(n);
  let value = 0;
  for (let k = 0; k < iterations; k++) {
    flow.fill(0);
    for (let e = 0; e < g.length; e++) {
      const i = edges[2 * e];
      const j = edges[2 * e + 1];
      const flux = g[e] * (u[j] - u[i]);
      flow[i] += flux;
      flow[j] -= flux;
    }
    let product = 0;
    let size = 0;
    for (let i = 0; i < n; i++) {
      product -= flow[i] * u[i];
      size += u[i] * u[i] * mass[i];
    }
    value = product / size;
    const scale = 1 / Math.sqrt(size);
    for (let i = 0; i < n; i++) u[i] = (-flow[i] / mass[i]) * scale;
  }
  return margin * value;
}
