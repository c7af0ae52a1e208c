import { basename, join, resolve } from "node:path";
import { decode } from "fast-png";
import type { PotentialData, Recording } from "../case/case.js";
import { fail, rejectUnknownKeys } from "../core/errors.js";
import { findTops, slope, smooth } from "./activation.js";
import { chooseSites } from "./choose-sites.js";
import { listFolder, readBytes } from "./files.js";
import type { Imported } from "./map3d.js";
import { describeMesh } from "./mesh-report.js";
import { pixelSheet } from "./pixel-sheet.js";
import { foreign, malformed, mismatch } from "./problems.js";

export interface OpticalOptions {
  /** Folder of grey PNG frames "0.png", "1.png", ... */
  readonly folder: string;
  readonly sampling_hz: number;
  /** Distance of pixel centres; e.g. 7 / 32 for a field of 7 mm on 32 pixels. */
  readonly pixel_mm: number;
  /** Pacing period: the length of a beat. */
  readonly period_ms: number;
  /** Frames of the mean upstrokes; absent: found. */
  readonly upstroke_frames?: readonly number[];
  /** A beat starts this long before its mean upstroke; default a fifth of the period. */
  readonly lead_ms?: number;
  /** Pixels to learn from: a number of them (above 1) or a fraction (below 1). Absent: all. */
  readonly known?: number;
  readonly seed?: number;
  /** Beats by number from 1. Absent: the last two test, the one before validates, the others train. */
  readonly beats?: {
    train: readonly number[];
    validation?: readonly number[];
    test: readonly number[];
  };
  readonly name?: string;
  readonly source?: string;
}

const optionNames = [
  "folder",
  "sampling_hz",
  "pixel_mm",
  "period_ms",
  "upstroke_frames",
  "lead_ms",
  "known",
  "seed",
  "beats",
  "name",
  "source",
];

/** A movie: `frames` images of `height` rows and `width` columns, row by row, raw intensities. */
export interface Movie {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** [frames * height * width] */
  readonly intensity: Float32Array;
}

/**
 * A voltage-dye movie -> Case on a flat sheet, one node a pixel (node = row * width + column).
 *
 * Signal of a pixel: s(t) = -(I(t) - m) / m, m the pixel's mean over the movie (dye light falls on
 * depolarisation). Each beat of each pixel is then scaled on its own, u = (s - q02) / (q98 - q02) with
 * q02 and q98 the 2nd and 98th percentile of that pixel in that beat: about 0..1. Drift inside a beat,
 * noise and blur stay in the data, and `arbitraryScale` is true: gain and offset carry no meaning.
 * A beat never sees another one's scale, so nothing of the test leaks into training.
 *
 * Recordings "beat-N-known" (train, validation: the known pixels) and "beat-N" (test: all pixels),
 * times in ms from the beat's start; stimuli unknown; every beat has its own `beat`.
 * Errors: "missing-option", "no-beat", "mismatch", and those of readMovie.
 */
export async function importOptical(options: OpticalOptions): Promise<Imported> {
  rejectUnknownKeys(options, optionNames, "optical options");
  return opticalCase(await readMovie(options.folder), options);
}

