import { median } from "../core/median.js";
import type { Random } from "../core/random.js";
import { adjacency, relaxDistances } from "../mesh/graph.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { farthestPoints } from "../mesh/smoothness.js";
import { unfoldedGraph } from "../twin/interpolation/geodesic.js";
import type { Site } from "../twin/spec.js";
import type { Fitting } from "./context.js";
import { type Guide, guideOf, mostKnown, observed, thinned } from "./guide.js";
import { type ArrivalProblem, type Placement, searchEntries } from "./site-search.js";
import type { Target } from "./targets.js";

/** Nodes that are tried as sites, and nodes of the interpolated map that are compared. */
const mostCandidates = 500;
const mostGuides = 128;
/** Around a candidate, in units of the distance between candidates: where local moves go. */
const reach = 3;
/** Speeds tried, in units of the map's typical apparent speed. */
const speedFactors = [0.6, 0.9, 1.3];
const folds = 4;
/** Cross-validation with fewer electrodes says nothing. */
const fewestForFolds = 10;

/**
 * Where and when an unknown beat enters. A front of one speed starts at J places; speed and J are
 * those that predict left-out electrodes best (4 folds). The places then follow from all measured
 * times and, with less weight, from the map between them. Arrival times, not stimulus onsets.
 */
export function placeEntries(fitting: Fitting, targets: readonly Target[]): Site[] {
  const { compiled, context, random } = fitting;
  const { mesh } = context.data;
  const candidates = spread(mesh, mostCandidates);
  const times = thinned(mergeTimes(targets), mostKnown);
  const guide = guideOf(compiled, targets[0]);
  const mapWeight = compiled.spec.fit.mapWeight;
  const extra = guide && mapWeight > 0 ? spread(mesh, mostGuides) : [];
  const distances = createDistances(mesh, candidates, [...times.nodes, ...extra]);
  const known = distances.problem(times.values.length, times.values);
  const speeds = trialSpeeds(mesh, guide, known);
  const most = Math.max(1, Math.min(compiled.spec.stimulus.sites, times.nodes.length - 1));
  const { speed, count } = bestModel(known, { speeds, most, random: random.fork("sites") });
  const values = [...times.values, ...extra.map((node) => guide!.times_ms[node])];
  const share = (mapWeight * times.nodes.length) / Math.max(1, extra.length);
  const weights = [
    ...times.values.map(() => 1),
    ...extra.map((node) => share * guide!.weights[node]),
  ];
  const all = { ...distances.problem(values.length, values), weights: Float64Array.from(weights) };
  const path = searchEntries(all, { speed_mm_per_ms: speed, most: count });
  return path[path.length - 1].entries.map(({ candidate, onset_ms }) => ({
    node: candidates[candidate],
    onset_ms,
  }));
}

/** Earliest observed time of every node over the recordings of one beat. */
function mergeTimes(targets: readonly Target[]): { nodes: number[]; values: number[] } {
  const byNode = new Map<number, number>();
  for (const target of targets) {
    const { nodes, values } = observed(target);
    nodes.forEach((node, k) => {
      byNode.set(node, Math.min(values[k], byNode.get(node) ?? Number.POSITIVE_INFINITY));
    });
  }
  return { nodes: [...byNode.keys()], values: [...byNode.values()] };
}

/** All nodes, or so many spread over the mesh. */
function spread(mesh: Mesh, most: number): number[] {
  if (nodeCount(mesh) <= most) return Array.from({ length: nodeCount(mesh) }, (_, i) => i);
  return Array.from(farthestPoints(unfoldedGraph(mesh), most, 0)).sort((a, b) => a - b);
}

