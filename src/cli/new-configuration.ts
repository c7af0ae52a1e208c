import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fail } from "../core/errors.js";
import { hashCase } from "../io/case-directory.js";
import { backEndOf, type EngineName, versionsOf } from "../native/engine-name.js";
import { chooseMemory } from "./memory-file.js";
import { type ModelOptions, modelSettings } from "./model-settings.js";
import type { RunConfiguration } from "./run-directory.js";
import { versions } from "./versions.js";

/** What somebody asks of a new run. */
export interface RunRequest extends ModelOptions {
  readonly case: string;
  readonly agent: string;
  readonly reactions?: readonly string[];
  readonly diffusions?: readonly string[];
  /** File of a memory of earlier patients. */
  readonly memory?: string;
  readonly engine?: EngineName;
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
}

export async function newConfiguration(asked: RunRequest): Promise<RunConfiguration> {
  const path = asked.case;
  if (!existsSync(path))
    fail({
      code: "cannot-read",
      path,
      message: `There is no case at ${path}.`,
      fix: "Make one: leads synth --preset published --out patient",
    });
  const { engine = "wasm" } = asked;
  // Before anything is written: not every machine has a native one.
  const native = versionsOf(await backEndOf(engine));
  return {
    format: "leads-run",
    version: 1,
    case: resolve(path),
    agent: asked.agent,
    ...modelSettings(asked),
    ...(asked.reactions ? { reactions: asked.reactions } : {}),
    ...(asked.diffusions ? { diffusions: asked.diffusions } : {}),
    ...(asked.memory ? { memory: await chooseMemory(resolve(asked.memory)) } : {}),
    ...(engine === "wasm" ? {} : { engine }),
    seed: asked.seed,
    evaluations: asked.evaluations,
    seconds: asked.seconds,
    started: new Date().toISOString(),
    versions: { ...versions(), ...native },
    inputHashes: { "case.json": await hashCase(path) },
  };
}
