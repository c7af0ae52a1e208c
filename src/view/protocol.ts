import { z } from "zod";
import type { Recording } from "../case/case.js";
import { fail } from "../core/errors.js";
import type { CompiledTwin } from "../twin/compile.js";
import type { TwinValues } from "../twin/spec.js";

const nodes = z.array(z.int().nonnegative()).min(1);

const protocolSchema = z.strictObject({
  format: z.literal("leads-protocol"),
  version: z.literal(1),
  duration_ms: z.number().positive().max(1e6),
  every_ms: z.number().positive().describe("Time between frames."),
  pulses: z
    .array(
      z.strictObject({
        nodes,
        start_ms: z.number().nonnegative(),
        duration_ms: z.number().positive(),
        strength_per_ms: z.number(),
      }),
    )
    .describe("Currents, du/dt of the normalised potential."),
  tissue: z
    .array(z.strictObject({ nodes, factor: z.number().nonnegative() }))
    .describe("Conductivity of some nodes / that of the twin; later entries win."),
  parameters: z.record(z.string(), z.number()).describe("Numbers of the twin that are changed."),
});

/** What was done to a twin: the studio's pacing lab saves it, `leads simulate --protocol` runs it. */
export type PacingProtocol = z.infer<typeof protocolSchema>;

/** Errors: "malformed" naming the key. */
export function parseProtocol(value: unknown, path: string): PacingProtocol {
  const parsed = protocolSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return fail({
    code: "malformed",
    path,
    message: `${path}: ${issue.path.join(".") || "the file"}: ${issue.message}.`,
    fix: "Give a protocol that the studio's pacing lab saved.",
  });
}

/** What `simulate` and `liveTwin` take. Errors: "bad-protocol" for nodes and numbers that are not the twin's. */
export function protocolInput(
  { topology, declared }: CompiledTwin,
  values: TwinValues,
  { pulses, tissue, parameters }: PacingProtocol,
) {
  for (const { nodes } of [...pulses, ...tissue]) requireNodes(nodes, topology.nodes);
  for (const name of Object.keys(parameters))
    if (!Object.hasOwn(declared, name))
      fail({
        code: "bad-protocol",
        path: `parameters.${name}`,
        message: `The protocol changes ${name}, which this twin does not have.`,
        fix: `It has ${Object.keys(declared).join(", ")}.`,
      });
  const factors = new Float64Array(topology.nodes).fill(1);
  for (const { nodes, factor } of tissue) for (const node of nodes) factors[node] = factor;
  const stimuli = pulses.map((pulse) => ({ kind: "current" as const, ...pulse }));
  const recording: Recording = {
    id: "protocol",
    beat: "protocol",
    stimuli: { kind: "given", stimuli },
  };
  return {
    values: { ...values, scalars: { ...values.scalars, ...parameters } },
    recording,
    ...(tissue.length > 0 ? { tissue: factors } : {}),
  };
}

function requireNodes(nodes: readonly number[], count: number): void {
  const node = nodes.find((candidate) => candidate >= count);
  if (node === undefined) return;
  fail({
    code: "bad-protocol",
    message: `The protocol names node ${node}; this twin's mesh has ${count}.`,
    fix: "Use it with the twin it was made for.",
  });
}
