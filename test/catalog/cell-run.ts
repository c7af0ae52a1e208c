import { catalog } from "../../src/catalog/catalog.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import { run } from "../../src/kernel/rollout.js";
import type { Reaction } from "../../src/model/declare.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import type { SchemeName } from "../../src/model/schemes.js";
import { beatFigures } from "../../src/verify/cell.js";
import type { BeatGolden } from "../../src/verify/goldens/golden.js";
import {
  fillAll,
  programOf,
  published,
  quiet,
  setParameters,
  singleCell,
  startAll,
  workspaceOf,
} from "../kernel/simulation.js";

export interface CellRun {
  readonly dt_ms: number;
  /** Potential in the entry's unit, one value a step. */
  readonly potential: readonly number[];
}

/** A variant's values, and what differs from them, under the names of the engine. */
const changes = (entry: Reaction, what: Pick<BeatGolden, "variant" | "parameters">) =>
  Object.fromEntries(
    Object.entries({
      ...(what.variant ? entry.variants![what.variant].values : {}),
      ...what.parameters,
    }).map(([name, value]) => [`reaction.${name}`, value]),
  );

/** One cell through the project's own kernels, started and paced as a golden says. */
export function runCell(
  entry: Reaction,
  what: Pick<BeatGolden, "variant" | "parameters" | "start" | "pacing" | "end_ms">,
  how: { backEnd: BackEnd; scheme: SchemeName; dt_ms: number },
): CellRun {
  const { backEnd, scheme, dt_ms } = how;
  const system = reactionSystem(entry);
  const program = programOf(entry, catalog.diffusions["graph-laplacian"], scheme);
  const { beats = 1, period_ms = 0 } = what.pacing ?? {};
  const steps = Math.round(((beats - 1) * period_ms + what.end_ms) / dt_ms);
  const workspace = workspaceOf(program, { backEnd, topology: singleCell, steps });
  setParameters(workspace, {
    ...published(system.parameters, "reaction"),
    ...changes(entry, what),
  });
  fillAll(workspace, "inverse_mass", [1]);
  const { lanes } = workspace.engine;
  const { offset, scale } = system.stored[0];
  startAll(
    workspace,
    system.stateNames.map((name, k) => {
      const own = what.start?.[name];
      const { offset, scale } = system.stored[k];
      return [own === undefined ? system.states[k].rest : (own - offset) / scale];
    }),
  );
  const pulses = Array.from({ length: what.pacing ? beats : 0 }, (_, k) => ({
    lane: 0,
    nodes: [0],
    start_ms: k * period_ms,
    duration_ms: what.pacing!.duration_ms,
    strength_per_ms: what.pacing!.strength_per_ms / scale,
  }));
  const result = run(workspace, { ...quiet, watch: false, pulses, dt_ms, steps, sampleEvery: 1 });
  const potential = Array.from(
    { length: steps + 1 },
    (_, k) => offset + scale * result.potential[k * lanes],
  );
  return { dt_ms, potential };
}

/** The figures of the last beat, as goldens name them. */
export function figures(golden: BeatGolden, { dt_ms, potential }: CellRun) {
  const { level, pacing } = golden;
  const first = pacing ? Math.round(((pacing.beats - 1) * pacing.period_ms) / dt_ms) : 0;
  const v = potential.slice(first);
  const free = pacing ? Math.round(pacing.duration_ms / dt_ms) + 1 : 1;
  let upstroke_per_ms = 0;
  for (let k = free + 1; k < v.length; k++)
    upstroke_per_ms = Math.max(upstroke_per_ms, (v[k] - v[k - 1]) / dt_ms);
  return {
    ...beatFigures({ dt_ms, potential: v }, level),
    upstroke_per_ms,
    at: (time_ms: number) => {
      const k = Math.min(Math.floor(time_ms / dt_ms + 1e-9), v.length - 2);
      return v[k] + (v[k + 1] - v[k]) * (time_ms / dt_ms - k);
    },
  };
}
