import { fail } from "../core/errors.js";
import { never } from "../model/crossing.js";
import { bind } from "./bind.js";
import { readNodes, writeNodes } from "./node-stream.js";
import { createStepper } from "./stepper.js";
import { offsetOf, type Workspace } from "./workspace.js";

/** A current into some nodes of one lane; a step that it covers in part gets that part of it. */
export interface Pulse {
  readonly lane: number;
  readonly nodes: ArrayLike<number>;
  readonly start_ms: number;
  readonly duration_ms: number;
  /** du/dt, 1/ms */
  readonly strength_per_ms: number;
}

export interface RunOptions {
  readonly dt_ms: number;
  readonly steps: number;
  readonly pulses: readonly Pulse[];
  /** The potential is copied every so many steps, the start included. */
  readonly sampleEvery: number;
  readonly threshold: number;
  readonly recoveryThreshold: number;
  /** Look for crossings of the thresholds at every step; otherwise no times are known. */
  readonly watch: boolean;
}

/** What a roll-out leaves behind: [samples * N * lanes] and [N * lanes], lane-minor. */
export interface RunResult {
  readonly samples: number;
  readonly potential: Float32Array | Float64Array;
  /** ms; Infinity where the event did not happen. */
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
  /** False if a value left the numbers (diverged) in that lane, [lanes]. */
  readonly finite: readonly boolean[];
  /** Smallest and largest sampled value of the potential, per lane. */
  readonly range: readonly (readonly [number, number])[];
}

/** Sets the start of every state: [N] per state, one lane. */
export function setInitial(
  workspace: Workspace,
  lane: number,
  values: readonly ArrayLike<number>[],
): void {
  values.forEach((array, k) => {
    writeNodes(workspace, { offset: workspace.stored(0, k), lane }, array);
  });
}

export function setGlobal(workspace: Workspace, name: string, lane: number, value: number): void {
  const row = workspace.program.globals.indexOf(name);
  if (row < 0) return; // Parameters that act once per roll-out (conductances) have no row.
  const { floats, lanes } = workspace.engine;
  floats[offsetOf(workspace, "globals") + row * lanes + lane] = value;
}

/** Simulates from stored slot 0. Keeps every `spacing`-th state if the workspace has an adjoint. */
export function run(workspace: Workspace, options: RunOptions): RunResult {
  const { engine, block, topology } = workspace;
  const { lanes, floats } = engine;
  const count = topology.nodes * lanes;
  const samples = Math.floor(options.steps / options.sampleEvery) + 1;
  const potential =
    floats instanceof Float32Array
      ? new Float32Array(samples * count)
      : new Float64Array(samples * count);
  const stepper = createStepper(workspace, options);
  const clearTimes = (stream: string) =>
    floats.fill(never, offsetOf(workspace, stream), offsetOf(workspace, stream) + block);
  clearTimes("activated");
  clearTimes("recovered");
  // Lifted from the start on: active at once, though no crossing is ever seen.
  const [start, activated] = [workspace.stored(0, 0), offsetOf(workspace, "activated")];
  for (let i = 0; i < block; i++)
    if (floats[start + i] >= options.threshold) floats[activated + i] = 0;
  const watch = options.watch ? createWatch(workspace, options) : () => undefined;
  const keep = storagePlan(workspace.capacity, options.steps);
  let slot = 0;
  const sample = (step: number) => {
    if (step % options.sampleEvery !== 0) return;
    readNodes(
      workspace,
      workspace.stored(slot, 0),
      potential,
      (step / options.sampleEvery) * count,
    );
  };
  sample(0);
  for (let step = 0; step < options.steps; step++) {
    const next = keep.slotAfter(step);
    stepper.forward(step, slot, next);
    watch(step, slot, next);
    slot = next;
    sample(step + 1);
  }
  const times = (stream: string) => {
    const values = new Float64Array(count);
    readNodes(workspace, offsetOf(workspace, stream), values);
    return values.map((t) => (t > never / 2 ? Number.POSITIVE_INFINITY : t));
  };
  const { finite, range } = inspect(potential, lanes);
  return {
    samples,
    potential,
    activation_ms: times("activated"),
    recovery_ms: times("recovered"),
    finite,
    range,
  };
}

function inspect(values: Float32Array | Float64Array, lanes: number) {
  const range: [number, number][] = [];
  const finite: boolean[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let sane = true;
    for (let k = lane; k < values.length; k += lanes) {
      const value = values[k];
      if (value < low) low = value;
      if (value > high) high = value;
      if (!Number.isFinite(value)) sane = false;
    }
    range.push([low, high]);
    finite.push(sane);
  }
  return { finite, range };
}

/**
 * Where states go. All of them if they fit; else a checkpoint every `spacing` steps, followed by a
 * segment that is refilled from the checkpoint when the reverse sweep comes to it.
 */
export interface StoragePlan {
  readonly spacing: number;
  /** Slot of the state after `step` in a forward run. */
  slotAfter(step: number): number;
  /** Slot of the checkpoint at the start of segment `segment`. */
  checkpoint(segment: number): number;
  /** Slot of the `k`-th state of the segment in hand, k from 1. */
  inSegment(k: number): number;
}

export function storagePlan(capacity: number, steps: number): StoragePlan {
  if (steps + 1 <= capacity)
    return {
      spacing: steps,
      slotAfter: (step) => step + 1,
      checkpoint: () => 0,
      inSegment: (k) => k,
    };
  // Forward only: two slots in turn.
  if (capacity < 5)
    return {
      spacing: steps,
      slotAfter: (step) => (step + 1) % 2,
      checkpoint: () => 0,
      inSegment: () => 1,
    };
  let spacing = Math.max(1, Math.floor(Math.sqrt(steps)));
  while (Math.ceil(steps / spacing) + 1 + spacing > capacity && spacing < steps) spacing++;
  const checkpoints = Math.ceil(steps / spacing) + 1;
  if (checkpoints + spacing - 1 > capacity)
    fail({
      code: "out-of-memory",
      message: `${steps} steps cannot be checkpointed in a workspace for ${capacity} states.`,
      fix: "Create the workspace for the number of steps it will run.",
    });
  return {
    spacing,
    slotAfter: (step) => {
      const done = step + 1;
      return done % spacing === 0 ? done / spacing : checkpoints + (done % spacing) - 1;
    },
    checkpoint: (segment) => segment,
    inSegment: (k) => checkpoints + k - 1,
  };
}

function createWatch(workspace: Workspace, options: RunOptions) {
  const { engine, program } = workspace;
  const { floats, lanes } = engine;
  const clock = offsetOf(workspace, "clock");
  const setRow = (row: number, value: number) =>
    floats.fill(value, clock + row * lanes, clock + (row + 1) * lanes);
  setRow(1, options.dt_ms);
  setRow(2, options.threshold);
  setRow(3, options.recoveryThreshold);
  const call = bind(workspace, engine.kernel(program.crossing.name), (stream) => {
    if (stream === "before") return { end: "from", state: 0 };
    return stream === "after" ? { end: "to", state: 0 } : undefined;
  });
  return (step: number, from: number, to: number) => {
    setRow(0, step * options.dt_ms);
    call(from, to);
  };
}
