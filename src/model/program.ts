import { fail } from "../core/errors.js";
import { type Coupling, linearConductance, noCoupling, parseCoupling } from "./coupling.js";
import { crossingPass } from "./crossing.js";
import type { DiffusionModel, PhysicsClass, State } from "./declare.js";
import { type DiffusionSolve, diffusionSolve } from "./diffusion-solve.js";
import type { KernelSpec } from "./kernel-spec.js";
import {
  diffusionName,
  edgeName,
  forwardPass,
  type Parts,
  reactionName,
  vanishesWithEdges,
} from "./pass.js";
import type { ReactionSystem } from "./reaction-system.js";
import { finishPass, pushes, pushPass, reversePass } from "./reverse-pass.js";
import {
  type DiffusionStep,
  isSplit,
  type MassKind,
  type SchemeName,
  type StageScheme,
  schemes,
  splittings,
} from "./schemes.js";

export { diffusionName, edgeName, reactionName } from "./pass.js";

/**
 * A reaction, a diffusion and a scheme turned into passes over the mesh.
 *
 * Streams of the forward pass of stage s: `base.*` states at the start of the sub-step, `stage.*`
 * states of this stage, `sum.*` running sum, `next.*` result; `stimulus`, `inverse_mass`, `edge.*`.
 *
 * The reverse pass of stage s first finishes the adjoint of the stage after it (its neighbours'
 * part, from `bar_in.*`), then differentiates stage s: phi = sum of adjoint * result, and
 * d phi / d(...) gives the adjoints of states, message sums (`bar_out.*`) and parameters.
 */
export interface Program {
  readonly stateNames: readonly string[];
  readonly states: readonly State[];
  /** Rows of the `globals` stream: "dt", then parameters by full name. */
  readonly globals: readonly string[];
  /** Rows of `reduced` after a reverse pass: the parameters the gradient is taken in. */
  readonly reduced: readonly string[];
  readonly nodeParameters: readonly string[];
  readonly edgeValues: readonly string[];
  /** Edge values the gradient is taken in. */
  readonly edgeGradients: readonly string[];
  /** Sums over neighbours in the stages; none where diffusion has a step of its own. */
  readonly messages: readonly string[];
  /** Messages vanish where all edge values are zero, so that rows may be padded (see KernelSpec). */
  readonly padded: boolean;
  /** What one step consists of, in order. */
  readonly steps: readonly SubStep[];
  /** Goes ahead of every reverse pass and of `finish` where messages are costly. */
  readonly push?: KernelSpec;
  /** Closes the adjoint of the initial states. */
  readonly finish: KernelSpec;
  /** Watches thresholds: activation and recovery times. */
  readonly crossing: KernelSpec;
}

/** Stages move all states; a solve moves the potential alone. */
export type SubStep =
  | {
      readonly kind: "stages";
      readonly forward: readonly KernelSpec[];
      readonly reverse: readonly KernelSpec[];
    }
  | { readonly kind: "solve"; readonly solve: DiffusionSolve };

export interface ProgramRequest {
  readonly reaction: ReactionSystem;
  readonly diffusion: DiffusionModel;
  readonly physics: PhysicsClass;
  readonly edgeNames: readonly string[];
  readonly scheme: SchemeName;
  /** For split schemes: how diffusion steps ("explicit" if absent), with which mass ("lumped"). */
  readonly diffusionStep?: DiffusionStep;
  readonly mass?: MassKind;
  /** Reaction parameters that vary over the nodes. */
  readonly nodeParameters: readonly string[];
  /** Full names of parameters and edge values the gradient is taken in; all if absent. */
  readonly wanted?: ReadonlySet<string>;
  readonly where: string;
}

