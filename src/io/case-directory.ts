import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ActivationData, Case, PotentialData, Recording, Split } from "../case/case.js";
import { fail } from "../core/errors.js";
import { writeDirectoryAtomic } from "./atomic.js";
import { decodeText } from "./bytes.js";
import { checkCase } from "./case-check.js";
import { type CaseFile, caseFormat, caseVersion, parseCaseFile } from "./case-schema.js";
import { isFolderWithout, readBytes, sha256 } from "./files.js";
import { encodeNpy, type NpyArray, parseNpy } from "./npy.js";
import { malformed } from "./problems.js";
import { parseVtu } from "./vtu.js";
import { encodeVtu } from "./vtu-write.js";

type Part = keyof Split;
const parts: readonly Part[] = ["train", "validation", "test"];
const caseJson = "case.json";

/** Errors: "cannot-read" for a folder without it, a run for example. */
function caseFile(directory: string): string {
  const path = join(directory, caseJson);
  if (isFolderWithout(directory, caseJson))
    fail({
      code: "cannot-read",
      path: directory,
      message: `${directory} is not the folder of a case: it has no ${caseJson}.`,
      fix: "Name a folder that leads synth or leads import wrote.",
    });
  return path;
}

/**
 * Writes a Case as a folder: case.json (names, split, stimuli, sha256 of every file), mesh.vtu
 * (ParaView) and one .npy an array. The folder appears complete or not at all.
 * Errors: "bad-case", "no-test", "exists" (a folder that is no case is never replaced), "cannot-write".
 */
export async function writeCase(
  directory: string,
  value: Case,
  options: { replace?: boolean } = {},
): Promise<void> {
  checkCase(value, { path: directory });
  const { files, content } = encodeCase(value);
  const fill = async (temporary: string) => {
    for (const [name, bytes] of files) await writeFile(join(temporary, name), bytes);
    await writeFile(join(temporary, caseJson), `${JSON.stringify(content, null, 2)}\n`);
  };
  // A folder with anything of the user's own beside the case is never thrown away.
  const ours = /^(case\.json|mesh\.vtu|recording-\d{4,}-[a-z-]+\.npy)$/;
  const mayReplace = (names: readonly string[]) =>
    options.replace === true && names.includes(caseJson) && names.every((name) => ours.test(name));
  await writeDirectoryAtomic(directory, fill, { mayReplace });
}

function encodeCase(value: Case) {
  const files = new Map<string, Uint8Array>();
  files.set("mesh.vtu", encodeVtu(value.mesh));
  const recordings = value.recordings.map((recording, i) => {
    const add = (part: string, array: Parameters<typeof encodeNpy>[0]) => {
      // Ids may hold any character; file names are numbers.
      const name = `recording-${String(i + 1).padStart(4, "0")}-${part}.npy`;
      files.set(name, encodeNpy(array));
      return name;
    };
    return encodeRecording(recording, add);
  });
  const content: CaseFile = {
    format: caseFormat,
    version: caseVersion,
    name: value.name,
    source: value.source,
    mesh: "mesh.vtu",
    split: {
      train: [...value.split.train],
      validation: [...value.split.validation],
      test: [...value.split.test],
    },
    recordings,
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
    ),
  };
  return { files, content };
}

type Add = (part: string, array: Parameters<typeof encodeNpy>[0]) => string;

function encodeRecording(recording: Recording, add: Add): CaseFile["recordings"][number] {
  const { id, beat, stimuli, potential, activation } = recording;
  const vector = (part: string, type: "f8" | "i4", data: Float64Array | Int32Array) =>
    add(part, { type, data, shape: [data.length] });
  return {
    id,
    beat,
    // A copy through JSON: plain mutable data, as the schema types it.
    stimuli: structuredClone(stimuli) as CaseFile["recordings"][number]["stimuli"],
    ...(potential && {
      potential: {
        times: vector("potential-times", "f8", potential.times_ms),
        nodes: vector("potential-nodes", "i4", potential.nodes),
        values: add("potential-values", {
          type: "f4",
          data: potential.values,
          shape: [potential.times_ms.length, potential.nodes.length],
        }),
        arbitraryScale: potential.arbitraryScale,
      },
    }),
    ...(activation && {
      activation: {
        nodes: vector("activation-nodes", "i4", activation.nodes),
        times: vector("activation-times", "f8", activation.times_ms),
      },
    }),
  };
}

export interface ReadCaseOptions {
  /**
   * Parts of the split to read; absent: all. Files of other parts are not opened, their recordings are
   * not in the result and their lists in `split` are empty.
   */
  readonly include?: readonly Part[];
}

/**
 * Reads what writeCase wrote and checks it: hash of every file that is opened, shapes, node ranges,
 * times, missing values, split. A case on disk must name a test recording even where it is not read.
 * Errors: "cannot-read", "foreign-file", "malformed-file", "changed-file", "bad-case", "no-test".
 */