/** Reads all frames of the folder. Errors: "foreign-file", "malformed-file" (gaps, other sizes). */
export async function readMovie(folder: string): Promise<Movie> {
  const numbers = (await listFolder(folder))
    .flatMap((name) => /^(\d+)\.png$/i.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  if (numbers.length < 2)
    foreign(
      folder,
      `${numbers.length} numbered PNG files`,
      "Give the folder that holds 0.png, 1.png, ...",
    );
  const gap = numbers.findIndex((number, i) => number !== numbers[0] + i);
  if (gap >= 0) malformed(folder, `frame ${numbers[0] + gap} is missing`, "Export all frames.");
  let movie: Movie | undefined;
  for (const [i, number] of numbers.entries()) {
    const path = join(folder, `${number}.png`);
    const image = decodeFrame(await readBytes(path), path);
    const { width, height } = image;
    movie ??= {
      width,
      height,
      frames: numbers.length,
      intensity: new Float32Array(numbers.length * width * height),
    };
    if (width !== movie.width || height !== movie.height)
      malformed(
        path,
        `${width} x ${height} pixels, the first frame has ${movie.width} x ${movie.height}`,
      );
    movie.intensity.set(image.data, i * width * height);
  }
  return movie as Movie;
}

function decodeFrame(bytes: Uint8Array, path: string) {
  // Width and height stand at bytes 16 to 24: a lying size is refused before memory is asked for.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(0) !== 0x89504e47)
    foreign(path, "not a PNG file", "Export grey PNG frames.");
  if (view.getUint32(16) * view.getUint32(20) > 2 ** 24)
    malformed(path, "more than 16 million pixels");
  const image = readPng(bytes, path);
  if (image.channels !== 1 || image.data.length !== image.width * image.height)
    foreign(path, `${image.channels} channels`, "Export grey frames of 8 or 16 bits.");
  return image;
}

function readPng(bytes: Uint8Array, path: string) {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (cause) {
    return malformed(
      path,
      `the PNG is damaged (${cause instanceof Error ? cause.message : cause})`,
    );
  }
}

/** The pure part of importOptical. */
export function opticalCase(movie: Movie, options: OpticalOptions): Imported {
  const rate = needed(options.sampling_hz, "sampling_hz");
  const pixel_mm = needed(options.pixel_mm, "pixel_mm");
  const period = Math.round((needed(options.period_ms, "period_ms") * rate) / 1000);
  const mesh = pixelSheet(movie.width, movie.height, pixel_mm);
  const signal = fractionalChange(movie);
  const found = findStarts(signal, movie, options);
  const roles = assignRoles(found.starts.length, options);
  const all = Int32Array.from({ length: movie.width * movie.height }, (_, i) => i).filter(
    (p) => signal.usable[p],
  );
  const known = chooseKnown(mesh.points, all, options);
  const record = (beat: number, test: boolean): Recording => ({
    id: test ? `beat-${beat}` : `beat-${beat}-known`,
    beat: `beat-${beat}`,
    stimuli: { kind: "unknown" },
    potential: cutBeat(signal.values, movie, {
      start: found.starts[beat - 1],
      period,
      rate,
      nodes: test ? all : known,
    }),
  });
  const recordings = {
    train: roles.train.map((beat) => record(beat, false)),
    validation: roles.validation.map((beat) => record(beat, false)),
    test: roles.test.map((beat) => record(beat, true)),
  };
  const ids = (list: readonly Recording[]) => list.map(({ id }) => id);
  const name = options.name ?? basename(resolve(options.folder));
  const dead = movie.width * movie.height - all.length;
  return {
    case: {
      name,
      source: options.source ?? `optical movie ${name}`,
      mesh,
      recordings: [...recordings.train, ...recordings.validation, ...recordings.test],
      split: {
        train: ids(recordings.train),
        validation: ids(recordings.validation),
        test: ids(recordings.test),
      },
    },
    report: [
      `${movie.frames} frames of ${movie.width} x ${movie.height} pixels, sampling ${rate} Hz`,
      ...describeMesh(mesh, `pixels of ${pixel_mm.toPrecision(4)} mm, as told`),
      `mean upstrokes at frames ${found.upstrokes.join(", ")}; ${found.starts.length} whole beats of ${period} frames`,
      ...(dead > 0 ? [`${dead} pixels without signal left out`] : []),
      `${known.length} of ${all.length} pixels to learn from`,
      `beats to train on ${roles.train.join(", ")}; to validate ${roles.validation.join(", ") || "none"}; to test ${roles.test.join(", ")}`,
      "each beat of each pixel scaled to about 0..1 on its own",
    ],
  };
}

function needed(value: number | undefined, name: string): number {
  if (value !== undefined && Number.isFinite(value) && value > 0) return value;
  return fail({
    code: "missing-option",
    message: `${name} is ${value}; the frames do not say it.`,
    path: name,
    fix: `Give ${name} as a positive number.`,
  });
}

function fractionalChange(movie: Movie) {
  const pixels = movie.width * movie.height;
  const values = new Float32Array(movie.intensity.length);
  const usable = new Array<boolean>(pixels).fill(false);
  for (let p = 0; p < pixels; p++) {
    let sum = 0;
    for (let t = 0; t < movie.frames; t++) sum += movie.intensity[t * pixels + p];
    const mean = sum / movie.frames;
    for (let t = 0; t < movie.frames && mean > 0; t++) {
      values[t * pixels + p] = -(movie.intensity[t * pixels + p] - mean) / mean;
      if (values[t * pixels + p] !== values[p]) usable[p] = true;
    }
  }
  return { values, usable };
}

/** Mean upstroke: the steepest rise of the mean over pixels, smoothed by 2 frames. Starts of whole beats. */
function findStarts(signal: { values: Float32Array }, movie: Movie, options: OpticalOptions) {
  const pixels = movie.width * movie.height;
  const frames = (ms: number) => Math.round((ms * options.sampling_hz) / 1000);
  const mean = Float64Array.from(
    { length: movie.frames },
    (_, t) =>
      signal.values.subarray(t * pixels, (t + 1) * pixels).reduce((a, b) => a + b, 0) / pixels,
  );
  const gap = 0.6 * frames(options.period_ms);
  const upstrokes =
    options.upstroke_frames ?? findTops(slope(smooth(mean, 2)), { fraction: 0.4, gap });
  const lead = frames(options.lead_ms ?? options.period_ms / 5);
  const starts = upstrokes
    .map((frame) => frame - lead)
    .filter((start) => start >= 0 && start + frames(options.period_ms) <= movie.frames);
  if (starts.length < 2)
    fail({
      code: "no-beat",
      message: `${options.folder}: ${starts.length} whole beats; one to learn from and one to test are needed.`,
      path: options.folder,
      fix: "Check period_ms and sampling_hz, or give upstroke_frames.",
    });
  return { upstrokes, starts };
}

function assignRoles(count: number, options: OpticalOptions) {
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i + 1);
  const tests = count >= 4 ? 2 : 1;
  const checks = count >= 4 ? 1 : 0;
  const roles = {
    train: options.beats?.train ?? range(0, count - tests - checks),
    validation: options.beats
      ? (options.beats.validation ?? [])
      : range(count - tests - checks, count - tests),
    test: options.beats?.test ?? range(count - tests, count),
  };
  const used = [...roles.train, ...roles.validation, ...roles.test];
  if (roles.train.length === 0 || roles.test.length === 0 || new Set(used).size !== used.length)
    mismatch(
      "beats",
      "each beat has one role, and train and test need one at least",
      "Name each beat once.",
    );
  for (const beat of used)
    if (!Number.isInteger(beat) || beat < 1 || beat > count)
      mismatch("beats", `there is no beat ${beat}`, `Whole beats are 1 to ${count}.`);
  return roles;
}

