import { catalog } from "../../../src/catalog/catalog.js";
import { LeadsError } from "../../../src/core/errors.js";
import { targetOf } from "../../../src/fit/targets.js";
import { nodeCount } from "../../../src/mesh/mesh.js";
import { compileTwin } from "../../../src/twin/compile.js";
import { lanePotential, simulate, timeGrid } from "../../../src/twin/simulate.js";
import { stableStep_ms } from "../../../src/twin/stability.js";
import { timesEverywhere } from "../../../src/twin/times-everywhere.js";
import type { Asked, EngineRequest, EngineRequests, PredictRequest } from "./protocol.js";

type Answers = {
  [R in EngineRequest]: (ask: EngineRequests[R]["ask"]) => EngineRequests[R]["answer"];
};

const answers: Answers = { predict };

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  const { id, request, ask } = data;
  try {
    postMessage({ id, answer: answers[request](ask) });
  } catch (error) {
    const { message, fix } = error as LeadsError;
    const known = error instanceof LeadsError && fix ? `${message} ${fix}` : message;
    postMessage({ id, error: known });
  }
});

function predict({ mesh, spec, values, beats, recording, every_ms }: PredictRequest) {
  const compiled = compileTwin(catalog, spec, mesh, beats);
  const { end_ms } = targetOf(recording, spec.observation);
  const samples = Math.ceil(end_ms / every_ms) + 1;
  const grid = timeGrid(every_ms, samples, stableStep_ms(compiled, values));
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
