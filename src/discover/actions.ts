import { z } from "zod";
import { plainParse } from "./plain-parse.js";

const option = z.union([z.number(), z.string().max(80), z.boolean()]);
const name = z.string().min(1).max(80);
const count = (low: number, high: number) => z.number().int().min(low).max(high);

const fitFields = z.strictObject({
  freeReaction: z
    .union([z.literal("all"), z.array(name).max(40)])
    .describe('Reaction parameters that may move: "all", or their names.'),
  nodalReaction: z
    .array(name)
    .max(8)
    .describe("Reaction parameters that vary from node to node (a smooth field each)."),
  starts: count(1, 64).describe("Independent starts; the best one counts."),
  timeIterations: count(0, 200).describe("Gauss-Newton iterations on activation times."),
  potentialIterations: count(0, 500).describe("Gauss-Newton iterations on potentials."),
  fieldIterations: count(0, 2000).describe("L-BFGS iterations for fields and networks."),
  smoothness: z.number().min(0).max(1e6).describe("Factor on the field's smoothness penalty."),
  mapWeight: z
    .number()
    .min(0)
    .max(1e6)
    .describe("Unknown beats: weight of a smooth map through the known times, between them."),
  timeWeight: z.number().min(0).max(1e6).describe("Weight of times beside potentials."),
});

const observationFields = z.strictObject({
  gainOffset: z.boolean().describe("Gain and offset of every channel."),
  drift: z.boolean().describe("A straight line in time on every channel."),
  timingShift: z.boolean().describe("One fitted delay per recording."),
  temporalBlur_ms: z.union([z.number().min(0).max(1000), z.literal("fitted")]),
  spatialBlur_mm: z.number().min(0).max(100),
  noiseByChannel: z.boolean(),
  mask: z.array(z.number().int().min(0)).max(100_000).describe("Nodes that are never used."),
  loss: z.enum(["squares", "huber", "student"]),
});

/** Every action as data: one schema for the expert, an LLM, a person or an MCP client. */
export const actionSchemas = {
  set_reaction: z
    .strictObject({ action: z.literal("set_reaction"), reaction: name, variant: name.optional() })
    .describe("Use another reaction (ionic model) of the catalog."),
  select_diffusion: z
    .strictObject({
      action: z.literal("select_diffusion"),
      diffusion: name,
      options: z.record(name, option).optional(),
    })
    .describe("Use another diffusion of the catalog; options not named take their defaults."),
  refine_diffusion: z
    .strictObject({ action: z.literal("refine_diffusion"), option: name.optional() })
    .describe(
      "One step richer: the named option up its list; without a name the first option that can " +
        "go up, else the next richer entry.",
    ),
  simplify_diffusion: z
    .strictObject({ action: z.literal("simplify_diffusion"), option: name.optional() })
    .describe(
      "One step simpler: the named option down its list; without a name the first option that " +
        "can go down, else the next simpler entry.",
    ),
  modify_diffusion: z
    .strictObject({ action: z.literal("modify_diffusion"), option: name, value: option })
    .describe("Set one option of the present diffusion to a value of its list."),
  set_fit: z
    .strictObject({ action: z.literal("set_fit"), fit: fitFields.partial() })
    .describe("Change how the numbers are fitted: effort, free parameters, smoothness."),
  set_stimulus_model: z
    .strictObject({ action: z.literal("set_stimulus_model"), sites: count(1, 64) })
    .describe("Number of places where a beat of unknown origin enters the mesh."),
  set_observation: z
    .strictObject({
      action: z.literal("set_observation"),
      observation: observationFields.partial(),
    })
    .describe("Change how a simulated potential becomes a recorded one."),
  stop: z
    .strictObject({ action: z.literal("stop"), reason: z.string().min(1).max(2000) })
    .describe("End the search; the best candidate so far is the result."),
} as const;

export type ActionName = keyof typeof actionSchemas;
export const actionNames = Object.keys(actionSchemas) as ActionName[];

export const actionSchema = z.discriminatedUnion("action", [
  actionSchemas.set_reaction,
  actionSchemas.select_diffusion,
  actionSchemas.refine_diffusion,
  actionSchemas.simplify_diffusion,
  actionSchemas.modify_diffusion,
  actionSchemas.set_fit,
  actionSchemas.set_stimulus_model,
  actionSchemas.set_observation,
  actionSchemas.stop,
]);
export type Action = z.infer<typeof actionSchema>;

const thought = z
  .string()
  .min(1)
  .max(4000)
  .describe("What the archive shows, and why this is the next thing to try.");
const from = z
  .number()
  .int()
  .min(0)
  .optional()
  .describe("Number of the candidate to change; absent: the latest one.");

/**
 * One turn of the loop. The actions change one structure together, in order, and the outcome is
 * fitted once: a reaction and a diffusion may change in the same turn.
 */
export const decisionSchema = z.strictObject({
  thought,
  from,
  actions: z.array(actionSchema).min(1).max(8),
});
export type Decision = z.infer<typeof decisionSchema>;

/** The JSON schema of a decision, for documentation, MCP clients and models without tools. */
export const decisionJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(decisionSchema, { io: "input" }) as Record<string, unknown>;

/** One tool per action, flat: { thought, from?, ...fields }. */
export const toolSchemas = Object.fromEntries(
  actionNames.map((tool) => {
    const { action: _, ...fields } = actionSchemas[tool].shape as Record<string, z.ZodType>;
    return [
      tool,
      {
        description: actionSchemas[tool].description ?? tool,
        schema: z.strictObject({ thought, from, ...fields }),
      },
    ];
  }),
) as unknown as Record<ActionName, { description: string; schema: z.ZodType }>;

export type Parsed =
  | { readonly ok: true; readonly decision: Decision }
  | { readonly ok: false; readonly reason: string };

/** Accepts a decision, or one action with its thought beside it: { thought, action, ... }. */
export function parseDecision(value: unknown): Parsed {
  const plain = withoutNulls(value);
  const single = isRecord(plain) && typeof plain.action === "string" && !("actions" in plain);
  const parsed = plainParse(decisionSchema, single ? wrap(plain) : plain, "decision");
  return parsed.ok ? { ok: true, decision: parsed.value } : parsed;
}

const wrap = ({ thought, from, ...action }: Record<string, unknown>) => ({
  ...(thought === undefined ? {} : { thought }),
  ...(from === undefined ? {} : { from }),
  actions: [action],
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Models write null for "not given". */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}