function chooseKnown(points: Float64Array, all: Int32Array, options: OpticalOptions): Int32Array {
  const { known, seed } = options;
  if (known === undefined) return all;
  if (seed === undefined)
    return fail({
      code: "missing-option",
      message: "known needs a seed.",
      path: "seed",
      fix: "Give seed: 1.",
    });
  const count = known < 1 ? Math.max(1, Math.round(known * all.length)) : known;
  return Int32Array.from(chooseSites(points, all, { count, seed }));
}

interface Cut {
  readonly start: number;
  readonly period: number;
  readonly rate: number;
  readonly nodes: Int32Array;
}

function cutBeat(values: Float32Array, movie: Movie, cut: Cut): PotentialData {
  const { start, period, rate, nodes } = cut;
  const pixels = movie.width * movie.height;
  const result = new Float32Array(period * nodes.length);
  for (const [k, pixel] of nodes.entries()) {
    const trace = Float64Array.from(
      { length: period },
      (_, t) => values[(start + t) * pixels + pixel],
    );
    const sorted = trace.toSorted();
    const [low, high] = [0.02, 0.98].map((q) => sorted[Math.round(q * (period - 1))]);
    // A pixel that stands still in this beat says nothing: missing.
    for (let t = 0; t < period; t++)
      result[t * nodes.length + k] = high > low ? (trace[t] - low) / (high - low) : Number.NaN;
  }
  const times_ms = Float64Array.from({ length: period }, (_, t) => (t * 1000) / rate);
  return { times_ms, nodes, values: result, arbitraryScale: true };
}
