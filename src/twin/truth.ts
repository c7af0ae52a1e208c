import type { Recording, Stimulus } from "../case/case.js";
import type {
  CellFacts,
  ParameterValues,
  ReactionChoice,
  TruthRequest,
  TruthRun,
  TruthRuns,
  TruthSimulator,
  WaveFront,
} from "../case/truth-simulator.js";
import { fail, lookUp } from "../core/errors.js";
import type { BackEnd } from "../kernel/engine.js";
import type { Mesh } from "../mesh/mesh.js";
import type { Parameter, Reaction } from "../model/declare.js";
import { diffusionName, reactionName } from "../model/program.js";
import { reactionSystem } from "../model/reaction-system.js";
import type { SchemeName } from "../model/schemes.js";
import { type CompiledTwin, compileTwin } from "./compile.js";
import { declaredScalars } from "./parameters.js";
import { laneOf, lanePotential, simulate, timeGrid } from "./simulate.js";
import { cellRates, cellStepper, reactionRate, simulateCell } from "./single-cell.js";
import { type Catalog, defaultSpec, type TwinSpec, type TwinValues } from "./spec.js";
import { stableStep_ms } from "./stability.js";

interface Accuracy {
  readonly scheme: SchemeName;
  readonly stepFraction: number;
  readonly backEnd: Extract<BackEnd, string>;
}

/**
 * Truth: another scheme than fits use (rk4) in double precision, at a step whose error in time is
 * below 1e-7 (mean square of the potential; test/case/truth.test.ts halves the step). Reactions of
 * many states: see `accuracyOf`.
 */
const accuracies: Readonly<Record<TruthRequest["accuracy"], Accuracy>> = {
  draft: { scheme: "rk4", stepFraction: 0.72, backEnd: "wasm-f32x4" },
  truth: { scheme: "heun", stepFraction: 0.4, backEnd: "js-float64" },
};

/** Reactions of more states take tens of minutes in double precision, at the size of a patient. */
const mostStatesInDouble = 8;

/**
 * Stiff reactions are stepped as they declare, the truth by another scheme; rounding to single
 * precision is far below the error of their steps (test/case/truth.test.ts).
 */
function accuracyOf({ numerics, states }: Reaction, accuracy: TruthRequest["accuracy"]): Accuracy {
  const usual = accuracies[accuracy];
  if (!numerics) return usual;
  if (accuracy === "draft") return { ...usual, scheme: numerics.scheme };
  const isLarge = Object.keys(states).length > mostStatesInDouble;
  return { ...usual, scheme: "strang", ...(isLarge && { backEnd: "wasm-f32x4" }) };
}

/** Answers the synthetic patient generator (src/case/synthetic.ts) with the engine. */
export function truthSimulator(catalog: Catalog): TruthSimulator {
  const compiled = createCompiler(catalog);
  const systemOf = ({ name }: ReactionChoice) =>
    reactionSystem(lookUp("reaction", catalog.reactions, name));
  return {
    parameters: (choice) => publishedParameters(catalog, choice),
    cell: (choice, parameters) => cellFacts(systemOf(choice), parameters),
    front: (choice, parameters) => waveFront(systemOf(choice), parameters),
    simulate: (request) => {
      const entry = lookUp("reaction", catalog.reactions, request.reaction.name);
      return simulateTruth(compiled, request, accuracyOf(entry, request.accuracy));
    },
  };
}

function publishedParameters(
  catalog: Catalog,
  choice: ReactionChoice,
): Readonly<Record<string, Parameter>> {
  const entry = lookUp("reaction", catalog.reactions, choice.name);
  if (choice.variant !== undefined)
    lookUp(`variant of ${entry.name}`, entry.variants ?? {}, choice.variant);
  const noDiffusion = { params: {}, fields: {}, edge: "", message: "", node: "" };
  const spec = { ...defaultSpec, reaction: choice, diffusion: { name: "", options: {} } };
  const declared = declaredScalars(entry, noDiffusion, spec);
  const start = reactionName("").length;
  return Object.fromEntries(Object.entries(declared).map(([name, p]) => [name.slice(start), p]));
}

type System = ReturnType<typeof reactionSystem>;

