import { fail, lookUp } from "../core/errors.js";
import { type BackEnd, backEndName } from "../kernel/engine.js";
import type { Topology } from "../kernel/layout.js";
import { createWorkspace, type Workspace } from "../kernel/workspace.js";
import { adjacency, edgeGraph } from "../mesh/graph.js";
import { type EdgeGraph, type EdgeOperator, type Mesh, nodeCount } from "../mesh/mesh.js";
import {
  consistentMass,
  dimension,
  finiteElements,
  isotropicOperator,
  operators,
  regionTags,
} from "../mesh/operators.js";
import { reverseCuthillMcKee } from "../mesh/order.js";
import { refineTriangles } from "../mesh/surface.js";
import type {
  Diffusion,
  DiffusionModel,
  MeshContext,
  OptionValues,
  Parameter,
  Reaction,
} from "../model/declare.js";
import { createProgram, type Program } from "../model/program.js";
import { type ReactionSystem, reactionSystem } from "../model/reaction-system.js";
import { edgeFeature } from "./edge-features.js";
import { createEdgeMap, type EdgeMap } from "./edge-map.js";
import { declaredScalars, type Layout, layoutOf } from "./parameters.js";
import type { Catalog, TwinSpec } from "./spec.js";

/** A twin's structure on one mesh, ready to be simulated and differentiated. */
export interface CompiledTwin {
  readonly spec: TwinSpec;
  /** The simulated mesh; the nodes of the case's mesh keep their numbers in it. */
  readonly mesh: Mesh;
  readonly graph: EdgeGraph;
  readonly operator: EdgeOperator;
  /** [E] mass between the ends of an edge, where numerics.mass is "consistent". */
  readonly consistentMass?: Float64Array;
  /**
   * Finite elements (on a grid differences) without fibres, made on first use, for the blur of a
   * camera: it knows nothing of the diffusion.
   */
  readonly isotropic: () => EdgeOperator;
  readonly topology: Topology;
  readonly reaction: Reaction;
  readonly system: ReactionSystem;
  readonly diffusion: Diffusion;
  readonly model: DiffusionModel;
  readonly program: Program;
  readonly edgeMap: EdgeMap;
  readonly declared: Readonly<Record<string, Parameter>>;
  readonly layout: Layout;
  /** What simulations run on unless they ask for another. */
  readonly backEnd: BackEnd;
  /** Memory for simulations, made on first use. */
  workspace(kind: { backEnd: BackEnd; lanes: number; adjoint: boolean; steps: number }): Workspace;
}

/** Bytes of stored states per workspace before checkpointing begins. */
export const trajectoryBudget_bytes = 768 * 2 ** 20;

export interface CompileOptions {
  /** Beats whose timing shift a fit may move (observation.timingShift). */
  readonly beats?: readonly string[];
  /** What its simulations run on unless they ask for another; "wasm-f32x4" if absent. */
  readonly backEnd?: BackEnd;
}

/** Throws LeadsError for unknown entries and options, or when the mesh lacks what an entry needs. */
export function compileTwin(
  catalog: Catalog,
  spec: TwinSpec,
  caseMesh: Mesh,
  { beats = [], backEnd: usual = "wasm-f32x4" }: CompileOptions = {},
): CompiledTwin {
  const reaction = lookUp("reaction", catalog.reactions, spec.reaction.name);
  if (spec.observation.drift && !spec.observation.gainOffset)
    fail({
      code: "bad-option",
      path: "observation.drift",
      message: "A drift is fitted together with gain and offset, which are off.",
      fix: "Switch gainOffset on as well.",
    });
  requireStep(spec);
  if (spec.reaction.variant)
    lookUp(`variant of ${reaction.name}`, reaction.variants ?? {}, spec.reaction.variant);
  const diffusion = lookUp("diffusion", catalog.diffusions, spec.diffusion.name);
  const mesh = refined(caseMesh, spec.numerics.refinements);
  const graph = edgeGraph(mesh);
  const operator: EdgeOperator = operators[diffusion.operator](mesh, graph);
  const options = completeOptions(diffusion, spec.diffusion.options);
  const model = diffusion.build(options, meshContext(mesh));
  const edgeMap = createEdgeMap(model, graph, operator.weights, {
    featureOf: (name) => edgeFeature(mesh, graph, name),
    where: diffusion.name,
  });
  const system = reactionSystem(reaction);
  const program = createProgram({
    reaction: system,
    diffusion: model,
    physics: diffusion.physics,
    edgeNames: edgeMap.names,
    scheme: spec.numerics.scheme,
    diffusionStep: spec.numerics.diffusion,
    mass: spec.numerics.mass,
    nodeParameters: nodalParameters(reaction, spec),
    where: diffusion.name,
  });
  const declared = declaredScalars(reaction, model, spec, beats);
  const topology = topologyOf(graph);
  const cache = new Map<string, Workspace>();
  let isotropic: EdgeOperator | undefined;
  return {
    spec,
    mesh,
    graph,
    operator,
    ...(spec.numerics.mass === "consistent" && spreadMass(diffusion, mesh, graph)),
    isotropic: () => {
      isotropic ??= isotropicOperator(mesh, graph);
      return isotropic;
    },
    topology,
    reaction,
    system,
    diffusion,
    model,
    program,
    edgeMap,
    declared,
    layout: layoutOf(declared, model, spec, nodeCount(mesh)),
    backEnd: usual,
    workspace: ({ backEnd, lanes, adjoint, steps }) => {
      const key = `${backEndName(backEnd)}/${lanes}/${adjoint}`;
      const known = cache.get(key);
      if (known && (!adjoint || known.capacity > Math.min(steps, affordableSteps(known))))
        return known;
      const created = createWorkspace({
        program,
        topology,
        backEnd,
        lanes,
        adjoint,
        steps,
        memoryBudget_bytes: trajectoryBudget_bytes,
      });
      cache.set(key, created);
      return created;
    },
  };
}

