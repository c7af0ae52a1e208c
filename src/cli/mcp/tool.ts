import { z } from "zod";
import { fail } from "../../core/errors.js";
import { plainParse } from "../../discover/plain-parse.js";
import type { Desk, Identity } from "./desk.js";

/** A call as a tool sees it. */
export interface Call {
  readonly desk: Desk;
  /** Aborted when the client takes its request back. */
  readonly signal: AbortSignal;
  /** The program at the other end: "claude-code". */
  readonly client: string | undefined;
  /** Present where the client asked for progress. */
  readonly notify: ((message: string) => void) | undefined;
}

export interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
  /** What people and models read; absent: the data as JSON. */
  readonly text?: string;
  /** Absent where no run is meant. */
  readonly identity?: Identity;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** Changes nothing on the disk but the journal's note of a look. */
  readonly readOnly: boolean;
  /** JSON schema, as clients see it. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Errors: LeadsError, "bad-arguments" among them. */
  run(input: unknown, call: Call): Promise<Answer>;
}

export interface ToolDeclaration<Schema extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly readOnly?: boolean;
  readonly input: Schema;
  /** Where clients are to see a stricter schema than the one that is checked. */
  readonly shown?: z.ZodObject;
  readonly run: (input: z.infer<Schema>, call: Call) => Promise<Answer>;
}

export function tool<Schema extends z.ZodObject>(declared: ToolDeclaration<Schema>): Tool {
  const { name, description, readOnly = false, input, shown = input, run } = declared;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(shown, { io: "input" });
  return {
    name,
    description,
    readOnly,
    inputSchema,
    run: async (given, call) => {
      const parsed = plainParse(input, given ?? {}, "arguments");
      if (!parsed.ok)
        fail({
          code: "bad-arguments",
          message: `${name}: ${parsed.reason}.`,
          fix: `It takes: ${Object.keys(input.shape).join(", ")}; its schema is in the list of tools.`,
        });
      return run(parsed.value, call);
    },
  };
}

export const runName = z
  .string()
  .min(1)
  .max(400)
  .describe("Folder of the run, relative to the server's folder.");
