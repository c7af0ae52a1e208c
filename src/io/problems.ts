import { fail } from "../core/errors.js";

/** The three ways a file can be wrong. Each names the file and what to do. */

/** The file ends before what its header promises. Throws LeadsError "truncated-file". */
export const truncated = (path: string, detail: string): never =>
  fail({
    code: "truncated-file",
    message: `${path}: the file ends too early: ${detail}.`,
    path,
    fix: "Copy or export the file again; it is incomplete.",
  });

/** The file breaks the rules of its own format. Throws LeadsError "malformed-file". */
export const malformed = (path: string, detail: string, fix?: string): never =>
  fail({
    code: "malformed-file",
    message: `${path}: ${detail}.`,
    path,
    fix: fix ?? "Export the file again from the program that made it.",
  });

/** The file is of another format, or of a variant that is not read. Throws LeadsError "foreign-file". */
export const foreign = (path: string, detail: string, fix: string): never =>
  fail({ code: "foreign-file", message: `${path}: ${detail}.`, path, fix });

/** Two inputs that do not belong together. Throws LeadsError "mismatch". */
export const mismatch = (path: string, detail: string, fix: string): never =>
  fail({ code: "mismatch", message: `${path}: ${detail}.`, path, fix });
