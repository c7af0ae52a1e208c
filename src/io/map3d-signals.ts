import { fail } from "../core/errors.js";
import { median } from "../core/median.js";
import { findTops, slope, smooth } from "./activation.js";
import type { MatValue } from "./mat5.js";
import { foreign, malformed, mismatch } from "./problems.js";

/** What a map3d or EDGAR structure says about its signals; frames counted as in the file, from 1. */
export interface Map3dSignals {
  /** [channels * frames], mV, channel after channel. */
  readonly potentials_mV: Float64Array;
  readonly channels: number;
  readonly frames: number;
  readonly sampling_hz: number | undefined;
  readonly label: string;
  /** Fiducials by type, values in frames from 1: 2 QRS on, 4 QRS off, 10 activation, 13 recovery. */
  readonly fiducials: ReadonlyMap<number, Float64Array>;
  /** 0-based channels that the laboratory marked as bad. */
  readonly badChannels: readonly number[];
  readonly report: readonly string[];
}

type Fields = ReadonlyMap<string, MatValue>;
const signalNames = ["potvals", "data", "field", "scalarfield"];
const samplingNames = ["samplefrequency", "sampleFreq", "sampling", "samplingrate", "fs"];
const badNames = ["leadinfo", "badleads"];
const perMillivolt: Readonly<Record<string, number>> = { uv: 1e-3, um: 1e-3, mv: 1, v: 1e3 };

/**
 * Finds the structure with signals under whatever name it has (map3d manual, "MATLAB format").
 * `rows`: how many channels are expected at least and whether exactly; it settles the orientation.
 * Errors: "foreign-file", "malformed-file", "mismatch".
 */
export function readMap3dSignals(
  variables: ReadonlyMap<string, MatValue>,
  rows: { readonly least: number; readonly exact: boolean; readonly path: string },
): Map3dSignals {
  const { path } = rows;
  const { name, fields } = findStructure(variables, path);
  const matrix = pick(fields, signalNames);
  if (matrix?.kind !== "numeric" || matrix.shape.length !== 2)
    return malformed(path, `"${name}" holds no matrix of signals`);
  const oriented = orient(matrix, rows);
  const unit = textOf(fields.get("unit")).trim();
  const factor = perMillivolt[unit.toLowerCase()];
  if (unit !== "" && factor === undefined)
    foreign(path, `the unit "${unit}" is not known`, "Use uV, mV or V in the field unit.");
  const sampling_hz = numberOf(pick(fields, samplingNames));
  const report = [
    `structure "${name}", ${oriented.channels} channels x ${oriented.frames} frames`,
    unit === "" ? "unit not in the file: read as mV" : `unit ${unit}, kept as mV`,
    ...(oriented.turned ? ["signals stored frame by frame, turned"] : []),
  ];
  return {
    ...oriented,
    potentials_mV: oriented.values.map((value) => value * (factor ?? 1)),
    sampling_hz,
    label: textOf(fields.get("label")),
    fiducials: readFiducials(fields.get("fids"), path),
    badChannels: readBad(pick(fields, badNames), oriented.channels),
    report,
  };
}

function findStructure(variables: ReadonlyMap<string, MatValue>, path: string) {
  for (const [name, value] of variables)
    if (value.kind === "struct" && value.values.length > 0 && pick(value.values[0], signalNames))
      return { name, fields: value.values[0] };
  const found = [...variables].map(([name, value]) => `${name} (${value.kind})`).join(", ");
  return foreign(
    path,
    `no structure with potvals, data, field or scalarfield; it holds ${found}`,
    "In MATLAB: ts.potvals = signals; ts.samplefrequency = 1000; save(file, 'ts', '-v7').",
  );
}

function pick(fields: Fields, names: readonly string[]): MatValue | undefined {
  for (const name of names) if (fields.has(name)) return fields.get(name);
  return undefined;
}

const textOf = (value: MatValue | undefined): string =>
  value?.kind === "text" ? (value.rows[0] ?? "") : "";

function numberOf(value: MatValue | undefined): number | undefined {
  const first = value?.kind === "numeric" ? value.data[0] : undefined;
  return first !== undefined && Number.isFinite(first) && first > 0 ? first : undefined;
}

