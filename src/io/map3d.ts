import { basename } from "node:path";
import type { Case, Recording } from "../case/case.js";
import { fail, lookUp, rejectUnknownKeys } from "../core/errors.js";
import { median } from "../core/median.js";
import { nodeCount } from "../mesh/mesh.js";
import { pickActivation } from "./activation.js";
import { chooseSites } from "./choose-sites.js";
import { readText } from "./files.js";
import { map3dMesh, parseMap3dChannels } from "./map3d-geometry.js";
import { findBeats, type Map3dSignals, readMap3dSignals, settleSampling } from "./map3d-signals.js";
import { readMat5File } from "./mat5.js";
import type { MeshResult } from "./mesh-build.js";
import { describeMesh } from "./mesh-report.js";
import { mismatch } from "./problems.js";

/** What every importer returns. */
export interface Imported {
  readonly case: Case;
  /** One line per thing to check: counts, box and unit, orientation, missing data, sampling. */
  readonly report: readonly string[];
}

export interface BeatWindow {
  readonly id: string;
  /** [from, to] ms after the first frame. */
  readonly window_ms: readonly [number, number];
}

export interface Map3dOptions {
  /** Paths: MAT v5 file, .pts, .fac and, where rows are not electrodes in order, .channels. */
  readonly mat: string;
  readonly points: string;
  readonly faces: string;
  readonly channels?: string;
  readonly name?: string;
  readonly source?: string;
  /** Needed where the file does not say it. */
  readonly sampling_hz?: number;
  /** Beats to use. Absent: QRS on and off of the file, else beats found in the signals. */
  readonly windows?: readonly BeatWindow[];
  /** With `known`: the beat to use; absent: the first. */
  readonly beat?: string;
  /** Electrodes to leave out, counted from 1 as in laboratory lists. */
  readonly exclude?: readonly number[];
  /** "fiducials": type 10 of the file; "slope": steepest fall. Absent: fiducials where there are any. */
  readonly activation?: "fiducials" | "slope";
  /** This many electrodes to learn from; the others are the test. Absent: whole beats are split. */
  readonly known?: number;
  /** So many of the known ones are set apart for validation. */
  readonly validation?: number;
  readonly seed?: number;
}

const optionNames = [
  "mat",
  "points",
  "faces",
  "channels",
  "name",
  "source",
  "sampling_hz",
  "windows",
  "beat",
  "exclude",
  "activation",
  "known",
  "validation",
  "seed",
];

/** Parsed files, for `map3dCase`. */
export interface Map3dSources {
  readonly geometry: MeshResult;
  readonly signals: Map3dSignals;
  /** 0-based signal row of each electrode. */
  readonly rows: Int32Array;
}

/**
 * Sock recordings in map3d or EDGAR form -> Case with activation times, ms after the start of the
 * beat's window; stimuli unknown (the beat enters through the conduction system).
 * With `known`: recordings "<beat>-known" (train), "<beat>-validation", "<beat>-heldout" (test).
 * Without: the first beat is train, every other is test.
 * Errors: "missing-option", "no-test", "mismatch", "unknown-name", and those of the readers.
 */
export async function importMap3d(options: Map3dOptions): Promise<Imported> {
  rejectUnknownKeys(options, optionNames, "map3d options");
  const { mat, points, faces, channels } = options;
  const texts = { points: await readText(points), faces: await readText(faces) };
  const geometry = map3dMesh(texts, { points, faces });
  const nodes = nodeCount(geometry.mesh);
  const rows = channels
    ? parseMap3dChannels(await readText(channels), channels)
    : Int32Array.from({ length: nodes }, (_, i) => i);
  if (rows.length !== nodes)
    mismatch(
      channels ?? mat,
      `${rows.length} electrodes, the geometry has ${nodes}`,
      "Give files that belong together.",
    );
  const least = channels ? rows.reduce((a, b) => Math.max(a, b + 1), 0) : nodes;
  const variables = await readMat5File(mat);
  const signals = readMap3dSignals(variables, { least, exact: !channels, path: mat });
  return map3dCase({ geometry, signals, rows }, options);
}

/** The pure part of importMap3d. */
export function map3dCase(sources: Map3dSources, options: Map3dOptions): Imported {
  const { geometry, signals } = sources;
  const sampling_hz = settleSampling(signals, options.sampling_hz, options.mat);
  const electrodes = usable(sources, options);
  const beats = beatsOf(sources, options, { sampling_hz, nodes: electrodes.nodes });
  const picked = beats.map((beat) =>
    activate(sources, options, { beat, sampling_hz, nodes: electrodes.nodes }),
  );
  const split =
    options.known === undefined ? splitBeats(picked) : splitElectrodes(picked, sources, options);
  const report = [
    ...describeMesh(geometry.mesh, "read as mm; the files do not say"),
    ...geometry.report,
    ...signals.report,
    `sampling ${sampling_hz} Hz${signals.sampling_hz ? " (file)" : " (option)"}, ${(signals.frames / sampling_hz) * 1000} ms`,
    ...electrodes.report,
    ...picked.flatMap((beat) => beat.report),
    ...split.report,
  ];
  const name = options.name ?? basename(options.mat).replace(/\.mat$/i, "");
  const source =
    options.source ?? `${basename(options.mat)}${signals.label ? `, ${signals.label}` : ""}`;
  const { recordings, train, validation, test } = split;
  return {
    case: { name, source, mesh: geometry.mesh, recordings, split: { train, validation, test } },
    report,
  };
}

