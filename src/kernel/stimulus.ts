import { indexOfNode } from "./node-stream.js";
import type { Pulse, RunOptions } from "./rollout.js";
import { offsetOf, type Workspace } from "./workspace.js";

/** Writes the stimulus of any step, in any order; does nothing while it stays the same. */
export function createStimulator(
  workspace: Workspace,
  options: RunOptions,
): (step: number) => void {
  const { floats } = workspace.engine;
  const offset = offsetOf(workspace, "stimulus");
  floats.fill(0, offset, offset + workspace.block);
  let active: { pulse: Pulse; strength: number }[] = [];
  const write = (list: typeof active, scale: number) => {
    for (const { pulse, strength } of list)
      for (let k = 0; k < pulse.nodes.length; k++)
        floats[offset + indexOfNode(workspace, pulse.nodes[k], pulse.lane)] += scale * strength;
  };
  const clear = (list: typeof active) => {
    for (const { pulse } of list)
      for (let k = 0; k < pulse.nodes.length; k++)
        floats[offset + indexOfNode(workspace, pulse.nodes[k], pulse.lane)] = 0;
  };
  return (step) => {
    const now = pulsesDuring(options, step);
    const same =
      now.length === active.length &&
      now.every((a, k) => a.pulse === active[k].pulse && a.strength === active[k].strength);
    if (same) return;
    clear(active);
    write(now, 1);
    active = now;
  };
}

function pulsesDuring({ pulses, dt_ms }: RunOptions, step: number) {
  const [start, end] = [step * dt_ms, (step + 1) * dt_ms];
  const result: { pulse: Pulse; strength: number }[] = [];
  for (const pulse of pulses) {
    const overlap =
      Math.min(end, pulse.start_ms + pulse.duration_ms) - Math.max(start, pulse.start_ms);
    if (overlap > 0) result.push({ pulse, strength: (pulse.strength_per_ms * overlap) / dt_ms });
  }
  return result;
}
