import type { Case, Recording, Stimulus } from "../case/case.js";
import { ballStimulus } from "../case/pilot.js";
import { fail } from "../core/errors.js";
import { edgeGraph, graphDistances } from "../mesh/graph.js";
import { type EdgeGraph, nodeCount } from "../mesh/mesh.js";
import { farthestPoints } from "../mesh/smoothness.js";
import type { CompiledTwin } from "../twin/compile.js";
import { laneOf, simulate, timeGrid } from "../twin/simulate.js";
import type { TwinValues } from "../twin/spec.js";
import { type Fitting, stepLimit_ms } from "./context.js";
import { cholesky } from "./matrix.js";
import { drawTwins } from "./uncertainty/maps.js";
import { parameterUncertainty } from "./uncertainty/parameters.js";

/** Draws need the curvature near the optimum, not the optimum itself. */
const designIterations = 2;

/** A structure that the recordings have not ruled out, and twins as likely as its fitted one. */
export interface Rival {
  readonly name: string;
  readonly weight: number;
  readonly compiled: CompiledTwin;
  /** The fitted twin first, then draws from its parameters' distribution. */
  readonly twins: readonly TwinValues[];
}

/** A fitted structure with twins as likely as it; all of them simulate on what `fitting` compiled. */
export async function rivalOf(
  fitting: Fitting,
  values: TwinValues,
  { name, weight }: Pick<Rival, "name" | "weight">,
): Promise<Rival> {
  const options = { profile: false, iterations: designIterations };
  const { spread } = await parameterUncertainty(fitting, values, options);
  const { twins } = drawTwins(fitting, values, spread, fitting.random.fork("draws"));
  return { name, weight, compiled: fitting.compiled, twins: [values, ...twins] };
}

export interface RankedSite {
  readonly node: number;
  readonly position_mm: readonly [number, number, number];
  /**
   * Root mean square disagreement of the rivals' activation maps in units of noise and their own
   * parameter spread, pairs weighted by their probabilities; null where one structure stands.
   */
  readonly separation: number | null;
  /** Expected information on the parameters of the likeliest structure, nats. */
  readonly information_nats: number;
}

export interface SiteRequest {
  readonly data: Case;
  readonly rivals: readonly Rival[];
  /** Standard deviation of an activation time about the best twin's, ms. */
  readonly noise_ms: number;
  /** Nodes to rank. */
  readonly sites: readonly number[];
}

/** `count` nodes spread over the heart, those paced already and their surroundings left out. */
export function candidateSites(data: Case, count: number): number[] {
  const graph = edgeGraph(data.mesh);
  const { radius_mm, centres } = pacingOf(data, graph);
  const near = graphDistances(
    graph,
    centres.map((node) => ({ node, start: 0 })),
  );
  const asked = Math.min(nodeCount(data.mesh), 2 * count + centres.length);
  const spread = [...farthestPoints(graph, asked, centres[0])];
  return spread.filter((node) => near[node] > radius_mm).slice(0, count);
}

/**
 * Ranks pacing sites by what a recording from there would tell. Between structures the disagreement
 * of their activation maps (Hunter & Reiner 1965) in units of noise and of their own variances
 * (Buzzi-Ferraris & Forzatti 1983); where one stands, Bayesian D-optimality,
 * 1/2 log det(I + V / noise^2) with V the covariance of the predicted map over the parameters
 * (Chaloner & Verdinelli 1995). Both are for ranking alone: V is that of a few draws, and errors
 * count as independent from node to node. Errors:
 * "no-stimulus" when no recording of the case has a given stimulus to copy.
 */
export function rankSites({ data, rivals, noise_ms, sites }: SiteRequest): RankedSite[] {
  const graph = edgeGraph(data.mesh);
  const { radius_mm, pattern, end_ms } = pacingOf(data, graph);
  const nodes = recordedNodes(data);
  const ranked = sites.map((node): RankedSite => {
    const stimulus = { ...pattern, nodes: ballStimulus(graph, node, radius_mm).nodes };
    const maps = rivals.map((rival) => mapsFrom(rival, { stimulus, end_ms, nodes }));
    const at = (axis: number) => data.mesh.points[3 * node + axis];
    return {
      node,
      position_mm: [at(0), at(1), at(2)],
      separation: rivals.length > 1 ? separationOf(rivals, maps, noise_ms) : null,
      information_nats: information(maps[0].slice(1), noise_ms),
    };
  });
  return ranked.sort(
    (a, b) => (b.separation ?? 0) - (a.separation ?? 0) || b.information_nats - a.information_nats,
  );
}

/** How the case was paced: the pattern that a new site repeats. */
function pacingOf(data: Case, graph: EdgeGraph) {
  const given = data.recordings.flatMap(({ stimuli }) =>
    stimuli.kind === "given" ? [...stimuli.stimuli] : [],
  );
  if (given.length === 0)
    fail({
      code: "no-stimulus",
      path: data.name,
      message: `No recording of "${data.name}" has a given stimulus, so there is none to repeat elsewhere.`,
      fix: "Use a case whose recordings were paced at known nodes.",
    });
  const discs = given.map((stimulus) => discOf(stimulus, graph));
  const [pattern] = given;
  return {
    pattern,
    radius_mm: Math.max(...discs.map((disc) => disc.radius_mm)),
    centres: [...new Set(discs.map((disc) => disc.centre))],
    end_ms: Math.max(...data.recordings.map(lastTime_ms)),
  };
}

