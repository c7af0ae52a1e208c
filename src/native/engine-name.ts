import { lookUp } from "../core/errors.js";
import type { BackEnd } from "../kernel/engine.js";
import { nativeBackEnd } from "./back-end.js";

/** What simulations run on, as people choose it. */
export const engineNames = ["wasm", "native"] as const;
export type EngineName = (typeof engineNames)[number];

/** Errors: "unknown-name". */
export const engineNamed = (name: string): EngineName =>
  lookUp("engine", Object.fromEntries(engineNames.map((known) => [known, known])), name);

/** Errors: those of `nativeBackEnd`. */
export const backEndOf = async (engine: EngineName = "wasm"): Promise<BackEnd> =>
  engine === "native" ? nativeBackEnd() : "wasm-f32x4";

/** What the bits of an engine depend on beside this package and Node; as entries of `versions`. */
export const versionsOf = (backEnd: BackEnd): Record<string, string> =>
  typeof backEnd === "string" ? {} : { [backEnd.name]: backEnd.version };
