import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/**
 * Transversely isotropic monodomain, D = D_across I + (D_along - D_across) f f^T. Written with
 * ratio = D_along / D_across: both positive wherever the two parameters are.
 */
export const finiteElementFibre: Diffusion = {
  name: "finite-element-fibre",
  title: "Finite elements along and across the fibres",
  cite: "Sundnes et al. 2006, Computing the Electrical Activity in the Heart",
  physics: "symmetric-flux",
  operator: "p1-fibre",
  needsFibres: true,
  options: {},
  build: () => ({
    params: {
      D_across: param(0.15, "mm2/ms", [0.003, 10]),
      ratio: param(4, "1", [0.2, 25]),
    },
    fields: {},
    edge: "g = D_across * (w + (ratio - 1) * w_fibre)",
    ...linearFlux,
  }),
};
