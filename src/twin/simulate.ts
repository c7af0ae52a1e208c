import type { Recording } from "../case/case.js";
import { fail } from "../core/errors.js";
import { type RolloutGradient, reverse, type Seeds } from "../kernel/adjoint.js";
import type { BackEnd } from "../kernel/engine.js";
import { fillLane } from "../kernel/node-stream.js";
import { type RunOptions, type RunResult, run, setGlobal, setInitial } from "../kernel/rollout.js";
import { fillEdges, type Workspace } from "../kernel/workspace.js";
import { consistentMassEdge } from "../model/diffusion-solve.js";
import { diffusionName, reactionName } from "../model/program.js";
import type { CompiledTwin } from "./compile.js";
import { nodalValues } from "./parameters.js";
import { requireValues } from "./require-values.js";
import type { TwinValues } from "./spec.js";
import { initialStates, pulsesOf, requireStimuli } from "./stimulus.js";
import { requireConductances, requireTensor } from "./tensor-check.js";
import { changedTissue } from "./tissue.js";

/** The times at which the potential is sampled, and the steps in between. */
export interface TimeGrid {
  readonly interval_ms: number;
  /** Samples at 0, interval, ..., (samples - 1) interval. */
  readonly samples: number;
  readonly stepsPerSample: number;
}

export interface LaneInput {
  readonly values: TwinValues;
  readonly recording: Recording;
  /** [N] conductivity / that of the twin: scars and ablations drawn into it; absent: 1 everywhere. */
  readonly tissue?: Float64Array;
}

/** A finished roll-out of up to four lanes. */
export interface Simulation {
  readonly grid: TimeGrid;
  readonly lanes: number;
  readonly nodes: number;
  readonly result: RunResult;
  /** Only for simulations made with `adjoint`. */
  gradient(seeds: Seeds): RolloutGradient;
}

/** Level of u that counts as activated, and as recovered on the way down. */
export const activationThreshold = 0.5;

/** Steps that divide the sampling interval evenly and do not exceed `limit_ms`. */
export function timeGrid(interval_ms: number, samples: number, limit_ms: number): TimeGrid {
  return { interval_ms, samples, stepsPerSample: Math.max(1, Math.ceil(interval_ms / limit_ms)) };
}

export interface SimulateOptions {
  readonly grid: TimeGrid;
  readonly backEnd?: BackEnd;
  readonly adjoint?: boolean;
  /** Activation and recovery times to a fraction of a step; false saves a pass over the nodes. */
  readonly watch?: boolean;
  /** Normalised potential that counts as activated, and as recovered; 0.5 if absent. */
  readonly threshold?: number;
}

/**
 * Free roll-out of up to four (values, recording) pairs: one alone, or four side by side, where unused
 * lanes repeat the first.
 */
export function simulate(
  compiled: CompiledTwin,
  inputs: readonly LaneInput[],
  {
    grid,
    backEnd = compiled.backEnd,
    adjoint = false,
    watch = true,
    threshold = activationThreshold,
  }: SimulateOptions,
): Simulation {
  for (const { values } of inputs) {
    requireValues(compiled, values);
    requireTensor(compiled, values);
  }
  for (const recording of new Set(inputs.map((input) => input.recording)))
    requireStimuli(compiled, recording);
  // Four nodes of one trajectory need messages that vanish without an edge; double precision does not.
  const single = inputs.length === 1 && (compiled.program.padded || backEnd === "js-float64");
  const lanes = single ? 1 : 4;
  const steps = (grid.samples - 1) * grid.stepsPerSample;
  const workspace = compiled.workspace({ backEnd, lanes, adjoint, steps });
  const filled = Array.from({ length: lanes }, (_, l) => inputs[l] ?? inputs[0]);
  loadLanes(compiled, workspace, filled);
  const options: RunOptions = {
    dt_ms: grid.interval_ms / grid.stepsPerSample,
    steps,
    pulses: filled.flatMap(({ recording, values }, l) => pulsesOf(compiled, recording, values, l)),
    sampleEvery: grid.stepsPerSample,
    threshold,
    recoveryThreshold: threshold,
    watch,
  };
  const generation = ++workspace.generation.current;
  const result = run(workspace, options);
  return {
    grid,
    lanes,
    nodes: compiled.topology.nodes,
    result,
    gradient: (seeds) => {
      if (workspace.generation.current !== generation)
        fail({
          code: "stale-simulation",
          message: "Another simulation of this twin has run since; its states are gone.",
          fix: "Take the gradient before simulating again.",
        });
      return reverse(workspace, options, seeds, result);
    },
  };
}

function soundConductances(
  compiled: CompiledTwin,
  { values, tissue }: Omit<LaneInput, "recording">,
) {
  const edgeValues = compiled.edgeMap.evaluate(values);
  requireConductances(compiled, edgeValues);
  return tissue ? changedTissue(compiled, edgeValues, tissue) : edgeValues;
}

/** Writes the numbers and the starting states of every lane. */
function loadLanes(
  compiled: CompiledTwin,
  workspace: Workspace,
  lanes: readonly LaneInput[],
): void {
  loadNumbers(compiled, workspace, lanes);
  const starts = new Map<Recording, Float64Array[]>();
  lanes.forEach(({ recording }, l) => {
    const start = starts.get(recording) ?? initialStates(compiled, recording);
    starts.set(recording, start);
    setInitial(workspace, l, start);
  });
}

/** Writes parameters and edge values of every lane; the states stay as they are. */
export function loadNumbers(
  compiled: CompiledTwin,
  workspace: Workspace,
  lanes: readonly Omit<LaneInput, "recording">[],
): void {
  const edges: Record<string, Float64Array>[] = [];
  const inverseMass = compiled.operator.mass.map((m) => 1 / m);
  lanes.forEach((lane, l) => {
    const { values, tissue } = lane;
    for (const [name, value] of Object.entries(values.scalars))
      setGlobal(workspace, name, l, value);
    values.network.forEach((w, k) => {
      setGlobal(workspace, diffusionName(`n${k}`), l, w);
    });
    const like = lanes.findIndex((other) => other.values === values && other.tissue === tissue);
    edges[like] ??= soundConductances(compiled, lane);
    for (const name of compiled.program.edgeValues)
      fillEdges(workspace, name, l, edges[like][name]);
    fillLane(workspace, "inverse_mass", l, inverseMass);
    if (compiled.consistentMass)
      fillEdges(workspace, consistentMassEdge, l, compiled.consistentMass);
    for (const p of compiled.program.nodeParameters)
      fillLane(workspace, `node.${reactionName(p)}`, l, nodalValues(values, p, inverseMass.length));
  });
}

/** Sampled potential of one lane, [samples * N], copied out. */
export function lanePotential(simulation: Simulation, lane: number): Float64Array {
  const { result, lanes, nodes, grid } = simulation;
  const out = new Float64Array(grid.samples * nodes);
  for (let k = 0; k < out.length; k++) out[k] = result.potential[k * lanes + lane];
  return out;
}

/** Values per node of one lane, [N]. */
export function laneOf(
  values: ArrayLike<number>,
  simulation: Simulation,
  lane: number,
): Float64Array {
  return Float64Array.from(
    { length: simulation.nodes },
    (_, i) => values[i * simulation.lanes + lane],
  );
}
