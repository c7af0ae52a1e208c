import { LeadsError } from "../../src/core/errors.js";

/** The LeadsError that `work` throws: one line, with a fix. */
export function errorOf(work: () => unknown): LeadsError {
  try {
    work();
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    if (error.message.includes("\n") || !error.fix) throw new Error("Not one line with a fix.");
    return error;
  }
  throw new Error("Nothing was thrown.");
}
