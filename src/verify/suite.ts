import { cellsCheck } from "./cells.js";
import type { Check } from "./check.js";
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
