import { LeadsError } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import { type CompiledTwin, compileTwin } from "../twin/compile.js";
import { initialValues } from "../twin/parameters.js";
import type { Score, TwinSpec, TwinValues } from "../twin/spec.js";
import { errorProfile, parameterReports, predictAll, scorePredictions } from "./assess.js";
import { type CandidateResult, emptyResult, isNoVerdict, type PhysicsCheck } from "./candidate.js";
import { checkAbort, type FitContext, type Fitting, noiseFloor, someTargets } from "./context.js";
import { fitFields } from "./field-fit.js";
import { physicsGates } from "./gates.js";
import { waveVariance } from "./noise.js";
import type { Prediction } from "./normal-equations.js";
import { fitScalars, type ScalarFit } from "./scalar-fit.js";
import { inferSites, refineSites, unknownBeats } from "./sites.js";
import { startingPoint } from "./start.js";
import { judged, type Target, targetsOf, trainedBeats } from "./targets.js";

/** A potential fit this close to the noise needs no further starts (fitting-notes). */
const accepted = 1e-4;
/** Recordings that a start explores, that Gauss-Newton ends with, and that the adjoint uses. */
const startRecordings = 2;
const scalarRecordings = 4;
const fieldRecordings = 8;
/** Times this close (0.3 ms) leave the rest to the potentials. */
const closeInTime_ms2 = 0.1;
/** Gauss-Newton iterations on the onsets of unknown beats. */
const siteIterations = 5;
/** Mean squared error below which only single precision is fitted. */
const perfect = 2e-9;

/** Fits one structure to the training recordings; never throws for a bad structure. */
export async function fitCandidate(context: FitContext, spec: TwinSpec): Promise<CandidateResult> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    checkAbort({ context });
    const fitting = createFitting(context, compiledIn(context, spec));
    const result = await fitCompiled(fitting);
    return { ...result, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof LeadsError) || isNoVerdict(error)) throw error;
    return {
      ...emptyResult(spec),
      reason: `${error.message} ${error.fix ?? ""}`.trim(),
      seconds: seconds(),
    };
  }
}

function compiledIn({ compiled, catalog, data }: FitContext, spec: TwinSpec): CompiledTwin {
  if (compiled) return compiled(spec);
  return compileTwin(catalog, spec, data.mesh, { beats: trainedBeats(data) });
}

export function createFitting(context: FitContext, compiled: CompiledTwin): Fitting {
  const { data } = context;
  const { observation } = compiled.spec;
  return {
    context,
    compiled,
    train: targetsOf(data, data.split.train, observation),
    validation: targetsOf(data, data.split.validation, judged(observation)),
    random: createRandom(context.seed, "fit"),
    curves: [],
    simulations: 0,
  };
}

async function fitCompiled(fitting: Fitting): Promise<CandidateResult> {
  const { compiled, context } = fitting;
  const { nodes } = compiled.topology;
  const published = initialValues(compiled.declared, compiled.model, nodes, context.seed);
  const gates = physicsGates(compiled, published);
  const broken = gates.find((g) => !g.passed);
  if (broken) return rejected(compiled, published, gates, `${broken.name}: ${broken.detail}`);

  const { sites } = await inferSites(fitting, published);
  const best = await bestStart(fitting, sites);
  let { values } = best;
  const learnt = compiled.layout.fields.length > 0 || compiled.layout.network > 0;
  // Where no wave travels there is nothing that a field could be learnt from.
  if (learnt && Number.isFinite(best.loss)) {
    const targets = someTargets(fitting.train, fieldRecordings);
    const iterations = compiled.spec.fit.fieldIterations;
    const { curvature } = best;
    values = (await fitFields(fitting, values, { targets, iterations, curvature })).values;
    if (unknownBeats(targets).size > 0) {
      // The field has changed the speed around the sites: their onsets follow, then the field again.
      values = await refineSites(fitting, values, siteIterations);
      values = (await fitFields(fitting, values, { targets, iterations, curvature })).values;
    }
  }
  return assess(fitting, values, best.errors);
}