function usable({ signals, rows }: Map3dSources, options: Map3dOptions) {
  const excluded = new Set((options.exclude ?? []).map((number) => number - 1));
  for (const node of excluded)
    if (!Number.isInteger(node) || node < 0 || node >= rows.length)
      mismatch(
        "exclude",
        `there is no electrode ${node + 1}`,
        `Electrodes are 1 to ${rows.length}.`,
      );
  const bad = [...rows.keys()].filter((node) => signals.badChannels.includes(rows[node]));
  const nodes = [...rows.keys()].filter((node) => !excluded.has(node) && !bad.includes(node));
  const report = [`${nodes.length} of ${rows.length} electrodes used`];
  if (excluded.size > 0)
    report.push(`left out as told: ${[...excluded].map((n) => n + 1).join(", ")}`);
  if (bad.length > 0) report.push(`marked as bad in the file: ${bad.map((n) => n + 1).join(", ")}`);
  return { nodes, report };
}

interface BeatContext {
  readonly sampling_hz: number;
  readonly nodes: readonly number[];
}

const traceOf = ({ signals, rows }: Map3dSources, node: number): Float64Array =>
  signals.potentials_mV.subarray(rows[node] * signals.frames, (rows[node] + 1) * signals.frames);

/** Fiducial frames count from 1: frame f lies (f - 1) / rate after the first one. */
const frameToMs = (frame: number, sampling_hz: number) => ((frame - 1) * 1000) / sampling_hz;

function beatsOf(sources: Map3dSources, options: Map3dOptions, context: BeatContext): BeatWindow[] {
  const { fiducials, frames } = sources.signals;
  const end_ms = ((frames - 1) * 1000) / context.sampling_hz;
  if (options.windows) return checkedWindows(options.windows, end_ms);
  const [on] = fiducials.get(2) ?? [];
  const [off] = fiducials.get(4) ?? [];
  if (on !== undefined && off !== undefined && off > on) {
    const window_ms = [
      frameToMs(on, context.sampling_hz),
      frameToMs(off, context.sampling_hz),
    ] as const;
    return [{ id: "beat-1", window_ms }];
  }
  const traces = context.nodes.map((node) => traceOf(sources, node));
  const found = findBeats(traces, context.sampling_hz);
  if (found.length === 0)
    fail({
      code: "no-beat",
      message: `${options.mat}: no beat was found in the signals.`,
      path: options.mat,
      fix: 'Give windows: [{ id: "beat-1", window_ms: [from, to] }].',
    });
  return found.map((window_ms, i) => ({ id: `beat-${i + 1}`, window_ms }));
}

function checkedWindows(windows: readonly BeatWindow[], end_ms: number): BeatWindow[] {
  if (windows.length === 0)
    mismatch("windows", "the list is empty", "Leave it out or name a beat.");
  for (const { id, window_ms } of windows) {
    const [from, to] = window_ms;
    if (!(from >= 0 && to > from && to <= end_ms))
      mismatch(
        "windows",
        `the window of "${id}", ${from} to ${to} ms, is not inside 0 to ${end_ms} ms`,
        "Give [from, to] in ms after the first frame.",
      );
  }
  if (new Set(windows.map(({ id }) => id)).size !== windows.length)
    mismatch("windows", "two beats have the same id", "Give each beat its own id.");
  return [...windows];
}

interface Picked {
  readonly id: string;
  /** Nodes with a time, and the time in ms after the window's start. */
  readonly nodes: readonly number[];
  readonly times_ms: readonly number[];
  readonly report: readonly string[];
}