/** The node of a stimulus from which its others are nearest, and how far they are along edges. */
function discOf({ nodes }: Stimulus, graph: EdgeGraph): { centre: number; radius_mm: number } {
  let best = { centre: nodes[0], radius_mm: Number.POSITIVE_INFINITY };
  for (const centre of nodes) {
    const distance = graphDistances(graph, [{ node: centre, start: 0 }]);
    const radius_mm = nodes.reduce((far, node) => Math.max(far, distance[node]), 0);
    if (radius_mm < best.radius_mm) best = { centre, radius_mm };
  }
  return best;
}

function lastTime_ms({ potential, activation }: Recording): number {
  const times = (activation?.times_ms ?? new Float64Array()).filter(Number.isFinite);
  return times.reduce((last, t) => Math.max(last, t), potential?.times_ms.at(-1) ?? 0);
}

/** Nodes that some training recording holds. */
function recordedNodes({ recordings, split }: Case): number[] {
  const used = recordings
    .filter(({ id }) => split.train.includes(id))
    .flatMap((r) => [...(r.potential?.nodes ?? r.activation?.nodes ?? [])]);
  return [...new Set(used)].sort((a, b) => a - b);
}

/** Distance between samples of the potential, ms; the times themselves are finer. */
const interval_ms = 2;

/** [twins][nodes] activation times of one rival paced at a site; silent nodes come at the end. */
function mapsFrom(
  { compiled, twins }: Rival,
  { stimulus, end_ms, nodes }: { stimulus: Stimulus; end_ms: number; nodes: readonly number[] },
): Float64Array[] {
  const stimuli = { kind: "given", stimuli: [stimulus] } as const;
  const recording: Recording = { id: "site", beat: "site", stimuli };
  const samples = Math.max(2, Math.ceil(end_ms / interval_ms));
  const grid = timeGrid(interval_ms, samples, stepLimit_ms(compiled, twins));
  const maps: Float64Array[] = [];
  for (let first = 0; first < twins.length; first += 4) {
    const lanes = twins.slice(first, first + 4);
    const inputs = lanes.map((values) => ({ values, recording }));
    const simulation = simulate(compiled, inputs, { grid });
    lanes.forEach((_, lane) => {
      const times = laneOf(simulation.result.activation_ms, simulation, lane);
      maps.push(Float64Array.from(nodes, (i) => (Number.isFinite(times[i]) ? times[i] : end_ms)));
    });
  }
  return maps;
}

/** Square root of sum w_a w_b mean((m_a - m_b)^2 / (2 noise^2 + v_a + v_b)) / sum w_a w_b. */
export function separationOf(
  rivals: readonly Pick<Rival, "weight">[],
  maps: readonly (readonly Float64Array[])[],
  noise_ms: number,
): number {
  const spread = maps.map((all) => variances(all.slice(1), all[0].length));
  let [sum, total] = [0, 0];
  for (let a = 0; a < rivals.length; a++)
    for (let b = 0; b < a; b++) {
      const weight = rivals[a].weight * rivals[b].weight;
      const [first, second] = [maps[a][0], maps[b][0]];
      const squares = first.map(
        (t, i) => (t - second[i]) ** 2 / (2 * noise_ms ** 2 + spread[a][i] + spread[b][i]),
      );
      sum += (weight * squares.reduce((s, v) => s + v, 0)) / squares.length;
      total += weight;
    }
  return Math.sqrt(sum / total);
}

function variances(draws: readonly Float64Array[], length: number): Float64Array {
  const S = draws.length;
  return Float64Array.from({ length }, (_, i) => {
    if (S < 2) return 0;
    const mean = draws.reduce((s, draw) => s + draw[i], 0) / S;
    return draws.reduce((s, draw) => s + (draw[i] - mean) ** 2, 0) / (S - 1);
  });
}

/** 1/2 log det(I + A A' / ((S - 1) noise^2)), A the centred draws [S * nodes]: V has their rank. */
export function information(draws: readonly Float64Array[], noise_ms: number): number {
  const S = draws.length;
  if (S < 2) return 0;
  const mean = draws[0].map((_, i) => draws.reduce((s, draw) => s + draw[i], 0) / S);
  const centred = draws.map((draw) => draw.map((t, i) => t - mean[i]));
  const gram = new Float64Array(S * S);
  for (let a = 0; a < S; a++)
    for (let b = 0; b < S; b++) {
      const product = centred[a].reduce((s, v, i) => s + v * centred[b][i], 0);
      gram[a * S + b] = product / ((S - 1) * noise_ms ** 2) + (a === b ? 1 : 0);
    }
  const factor = cholesky(gram, S);
  return centred.reduce((sum, _, k) => sum + Math.log(factor[k * S + k]), 0);
}
