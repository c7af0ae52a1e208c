import { lossOf } from "./losses.js";

/** Where a wave front enters, as an index of a candidate, and when it is there. */
export interface Entry {
  readonly candidate: number;
  readonly onset_ms: number;
}

/** Times of a front that spreads at one speed, and what it is compared with. */
export interface ArrivalProblem {
  /** [C][K] way from every candidate to every compared node, mm. */
  readonly distance_mm: readonly Float64Array[];
  /** [C][C] or [C][.]: the candidates near each one, itself included, for local moves. */
  readonly near: readonly (readonly number[])[];
  /** [K] ms, weights with mean about 1. */
  readonly times_ms: Float64Array;
  readonly weights: Float64Array;
}

export interface SearchOptions {
  readonly speed_mm_per_ms: number;
  readonly most: number;
}

/** Entries and the mean weighted loss (Student, ms^2) that they leave. */
export interface Placement {
  readonly entries: readonly Entry[];
  readonly loss: number;
}

/** What one speed leaves unexplained of measured times (real-data-notes.md: 1 to 1.5 ms), ms. */
const modelError_ms = 1.5;
/** A beat starts at most this long before the first measured time, ms. */
const headStart_ms = 5;
/** Onsets are tried that bring the front to one of so many nearest compared nodes in time. */
const onsetTrials = 12;
/** The first entries are moved anywhere, later ones to their neighbours. */
const movedFreely = 4;
const sweeps = 3;
const leastGain = 1e-3;

/** Squared error at which the table of losses ends, ms. */
const table = { end_ms: 40, perMs: 50 } as const;

/**
 * Entries of a front, t(x) = min over entries of onset + distance / speed, one more at a time: each
 * goes where it lowers the robust loss most, then all are moved in turn (coordinate descent).
 * Returns the placements with 1, 2, ... entries.
 */
export function searchEntries(problem: ArrivalProblem, options: SearchOptions): Placement[] {
  const { distance_mm, near, times_ms } = problem;
  const travel = distance_mm.map((row) => row.map((d) => d / options.speed_mm_per_ms));
  const place = createPlacer(problem, travel);
  const everywhere = [...distance_mm.keys()];
  const entries: Entry[] = [];
  const path: Placement[] = [];
  const total = problem.weights.reduce((a, b) => a + b, 0);
  while (path.length < options.most) {
    let { loss, ...entry } = place(arrivals(entries), everywhere);
    if (!Number.isFinite(loss)) break;
    entries.push(entry);
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const before = loss;
      entries.forEach((current, k) => {
        const free = sweep === 0 && entries.length <= movedFreely;
        const where = free ? everywhere : near[current.candidate];
        const others = arrivals(entries.filter((_, other) => other !== k));
        const { loss: moved, ...better } = place(others, where);
        if (moved < loss) [entries[k], loss] = [better, moved];
      });
      if (before - loss < leastGain * before) break;
    }
    path.push({ entries: [...entries], loss: loss / total });
  }
  return path;

  function arrivals(list: readonly Entry[]): Float64Array {
    const earliest = new Float64Array(times_ms.length).fill(Number.POSITIVE_INFINITY);
    for (const { candidate, onset_ms } of list)
      travel[candidate].forEach((t, k) => {
        earliest[k] = Math.min(earliest[k], onset_ms + t);
      });
    return earliest;
  }
}

/** The best entry among given candidates beside the arrivals that are there already. */
function createPlacer({ times_ms, weights }: ArrivalProblem, travel: readonly Float64Array[]) {
  const rho = lossOf("student", modelError_ms);
  const losses = Float64Array.from({ length: table.end_ms * table.perMs + 1 }, (_, i) =>
    rho.value(i / table.perMs),
  );
  const last = losses.length - 1;
  const lossAt = (r: number) => losses[Math.min(last, (Math.abs(r) * table.perMs) | 0)];
  const earliest = times_ms.reduce((a, t) => Math.min(a, t), Infinity) - headStart_ms;
  const trials = travel.map((row) =>
    [...row.keys()].sort((a, b) => row[a] - row[b]).slice(0, onsetTrials),
  );
  return (arrival: Float64Array, candidates: readonly number[]): Entry & { loss: number } => {
    let best = { loss: Number.POSITIVE_INFINITY, candidate: -1, onset_ms: 0 };
    for (const candidate of candidates) {
      const way = travel[candidate];
      for (const trial of trials[candidate]) {
        const onset_ms = times_ms[trial] - way[trial];
        if (onset_ms < earliest) continue;
        let loss = 0;
        for (let k = 0; k < way.length && loss < best.loss; k++) {
          const r = Math.min(arrival[k], onset_ms + way[k]) - times_ms[k];
          loss += weights[k] * lossAt(Number.isFinite(r) ? r : table.end_ms);
        }
        if (loss < best.loss) best = { loss, candidate, onset_ms };
      }
    }
    return best;
  };
}