/** Channels by frames, decided by the number of channels the geometry needs, never by the longer side. */
function orient(
  matrix: { shape: readonly number[]; data: Float64Array },
  rows: { least: number; exact: boolean; path: string },
) {
  const [height, width] = matrix.shape;
  const fits = (n: number) => (rows.exact ? n === rows.least : n >= rows.least);
  const at = (i: number, j: number) => matrix.data[i + j * height];
  const values = new Float64Array(height * width);
  if (fits(height)) {
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) values[i * width + j] = at(i, j);
    return { values, channels: height, frames: width, turned: false };
  }
  if (!fits(width))
    mismatch(
      rows.path,
      `signals of ${height} x ${width} do not fit ${rows.exact ? "" : "at least "}${rows.least} electrodes`,
      "Give the geometry of this recording, or a .channels file that says which row is which electrode.",
    );
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) values[j * height + i] = at(i, j);
  return { values, channels: width, frames: height, turned: true };
}

function readFiducials(value: MatValue | undefined, path: string): Map<number, Float64Array> {
  const result = new Map<number, Float64Array>();
  if (value?.kind !== "struct") return result;
  for (const fields of value.values) {
    const type = numberOf(fields.get("type"));
    const values = fields.get("value");
    if (type === undefined || values?.kind !== "numeric") continue;
    if (!Number.isInteger(type)) malformed(path, `a fiducial of type ${type}`);
    if (!result.has(type)) result.set(type, values.data);
  }
  return result;
}

function readBad(value: MatValue | undefined, channels: number): number[] {
  if (value?.kind !== "numeric" || value.data.length !== channels) return [];
  return [...value.data.keys()].filter((i) => value.data[i] !== 0);
}

/**
 * Beats in unipolar electrograms: stretches of 15 ms or more where the median over electrodes of
 * |dV/dt|, smoothed by 4 ms, is above a fifth of its top. The median passes over pacing artefacts,
 * which are too short, and single bad leads. Each window gets 15 ms on both sides.
 */
export function findBeats(
  signals: readonly Float64Array[],
  sampling_hz: number,
): [number, number][] {
  const per_ms = sampling_hz / 1000;
  const rates = signals.map((signal) => slope(smooth(signal, per_ms)).map(Math.abs));
  const frames = signals[0]?.length ?? 0;
  const medians = Float64Array.from({ length: frames }, (_, t) =>
    median(rates.map((rate) => rate[t])),
  );
  const trace = smooth(medians, 4 * per_ms);
  const limit = 0.2 * trace.reduce((a, b) => Math.max(a, b), 0);
  const beats: [number, number][] = [];
  for (const top of findTops(trace, { fraction: 0.2, gap: 100 * per_ms })) {
    let [a, b] = [top, top];
    while (a > 0 && trace[a - 1] > limit) a--;
    while (b < frames - 1 && trace[b + 1] > limit) b++;
    if (a === 0 || b === frames - 1 || b - a < 15 * per_ms) continue;
    beats.push([Math.max(0, a / per_ms - 15), Math.min((frames - 1) / per_ms, b / per_ms + 15)]);
  }
  return beats;
}

/** The sampling rate of file and option, which must agree. Errors: "missing-option", "mismatch". */
export function settleSampling(
  signals: Map3dSignals,
  option: number | undefined,
  path: string,
): number {
  if (option !== undefined && !(Number.isFinite(option) && option > 0))
    mismatch(path, `a sampling rate of ${option} Hz`, "Give a positive number.");
  if (option !== undefined && signals.sampling_hz !== undefined && option !== signals.sampling_hz)
    mismatch(
      path,
      `the file says ${signals.sampling_hz} Hz, the option ${option} Hz`,
      "Leave the option out.",
    );
  return (
    option ??
    signals.sampling_hz ??
    fail({
      code: "missing-option",
      message: `${path}: the sampling rate is not in the file.`,
      path,
      fix: "Give sampling_hz (1000 is usual for this laboratory).",
    })
  );
}
