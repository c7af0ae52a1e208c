import { type Diffusion, param } from "../../model/declare.js";
import { networkText } from "./network.js";

/**
 * Non-linear conduction: the finite-element flux times a factor that depends on the potentials at
 * both ends. The factor is even (inputs u_i + u_j and (u_j - u_i)^2), so flux_ij = -flux_ji to the
 * last bit and nothing is gained or lost; it lies in 0 .. 2 and starts near 1.
 */
export const neuralFlux: Diffusion = {
  name: "neural-flux",
  title: "Neural flux between neighbours",
  cite: "arXiv:2606.18154",
  physics: "antisymmetric-flux",
  operator: "p1",
  options: {
    hidden: { values: [2, 4, 8, 16], default: 4, meaning: "hidden units" },
  },
  build: ({ hidden }) => {
    const net = networkText({
      inputs: ["level", "steepness"],
      hidden: Number(hidden),
      layers: 1,
      activation: "softsign",
      output: "net",
    });
    return {
      params: { D: param(0.3, "mm2/ms", [0.003, 10]) },
      fields: {},
      network: net.weights,
      edge: "g = D * w",
      message: `
        level = u_i + u_j - 1
        steepness = (u_j - u_i)^2
        ${net.text}
        flux = g * (u_j - u_i) * 2 * sigmoid(net)
      `,
      node: "coupling = flux / mass",
    };
  },
};
