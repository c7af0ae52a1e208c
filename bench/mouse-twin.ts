import type { Case, Recording } from "../src/case/case.js";
import { catalog } from "../src/catalog/catalog.js";
import type { CandidateResult } from "../src/fit/candidate.js";
import { createSession, inlineExecutor } from "../src/fit/executor.js";
import { fitCandidate } from "../src/fit/fit-candidate.js";
import { predictMany } from "../src/fit/normal-equations.js";
import {
  effectiveSamples,
  type ReactionPosterior,
  reactionPosterior,
} from "../src/fit/posterior.js";
import { gridOf, type Target, targetOf } from "../src/fit/targets.js";
import { pixelSheet } from "../src/io/pixel-sheet.js";
import { compileTwin } from "../src/twin/compile.js";
import { regressionKriging } from "../src/twin/interpolation/regression-kriging.js";
import { defaultSpec, type TwinSpec } from "../src/twin/spec.js";
import { stableStep_ms } from "../src/twin/stability.js";
import {
  alignedWaveform,
  type Beat,
  type Layout,
  meanBeat,
  period_ms,
  side,
  sinceActivation,
} from "./mouse-data.js";

/**
 * The wave enters at the corner at row 31, column 0 (the recording's README): a current on the 3 x 3
 * pixels there. Its onset is arbitrary: the fitted timing shift carries the delay.
 */
const corner = {
  kind: "given",
  stimuli: [
    {
      kind: "current",
      nodes: [29, 30, 31].flatMap((row) => [0, 1, 2].map((column) => row * side + column)),
      start_ms: 18,
      duration_ms: 3,
      strength_per_ms: 1,
    },
  ],
} as const;

/** A strip of tissue, long enough for a steady wave: the waveform needs no more. */
const strip = { width: 36, height: 2, pixel_mm: 7 / side, observed: [15, 18, 21] };
/** Where the middle of the strip activates in its recording, ms. */
const stripActivation_ms = 28;

/** 7 mm and a little more are crossed in 11-13 ms: sets D, the waveform hardly depends on it. */
const speed_mm_per_ms = 0.75;

const waveObservation = {
  ...defaultSpec.observation,
  gainOffset: true,
  drift: true,
  timingShift: true,
  temporalBlur_ms: "fitted",
} as const;

export interface WaveFit {
  readonly candidate: CandidateResult;
  /**
   * The observed waveform of the twin by time since activation: blur included, and gain, offset and
   * drift as fitted to the aligned mean of the known pixels, the typical ones.
   */
  readonly waveform: (sinceActivation_ms: number) => number;
  /** Of the training waveforms, [T * K]. */
  readonly residuals: Float64Array;
}

/** Fits one reaction to aligned waveforms; validated on others if given. */
export async function fitWaveform(
  reaction: TwinSpec["reaction"],
  { train, validation, starts }: { train: Beat; validation?: Beat; starts: number },
): Promise<WaveFit> {
  const recordings = [stripRecording("train", train)];
  if (validation) recordings.push(stripRecording("validation", validation));
  const data: Case = {
    name: "strip",
    source: "aligned waveforms of known pixels",
    mesh: pixelSheet(strip.width, strip.height, strip.pixel_mm),
    recordings,
    split: { train: ["train"], validation: validation ? ["validation"] : [], test: [] },
  };
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction,
    diffusion: { name: "finite-element", options: {} },
    observation: waveObservation,
    fit: { ...defaultSpec.fit, starts, potentialIterations: 40 },
  };
  const candidate = await fitted(data, spec);
  const target = targetOf(recordings[0], spec.observation);
  const prediction = predict(data, candidate, target);
  const frames = prediction.frames!;
  const residuals = frames.map((p, k) => p - target.potential!.values[k]);
  const beat = { ...target.potential!, values: Float32Array.from(frames) };
  const waveform = sinceActivation(beat, 1, stripActivation_ms);
  return { candidate, waveform, residuals };
}

function stripRecording(id: string, beat: Beat): Recording {
  const wave = alignedWaveform(beat);
  const times_ms = Float64Array.from({ length: period_ms }, (_, t) => t);
  const { observed, width, pixel_mm } = strip;
  const delay = (column: number) => ((column - observed[1]) * pixel_mm) / speed_mm_per_ms;
  const values = times_ms.length * observed.length;
  return {
    id,
    beat: "aligned",
    stimuli: {
      kind: "given",
      stimuli: [{ ...corner.stimuli[0], nodes: [0, 1, 2, width, width + 1, width + 2] }],
    },
    potential: {
      times_ms,
      nodes: Int32Array.from(observed),
      arbitraryScale: true,
      values: Float32Array.from({ length: values }, (_, k) => {
        const since = times_ms[Math.floor(k / observed.length)] - stripActivation_ms;
        return wave(since - delay(observed[k % observed.length]));
      }),
    },
  };
}