/**
 * Explores the starts on a few recordings until one reaches the noise; the lowest loss wins and is
 * polished on more recordings.
 */
async function bestStart(fitting: Fitting, sites: TwinValues["sites"]): Promise<ScalarFit> {
  const { compiled, train } = fitting;
  const floor = noiseFloor(train);
  const onPotentials = train[0].potential !== undefined;
  let best: ScalarFit | undefined;
  for (let start = 0; start < Math.max(1, compiled.spec.fit.starts); start++) {
    const fit = await explore(fitting, { start, sites, sofar: best?.loss });
    if (!best || fit.loss < best.loss) best = fit;
    if (onPotentials && best.loss < floor + accepted) break;
  }
  return onPotentials && Number.isFinite(best!.loss) ? polish(fitting, best!.values) : best!;
}

interface StartRequest {
  readonly start: number;
  readonly sites: TwinValues["sites"];
  /** Loss of the best start so far. */
  readonly sofar: number | undefined;
}

/** One start: activation times, then all times, then potentials. A silent start is left early. */
async function explore(
  fitting: Fitting,
  { start, sites, sofar }: StartRequest,
): Promise<ScalarFit> {
  const { fit } = fitting.compiled.spec;
  const onPotentials = fitting.train[0].potential !== undefined;
  const targets = someTargets(fitting.train, onPotentials ? startRecordings : scalarRecordings);
  const few = { ...fitting, train: targets };
  const guess = await startingPoint(few, start, sites);
  const placed = await refineSites(few, guess, siteIterations);
  fitting.simulations = few.simulations;
  const phase = (name: string) => (start === 0 ? name : `${name}, start ${start + 1}`);
  const onTimes = {
    compare: "times",
    phase: phase("times"),
    targets,
    iterations: fit.timeIterations,
    leastGain: 0.05,
  } as const;
  if (!onPotentials) return fitScalars(fitting, placed, { ...onTimes, goodEnough: 1e-4 });
  const early = await fitActivation(fitting, placed, { ...onTimes, phase: phase("activation") });
  if (!early) return { values: placed, loss: Number.POSITIVE_INFINITY, errors: {}, curvature: {} };
  // What single beats hardly identify (the entry says so) would wander off; it is freed at the end.
  const { declared } = fitting.compiled;
  const only = (name: string) => !declared[name].note;
  const late = await fitScalars(fitting, early, {
    ...onTimes,
    only,
    goodEnough: closeInTime_ms2,
  });
  return fitScalars(fitting, late.values, {
    compare: "potential",
    phase: phase("potential"),
    targets,
    only,
    iterations: fit.potentialIterations,
    goodEnough: perfect,
    leastGain: 0.02,
    hopeless: Math.min(4 * (sofar ?? Number.POSITIVE_INFINITY), 2 * waveVariance(targets)),
  });
}

/**
 * Activation times first, by the diffusion alone: a reaction that is free to follow them would lose
 * its duration. Only where no wave travels may the reaction help; undefined if none does even then.
 */
async function fitActivation(
  fitting: Fitting,
  start: TwinValues,
  options: { phase: string; targets: readonly Target[]; iterations: number; leastGain: number },
): Promise<TwinValues | undefined> {
  const request = { ...options, compare: "activation", goodEnough: closeInTime_ms2 } as const;
  const silent = silentLoss(options.targets);
  const only = (name: string) => name.startsWith("diffusion.");
  const plain = await fitScalars(fitting, start, { ...request, only });
  if (plain.loss <= silent) return plain.values;
  const phase = `${options.phase}, reaction free`;
  const helped = await fitScalars(fitting, start, { ...request, phase });
  return helped.loss <= silent ? helped.values : undefined;
}

function polish(fitting: Fitting, values: TwinValues): Promise<ScalarFit> {
  return fitScalars(fitting, values, {
    compare: "potential",
    phase: "potential, polished",
    targets: someTargets(fitting.train, scalarRecordings),
    iterations: fitting.compiled.spec.fit.potentialIterations,
    goodEnough: perfect,
    leastGain: 0.02,
  });
}

