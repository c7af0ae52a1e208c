import { LeadsError } from "../../src/core/errors.js";
import type { NativeBackEnd } from "../../src/kernel/native.js";
import { nativeBackEnd } from "../../src/native/back-end.js";
import { temporaryFolder } from "../cli/leads.js";

const cache = temporaryFolder();

/** The native back end of this machine, with a cache of its own; or why there is none. */
export const here: NativeBackEnd | string = await nativeBackEnd({ cache }).catch((error) => {
  if (error instanceof LeadsError && error.code === "no-native") return error.message;
  throw error;
});

/** For test.skipIf and its title. */
export const lacking = typeof here === "string" ? here : undefined;

/** The same machine as if its vectors were that narrow. */
export const inVectorsOf = (floats: number): NativeBackEnd => {
  if (typeof here === "string") throw new Error(here);
  return { ...here, name: `native-f32, vectors of ${floats}`, vectorFloats: floats };
};