function cellFacts(system: System, parameters: ParameterValues): CellFacts {
  const dt_ms = system.numerics?.step_ms ?? 0.1 / reactionRate(system, parameters);
  const cell = (start: number, end_ms: number) =>
    simulateCell(system, parameters, { dt_ms, end_ms, start, threshold: 0.1 });
  const change = new Float64Array(system.states.length);
  const rest = Float64Array.from(system.states, (s) => s.rest);
  cellRates(system, parameters)(rest, change);
  const { peak, duration_ms } = cell(0.5, 2e5 * dt_ms);
  const small = cell(rest[0] + 0.03, 3000 * dt_ms);
  const last = small.states[0][small.states[0].length - 1];
  const still = Math.max(1e-9, system.restDrift_per_ms * dt_ms);
  return {
    restsAtRest: change.every((rate) => Math.abs(rate) * dt_ms <= still),
    holdsBelowThreshold: small.peak < rest[0] + 0.031 && last < rest[0] + 0.02,
    peak,
    duration_ms,
  };
}

/** A cable in units of L = sqrt(D / fastest explicit rate), started from its left end. */
const cable = { nodes: 200, perLength: 3, lifted: 45, probes: [100, 140] } as const;

function waveFront(system: System, parameters: ParameterValues): WaveFront | undefined {
  const isStiff = system.numerics !== undefined;
  const rate = reactionRate(system, parameters, { exactGates: isStiff });
  const h_mm = 1 / (cable.perLength * Math.sqrt(rate));
  const dt_ms = 0.25 * h_mm ** 2;
  const stepper = isStiff ? splitCableStepper : cableStepper;
  const step = stepper(system, parameters, { h_mm, dt_ms });
  const [first, second] = cable.probes;
  const passed = [Number.NaN, Number.NaN];
  const trace: number[] = [];
  // Stiff models cross the cable in many more of their steps.
  const most = isStiff ? 80000 : 20000;
  for (let k = 1; k <= most; k++) {
    const u = step();
    cable.probes.forEach((probe, p) => {
      if (Number.isNaN(passed[p]) && u[probe] >= 0.4) passed[p] = k * dt_ms;
    });
    trace.push(u[second]);
    // The end of the up-stroke at the second probe.
    if (passed[1] > 0 && trace[k - 1] <= trace[k - 2]) {
      const speed = ((second - first) * h_mm) / (passed[1] - passed[0]);
      return { speed_mm_per_ms: speed, width_mm: speed * riseSteps(trace) * dt_ms };
    }
  }
  return undefined;
}

/** Steps from 10 % to 90 % of the last value. */
function riseSteps(trace: readonly number[]): number {
  const peak = trace[trace.length - 1];
  const crossing = (level: number) => {
    const k = trace.findIndex((u) => u >= level);
    return k - (trace[k] - level) / (trace[k] - trace[k - 1]);
  };
  return crossing(0.9 * peak) - crossing(0.1 * peak);
}

type CableStepper = (
  system: System,
  parameters: ParameterValues,
  spacing: { h_mm: number; dt_ms: number },
) => () => Float64Array;

/** The second difference of u at i, no flux at the ends. */
const bend = (u: Float64Array, i: number) =>
  u[Math.max(0, i - 1)] - 2 * u[i] + u[Math.min(u.length - 1, i + 1)];

/** Diffusion, then the reaction by the scheme that it declares; returns u. D = 1. */
const splitCableStepper: CableStepper = (system, parameters, { h_mm, dt_ms }) => {
  const advance = cellStepper(system, parameters, dt_ms);
  const u = new Float64Array(cable.nodes).fill(system.states[0].rest).fill(1, 0, cable.lifted);
  const cells = Array.from(u, () => Float64Array.from(system.states, (s) => s.rest));
  const ratio = dt_ms / h_mm ** 2;
  return () => {
    cells.forEach((cell, i) => {
      cell[0] = u[i] + ratio * bend(u, i);
    });
    cells.forEach((cell, i) => {
      advance(cell);
      u[i] = cell[0];
    });
    return u;
  };
};