function activate(
  sources: Map3dSources,
  options: Map3dOptions,
  context: BeatContext & { beat: BeatWindow },
): Picked {
  const { beat, nodes, sampling_hz } = context;
  const marks = fiducialMarks(sources, options);
  const [start, end] = beat.window_ms;
  const time = (node: number) =>
    marks
      ? frameToMs(marks[node], sampling_hz)
      : pickActivation(traceOf(sources, node), {
          sampling_hz,
          window_ms: beat.window_ms,
          mark: "steepest-fall",
        });
  const all = nodes.map((node) => ({ node, at: time(node) }));
  const seen = all.filter(({ at }) => Number.isFinite(at) && at >= start && at <= end);
  if (seen.length === 0)
    mismatch(
      options.mat,
      `no electrode activates in the window of "${beat.id}"`,
      "Check the window and the sampling rate.",
    );
  const lost = all.filter((entry) => !seen.includes(entry)).map(({ node }) => node + 1);
  const times_ms = seen.map(({ at }) => at - start);
  const [first, last] = [Math.min(...times_ms), Math.max(...times_ms)];
  // Some files of this laboratory hold onset + offset / 1000: every time is then nearly the same.
  if (marks && last - first < 0.5 && seen.length > 10)
    mismatch(
      options.mat,
      `the activation fiducials span ${(last - first).toPrecision(2)} ms only, so they are stored in another unit`,
      'Use activation: "slope".',
    );
  const report = [
    `${beat.id}: window ${start.toFixed(1)} to ${end.toFixed(1)} ms; times are shifted by -${start.toFixed(3)} ms`,
    `${beat.id}: ${seen.length} activation times by ${marks ? "fiducial 10 of the file" : "steepest fall"}, ${first.toFixed(1)} to ${last.toFixed(1)} ms, median ${median(times_ms).toFixed(1)}`,
    ...(lost.length > 0
      ? [`${beat.id}: no time inside the window for electrodes ${lost.join(", ")}`]
      : []),
  ];
  return { id: beat.id, nodes: seen.map(({ node }) => node), times_ms, report };
}

/** Type 10 by node, in frames from 1; undefined where slopes are to be used. */
function fiducialMarks(
  { signals, rows }: Map3dSources,
  options: Map3dOptions,
): number[] | undefined {
  const values = signals.fiducials.get(10);
  if (options.activation === "slope") return undefined;
  if (values?.length === signals.channels) return Array.from(rows, (row) => values[row]);
  if (options.activation !== "fiducials") return undefined;
  return mismatch(
    options.mat,
    "there are no activation fiducials (type 10) for every channel",
    'Use activation: "slope".',
  );
}

function toRecording(id: string, beat: Picked, keep: (node: number) => boolean): Recording {
  const kept = [...beat.nodes.keys()].filter((i) => keep(beat.nodes[i]));
  const nodes = Int32Array.from(kept, (i) => beat.nodes[i]);
  const times_ms = Float64Array.from(kept, (i) => beat.times_ms[i]);
  return { id, beat: beat.id, stimuli: { kind: "unknown" }, activation: { nodes, times_ms } };
}

interface SplitResult {
  readonly recordings: Recording[];
  readonly train: string[];
  readonly validation: string[];
  readonly test: string[];
  readonly report: string[];
}

function splitBeats(beats: readonly Picked[]): SplitResult {
  if (beats.length < 2)
    fail({
      code: "no-test",
      message: "One beat and no held-out electrodes: nothing is left to test on.",
      path: "known",
      fix: "Give known: K to hold out the other electrodes, or windows with a second beat.",
    });
  const ids = beats.map((beat) => beat.id);
  return {
    recordings: beats.map((beat) => toRecording(beat.id, beat, () => true)),
    train: ids.slice(0, 1),
    validation: [],
    test: ids.slice(1),
    report: [`train: ${ids[0]}; test: ${ids.slice(1).join(", ")}`],
  };
}

function splitElectrodes(
  beats: readonly Picked[],
  sources: Map3dSources,
  options: Map3dOptions,
): SplitResult {
  const { known = 0, validation = 0, seed } = options;
  if (seed === undefined)
    return fail({
      code: "missing-option",
      message: "known needs a seed.",
      path: "seed",
      fix: "Give seed: 1.",
    });
  const table = Object.fromEntries(beats.map((beat) => [beat.id, beat]));
  const beat = options.beat === undefined ? beats[0] : lookUp("beat", table, options.beat);
  if (known >= beat.nodes.length || validation >= known || validation < 0)
    mismatch(
      "known",
      `${known} known and ${validation} for validation of ${beat.nodes.length} electrodes`,
      "Leave some electrodes for the test, and some of the known ones for training.",
    );
  const { points } = sources.geometry.mesh;
  const chosen = chooseSites(points, beat.nodes, { count: known, seed });
  const apart = new Set(
    validation > 0 ? chooseSites(points, chosen, { count: validation, seed: seed + 1 }) : [],
  );
  const learnt = new Set(chosen.filter((node) => !apart.has(node)));
  const parts = [
    { role: "train", id: `${beat.id}-known`, keep: (node: number) => learnt.has(node) },
    { role: "validation", id: `${beat.id}-validation`, keep: (node: number) => apart.has(node) },
    {
      role: "test",
      id: `${beat.id}-heldout`,
      keep: (node: number) => !learnt.has(node) && !apart.has(node),
    },
  ].filter(({ role }) => role !== "validation" || validation > 0);
  const named = (role: string) => parts.filter((part) => part.role === role).map((part) => part.id);
  const unused = beats.filter((other) => other !== beat).map((other) => other.id);
  return {
    recordings: parts.map(({ id, keep }) => toRecording(id, beat, keep)),
    train: named("train"),
    validation: named("validation"),
    test: named("test"),
    report: [
      `${learnt.size} electrodes to learn from, ${apart.size} for validation, ${beat.nodes.length - known} held out (seed ${seed})`,
      ...(unused.length > 0 ? [`beats not used: ${unused.join(", ")}`] : []),
    ],
  };
}
