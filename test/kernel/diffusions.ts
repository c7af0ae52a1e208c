import type { Diffusion, OptionValues } from "../../src/model/declare.js";

export const defaultOptions = (diffusion: Diffusion): OptionValues =>
  Object.fromEntries(Object.entries(diffusion.options).map(([k, o]) => [k, o.default]));

/** Every symmetric flux of the catalog is linear in the potential. */
export const isLinear = (diffusion: Diffusion): boolean => diffusion.physics === "symmetric-flux";