/** Advances u and its companions by one step of Heun; returns u. D = 1. */
const cableStepper: CableStepper = (system, parameters, { h_mm, dt_ms }) => {
  const rates = cellRates(system, parameters);
  const n = cable.nodes;
  const fresh = () => system.states.map((s) => new Float64Array(n).fill(s.rest));
  const [state, middle, slope, slope2] = [fresh(), fresh(), fresh(), fresh()];
  state[0].fill(1, 0, cable.lifted);
  const y = new Float64Array(state.length);
  const out = new Float64Array(state.length);
  const evaluate = (from: Float64Array[], to: Float64Array[]) => {
    const u = from[0];
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < y.length; k++) y[k] = from[k][i];
      rates(y, out);
      for (let k = 0; k < y.length; k++) to[k][i] = out[k];
      to[0][i] += bend(u, i) / h_mm ** 2;
    }
  };
  return () => {
    evaluate(state, slope);
    for (let k = 0; k < y.length; k++)
      for (let i = 0; i < n; i++) middle[k][i] = state[k][i] + dt_ms * slope[k][i];
    evaluate(middle, slope2);
    for (let k = 0; k < y.length; k++)
      for (let i = 0; i < n; i++) state[k][i] += 0.5 * dt_ms * (slope[k][i] + slope2[k][i]);
    return state[0];
  };
};

type Compiler = (mesh: Mesh, spec: TwinSpec) => CompiledTwin;

/** Keeps the last compiled twins: pilots and truth of one patient share mesh and structure. */
function createCompiler(catalog: Catalog): Compiler {
  const cache = new WeakMap<Mesh, Map<string, CompiledTwin>>();
  return (mesh, spec) => {
    const ofMesh = cache.get(mesh) ?? new Map<string, CompiledTwin>();
    cache.set(mesh, ofMesh);
    const key = JSON.stringify(spec);
    const twin = ofMesh.get(key) ?? compileTwin(catalog, spec, mesh);
    ofMesh.set(key, twin);
    return twin;
  };
}

function simulateTruth(
  compiler: Compiler,
  request: TruthRequest,
  { scheme, stepFraction, backEnd }: Accuracy,
): TruthRuns {
  const { reaction, diffusion, interval_ms, samples } = request;
  const isAnisotropic = diffusion.along_mm2_per_ms !== diffusion.across_mm2_per_ms;
  const { parameters, ...choice } = reaction;
  const compiled = compiler(request.mesh, {
    ...defaultSpec,
    reaction: choice,
    diffusion: {
      name: isAnisotropic ? "conductivity-field-fibre" : "conductivity-field",
      options: {},
    },
    numerics: { scheme, stepFraction, refinements: 0 },
  });
  const values = truthValues(parameters, diffusion, isAnisotropic);
  const limit = stableStep_ms(compiled, values) / request.finerSteps;
  const grid = timeGrid(interval_ms, samples, limit);
  const runs: TruthRun[] = [];
  for (let start = 0; start < request.recordings.length; start += 4) {
    const quad = request.recordings.slice(start, start + 4);
    const inputs = quad.map((stimuli) => ({ values, recording: recordingOf(stimuli) }));
    const simulation = simulate(compiled, inputs, { grid, backEnd });
    quad.forEach((_, lane) => {
      requireBounded(compiled, simulation.result, lane);
      const activation_ms = laneOf(simulation.result.activation_ms, simulation, lane);
      runs.push({ potential: lanePotential(simulation, lane), activation_ms });
    });
  }
  return { runs, numerics: { scheme, backEnd, step_ms: interval_ms / grid.stepsPerSample } };
}

function truthValues(
  parameters: ParameterValues,
  { along_mm2_per_ms, across_mm2_per_ms, logConductivity }: TruthRequest["diffusion"],
  isAnisotropic: boolean,
): TwinValues {
  const coefficients: Record<string, number> = isAnisotropic
    ? { D_across: across_mm2_per_ms, ratio: along_mm2_per_ms / across_mm2_per_ms }
    : { D: along_mm2_per_ms };
  const named = (values: ParameterValues, name: (key: string) => string) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]));
  return {
    scalars: { ...named(parameters, reactionName), ...named(coefficients, diffusionName) },
    fields: { [diffusionName("log_scale")]: logConductivity },
    network: new Float64Array(0),
    sites: {},
  };
}

const recordingOf = (stimuli: readonly Stimulus[]): Recording => ({
  id: "truth",
  beat: "truth",
  stimuli: { kind: "given", stimuli },
});

function requireBounded(
  { system, reaction }: CompiledTwin,
  result: { finite: readonly boolean[]; range: readonly (readonly [number, number])[] },
  lane: number,
): void {
  const [least, most] = system.states[0].range;
  const [low, high] = result.range[lane];
  if (result.finite[lane] && low >= least && high <= most) return;
  fail({
    code: "diverged",
    message: `The truth of ${reaction.name} leaves its bounds: u in [${low}, ${high}].`,
    path: reaction.name,
    fix: "Use a weaker scar, less anisotropy, or parameters closer to the published ones.",
  });
}