/** Half the time a wave takes, squared: such an error means that no wave travels. */
function silentLoss(targets: readonly Target[]): number {
  const last = targets.flatMap((t) => [...t.activation_ms]).filter(Number.isFinite);
  return (0.5 * last.reduce((a, b) => Math.max(a, b), 0)) ** 2;
}

async function assess(
  fitting: Fitting,
  values: TwinValues,
  errors: Readonly<Record<string, number>>,
): Promise<CandidateResult> {
  const { compiled } = fitting;
  const shown = someTargets(fitting.train, fieldRecordings);
  const train = await predictAll(fitting, shown, values);
  const scored = fitting.validation.length > 0 ? fitting.validation : shown;
  const validation =
    fitting.validation.length > 0 ? await predictAll(fitting, scored, values) : train;
  const trainScore = scorePredictions(shown, train);
  const validationScore = scorePredictions(scored, validation);
  const floor = noiseFloor(scored);
  const finite = [...train, ...validation].every((p) => p.finite);
  const misfit = validationScore.mse ?? timeMisfit(validationScore);
  return {
    status: finite ? "fitted" : "diverged",
    reason: finite
      ? ""
      : "The roll-out left the numbers: the time step or a parameter is too large.",
    spec: compiled.spec,
    values,
    parameterCount: compiled.layout.size,
    train: trainScore,
    validation: validationScore,
    excess: finite ? misfit - floor : Number.POSITIVE_INFINITY,
    noiseFloor: floor,
    curves: fitting.curves,
    parameters: parameterReports(compiled, values, errors),
    errors: errorProfile(compiled, scored, validation),
    checks: [
      ...physicsGates(compiled, values),
      conduction(validationScore),
      await halfStep(fitting, values, { target: scored[0], whole: validation[0] }),
    ],
    seconds: 0,
    simulations: fitting.simulations,
  };
}

/** Largest mean squared change, or squared ms, that halving the time step may make. */
const stepTolerance = 1e-6;

/** A fit whose numbers depend on the time step has fitted the step (reference: 5-20 % of bias). */
async function halfStep(
  fitting: Fitting,
  values: TwinValues,
  { target, whole }: { target: Target; whole: Prediction },
): Promise<PhysicsCheck> {
  const [half] = await predictAll(fitting, [target], values, 0.5);
  const [a, b] =
    whole.frames && half.frames
      ? [whole.frames, half.frames]
      : [whole.activation_ms, half.activation_ms];
  // A node that is silent with one step and not with the other is a change without limit.
  const squares = a.map((x, k) =>
    Number.isFinite(x) || Number.isFinite(b[k]) ? (x - b[k]) ** 2 : 0,
  );
  const change = squares.reduce((sum, x) => sum + x, 0) / Math.max(1, squares.length);
  const tolerance = whole.frames ? stepTolerance : 1e-2;
  return {
    name: "half-step",
    passed: change <= tolerance,
    detail: `half the time step changes the prediction by ${change.toExponential(1)} (mean square)`,
  };
}

/** Squared activation-time error, ms^2; silent nodes count as far off. */
function timeMisfit(score: Score): number {
  const silent = 1 - (score.activation_agreement ?? 0);
  return (score.at_rmse_ms ?? 1e3) ** 2 + 1e3 * silent;
}

function conduction(score: Score): PhysicsCheck {
  const share = score.activation_agreement ?? 0;
  return {
    name: "conduction",
    passed: share > 0.9,
    detail: `agrees with the recordings on ${(100 * share).toFixed(1)} % of the activations`,
  };
}

function rejected(
  compiled: CompiledTwin,
  values: TwinValues,
  checks: readonly PhysicsCheck[],
  reason: string,
): CandidateResult {
  const count = compiled.layout.size;
  return { ...emptyResult(compiled.spec), values, checks, reason, parameterCount: count };
}
