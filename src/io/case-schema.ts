import { z } from "zod";
import { fail } from "../core/errors.js";
import { foreign, malformed } from "./problems.js";

/** Stimuli in case.json and in array manifests; units as in src/case/case.ts. */
export const stimulusSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("current"),
    nodes: z.array(z.int().nonnegative()).min(1),
    start_ms: z.number(),
    duration_ms: z.number().positive(),
    strength_per_ms: z.number(),
  }),
  z.strictObject({
    kind: z.literal("initial"),
    nodes: z.array(z.int().nonnegative()).min(1),
    value: z.number(),
  }),
]);

/** A file beside case.json; no folders, so that no path leads out of the case. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const ids = z.array(z.string().min(1));

const recordingSchema = z.strictObject({
  id: z.string().min(1),
  beat: z.string().min(1),
  stimuli: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("given"), stimuli: z.array(stimulusSchema) }),
    z.strictObject({ kind: z.literal("unknown") }),
  ]),
  potential: z
    .strictObject({
      times: fileName,
      nodes: fileName,
      values: fileName,
      arbitraryScale: z.boolean(),
    })
    .optional(),
  activation: z.strictObject({ nodes: fileName, times: fileName }).optional(),
});

export const caseFormat = "leads-case";
export const caseVersion = 1;

export const caseSchema = z.strictObject({
  format: z.literal(caseFormat),
  version: z.literal(caseVersion),
  name: z.string().min(1),
  source: z.string(),
  mesh: fileName,
  split: z.strictObject({ train: ids, validation: ids, test: ids }),
  recordings: z.array(recordingSchema),
  /** Content of every other file of the folder. */
  files: z.record(
    fileName,
    z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int() }),
  ),
});
export type CaseFile = z.infer<typeof caseSchema>;

/** JSON text -> checked value. Errors: "malformed-file" with the place of the first fault. */
export function parseJson<T>(text: string, schema: z.ZodType<T>, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return malformed(
      path,
      `not JSON (${cause instanceof Error ? cause.message : cause})`,
      "Mend the text.",
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return fail({
    code: "malformed-file",
    message: `${path}: ${["", ...issue.path].join("/") || "/"}: ${issue.message}.`,
    path,
    fix: "Mend this entry; docs/formats.md describes the keys and their units.",
  });
}

/** case.json text -> its content. Errors: "foreign-file" for another format or a newer version. */
export function parseCaseFile(text: string, path: string): CaseFile {
  const head = parseJson(text, z.record(z.string(), z.unknown()), path);
  if (head.format !== caseFormat)
    foreign(path, "not a LEADS case", "Name a folder that writeCase made.");
  if (head.version !== caseVersion)
    foreign(
      path,
      `case version ${head.version}, this program reads ${caseVersion}`,
      "Update the program or write the case again.",
    );
  return parseJson(text, caseSchema, path);
}
