import { catalog } from "../../../src/catalog/catalog.js";
import { gridOf, targetOf } from "../../../src/fit/targets.js";
import { nodeCount } from "../../../src/mesh/mesh.js";
import { compileTwin } from "../../../src/twin/compile.js";
import { lanePotential, simulate } from "../../../src/twin/simulate.js";
import { stableStep_ms } from "../../../src/twin/stability.js";
import { timesEverywhere } from "../../../src/twin/times-everywhere.js";
import type { PredictedBeat, PredictRequest } from "./protocol.js";

/**
 * A beat of the twin, sampled and stepped as where it is scored: times out of frames that are
 * interpolated, or of other steps, would differ from those of the score by a tenth of a millisecond.
 */
export function predict({ mesh, spec, values, beats, recording }: PredictRequest): PredictedBeat {
  const compiled = compileTwin(catalog, spec, mesh, { beats });
  const target = targetOf(recording, spec.observation);
  const grid = gridOf(target, stableStep_ms(compiled, values));
  const { interval_ms: every_ms, samples } = grid;
  const simulation = simulate(compiled, [{ values, recording }], { grid });
  const nodes = nodeCount(mesh);
  const all = lanePotential(simulation, 0);
  // A refined mesh keeps the case's nodes first.
  const potential = new Float32Array(samples * nodes);
  for (let f = 0; f < samples; f++)
    potential.set(all.subarray(f * simulation.nodes, f * simulation.nodes + nodes), f * nodes);
  return {
    every_ms,
    frames: samples,
    potential,
    ...timesEverywhere(recording, simulation, { nodes }),
  };
}
