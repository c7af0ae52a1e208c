import { alievPanfilov } from "../../src/catalog/reaction/aliev-panfilov.js";
import { reverse } from "../../src/kernel/adjoint.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import { fillLane } from "../../src/kernel/node-stream.js";
import { type RunOptions, run, setInitial } from "../../src/kernel/rollout.js";
import { createWorkspace, fillEdges, type Workspace } from "../../src/kernel/workspace.js";
import { type DiffusionModel, linearFlux, type PhysicsClass } from "../../src/model/declare.js";
import { createProgram } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import type { PlacedProblem } from "./problem.js";

/** Workloads W1 and W2: Aliev-Panfilov, 600 steps of explicit Euler, a frame every 10th step. */
export const steps = 600;
export const every = 10;
export const dt = 0.05;

export interface Setup {
  readonly problem: PlacedProblem;
  readonly backEnd: BackEnd;
  readonly lanes: number;
  readonly adjoint: boolean;
  readonly steps: number;
  /** Bytes for stored states; beyond it checkpoints. */
  readonly memory_bytes?: number;
}

export interface Prepared extends Setup {
  readonly workspace: Workspace;
  readonly options: RunOptions;
}

/** Room for every state of every size that a peer is compared at. */
const storeAll_bytes = 2e9;

const { name, title, cite, millivolts, states, params, equations } = alievPanfilov;
const constants = Object.entries(params).map(([symbol, p]) => `${symbol} = ${p.value}`);
/** The peers' reaction: the same equations with constants for parameters, in its own unit of time. */
const peersReaction = reactionSystem({
  ...{ name, title, cite, millivolts, states, params: {} },
  equations: [...constants, equations].join("\n"),
});

/** The problem's start in all lanes; edge values are still to be set. */
export function prepareWith(
  setup: Setup,
  diffusion: {
    model: DiffusionModel;
    physics: PhysicsClass;
    edgeNames: readonly string[];
    wanted?: ReadonlySet<string>;
  },
): Prepared {
  const { problem, backEnd, lanes, adjoint } = setup;
  const program = createProgram({
    reaction: peersReaction,
    diffusion: diffusion.model,
    physics: diffusion.physics,
    edgeNames: diffusion.edgeNames,
    wanted: diffusion.wanted,
    scheme: "euler",
    nodeParameters: [],
    where: "bench",
  });
  const { topology } = problem;
  const memoryBudget_bytes = setup.memory_bytes ?? storeAll_bytes;
  const request = { program, topology, backEnd, lanes, adjoint, steps: setup.steps };
  const workspace = createWorkspace({ ...request, memoryBudget_bytes });
  const inverseMass = problem.mass.map((m) => 1 / m);
  for (let lane = 0; lane < lanes; lane++) {
    fillLane(workspace, "inverse_mass", lane, inverseMass);
  }
  const options: RunOptions = {
    ...{ dt_ms: dt, steps: setup.steps, pulses: [], sampleEvery: every },
    ...{ threshold: 0.5, recoveryThreshold: 0.5, watch: false },
  };
  return { ...setup, workspace, options };
}

/** Simulates from the problem's start; frames of all lanes, the start among them. */
export function forward({ workspace, options, problem, lanes }: Prepared) {
  const start = [problem.u0, new Float64Array(problem.nodes)];
  for (let lane = 0; lane < lanes; lane++) setInitial(workspace, lane, start);
  return run(workspace, options);
}

/** Frames of one lane without the start, [T * N]. */
export function framesOf(prepared: Prepared, potential: ArrayLike<number>, lane = 0): Float64Array {
  const { lanes, problem, options } = prepared;
  const n = problem.nodes;
  const count = options.steps / options.sampleEvery;
  const frames = new Float64Array(count * n);
  for (let t = 0; t < count; t++)
    for (let i = 0; i < n; i++) frames[t * n + i] = potential[((t + 1) * n + i) * lanes + lane];
  return frames;
}

/**
 * Mean square over all frames but the start, and its gradient. The adjoint starts at order 1 (sum of
 * squares) and is scaled at the end: its tiny values count as zero.
 */
export function lossAndGradient(prepared: Prepared, data: Float64Array) {
  const { workspace, options, lanes, problem } = prepared;
  const result = forward(prepared);
  const seeds = result.potential.slice();
  const loss = new Float64Array(lanes);
  const first = problem.nodes * lanes;
  seeds.fill(0, 0, first);
  for (let k = first; k < seeds.length; k += lanes) {
    const wanted = data[k / lanes - problem.nodes];
    for (let lane = 0; lane < lanes; lane++) {
      const difference = result.potential[k + lane] - wanted;
      loss[lane] += difference * difference;
      seeds[k + lane] = 2 * difference;
    }
  }
  const gradient = reverse(workspace, options, { potential: seeds }, result);
  const scale = 1 / data.length;
  return { loss: loss.map((sum) => sum * scale), gradient, scale };
}

/** W1: a conductance of its own for every edge. */
export const prepareEdges = (setup: Setup): Prepared =>
  prepareWith(setup, {
    model: { params: {}, fields: {}, edge: "g = w", ...linearFlux },
    physics: "symmetric-flux",
    edgeNames: ["g"],
  });

export const startTheta = Math.log(Math.expm1(0.6));
const softplus = (x: number) => Math.log1p(Math.exp(x));
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** g = softplus(theta) c in all lanes. */
export function setTheta({ workspace, problem, lanes }: Prepared, theta: Float64Array): void {
  const g = theta.map((t, e) => softplus(t) * problem.c[e]);
  for (let lane = 0; lane < lanes; lane++) fillEdges(workspace, "g", lane, g);
}

/** From theta to the loss and its gradient in theta, [E * lanes]: what one training step needs. */
export function edgeIteration(prepared: Prepared, theta: Float64Array, data: Float64Array) {
  setTheta(prepared, theta);
  const { loss, gradient, scale } = lossAndGradient(prepared, data);
  const { lanes, problem } = prepared;
  const slope = theta.map((t, e) => logistic(t) * problem.c[e] * scale);
  const byTheta = gradient.edges.g.map((v, k) => v * slope[Math.floor(k / lanes)]);
  return { loss, gradient: byTheta };
}

/** One lane's edge gradient. */
export const edgeLane = ({ lanes, problem }: Prepared, gradient: Float64Array, lane = 0) =>
  problem.c.map((_, e) => gradient[e * lanes + lane]);

/** What the scalar model with D = 1 shows: the data when no peer has written any. [T * N] */
export function simulatedData(problem: PlacedProblem): Float64Array {
  const setup = { problem, backEnd: "js-float64", lanes: 1, adjoint: false, steps } as const;
  const prepared = prepareEdges(setup);
  fillEdges(prepared.workspace, "g", 0, problem.c);
  return framesOf(prepared, forward(prepared).potential);
}
