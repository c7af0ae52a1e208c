import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Isotropic monodomain on a structured grid: node-centred differences, one coefficient. */
export const finiteDifference: Diffusion = {
  name: "finite-difference",
  title: "Finite differences on a grid, one coefficient",
  cite: "Clayton et al. 2011, doi:10.1016/j.pbiomolbio.2010.05.008",
  physics: "symmetric-flux",
  operator: "finite-difference",
  options: {},
  build: () => ({
    params: { D: param(0.3, "mm2/ms", [0.003, 10]) },
    fields: {},
    edge: "g = D * w",
    ...linearFlux,
  }),
};