/** Steps whose states all fit into the budget of the given workspace. */
function affordableSteps(workspace: Workspace): number {
  const bytes = workspace.engine.floats.BYTES_PER_ELEMENT;
  const perState = workspace.stride * workspace.program.stateNames.length * bytes;
  return Math.floor(trajectoryBudget_bytes / perState) - 1;
}

export function meshContext(mesh: Mesh): MeshContext {
  return {
    dimension: dimension(mesh),
    regionTags: regionTags(mesh),
    hasFibres: mesh.fibres !== undefined || mesh.grid?.fibre !== undefined,
    ...(mesh.grid && { hasGrid: true }),
  };
}

function requireStep({ numerics: { dt_ms, stepFraction } }: TwinSpec): void {
  if (!(stepFraction > 0 && stepFraction <= 1))
    fail({
      code: "bad-option",
      path: "numerics.stepFraction",
      message: `numerics.stepFraction = ${stepFraction} is no share of the largest stable step.`,
      fix: "Give a number above 0, at most 1; 0.72 is usual.",
    });
  if (dt_ms === undefined || (dt_ms > 0 && Number.isFinite(dt_ms))) return;
  fail({
    code: "bad-option",
    path: "numerics.dt_ms",
    message: `numerics.dt_ms = ${dt_ms} is not a step.`,
    fix: "Give a positive number of milliseconds, or leave it out for the largest stable step.",
  });
}

function spreadMass({ name, operator }: Diffusion, mesh: Mesh, graph: EdgeGraph) {
  if (!finiteElements.has(operator))
    fail({
      code: "bad-option",
      path: "numerics.mass",
      message: `${name} is built on "${operator}", which has no elements to spread a mass over.`,
      fix: 'Use mass "lumped", or a diffusion of finite elements.',
    });
  return { consistentMass: consistentMass(mesh, graph) };
}

export function completeOptions(diffusion: Diffusion, given: OptionValues): OptionValues {
  for (const [name, value] of Object.entries(given)) {
    const range = lookUp(`option of ${diffusion.name}`, diffusion.options, name);
    if (!range.values.includes(value))
      fail({
        code: "bad-option",
        path: `diffusion.options.${name}`,
        message: `${diffusion.name}: ${name} = ${JSON.stringify(value)} is not offered.`,
        fix: `Values: ${range.values.join(", ")}.`,
      });
  }
  const defaults = Object.entries(diffusion.options).map(([name, range]) => [name, range.default]);
  return { ...Object.fromEntries(defaults), ...given };
}

/** Errors: "unknown-name" for what the reaction has not, "bad-option" for what is never fitted. */
function nodalParameters(reaction: Reaction, spec: TwinSpec): readonly string[] {
  for (const name of spec.fit.nodalReaction) {
    const { fitted, note } = lookUp(`parameter of ${reaction.name}`, reaction.params, name);
    if (!fitted)
      fail({
        code: "bad-option",
        path: "fit.nodalReaction",
        message: `${reaction.name}: ${name} is not fitted${note ? ` (${note})` : ""}.`,
        fix: "Let another parameter vary over the nodes.",
      });
  }
  return spec.fit.nodalReaction;
}

function refined(mesh: Mesh, times: number): Mesh {
  if (times === 0) return mesh;
  if (mesh.elementKind !== "triangle" || mesh.grid)
    fail({
      code: "bad-option",
      path: "numerics.refinements",
      message: "Only triangle meshes can be refined.",
      fix: "Set numerics.refinements to 0.",
    });
  return refined(refineTriangles(mesh), times - 1);
}

function topologyOf(graph: EdgeGraph): Topology {
  const rows = adjacency(graph);
  return {
    nodes: graph.nodeCount,
    edges: graph.lengths.length,
    rowStart: rows.rowStart,
    neighbour: rows.neighbour,
    slotEdge: rows.edge,
    ...(isScattered(graph) && { order: reverseCuthillMcKee(graph) }),
  };
}

/** Potentials of so many nodes leave the fastest cache. */
const manyNodes = 16384;

/** Numbers of neighbours are far apart, as mesh generators leave them: worth another order. */
function isScattered({ nodeCount, edges }: EdgeGraph): boolean {
  if (nodeCount < manyNodes) return false;
  let distance = 0;
  for (let e = 0; e < edges.length; e += 2) distance += edges[e + 1] - edges[e];
  return distance / (edges.length / 2) > nodeCount ** (2 / 3);
}
