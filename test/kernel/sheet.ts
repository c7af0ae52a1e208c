import type { BackEnd } from "../../src/kernel/engine.js";
import type { Topology } from "../../src/kernel/layout.js";
import { run } from "../../src/kernel/rollout.js";
import { fillEdges, type Workspace } from "../../src/kernel/workspace.js";
import { sheet } from "../../src/mesh/generators.js";
import { adjacency, edgeGraph } from "../../src/mesh/graph.js";
import { consistentMass, operators } from "../../src/mesh/operators.js";
import type { Diffusion, Reaction } from "../../src/model/declare.js";
import { consistentMassEdge } from "../../src/model/diffusion-solve.js";
import { createProgram } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import type { Stepping } from "./contract.js";
import {
  exampleMesh,
  fillAll,
  fillAllEdges,
  published,
  quiet,
  setParameters,
  startAll,
  workspaceOf,
} from "./simulation.js";

/** Finite elements on a small sheet: what a roll-out reads, beside the reaction. */
export function smallSheet(width_mm: number, spacing_mm: number) {
  const mesh = sheet({ width_mm, height_mm: width_mm * Math.sqrt(3 / 4), spacing_mm });
  const graph = edgeGraph(mesh);
  const { mass, weights } = operators.p1(mesh, graph);
  const rows = adjacency(graph);
  const topology: Topology = {
    nodes: graph.nodeCount,
    edges: graph.lengths.length,
    rowStart: rows.rowStart,
    neighbour: rows.neighbour,
    slotEdge: rows.edge,
  };
  return { mesh, graph, mass, g: weights.w, shared: consistentMass(mesh, graph), topology };
}
export type SmallSheet = ReturnType<typeof smallSheet>;

export interface SheetRun extends Stepping {
  readonly reaction: Reaction;
  readonly parameters?: Readonly<Record<string, number>>;
  readonly start: readonly Float64Array[];
  readonly end_ms: number;
  readonly steps: number;
  readonly backEnd?: BackEnd;
  readonly lanes?: number;
}

const plainFlux: Diffusion["build"] = () => ({
  params: {},
  fields: {},
  edge: "g = w",
  message: "flux = g * (u_j - u_i)",
  node: "coupling = flux / mass",
});

export function sheetProgram(reaction: Reaction, stepping: Stepping) {
  return createProgram({
    reaction: reactionSystem(reaction),
    diffusion: plainFlux({}, exampleMesh),
    physics: "symmetric-flux",
    edgeNames: ["g"],
    nodeParameters: [],
    where: "sheet",
    ...stepping,
  });
}

export function sheetWorkspace(on: SmallSheet, request: SheetRun): Workspace {
  const { reaction, scheme, diffusionStep, mass, steps, lanes, backEnd = "js-float64" } = request;
  const program = sheetProgram(reaction, { scheme, diffusionStep, mass });
  const workspace = workspaceOf(program, { backEnd, topology: on.topology, steps, lanes });
  const parameters = published(reactionSystem(reaction).parameters, "reaction");
  setParameters(workspace, { ...parameters, ...request.parameters });
  const inverse = on.mass.map((m) => 1 / m);
  fillAll(workspace, "inverse_mass", inverse);
  fillAllEdges(workspace, "g", on.g);
  if (mass === "consistent")
    for (let lane = 0; lane < workspace.engine.lanes; lane++)
      fillEdges(workspace, consistentMassEdge, lane, on.shared);
  return workspace;
}

/** Potential of the first lane at the end, [N]. */
export function endOf(on: SmallSheet, request: SheetRun): Float64Array {
  const { steps, start, end_ms } = request;
  const workspace = sheetWorkspace(on, request);
  startAll(workspace, start);
  const options = { ...quiet, dt_ms: end_ms / steps, steps, sampleEvery: steps };
  const { potential } = run(workspace, options);
  const { lanes } = workspace.engine;
  const last = on.topology.nodes * lanes;
  return Float64Array.from({ length: on.topology.nodes }, (_, i) => potential[last + i * lanes]);
}