/** Every reaction of the catalog on beats 1-3 of the known pixels, judged on beat 4. */
export async function reactionsOf(
  layout: Layout,
  options: { reactions: readonly string[]; starts: number },
): Promise<{ posterior: ReactionPosterior; fits: readonly WaveFit[] }> {
  const train = meanBeat(layout.beats.slice(0, 3));
  const fits: WaveFit[] = [];
  for (const name of options.reactions)
    fits.push(
      await fitWaveform({ name }, { train, validation: layout.beats[3], starts: options.starts }),
    );
  const best = fits.reduce((a, b) => (b.candidate.excess < a.candidate.excess ? b : a));
  // Of the training residuals: with the noise of three beats averaged, they show the model's own
  // error, which is correlated in time and would be counted as certainty among white noise.
  const samples = effectiveSamples(best.residuals, strip.observed.length);
  const candidates = fits.map(({ candidate }) => candidate);
  return { posterior: reactionPosterior(candidates, { effectiveSamples: samples }), fits };
}

export interface Arrival {
  /** [N] free roll-out of the twin on the whole field, ms. */
  readonly twin: Float64Array;
  /** [N] the same with a Gaussian process on what it leaves at the known pixels. */
  readonly withResidual: Float64Array;
  /** [N] sd of `withResidual` with measurement noise, ms. */
  readonly sd: Float64Array;
  readonly candidate: CandidateResult;
}

/**
 * Carries the front: a sharp up-stroke at a step that is affordable on the whole field. (Chosen on
 * isoV; the reactions with a slow up-stroke that fit blurred waveforms best bend the front more.)
 */
const frontReaction = { name: "modified-mitchell-schaeffer", variant: "torchcor" };

/**
 * Activation of the whole field: a wave from the corner, its D and delay fitted to the times
 * of the known pixels; then regression kriging with the roll-out as its trend.
 */
export async function fitArrival(layout: Layout): Promise<Arrival> {
  const { mesh, mean, activation_ms } = layout;
  const known = { nodes: mean.nodes, values: activation_ms };
  const recording = timesRecording(mean.nodes, activation_ms);
  const data: Case = {
    name: "sheet",
    source: "activation times of known pixels",
    mesh,
    recordings: [recording],
    split: { train: [recording.id], validation: [], test: [] },
  };
  const spec: TwinSpec = {
    ...defaultSpec,
    reaction: frontReaction,
    diffusion: { name: "finite-element", options: {} },
    observation: { ...defaultSpec.observation, timingShift: true },
    fit: { ...defaultSpec.fit, freeReaction: [], starts: 1 },
  };
  const candidate = await fitted(data, spec);
  const nodes = Int32Array.from({ length: side * side }, (_, i) => i);
  const everywhere = timesRecording(nodes, new Float64Array(nodes.length).fill(latest_ms));
  const twin = predict(data, candidate, targetOf(everywhere, spec.observation)).activation_ms;
  const kriged = regressionKriging(mesh, known, {
    physics: { prediction: twin, scalePrior: { mean: 1, sd: 0.3 } },
  });
  return { twin, withResidual: kriged.mean, sd: kriged.sdWithNoise, candidate };
}

/** The wave has crossed the field by then. */
const latest_ms = 50;

const timesRecording = (nodes: Int32Array, times_ms: Float64Array): Recording => ({
  id: "known",
  beat: "mean",
  stimuli: corner,
  activation: { nodes, times_ms },
});

async function fitted(data: Case, spec: TwinSpec): Promise<CandidateResult> {
  const executor = inlineExecutor(createSession(catalog, data));
  const candidate = await fitCandidate({ data, catalog, executor, seed: 1 }, spec);
  if (candidate.status !== "fitted") throw new Error(`${spec.reaction.name}: ${candidate.reason}`);
  return candidate;
}

function predict(data: Case, { spec, values }: CandidateResult, target: Target) {
  const compiled = compileTwin(catalog, spec, data.mesh);
  return predictMany(
    compiled,
    target,
    [values],
    gridOf(target, stableStep_ms(compiled, values)),
  )[0];
}
