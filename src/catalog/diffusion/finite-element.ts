import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Isotropic monodomain: linear finite elements with lumped mass, one coefficient. */
export const finiteElement: Diffusion = {
  name: "finite-element",
  title: "Finite elements, one coefficient",
  cite: "Sundnes et al. 2006, Computing the Electrical Activity in the Heart",
  physics: "symmetric-flux",
  operator: "p1",
  options: {},
  build: () => ({
    params: { D: param(0.3, "mm2/ms", [0.003, 10]) },
    fields: {},
    edge: "g = D * w",
    ...linearFlux,
  }),
};
