import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Isotropic monodomain with one coefficient per region of the mesh. */
export const finiteElementRegional: Diffusion = {
  name: "finite-element-regional",
  title: "Finite elements, one coefficient per region",
  cite: "Sundnes et al. 2006, Computing the Electrical Activity in the Heart",
  physics: "symmetric-flux",
  operator: "p1-regional",
  options: {},
  build: (_options, { regionTags }) => ({
    params: Object.fromEntries(
      regionTags.map((tag) => [`D_${tag}`, param(0.3, "mm2/ms", [0.003, 10])]),
    ),
    fields: {},
    edge: `g = ${regionTags.map((tag) => `D_${tag} * w_${tag}`).join(" + ")}`,
    ...linearFlux,
  }),
};