/** Errors: "bad-option" where scheme, diffusion step and mass do not go with each other. */
export function createProgram(request: ProgramRequest): Program {
  const { reaction, nodeParameters, physics, scheme } = request;
  const graph = reaction.graph;
  const coupling = parseCoupling(graph, request.diffusion, request.edgeNames, request.where);
  const global = Object.keys(reaction.parameters).filter((p) => !nodeParameters.includes(p));
  const scalars = [...global.map(reactionName), ...coupling.scalars.map(diffusionName)];
  const globals = ["dt", ...scalars];
  const isWanted = (name: string) => request.wanted?.has(name) ?? true;
  const wanted = {
    reaction: global.map(reactionName).filter(isWanted),
    diffusion: coupling.scalars.map(diffusionName).filter(isWanted),
    edges: coupling.edgeValues.filter((e) => isWanted(edgeName(e))),
  };
  const padded = vanishesWithEdges(graph, coupling);
  const potential = reaction.stateNames[0];
  const placed = { potential, padded };
  const whole = { ...placed, graph, reaction, coupling, physics, globals, nodeParameters, wanted };
  const parts: Parts = isSplit(scheme)
    ? { ...whole, coupling: noCoupling(graph), share: splittings[scheme].share }
    : { ...whole, share: 1 };
  return {
    stateNames: reaction.stateNames,
    states: reaction.states,
    globals,
    reduced: [...wanted.reaction, ...wanted.diffusion],
    nodeParameters,
    edgeValues: coupling.edgeValues,
    edgeGradients: wanted.edges,
    messages: Object.keys(parts.coupling.messages),
    padded,
    steps: subSteps(parts, request, coupling),
    ...(pushes(parts) && { push: pushPass(parts) }),
    finish: finishPass(parts),
    crossing: crossingPass(graph),
  };
}

function subSteps(parts: Parts, request: ProgramRequest, coupling: Coupling): SubStep[] {
  const { scheme, diffusionStep = "explicit", mass = "lumped" } = request;
  if (!isSplit(scheme)) {
    if (diffusionStep !== "explicit") notSplit(scheme, "diffusion", diffusionStep);
    if (mass !== "lumped") notSplit(scheme, "mass", mass);
    return [stages(parts, scheme)];
  }
  const conductance = linearConductance(parts.graph, coupling);
  if (request.physics !== "symmetric-flux" || conductance === undefined)
    return fail({
      code: "bad-option",
      path: "numerics.scheme",
      message: `${scheme} solves for diffusion, and the flux of ${request.where} is not linear.`,
      fix: "Use rk4 or rush-larsen-2, or a diffusion whose flux is g (u_j - u_i).",
    });
  const { reaction, share } = splittings[scheme];
  const react = stages(parts, reaction);
  const solve = diffusionSolve(parts, { conductance, diffusionStep, mass });
  return [react, { kind: "solve", solve }, ...(share < 1 ? [react] : [])];
}

function notSplit(scheme: SchemeName, option: string, value: string): never {
  return fail({
    code: "bad-option",
    path: `numerics.${option}`,
    message: `${scheme} takes diffusion with the reaction: it has no ${option} "${value}".`,
    fix: `Set numerics.scheme to godunov or strang, or leave numerics.${option} out.`,
  });
}

function stages(parts: Parts, scheme: StageScheme): SubStep {
  const list = schemes[scheme].stages;
  return {
    kind: "stages",
    forward: list.map((stage, s) => forwardPass(parts, stage, s)),
    reverse: list.map((_, s) => reversePass(parts, list, s)),
  };
}

/** Every pass of a program once; those of the adjoint only where asked for. */
export function passesOf(program: Program, adjoint: boolean): KernelSpec[] {
  const all = program.steps.flatMap((step): readonly KernelSpec[] => {
    if (step.kind === "stages") return adjoint ? [...step.forward, ...step.reverse] : step.forward;
    const { start, finish, startReverse, finishReverse, iteration } = step.solve;
    const reverse = adjoint ? [startReverse, finishReverse] : [];
    return [start, finish, ...reverse, ...Object.values(iteration ?? {})];
  });
  const { push, finish: last } = program;
  const ends = adjoint ? [...(push ? [push] : []), last] : [];
  return [...new Set([...all, program.crossing, ...ends])];
}
