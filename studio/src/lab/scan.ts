import { fail } from "../../../src/core/errors.js";
import type { LiveState } from "../../../src/twin/live.js";
import type { ScanPoint, ScanRequest } from "./lab-protocol.js";

/** A twin that is paced and watched. */
export interface Bench {
  advance(): LiveState;
  pace(node: number, start_ms: number): void;
  reset(): void;
}

/** Time that a beat is watched for. */
const watched_ms = 700;

/** [N] the last activation of each node if no S2 follows; NaN = no wave gets there. */
export function lastBeatAlone(bench: Bench, request: ScanRequest): Float64Array {
  const { last_ms } = startTrain(bench, request);
  let alone = new Float64Array();
  watch(bench, last_ms + watched_ms, ({ activation_ms }) => {
    alone = Float64Array.from(activation_ms);
  });
  bench.reset();
  return alone;
}

/** Activations of the two runs differ by rounding alone where they are the same beat's. */
const same_ms = 1;

interface Point {
  readonly alone: Float64Array;
  readonly s2_ms: number;
}

/**
 * S1's wave runs ahead of S2's: what comes when S1's alone would have come is S1's, all later is S2's.
 * A beat counts as re-entry where a node fires twice after that. Intervals are measured at one node:
 * from its last recovery to its activation by S2, and from that to its next recovery.
 */
export function scanPoint(bench: Bench, request: ScanRequest, { alone, s2_ms }: Point): ScanPoint {
  const { node, at } = request;
  const { last_ms } = startTrain(bench, request);
  bench.pace(node, last_ms + s2_ms);
  const fired = new Uint32Array(alone.length);
  const latest = new Float64Array(alone.length).fill(Number.NaN);
  let [before, up, down] = [Number.NaN, Number.NaN, Number.NaN];
  const isOfS2 = (t: number, i: number) =>
    t > last_ms + s2_ms && !(t <= alone[i] + same_ms) && t !== latest[i];
  watch(bench, last_ms + s2_ms + watched_ms, ({ activation_ms, recovery_ms }) => {
    if (Number.isNaN(up) && isOfS2(activation_ms[at], at)) up = activation_ms[at];
    if (Number.isNaN(up) || recovery_ms[at] < up) before = recovery_ms[at];
    if (Number.isNaN(down) && recovery_ms[at] > up) down = recovery_ms[at];
    for (const [i, t] of activation_ms.entries()) {
      if (isOfS2(t, i)) fired[i]++;
      latest[i] = t;
    }
  });
  bench.reset();
  const known = (t: number) => (Number.isFinite(t) ? t : null);
  return {
    s2_ms,
    di_ms: known(up - before),
    apd_ms: known(down - up),
    reached: fired.filter((n) => n > 0).length / Math.max(1, alone.filter(Number.isFinite).length),
    reentry: fired.some((n) => n > 1),
  };
}

function startTrain(bench: Bench, { node, s1_ms, count }: ScanRequest) {
  bench.reset();
  for (let k = 0; k < count; k++) bench.pace(node, k * s1_ms);
  return { last_ms: (count - 1) * s1_ms };
}

/** From rest to a time. Errors: "not-finite". */
function watch(bench: Bench, end_ms: number, look: (state: LiveState) => void): void {
  for (;;) {
    const state = bench.advance();
    requireFinite(state);
    look(state);
    if (state.now_ms >= end_ms) return;
  }
}

/** Errors: "not-finite". */
export function requireFinite({ finite }: LiveState): void {
  if (finite) return;
  fail({
    code: "not-finite",
    message: "The potential has left the numbers: this twin is not stable with these values.",
    fix: "Move the slider that was changed last back, or go back to rest.",
  });
}
