import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { ActivationData, Case, PotentialData, Recording } from "../case/case.js";
import { nodeCount } from "../mesh/mesh.js";
import { checkCase } from "./case-check.js";
import { parseJson, stimulusSchema } from "./case-schema.js";
import { parseNumberColumns } from "./csv.js";
import { readBytes, readText } from "./files.js";
import type { Imported } from "./map3d.js";
import { readMeshFile } from "./mesh-file.js";
import { type NpyArray, parseNpy } from "./npy.js";
import { mismatch } from "./problems.js";

/** Observed nodes: "all", a list, or a .npy file of them; counted from `index_base`. */
const nodesSchema = z.union([
  z.literal("all"),
  z.array(z.int().nonnegative()).min(1),
  z.string().min(1),
]);

const potentialSchema = z.strictObject({
  /** .npy, [T, K] */
  file: z.string().min(1),
  nodes: nodesSchema,
  times_ms_file: z.string().optional(),
  sampling_hz: z.number().positive().optional(),
  /** Time of the first frame, with sampling_hz. */
  start_ms: z.number().optional(),
  unit: z.enum(["normalised", "mV", "arbitrary"]),
  /** With mV: u = (v - rest_mV) / (peak_mV - rest_mV). */
  rest_mV: z.number().optional(),
  peak_mV: z.number().optional(),
});

const activationSchema = z.strictObject({
  /** .npy [K] with `nodes`, or .csv with the columns node and time_ms. */
  file: z.string().min(1),
  nodes: nodesSchema.optional(),
});

const manifestSchema = z.strictObject({
  format: z.literal("leads-arrays"),
  version: z.literal(1),
  name: z.string().min(1),
  source: z.string(),
  mesh: z.strictObject({
    file: z.string().min(1),
    unit: z.enum(["um", "mm", "cm", "m"]).optional(),
  }),
  /** 0 or 1: what the first node is called in lists, files and stimuli of this manifest. */
  index_base: z.union([z.literal(0), z.literal(1)]),
  recordings: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        beat: z.string().min(1).optional(),
        split: z.enum(["train", "validation", "test"]),
        stimuli: z.union([z.literal("unknown"), z.array(stimulusSchema)]),
        potential: potentialSchema.optional(),
        activation: activationSchema.optional(),
      }),
    )
    .min(1),
});
type Manifest = z.infer<typeof manifestSchema>;
type Entry = Manifest["recordings"][number];

/**
 * A JSON manifest that names a mesh and arrays -> Case. File names are relative to the manifest.
 *
 *     { "format": "leads-arrays", "version": 1, "name": "pig 7", "source": "our lab, CC-BY 4.0",
 *       "mesh": { "file": "heart.vtu", "unit": "mm" }, "index_base": 0,
 *       "recordings": [
 *         { "id": "apex", "split": "train",
 *           "stimuli": [{ "kind": "current", "nodes": [12], "start_ms": 0, "duration_ms": 2,
 *                         "strength_per_ms": 0.5 }],
 *           "potential": { "file": "apex.npy", "nodes": "all", "sampling_hz": 500, "unit": "mV",
 *                          "rest_mV": -85, "peak_mV": 35 } },
 *         { "id": "base", "split": "test", "stimuli": "unknown",
 *           "activation": { "file": "base.csv" } } ] }
 *
 * `beat` is the id where it is left out. Unit "arbitrary" means an unknown gain and offset per node.
 * Errors: "malformed-file", "mismatch", "bad-case", "no-test", "suspicious-unit", "cannot-read".
 */
export async function importArrays(manifestPath: string): Promise<Imported> {
  const manifest = parseJson(await readText(manifestPath), manifestSchema, manifestPath);
  const folder = dirname(manifestPath);
  const mesh = await readMeshFile(resolve(folder, manifest.mesh.file), {
    unit: manifest.mesh.unit,
  });
  const context = {
    folder,
    base: manifest.index_base,
    nodes: nodeCount(mesh.mesh),
    path: manifestPath,
  };
  const recordings: Recording[] = [];
  for (const entry of manifest.recordings) recordings.push(await readEntry(entry, context));
  const of = (part: Entry["split"]) =>
    manifest.recordings.filter((entry) => entry.split === part).map((entry) => entry.id);
  const value: Case = {
    name: manifest.name,
    source: manifest.source,
    mesh: mesh.mesh,
    recordings,
    split: { train: of("train"), validation: of("validation"), test: of("test") },
  };
  checkCase(value, { path: manifestPath });
  const report = [
    ...mesh.report,
    `nodes counted from ${manifest.index_base}`,
    ...recordings.map(describe),
  ];
  return { case: value, report };
}

interface Context {
  readonly folder: string;
  readonly base: number;
  readonly nodes: number;
  readonly path: string;
}

async function readEntry(entry: Entry, context: Context): Promise<Recording> {
  const here = { ...context, path: `${context.path}, recording "${entry.id}"` };
  const shift = (nodes: readonly number[]) => nodes.map((node) => node - context.base);
  const potential = entry.potential && (await readPotential(entry.potential, here));
  const activation = entry.activation && (await readActivation(entry.activation, here));
  return {
    id: entry.id,
    beat: entry.beat ?? entry.id,
    stimuli:
      entry.stimuli === "unknown"
        ? { kind: "unknown" }
        : { kind: "given", stimuli: entry.stimuli.map((s) => ({ ...s, nodes: shift(s.nodes) })) },
    ...(potential && { potential }),
    ...(activation && { activation }),
  };
}

async function readArray(file: string, context: Context): Promise<NpyArray> {
  const path = resolve(context.folder, file);
  return parseNpy(await readBytes(path), path);
}

