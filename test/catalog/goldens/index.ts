import type { Golden } from "./golden.js";

/** By name of the entry; test/catalog/ionic-golden.test.ts wants one for every further entry. */
export const goldens: Readonly<Record<string, Golden>> = {};
