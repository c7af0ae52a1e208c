import type { Case, PotentialData } from "../src/case/case.js";
import { type Movie, opticalCase } from "../src/io/optical.js";
import type { Mesh } from "../src/mesh/mesh.js";
import { thinPlate } from "../src/twin/interpolation/thin-plate.js";
import { blurredFrames, channelTimes } from "../src/twin/times.js";

/** Pixels a side, their distance, the pacing clock: data/mouse-optical-mapping/README.md. */
export const side = 32;
const pixels = side * side;
const pixel_mm = 7 / side;
export const period_ms = 150;
const firstUpstroke = { controlV: 115, isoV: 32 } as const;
export type Experiment = keyof typeof firstUpstroke;

/** Blur of the movie that predictions are compared with: 1 pixel and 2 ms. */
const truthBlur = { pixels: 1, time_ms: 2 };

/** Frames [T * K] of some pixels, one beat long. */
export type Beat = PotentialData;

/** What one layout may see: mean and single beats 1-4 at the known pixels. */
export interface Layout {
  readonly mesh: Mesh;
  readonly beats: readonly Beat[];
  readonly mean: Beat;
  /** [K] ms, half-way crossing of the mean beat. */
  readonly activation_ms: Float64Array;
}

/** Beats 5-6, averaged, blurred by 1 pixel and 2 ms: what is predicted. Never seen by a fit. */
export interface Truth {
  /** [T * N], each pixel scaled to 0..1 (2nd and 98th percentile) like the importer scales. */
  readonly scaled: Float64Array;
  /** [T * N], rest before the up-stroke at 0, amplitude 1: offset and drift stay in. */
  readonly anchored: Float64Array;
  readonly activation_ms: Float64Array;
}

/**
 * The case of one layout. Beats start on the pacing clock, counted from the first up-stroke: where
 * beats 5 and 6 begin is not looked up in them.
 */
function caseOf(
  movie: Movie,
  experiment: Experiment,
  known?: { count: number; seed: number },
): Case {
  const upstroke_frames = Array.from(
    { length: 6 },
    (_, k) => firstUpstroke[experiment] + k * period_ms,
  );
  return opticalCase(movie, {
    folder: experiment,
    sampling_hz: 1000,
    pixel_mm,
    period_ms,
    upstroke_frames,
    beats: { train: [1, 2, 3, 4], test: [5, 6] },
    ...(known ? { known: known.count, seed: known.seed } : {}),
  }).case;
}

export function layoutOf(
  movie: Movie,
  experiment: Experiment,
  known?: { count: number; seed: number },
): Layout {
  const { mesh, recordings } = caseOf(movie, experiment, known);
  const beats = recordings
    .filter(({ id }) => id.endsWith("-known"))
    .map(({ potential }) => potential!);
  const mean = meanBeat(beats);
  return { mesh, beats, mean, activation_ms: activationOf(mean) };
}

export function truthOf(movie: Movie, experiment: Experiment): Truth {
  const tests = caseOf(movie, experiment).recordings.filter(({ id }) => !id.endsWith("-known"));
  const mean = meanBeat(tests.map(({ potential }) => potential!));
  return { ...asTruth(mean), activation_ms: activationOf(inSpace(mean)) };
}

/** A predicted or measured movie, through the blur and the scalings of the truth. */
export function asTruth(movie: Beat): Pick<Truth, "scaled" | "anchored"> {
  const { values, times_ms } = inSpace(movie);
  const blurred = blurredFrames(values, times_ms, truthBlur.time_ms);
  return { scaled: rescaled(blurred, "percentiles"), anchored: rescaled(blurred, "rest") };
}

export const activationOf = (beat: Beat): Float64Array =>
  channelTimes(beat, beat.values, beat.nodes.length).activation_ms;

export function meanBeat(beats: readonly Beat[]): Beat {
  const values = beats[0].values.map(
    (_, k) => beats.reduce((sum, beat) => sum + beat.values[k], 0) / beats.length,
  );
  return { ...beats[0], values };
}

