import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Combinatorial Laplacian: every edge conducts the same, whatever its length. */
export const graphLaplacian: Diffusion = {
  name: "graph-laplacian",
  title: "Graph Laplacian",
  cite: "arXiv:2606.18154",
  physics: "symmetric-flux",
  operator: "graph",
  options: {},
  build: () => ({
    params: { rate: param(0.1, "1/ms", [0.001, 5]) },
    fields: {},
    edge: "g = rate * w",
    ...linearFlux,
  }),
};
