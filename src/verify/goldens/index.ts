import type { Golden } from "./golden.js";
import { reducedGoldens } from "./reduced.js";

/** Every golden action potential; `leads verify` and test/catalog read the same numbers. */
export const goldens: readonly Golden[] = [...reducedGoldens];
