import type { TwinValues } from "../twin/spec.js";
import type { Fitting } from "./context.js";
import { isUnknownBeat } from "./guide.js";
import { moveSites } from "./site-moves.js";
import { earliestOnset_ms, refineOnsets } from "./site-onsets.js";
import { placeEntries } from "./site-placement.js";
import type { Target } from "./targets.js";

/** A site's current needs about this long to lift its surroundings over the threshold, ms. */
const latency_ms = 1;

/**
 * Finds where and when beats of unknown origin enter the mesh, by a front of one speed that spreads
 * over the surface (site-placement.ts); at most `spec.stimulus.sites` places each. Beats with given
 * stimuli, and beats whose sites are known already, are left alone. Reads the training data only.
 */
export async function inferSites(fitting: Fitting, values: TwinValues): Promise<TwinValues> {
  const sites = { ...values.sites };
  for (const [beat, targets] of unknownBeats(fitting.train)) {
    if (sites[beat]) continue;
    sites[beat] = placeEntries(fitting, targets).map(({ node, onset_ms }) => ({
      node,
      onset_ms: Math.max(earliestOnset_ms, onset_ms - latency_ms),
    }));
  }
  return { ...values, sites };
}

/**
 * Refines the sites by roll-outs: onsets with the diffusion rates, then one move of every site to a
 * better neighbour, then the onsets again. Nothing changes where all stimuli are given.
 */
export async function refineSites(
  fitting: Fitting,
  start: TwinValues,
  iterations: number,
): Promise<TwinValues> {
  const beats = unknownBeats(fitting.train);
  if (beats.size === 0) return start;
  const timed = await refineOnsets(fitting, start, { beats, iterations });
  const moved = await moveSites(fitting, timed, beats);
  return moved === timed ? timed : refineOnsets(fitting, moved, { beats, iterations });
}

/** Beat -> its recordings, for beats that enter from outside the mesh. */
export function unknownBeats(targets: readonly Target[]): Map<string, Target[]> {
  const beats = new Map<string, Target[]>();
  for (const target of targets.filter(isUnknownBeat)) {
    const { beat } = target.recording;
    beats.set(beat, [...(beats.get(beat) ?? []), target]);
  }
  return beats;
}