function createDistances(mesh: Mesh, candidates: readonly number[], compared: readonly number[]) {
  const graph = unfoldedGraph(mesh);
  const rows = adjacency(graph);
  const between: Float64Array[] = [];
  const distance_mm = candidates.map((node) => {
    const all = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
    relaxDistances({ rows, edgeCost: graph.lengths, distance: all }, [{ node, start: 0 }]);
    between.push(Float64Array.from(candidates, (other) => all[other]));
    return Float64Array.from(compared, (other) => all[other]);
  });
  const closest = between.map((row) => row.reduce((a, d) => (d > 0 && d < a ? d : a), Infinity));
  const radius = reach * median(closest);
  const near = between.map((row) => [...row.keys()].filter((c) => row[c] <= radius));
  return {
    /** The first `count` compared nodes with their times. */
    problem: (count: number, times: readonly number[]): ArrivalProblem => ({
      distance_mm: distance_mm.map((row) => row.subarray(0, count)),
      near,
      times_ms: Float64Array.from(times),
      weights: new Float64Array(count).fill(1),
    }),
  };
}

/** Around the map's apparent speed: the median over nodes of the steepest slope to a neighbour. */
function trialSpeeds(mesh: Mesh, guide: Guide | undefined, known: ArrivalProblem): number[] {
  const slopes: number[] = [];
  if (guide) {
    const graph = unfoldedGraph(mesh);
    const steepest = new Float64Array(graph.nodeCount);
    graph.lengths.forEach((length, e) => {
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      const slope = Math.abs(guide.times_ms[i] - guide.times_ms[j]) / length;
      steepest[i] = Math.max(steepest[i], slope);
      steepest[j] = Math.max(steepest[j], slope);
    });
    for (const slope of steepest) if (slope > 0) slopes.push(slope);
  }
  const span =
    known.times_ms.reduce((a, t) => Math.max(a, t), -Infinity) - Math.min(...known.times_ms);
  const size = known.distance_mm[0].reduce((a, d) => (Number.isFinite(d) ? Math.max(a, d) : a), 0);
  const speed = slopes.length > 0 ? 1 / median(slopes) : size / Math.max(span, 1e-3);
  return speedFactors.map((f) => f * speed);
}

/** Speed and number of entries with the lowest loss on left-out nodes. */
function bestModel(
  known: ArrivalProblem,
  { speeds, most, random }: { speeds: readonly number[]; most: number; random: Random },
): { speed: number; count: number } {
  const total = known.times_ms.length;
  if (total < fewestForFolds)
    return { speed: speeds[1], count: Math.max(1, Math.min(most, Math.floor(total / 3))) };
  const order = random.shuffle([...Array(total).keys()]);
  let best = { speed: speeds[1], count: 1, loss: Number.POSITIVE_INFINITY };
  for (const speed of speeds) {
    const losses = new Float64Array(most);
    for (let fold = 0; fold < folds; fold++) {
      const kept = order.filter((_, k) => k % folds !== fold);
      const left = order.filter((_, k) => k % folds === fold);
      const path = searchEntries(subset(known, kept), { speed_mm_per_ms: speed, most });
      for (let j = 0; j < most; j++)
        losses[j] += leftOut(known, left, path[Math.min(j, path.length - 1)], speed);
    }
    losses.forEach((loss, j) => {
      if (loss < best.loss) best = { speed, count: j + 1, loss };
    });
  }
  return best;
}

const subset = (problem: ArrivalProblem, kept: readonly number[]): ArrivalProblem => ({
  ...problem,
  distance_mm: problem.distance_mm.map((row) => Float64Array.from(kept, (k) => row[k])),
  times_ms: Float64Array.from(kept, (k) => problem.times_ms[k]),
  weights: Float64Array.from(kept, (k) => problem.weights[k]),
});

/** Sum of absolute errors at left-out nodes, ms. */
function leftOut(
  { distance_mm, times_ms }: ArrivalProblem,
  left: readonly number[],
  { entries }: Placement,
  speed: number,
): number {
  return left.reduce((sum, k) => {
    const arrival = entries.reduce(
      (a, { candidate, onset_ms }) => Math.min(a, onset_ms + distance_mm[candidate][k] / speed),
      Number.POSITIVE_INFINITY,
    );
    return sum + Math.abs(arrival - times_ms[k]);
  }, 0);
}
