import { fail } from "../core/errors.js";
import { solverRows } from "../model/diffusion-solve.js";
import type { KernelSpec } from "../model/kernel-spec.js";
import { streamsOf } from "../model/kernel-spec.js";
import { type Program, passesOf } from "../model/program.js";
import { type BackEnd, createEngine, type Engine } from "./engine.js";
import {
  type Layout,
  nodeLayout,
  paddedLayout,
  pairedSlots,
  plainLayout,
  rowLayout,
  type Topology,
} from "./layout.js";

export interface WorkspaceRequest {
  readonly program: Program;
  readonly topology: Topology;
  readonly backEnd: BackEnd;
  readonly lanes: number;
  /** With the adjoint, trajectories are kept; without, only the present. */
  readonly adjoint: boolean;
  /** Expected number of steps; more are possible, with checkpoints. */
  readonly steps: number;
  /** Bytes that stored states may take; beyond it states are checkpointed and recomputed. */
  readonly memoryBudget_bytes: number;
}

/** Memory and compiled passes of one simulation: everything that outlives a single roll-out. */
export interface Workspace {
  readonly program: Program;
  readonly topology: Topology;
  readonly layout: Layout;
  readonly engine: Engine;
  /** Room of one state: places * lanes. */
  readonly block: number;
  /** From one stored state to the next. */
  readonly stride: number;
  /** How many whole states fit into the trajectory store. */
  readonly capacity: number;
  /** Counts the roll-outs: a gradient belongs to the last one alone. */
  readonly generation: { current: number };
  /** Offset of state `k` of stored time slot `slot`. */
  stored(slot: number, k: number): number;
}

/** Stored states needed at least: two ends of a step, or 2 sqrt(T) checkpoints. */
export function leastCapacity(steps: number): number {
  return 2 * Math.ceil(Math.sqrt(steps + 1)) + 3;
}

export function createWorkspace(request: WorkspaceRequest): Workspace {
  const { program, topology, lanes, backEnd } = request;
  const layout = layoutFor(request);
  const block = layout.places * lanes;
  const states = program.stateNames.length;
  // Rows begin and end beyond their state: what lies there must be finite, whatever was stored.
  const stride = layout.kind === "rows" ? block + layout.width : block;
  const bytes = backEnd === "js-float64" ? 8 : 4;
  const affordable = Math.floor(request.memoryBudget_bytes / (stride * states * bytes));
  const capacity = request.adjoint
    ? Math.max(Math.min(request.steps + 1, affordable), leastCapacity(request.steps))
    : 2;
  const specs = passesOf(program, request.adjoint);
  const streams = streamSizes(program, layout, lanes, specs);
  streams.set("trajectory", capacity * states * stride);
  const pairs = request.adjoint && program.push ? pairedSlots(layout) : undefined;
  const engine = createEngine({ backEnd, lanes, specs, layout, pairs, streams });
  const trajectory = engine.placeOf("trajectory")!;
  return {
    program,
    topology,
    layout,
    engine,
    block,
    stride,
    capacity,
    generation: { current: 0 },
    stored: (slot, k) => trajectory + (slot * states + k) * stride,
  };
}

/** Where the passes find nodes and slots; rows may be filled up where padding adds nothing. */
function layoutFor({ program, topology, backEnd, lanes }: WorkspaceRequest): Layout {
  if (backEnd === "js-float64") return plainLayout(topology);
  const width = typeof backEnd === "string" ? 4 : backEnd.vectorFloats;
  if (lanes > 1 && !program.padded) return plainLayout(topology);
  if (lanes > 1)
    return width > lanes ? nodeLayout(topology, width / lanes) : paddedLayout(topology);
  if (!program.padded)
    fail({
      code: "bad-lanes",
      message: "Messages of this diffusion do not vanish where nodes have no edge.",
      fix: "Simulate it with four lanes.",
    });
  return rowLayout(topology, width) ?? nodeLayout(topology, width);
}

