import type { Recording } from "../case/case.js";
import { checkStimulus } from "../case/stimulus-check.js";
import { fail } from "../core/errors.js";
import type { Pulse } from "../kernel/rollout.js";
import { checkNode } from "../mesh/graph.js";
import type { CompiledTwin } from "./compile.js";
import type { TwinValues } from "./spec.js";

/** Current of an early site: lifts its surroundings over the threshold within a millisecond or two. */
export const siteCurrent = { duration_ms: 3, strength_per_ms: 1 } as const;

/** Currents of one recording in one lane; unknown beats start at the sites that were found. */
export function pulsesOf(
  compiled: CompiledTwin,
  recording: Recording,
  values: TwinValues,
  lane: number,
): Pulse[] {
  if (recording.stimuli.kind === "given")
    return recording.stimuli.stimuli.flatMap((s) => (s.kind === "current" ? [{ ...s, lane }] : []));
  const sites = values.sites[recording.beat];
  if (!sites)
    return fail({
      code: "unknown-stimulus",
      path: recording.id,
      message: `Nothing is known of where beat "${recording.beat}" starts.`,
      fix: "Fit the twin on a recording of that beat first, or give its stimuli.",
    });
  return sites.map((site) => ({
    lane,
    nodes: siteNodes(compiled, site.node),
    start_ms: site.onset_ms,
    ...siteCurrent,
  }));
}

/** Throws "bad-case" for given stimuli that select nothing, or are no numbers. */
export function requireStimuli({ topology }: CompiledTwin, recording: Recording): void {
  if (recording.stimuli.kind === "given")
    for (const [i, stimulus] of recording.stimuli.stimuli.entries())
      checkStimulus(stimulus, topology.nodes, `recording "${recording.id}", stimulus ${i + 1}`);
}

/** A site and its neighbours: a single node of a fine mesh cannot ignite a wave. */
function siteNodes({ topology, graph }: CompiledTwin, node: number): number[] {
  checkNode(graph, node);
  const { rowStart, neighbour } = topology;
  return [node, ...neighbour.subarray(rowStart[node], rowStart[node + 1])];
}

/** States at t = 0, [N] per state: rest, with the initial-value stimuli applied. */
export function initialStates(compiled: CompiledTwin, recording: Recording): Float64Array[] {
  const { nodes } = compiled.topology;
  const states = compiled.system.states.map((s) => new Float64Array(nodes).fill(s.rest));
  if (recording.stimuli.kind === "given")
    for (const stimulus of recording.stimuli.stimuli)
      if (stimulus.kind === "initial")
        for (const node of stimulus.nodes) states[0][node] = stimulus.value;
  return states;
}
