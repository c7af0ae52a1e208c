import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "../core/errors.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { numericsNames, type Site, type Twin, type TwinSpec } from "../twin/spec.js";
import { writeDirectoryAtomic } from "./atomic.js";
import { decodeText } from "./bytes.js";
import { readBytes, sha256 } from "./files.js";
import { encodeNpy, parseNpy } from "./npy.js";
import { parseVtu } from "./vtu.js";
import { encodeVtu } from "./vtu-write.js";

/** A fitted twin with the mesh it lives on: enough to simulate it anywhere. */
export interface StoredTwin {
  readonly twin: Twin;
  readonly mesh: Mesh;
}

const format = "leads-twin";
const version = 1;
const twinJson = "twin.json";

const fileReference = z.strictObject({ file: z.string(), sha256: z.string() });
const whole = z.int().nonnegative();
const specSchema = z.strictObject({
  reaction: z.strictObject({ name: z.string(), variant: z.string().optional() }),
  diffusion: z.strictObject({
    name: z.string(),
    options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  }),
  stimulus: z.strictObject({ sites: whole }),
  observation: z.strictObject({
    gainOffset: z.boolean(),
    drift: z.boolean(),
    timingShift: z.boolean(),
    temporalBlur_ms: z.union([z.number(), z.literal("fitted")]),
    spatialBlur_mm: z.number(),
    noiseByChannel: z.boolean(),
    mask: z.array(whole),
    loss: z.enum(["squares", "huber", "student"]),
  }),
  fit: z.strictObject({
    freeReaction: z.union([z.literal("all"), z.array(z.string())]),
    nodalReaction: z.array(z.string()),
    starts: whole,
    timeIterations: whole,
    potentialIterations: whole,
    fieldIterations: whole,
    smoothness: z.number(),
    timeWeight: z.number(),
    mapWeight: z.number(),
  }),
  numerics: z.strictObject({
    scheme: z.enum(numericsNames.scheme),
    diffusion: z.enum(numericsNames.diffusion).optional(),
    mass: z.enum(["lumped", "consistent"]).optional(),
    dt_ms: z.number().positive().optional(),
    stepFraction: z.number().positive(),
    refinements: whole,
  }),
}) satisfies z.ZodType<TwinSpec>;

const twinSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(version),
  spec: specSchema,
  scalars: z.record(z.string(), z.number()),
  sites: z.record(
    z.string(),
    z.array(z.strictObject({ node: z.int().nonnegative(), onset_ms: z.number() })),
  ),
  mesh: fileReference,
  fields: z.record(z.string(), fileReference),
  network: fileReference.nullable(),
});

/**
 * Writes a twin as a folder: twin.json (structure and scalars with SHA-256 of the rest), mesh.vtu,
 * one .npy per field and for the network's weights. Errors: "exists", "cannot-write".
 */
export async function writeTwin(directory: string, { twin, mesh }: StoredTwin): Promise<void> {
  const { spec, values } = twin;
  const files = new Map<string, Uint8Array>();
  const add = (file: string, bytes: Uint8Array) => {
    files.set(file, bytes);
    return { file, sha256: sha256(bytes) };
  };
  const array = (file: string, data: Float64Array) =>
    add(file, encodeNpy({ shape: [data.length], data, type: "f8" }));
  const fields = Object.entries(values.fields).map(
    ([name, data], k) => [name, array(`field-${k + 1}.npy`, data)] as const,
  );
  const content: z.infer<typeof twinSchema> = {
    format,
    version,
    spec: spec as z.infer<typeof specSchema>,
    scalars: { ...values.scalars },
    sites: Object.fromEntries(Object.entries(values.sites).map(([beat, s]) => [beat, [...s]])),
    mesh: add("mesh.vtu", encodeVtu(mesh)),
    fields: Object.fromEntries(fields),
    network: values.network.length > 0 ? array("network.npy", values.network) : null,
  };
  // Intervals of an earlier twin go with it: they would be wrong of the new one.
  const ours =
    /^(twin\.json|mesh\.vtu|field-\d+\.npy|network\.npy|uncertainty\.(json|vtu)|(activation|half-width)_ms\.npy)$/;
  const fill = async (temporary: string) => {
    for (const [name, bytes] of files) await writeFile(join(temporary, name), bytes);
    await writeFile(join(temporary, twinJson), `${JSON.stringify(content, null, 2)}\n`);
  };
  await writeDirectoryAtomic(directory, fill, {
    mayReplace: (names) => names.every((name) => ours.test(name)),
  });
}

/** Reads a twin folder; throws "malformed" for foreign, damaged or newer files. */
export async function readTwin(directory: string): Promise<StoredTwin> {
  const path = join(directory, twinJson);
  const content = parseTwinJson(decodeText(await readBytes(path)), path);
  const bytes = async ({ file, sha256: expected }: z.infer<typeof fileReference>) => {
    const at = join(directory, file);
    if (file.includes("/") || file.includes("\\"))
      fail({ code: "malformed", path, message: `${path}: "${file}" is not a plain file name.` });
    const data = await readBytes(at);
    if (sha256(data) !== expected)
      fail({
        code: "malformed",
        path: at,
        message: `${at} is not the file that the twin was written with.`,
        fix: "Copy the whole folder again, or write the twin anew.",
      });
    return data;
  };
  const array = async (reference: z.infer<typeof fileReference>) =>
    Float64Array.from(parseNpy(await bytes(reference), join(directory, reference.file)).data);
  const { mesh } = parseVtu(await bytes(content.mesh), join(directory, content.mesh.file));
  const fields: Record<string, Float64Array> = {};
  for (const [name, reference] of Object.entries(content.fields)) {
    fields[name] = await array(reference);
    if (fields[name].length < nodeCount(mesh))
      fail({
        code: "malformed",
        path,
        message: `${path}: field "${name}" has fewer values than nodes.`,
      });
  }
  const network = content.network ? await array(content.network) : new Float64Array(0);
  const sites: Record<string, readonly Site[]> = content.sites;
  const { spec } = content;
  return { mesh, twin: { spec, values: { scalars: content.scalars, fields, network, sites } } };
}

function parseTwinJson(text: string, path: string): z.infer<typeof twinSchema> {
  const malformed = (message: string) =>
    fail({
      code: "malformed",
      path,
      message: `${path}: ${message}`,
      fix: "Give a folder that leads wrote.",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(`not JSON (${(error as Error).message}).`);
  }
  const parsed = twinSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return malformed(`${issue.path.join(".") || "the file"}: ${issue.message}.`);
}