/** Stage buffers are kept for every inner stage, since the reverse pass reads them all. */
export const stageStream = (part: number, stage: number, state: string) =>
  `part${part}_stage${stage}.${state}`;
export const barStream = (side: number, message: string) => `bar${side}.${message}`;

/**
 * Where state `k` lies at a point of the step: at either of its ends, or in a buffer. Point 0 is the
 * start, point p the end of sub-step p - 1; what a sub-step leaves alone stays where it is.
 */
export function homeOf({ steps, stateNames }: Program, point: number, k: number): string {
  const moves = (part: number) => k === 0 || steps[part].kind === "stages";
  let [first, last] = [point, point];
  while (first > 0 && !moves(first - 1)) first--;
  while (last < steps.length && !moves(last)) last++;
  if (first === 0) return "from";
  return last === steps.length ? "to" : `point${first}.${stateNames[k]}`;
}

/** Inner stages and points between sub-steps. */
function stepBuffers(program: Program): string[] {
  return program.steps.flatMap((step, part) =>
    program.stateNames.flatMap((state, k) => {
      const inner = step.kind === "stages" ? step.forward.slice(1) : [];
      const stages = inner.map((_, s) => stageStream(part, s + 1, state));
      const home = homeOf(program, part, k);
      return home === "from" || home === "to" ? stages : [...stages, home];
    }),
  );
}

/** Ends of a step of diffusion: places of the step, not streams of their own. */
const isMoving = (stream: string) => stream === "solve.before" || stream === "solve.after";

function streamSizes(
  program: Program,
  layout: Layout,
  lanes: number,
  specs: readonly KernelSpec[],
): Map<string, number> {
  const block = layout.places * lanes;
  const slots = layout.slotEdge.length * lanes;
  const sizes = new Map<string, number>([
    ["globals", program.globals.length * lanes],
    ["clock", 4 * lanes],
    ["reduced", Math.max(1, program.reduced.length) * lanes],
    ["solver", solverRows.length * lanes],
    ["inverse_mass", block],
    ["stimulus", block],
    ["activated", block],
    ["recovered", block],
  ]);
  for (const buffer of stepBuffers(program)) sizes.set(buffer, block);
  for (const state of program.stateNames)
    for (const prefix of ["sum", "partial", "lambda", "carry"])
      sizes.set(`${prefix}.${state}`, block);
  for (const side of [0, 1])
    for (const message of program.messages) sizes.set(barStream(side, message), block);
  for (const spec of specs)
    for (const stream of streamsOf(spec)) {
      if (/^(edge\.|grad\.edge\.|pushed$)/.test(stream)) sizes.set(stream, slots);
      if (/^(node|grad\.node|solve)\./.test(stream) && !isMoving(stream)) sizes.set(stream, block);
    }
  // Values that no pass reads (an unused conductance) still have a place to be written to.
  for (const e of program.edgeValues) sizes.set(`edge.${e}`, slots);
  for (const p of program.nodeParameters) sizes.set(`node.reaction.${p}`, block);
  return sizes;
}

/** Offset of a stream that every workspace has. */
export function offsetOf(workspace: Workspace, stream: string): number {
  const offset = workspace.engine.placeOf(stream);
  if (offset === undefined) throw new Error(`No stream "${stream}".`);
  return offset;
}

/** Copies a value per edge into both slots of the edge, in one lane. */
export function fillEdges(
  workspace: Workspace,
  name: string,
  lane: number,
  values: ArrayLike<number>,
): void {
  const { floats, lanes } = workspace.engine;
  const offset = offsetOf(workspace, `edge.${name}`);
  const { slotEdge } = workspace.layout;
  for (let s = 0; s < slotEdge.length; s++)
    if (slotEdge[s] >= 0) floats[offset + s * lanes + lane] = values[slotEdge[s]];
}
