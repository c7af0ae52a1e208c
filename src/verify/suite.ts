import { LeadsError } from "../core/errors.js";
import { cellsCheck } from "./cells.js";
import { type Check, type CheckResult, judged, type Part } from "./check.js";
import { gradientsCheck } from "./gradients.js";
import { invariantsCheck } from "./invariants.js";
import { manufacturedCheck } from "./manufactured.js";
import { niedererCheck } from "./niederer.js";
import { wavesCheck } from "./waves.js";

/** Every family in the order of the report. */
export const checks: readonly Check[] = [
  niedererCheck,
  manufacturedCheck,
  wavesCheck,
  invariantsCheck,
  cellsCheck,
  gradientsCheck,
];

/** A part that cannot be computed fails with the reason, and the others go on. */
export function runPart(group: string, part: Part): CheckResult {
  try {
    return part.run();
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    const row = judged(group, {
      id: `failed.${part.name.replaceAll(/[^\w.-]+/g, "-")}`,
      figure: part.name,
      value: Number.NaN,
      unit: "1",
      rule: "near",
      reference: Number.NaN,
      source: "this program",
      note: `could not be computed: ${error.message}`,
    });
    return { rows: [row], plots: [] };
  }
}
