import { type Diffusion, linearFlux, param } from "../../model/declare.js";

/** Edges weighted by 1 / length^2: all conductances positive on any mesh, good or bad. */
export const inverseDistance: Diffusion = {
  name: "inverse-distance",
  title: "Inverse squared distance",
  cite: "the moment condition in src/mesh/operators.ts",
  physics: "symmetric-flux",
  operator: "inverse-distance",
  options: {},
  build: () => ({
    params: { D: param(0.3, "mm2/ms", [0.003, 10]) },
    fields: {},
    edge: "g = D * w",
    ...linearFlux,
  }),
};
