import type { BackEnd } from "../../src/kernel/engine.js";
import type { Topology } from "../../src/kernel/layout.js";
import { fillLane } from "../../src/kernel/node-stream.js";
import { type RunOptions, setGlobal, setInitial } from "../../src/kernel/rollout.js";
import { createWorkspace, fillEdges, type Workspace } from "../../src/kernel/workspace.js";
import { parseEdgeValues } from "../../src/model/coupling.js";
import type { Diffusion, MeshContext, Parameter, Reaction } from "../../src/model/declare.js";
import { createProgram, type Program } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import type { SchemeName } from "../../src/model/schemes.js";
import { defaultOptions } from "./diffusions.js";

export const exampleMesh: MeshContext = { dimension: 3, regionTags: [1, 2], hasFibres: true };

/** One cell without neighbours. */
export const singleCell: Topology = {
  nodes: 1,
  edges: 0,
  rowStart: new Int32Array([0, 0]),
  neighbour: new Int32Array(0),
  slotEdge: new Int32Array(0),
};

export function programOf(reaction: Reaction, diffusion: Diffusion, scheme: SchemeName): Program {
  const model = diffusion.build(defaultOptions(diffusion), exampleMesh);
  const weights = operatorWeights[diffusion.operator];
  return createProgram({
    reaction: reactionSystem(reaction),
    diffusion: model,
    physics: diffusion.physics,
    edgeNames: Object.keys(parseEdgeValues(model, weights, diffusion.name).values),
    scheme,
    nodeParameters: [],
    where: diffusion.name,
  });
}

export const operatorWeights: Readonly<Record<Diffusion["operator"], readonly string[]>> = {
  mean: ["w"],
  graph: ["w"],
  "inverse-distance": ["w"],
  p1: ["w"],
  "p1-fibre": ["w", "w_fibre"],
  "p1-regional": ["w_1", "w_2"],
  "finite-difference": ["w"],
  "finite-difference-fibre": ["w", "w_fibre"],
};

export function workspaceOf(
  program: Program,
  options: {
    backEnd: BackEnd;
    topology: Topology;
    steps: number;
    adjoint?: boolean;
    memoryBudget_bytes?: number;
    lanes?: number;
  },
): Workspace {
  return createWorkspace({
    program,
    topology: options.topology,
    backEnd: options.backEnd,
    lanes: options.lanes ?? (options.backEnd === "js-float64" ? 1 : 4),
    adjoint: options.adjoint ?? false,
    steps: options.steps,
    memoryBudget_bytes: options.memoryBudget_bytes ?? 2 ** 28,
  });
}

export function setParameters(workspace: Workspace, values: Readonly<Record<string, number>>) {
  for (const [name, value] of Object.entries(values))
    for (let lane = 0; lane < workspace.engine.lanes; lane++)
      setGlobal(workspace, name, lane, value);
}

export const published = (parameters: Readonly<Record<string, Parameter>>, prefix: string) =>
  Object.fromEntries(Object.entries(parameters).map(([k, p]) => [`${prefix}.${k}`, p.value]));

/** The same values in every lane. */
export function fillAll(workspace: Workspace, stream: string, values: ArrayLike<number>): void {
  for (let lane = 0; lane < workspace.engine.lanes; lane++)
    fillLane(workspace, stream, lane, values);
}
export function fillAllEdges(workspace: Workspace, name: string, values: ArrayLike<number>): void {
  for (let lane = 0; lane < workspace.engine.lanes; lane++)
    fillEdges(workspace, name, lane, values);
}
export function startAll(workspace: Workspace, values: readonly ArrayLike<number>[]): void {
  for (let lane = 0; lane < workspace.engine.lanes; lane++) setInitial(workspace, lane, values);
}

export const quiet: Omit<RunOptions, "dt_ms" | "steps" | "sampleEvery"> = {
  pulses: [],
  threshold: 0.5,
  recoveryThreshold: 0.1,
  watch: true,
};
