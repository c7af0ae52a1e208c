import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case, Recording } from "../case/case.js";
import { createSyntheticPatient, type Truth } from "../case/synthetic.js";
import { catalog } from "../catalog/catalog.js";
import { fail } from "../core/errors.js";
import { hashOf } from "../discover/canonical.js";
import { writeFileAtomic } from "../io/atomic.js";
import { hashCase, readCase, writeCase } from "../io/case-directory.js";
import { readText } from "../io/files.js";
import { importMap3d } from "../io/map3d.js";
import { channelTimes } from "../twin/times.js";
import { truthSimulator } from "../twin/truth.js";
import type { RecordedRecipe, SyntheticRecipe, TableCase } from "./configuration.js";
import { carryRecording, caseOnOtherMesh } from "./other-mesh.js";

/** Where the cases of a table lie, and where recordings are looked for. */
export interface Places {
  readonly cases: string;
  readonly recordings: string;
}

/** A case on the disk: its folder, what is known of its truth, and the case that scores come from. */
export interface CaseFolders {
  readonly directory: string;
  readonly truth: string;
  /** Exists where the test is on another mesh, or at nodes that were not observed. */
  readonly test: string;
}

/** Raised where the same recipe makes other recordings: truths of many states in single precision. */
const generation = 2;

/** The folder's name holds the hash of the recipe, so that a changed recipe is another case. */
export async function caseFolders(
  { name, recipe }: TableCase,
  seed: number,
  { cases }: Places,
): Promise<CaseFolders> {
  const hash = (await hashOf({ recipe, seed, generation })).slice(0, 12);
  const directory = join(cases, `${name}-${seed}-${hash}`);
  return { directory, truth: `${directory}.truth.json`, test: `${directory}.test` };
}

/** "" or why this case cannot be made here. */
export function whyNoCase({ recipe }: TableCase, { recordings }: Places): string {
  if (recipe.kind === "synthetic") return "";
  const folder = join(recordings, recipe.folder);
  return existsSync(folder) ? "" : `no recordings at ${join(recordings, recipe.folder)}`;
}

/** Makes the case unless it is there already; returns the hash of its case.json. */
export async function makeCase(
  tableCase: TableCase,
  seed: number,
  places: Places,
): Promise<string> {
  const folders = await caseFolders(tableCase, seed, places);
  if (existsSync(join(folders.directory, "case.json"))) return hashCase(folders.directory);
  await mkdir(places.cases, { recursive: true });
  const { recipe } = tableCase;
  if (recipe.kind === "synthetic") await makeSynthetic(recipe, seed, folders);
  else await writeCase(folders.directory, await importRecorded(recipe, seed, places));
  return hashCase(folders.directory);
}

async function makeSynthetic(
  recipe: SyntheticRecipe,
  seed: number,
  folders: CaseFolders,
): Promise<void> {
  const simulator = truthSimulator(catalog);
  const patient = createSyntheticPatient({ ...recipe.options, seed }, simulator);
  const { case: data } = patient;
  const { train, validation, test } = learntFrom(data.split, recipe.learnt);
  // Scores are against the noise-free truth at every node; discovery never opens these.
  const clean = patient.clean.map((recording) => judgedBy(recording, recipe));
  const used = [...train, ...validation];
  const seen = data.recordings.filter(({ id }) => used.includes(id));
  const value: Case = {
    ...data,
    recordings: [...seen.map((recording) => shown(recording, recipe)), ...clean],
    split: { train, validation, test },
  };
  if (recipe.testNodes !== undefined)
    await writeCase(
      folders.test,
      caseOnOtherMesh({ ...patient, case: value }, recipe.testNodes, simulator),
      { replace: true },
    );
  await writeFileAtomic(folders.truth, `${JSON.stringify(patient.truth)}\n`);
  // Last: where this folder is, the case is whole.
  await writeCase(folders.directory, value);
}

/** One recording in four is for validation; a single one is learnt from. Errors: "too-few". */
function learntFrom({ train, validation, test }: Case["split"], learnt: number | undefined) {
  if (learnt === undefined) return { train, validation, test };
  const held = Math.floor((learnt + 1) / 4);
  if (learnt - held > train.length || held > validation.length)
    fail({
      code: "too-few",
      message: `${learnt} recordings to learn from are asked for, and the recipe makes ${train.length} for training and ${validation.length} for validation.`,
      fix: "Give the recipe more recordings.",
    });
  return { train: train.slice(0, learnt - held), validation: validation.slice(0, held), test };
}

function shown(recording: Recording, { measure }: SyntheticRecipe): Recording {
  const { potential, ...rest } = recording;
  if (measure === "potential" || !potential) return recording;
  const { nodes, values } = potential;
  const { activation_ms } = channelTimes(potential, values, nodes.length);
  return { ...rest, activation: { nodes, times_ms: activation_ms } };
}

function judgedBy(clean: Recording, { measure }: SyntheticRecipe): Recording {
  const { potential, activation, ...rest } = clean;
  return measure === "potential" ? { ...rest, potential } : { ...rest, activation };
}

async function importRecorded(
  recipe: RecordedRecipe,
  seed: number,
  { recordings }: Places,
): Promise<Case> {
  const { folder, files, kind: _, ...options } = recipe;
  const inFolder = (name: string) => join(recordings, folder, name);
  const imported = await importMap3d({
    ...options,
    mat: inFolder(files.mat),
    points: inFolder(files.points),
    faces: inFolder(files.faces),
    ...(files.channels ? { channels: inFolder(files.channels) } : {}),
    name: folder,
    seed,
  });
  return imported.case;
}

export interface OpenedCase {
  /** What a method may see: test recordings are not even opened. */
  readonly visible: Case;
  /** Test recordings at every node, and training recordings carried to the same nodes. */
  readonly judge: Case;
  readonly truth: Truth | undefined;
  readonly hash: string;
}

export async function openCase(
  tableCase: TableCase,
  seed: number,
  places: Places,
): Promise<OpenedCase> {
  const { directory, truth, test } = await caseFolders(tableCase, seed, places);
  const whole = await readCase(directory);
  const visible = await readCase(directory, { include: ["train", "validation"] });
  const synthetic = tableCase.recipe.kind === "synthetic";
  return {
    visible,
    judge: existsSync(test) ? await readCase(test) : synthetic ? carried(whole) : whole,
    truth: synthetic ? (JSON.parse(await readText(truth)) as Truth) : undefined,
    hash: await hashCase(directory),
  };
}

/** Training recordings at every node; those that are there already are left as they are. */
function carried(data: Case): Case {
  const { mesh, split } = data;
  const nodes = mesh.points.length / 3;
  const everywhere = (recording: Recording) =>
    (recording.potential ?? recording.activation)!.nodes.length === nodes ||
    !split.train.includes(recording.id);
  const recordings = data.recordings.map((recording) =>
    everywhere(recording) ? recording : carryRecording(recording, mesh, mesh),
  );
  return { ...data, recordings };
}
