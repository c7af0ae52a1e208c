import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Every node moves towards the mean of its neighbours: the simplest diffusion of LEADS. */
export const meanAggregation: Diffusion = {
  name: "mean-aggregation",
  title: "Mean over the neighbours",
  cite: "arXiv:2606.18154",
  physics: "symmetric-flux",
  operator: "mean",
  options: {},
  build: () => ({
    params: { rate: param(0.5, "1/ms", [0.005, 20]) },
    fields: {},
    edge: "g = rate * w",
    ...linearFlux,
  }),
};
