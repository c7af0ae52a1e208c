import { type Diffusion, linearFlux, param } from "../../model/declare.js";
import { networkText } from "./network.js";

/**
 * Finite elements whose conductances a small network of place and direction multiplies: smooth
 * heterogeneity and anisotropy with far fewer numbers than a field. The factor is positive and
 * stays within exp(-4) .. exp(4).
 */
export const neuralConductance: Diffusion = {
  name: "neural-conductance",
  title: "Neural conductance over place and direction",
  cite: "arXiv:2606.18154",
  physics: "symmetric-flux",
  operator: "p1",
  options: {
    hidden: { values: [4, 8, 16], default: 8, meaning: "hidden units per layer" },
    layers: { values: [1, 2], default: 1, meaning: "hidden layers" },
  },
  build: ({ hidden, layers }, { hasFibres }) => {
    const net = networkText({
      inputs: ["x", "y", "z", "long", ...(hasFibres ? ["fibre"] : [])],
      hidden: Number(hidden),
      layers: Number(layers),
      activation: "tanh",
      output: "net",
    });
    return {
      params: { D: param(0.3, "mm2/ms", [0.003, 10]) },
      fields: {},
      network: net.weights,
      edge: `
        # 0 .. 1; half for an edge of 2 mm
        long = length / (length + 2)
        ${net.text}
        g = D * w * exp(4 * tanh(net / 4))
      `,
      ...linearFlux,
    };
  },
};