/** Every pixel's frames out of one waveform that begins at its own time. */
export function placed(
  times_ms: Float64Array,
  waveform: (sinceActivation_ms: number) => number,
  activation_ms: Float64Array,
): Beat {
  const count = activation_ms.length;
  const values = Float32Array.from({ length: times_ms.length * count }, (_, k) =>
    waveform(times_ms[Math.floor(k / count)] - activation_ms[k % count]),
  );
  const nodes = Int32Array.from({ length: count }, (_, i) => i);
  return { times_ms, nodes, values, arbitraryScale: true };
}

/** Frames of one channel shifted so that it activates at 0; ends are held. */
export function sinceActivation(
  beat: Beat,
  channel: number,
  activation_ms: number,
): (t: number) => number {
  const last = beat.times_ms.length - 1;
  const interval = beat.times_ms[1] - beat.times_ms[0];
  const at = (f: number) => beat.values[f * beat.nodes.length + channel];
  return (t) => {
    const x = Math.min(last, Math.max(0, (t + activation_ms) / interval));
    const low = Math.min(last - 1, Math.floor(x));
    return at(low) + (x - low) * (at(low + 1) - at(low));
  };
}

/** Mean over known pixels of their beats, aligned by activation; the outer fifths are left out. */
export function alignedWaveform(beat: Beat): (sinceActivation_ms: number) => number {
  const times = activationOf(beat);
  const waves = [...times.keys()]
    .filter((c) => Number.isFinite(times[c]))
    .map((c) => sinceActivation(beat, c, times[c]));
  const cut = Math.floor(waves.length / 5);
  return (t) => {
    const kept = waves
      .map((wave) => wave(t))
      .sort((a, b) => a - b)
      .slice(cut, waves.length - cut);
    return kept.reduce((a, b) => a + b, 0) / kept.length;
  };
}

/** Every frame of the mean beat interpolated on its own. */
export function thinPlateMovie(mesh: Mesh, { mean }: Layout): Beat {
  const known = mean.nodes.length;
  const values = new Float32Array(mean.times_ms.length * pixels);
  for (let f = 0; f < mean.times_ms.length; f++) {
    const frame = mean.values.subarray(f * known, (f + 1) * known);
    values.set(thinPlate(mesh, { nodes: mean.nodes, values: frame }), f * pixels);
  }
  return { ...mean, nodes: Int32Array.from({ length: pixels }, (_, i) => i), values };
}

function inSpace(movie: Beat): Beat {
  const reach = Math.ceil(3 * truthBlur.pixels);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - reach) / truthBlur.pixels) ** 2),
  );
  const along = (from: Float32Array, stride: number) =>
    from.map((_, k) => {
      const place = stride === 1 ? k % side : Math.floor((k % pixels) / side);
      let [sum, total] = [0, 0];
      for (let d = -reach; d <= reach; d++) {
        if (place + d < 0 || place + d >= side) continue;
        sum += weights[d + reach] * from[k + d * stride];
        total += weights[d + reach];
      }
      return sum / total;
    });
  return { ...movie, values: along(along(movie.values, 1), side) };
}

/** Frames before the wave, for the level at rest. */
const restFrames = 12;

function rescaled(values: Float64Array, how: "percentiles" | "rest"): Float64Array {
  const frames = values.length / pixels;
  const out = new Float64Array(values.length);
  for (let p = 0; p < pixels; p++) {
    const trace = Float64Array.from({ length: frames }, (_, f) => values[f * pixels + p]);
    const sorted = trace.toSorted();
    const high = sorted[Math.round(0.98 * (frames - 1))];
    const rest = trace.slice(0, restFrames).reduce((a, b) => a + b, 0) / restFrames;
    const low = how === "rest" ? rest : sorted[Math.round(0.02 * (frames - 1))];
    for (let f = 0; f < frames; f++) out[f * pixels + p] = (trace[f] - low) / (high - low);
  }
  return out;
}
