import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** As finite-element-fibre, on a structured grid whose fibres run along one of its axes. */
export const finiteDifferenceFibre: Diffusion = {
  name: "finite-difference-fibre",
  title: "Finite differences on a grid, along and across the fibres",
  cite: "Clayton et al. 2011, doi:10.1016/j.pbiomolbio.2010.05.008",
  physics: "symmetric-flux",
  operator: "finite-difference-fibre",
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