export async function readCase(directory: string, options: ReadCaseOptions = {}): Promise<Case> {
  const path = caseFile(directory);
  const content = parseCaseFile(decodeText(await readBytes(path)), path);
  checkNames(content, path);
  const include = options.include ?? parts;
  const wanted = new Set(include.flatMap((part) => content.split[part]));
  const load = (name: string) => loadChecked(directory, name, content);
  const { mesh } = parseVtu(await load(content.mesh), join(directory, content.mesh));
  const recordings: Recording[] = [];
  for (const entry of content.recordings)
    if (wanted.has(entry.id)) recordings.push(await decodeRecording(entry, directory, load));
  const only = (part: Part) => (include.includes(part) ? content.split[part] : []);
  const split = { train: only("train"), validation: only("validation"), test: only("test") };
  const value: Case = { name: content.name, source: content.source, mesh, recordings, split };
  checkCase(value, { path: directory, partial: options.include !== undefined });
  return value;
}

/** Which recordings belong where, from case.json alone. Errors: as readCase. */
export async function readSplit(directory: string): Promise<Split> {
  const path = caseFile(directory);
  const content = parseCaseFile(decodeText(await readBytes(path)), path);
  checkNames(content, path);
  return content.split;
}

/** Ids and split of the whole file, also of what will not be read. */
function checkNames(content: CaseFile, path: string): void {
  const ids = content.recordings.map(({ id }) => id);
  const named = parts.flatMap((part) => content.split[part]);
  const twice = (list: readonly string[]) => list.find((id, i) => list.indexOf(id) !== i);
  const problem = (message: string) =>
    fail({
      code: "bad-case",
      message: `${path}: ${message}.`,
      path,
      fix: `Recordings: ${ids.join(", ")}.`,
    });
  if (twice(ids) !== undefined) problem(`two recordings are called "${twice(ids)}"`);
  if (twice(named) !== undefined) problem(`"${twice(named)}" stands twice in the split`);
  const unknown = named.find((id) => !ids.includes(id));
  if (unknown !== undefined) problem(`the split names "${unknown}", which is no recording`);
  const idle = ids.find((id) => !named.includes(id));
  if (idle !== undefined) problem(`"${idle}" is in no part of the split`);
  if (content.split.test.length === 0)
    fail({
      code: "no-test",
      message: `${path}: there is no test recording, so no score could be trusted.`,
      path,
      fix: "Put a recording that fitting never sees in split.test.",
    });
}

async function loadChecked(
  directory: string,
  name: string,
  content: CaseFile,
): Promise<Uint8Array> {
  const path = join(directory, name);
  if (!Object.hasOwn(content.files, name))
    malformed(join(directory, caseJson), `"${name}" is not in its list of files`);
  const bytes = await readBytes(path);
  if (sha256(bytes) !== content.files[name].sha256)
    fail({
      code: "changed-file",
      message: `${path}: the content differs from what case.json recorded (sha256).`,
      path,
      fix: "Restore the file, or import the recordings again.",
    });
  return bytes;
}

type Load = (name: string) => Promise<Uint8Array>;

async function decodeRecording(
  entry: CaseFile["recordings"][number],
  directory: string,
  load: Load,
): Promise<Recording> {
  const array = async (name: string, dimensions: number): Promise<NpyArray> => {
    const path = join(directory, name);
    const result = parseNpy(await load(name), path);
    if (result.shape.length !== dimensions)
      malformed(
        path,
        `an array of shape (${result.shape.join(", ")}), ${dimensions} axes expected`,
      );
    return result;
  };
  const { id, beat, stimuli } = entry;
  const potential = entry.potential && (await decodePotential(entry.potential, array));
  const activation = entry.activation && (await decodeActivation(entry.activation, array));
  return { id, beat, stimuli, ...(potential && { potential }), ...(activation && { activation }) };
}

type ArrayOf = (name: string, dimensions: number) => Promise<NpyArray>;
type Entry = CaseFile["recordings"][number];

async function decodePotential(
  entry: NonNullable<Entry["potential"]>,
  array: ArrayOf,
): Promise<PotentialData> {
  const [times, nodes] = [await array(entry.times, 1), await array(entry.nodes, 1)];
  const values = await array(entry.values, 2);
  if (values.shape[0] !== times.data.length || values.shape[1] !== nodes.data.length)
    malformed(
      basename(entry.values),
      `shape (${values.shape.join(", ")}) for ${times.data.length} times and ${nodes.data.length} nodes`,
    );
  return {
    times_ms: times.data,
    nodes: toIndices(nodes.data, entry.nodes),
    values: Float32Array.from(values.data),
    arbitraryScale: entry.arbitraryScale,
  };
}

async function decodeActivation(
  entry: NonNullable<Entry["activation"]>,
  array: ArrayOf,
): Promise<ActivationData> {
  const [nodes, times] = [await array(entry.nodes, 1), await array(entry.times, 1)];
  return { nodes: toIndices(nodes.data, entry.nodes), times_ms: times.data };
}

function toIndices(values: Float64Array, name: string): Int32Array {
  for (const value of values)
    if ((value | 0) !== value) malformed(name, `${value} is not a node number`);
  return Int32Array.from(values);
}

/** One number for the whole folder: sha256 of case.json, which holds the hashes of all other files. */
export const hashCase = async (directory: string): Promise<string> =>
  sha256(await readBytes(caseFile(directory)));
