import { ellipsoidShell } from "../../src/mesh/generators.js";
import { defaultSpec } from "../../src/twin/spec.js";

/** A small closed heart, and a twin for it that compiles fast. */
export const mesh = ellipsoidShell({ semiAxes_mm: [24, 20, 36], nodes: 300, open: false });
export const nodes = mesh.points.length / 3;
export const spec = {
  ...defaultSpec,
  reaction: { name: "mitchell-schaeffer" },
  diffusion: { name: "finite-element", options: {} },
};