async function readNodes(
  nodes: z.infer<typeof nodesSchema>,
  context: Context,
): Promise<Int32Array> {
  if (nodes === "all") return Int32Array.from({ length: context.nodes }, (_, i) => i);
  const list = typeof nodes === "string" ? (await readArray(nodes, context)).data : nodes;
  return toNodes(list, context);
}

function toNodes(list: ArrayLike<number>, context: Context): Int32Array {
  return Int32Array.from({ length: list.length }, (_, i) => {
    const node = list[i] - context.base;
    if (!Number.isInteger(node) || node < 0 || node >= context.nodes)
      mismatch(
        context.path,
        `node ${list[i]} is not in the mesh`,
        `With index_base ${context.base}, nodes are ${context.base} to ${context.nodes - 1 + context.base}.`,
      );
    return node;
  });
}

async function readPotential(
  entry: z.infer<typeof potentialSchema>,
  context: Context,
): Promise<PotentialData> {
  const { shape, data } = await readArray(entry.file, context);
  const nodes = await readNodes(entry.nodes, context);
  if (shape.length !== 2 || shape[1] !== nodes.length)
    mismatch(
      context.path,
      `${entry.file} has the shape (${shape.join(", ")}) for ${nodes.length} nodes`,
      shape[0] === nodes.length
        ? "It is [K, T]: save its transpose."
        : "Save it as [T, K] with one column a node.",
    );
  const times_ms = await readTimes(entry, shape[0], context);
  const values = Float32Array.from(data, scaleOf(entry, context));
  const extreme = values.reduce((a, x) => (Math.abs(x) > a ? Math.abs(x) : a), 0);
  if (entry.unit !== "arbitrary" && extreme > 5)
    mismatch(
      context.path,
      `${entry.file} reaches ${extreme.toPrecision(3)}; a normalised potential is about 0 to 1`,
      'Give "unit": "mV" with rest_mV and peak_mV, or "arbitrary".',
    );
  return { times_ms, nodes, values, arbitraryScale: entry.unit === "arbitrary" };
}

function scaleOf(
  entry: z.infer<typeof potentialSchema>,
  context: Context,
): (value: number) => number {
  const { unit, rest_mV, peak_mV } = entry;
  if (unit !== "mV") {
    if (rest_mV !== undefined || peak_mV !== undefined)
      mismatch(
        context.path,
        `rest_mV and peak_mV belong to "unit": "mV", not "${unit}"`,
        "Leave them out.",
      );
    return (value) => value;
  }
  if (rest_mV === undefined || peak_mV === undefined || !(peak_mV > rest_mV))
    return mismatch(
      context.path,
      'with "unit": "mV", rest_mV and a larger peak_mV are needed',
      "Give both.",
    );
  return (value) => (value - rest_mV) / (peak_mV - rest_mV);
}

async function readTimes(
  entry: z.infer<typeof potentialSchema>,
  frames: number,
  context: Context,
): Promise<Float64Array> {
  const { times_ms_file, sampling_hz, start_ms = 0 } = entry;
  if ((times_ms_file === undefined) === (sampling_hz === undefined))
    mismatch(context.path, "give either times_ms_file or sampling_hz", "Keep one of the two.");
  if (times_ms_file === undefined)
    return Float64Array.from(
      { length: frames },
      (_, t) => start_ms + (t * 1000) / (sampling_hz as number),
    );
  const { shape, data } = await readArray(times_ms_file, context);
  if (shape.length !== 1 || data.length !== frames)
    mismatch(
      context.path,
      `${times_ms_file} has ${data.length} times for ${frames} frames`,
      "Give one time a frame.",
    );
  return data;
}

async function readActivation(
  entry: z.infer<typeof activationSchema>,
  context: Context,
): Promise<ActivationData> {
  if (entry.file.toLowerCase().endsWith(".csv")) return readActivationTable(entry, context);
  const { shape, data } = await readArray(entry.file, context);
  if (entry.nodes === undefined)
    mismatch(context.path, `${entry.file} needs nodes`, 'Give "nodes": "all" or a list.');
  const nodes = await readNodes(entry.nodes ?? "all", context);
  if (shape.length !== 1 || data.length !== nodes.length)
    mismatch(
      context.path,
      `${entry.file} has the shape (${shape.join(", ")}) for ${nodes.length} nodes`,
      "Give one time a node.",
    );
  return { nodes, times_ms: data };
}

async function readActivationTable(
  entry: z.infer<typeof activationSchema>,
  context: Context,
): Promise<ActivationData> {
  const path = resolve(context.folder, entry.file);
  const columns = parseNumberColumns(await readText(path), path);
  if (!columns.node || !columns.time_ms)
    mismatch(
      path,
      `columns ${Object.keys(columns).join(", ")}`,
      "Name the columns node and time_ms.",
    );
  if (entry.nodes !== undefined)
    mismatch(context.path, "nodes stand in the .csv file already", "Leave nodes out.");
  return { nodes: toNodes(columns.node, context), times_ms: columns.time_ms };
}

function describe(recording: Recording): string {
  const { potential, activation } = recording;
  const missing = (values: ArrayLike<number>) => {
    const count = Array.from(values).filter(Number.isNaN).length;
    return count > 0 ? `, ${count} values missing` : "";
  };
  const said = [
    potential &&
      `potential ${potential.times_ms.length} frames x ${potential.nodes.length} nodes, ${potential.times_ms[0]} to ${potential.times_ms.at(-1)} ms${missing(potential.values)}`,
    activation && `activation at ${activation.nodes.length} nodes${missing(activation.times_ms)}`,
  ];
  return `${recording.id}: ${said.filter((text) => text).join("; ")}`;
}
