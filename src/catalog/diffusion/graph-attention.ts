import { type Diffusion, param } from "../../model/declare.js";
import { networkText } from "./network.js";

/**
 * Graph attention (GATv2): how much a neighbour counts depends on the potentials at both ends.
 * The softmax runs over the neighbours and the node itself (score 0); scores stay within +-4, so
 * its exponentials need no maximum taken out. The values are differences u_j - u_i: a uniform
 * potential stays uniform, and du/dt never exceeds rate times the spread of the neighbours.
 */
export const graphAttention: Diffusion = {
  name: "graph-attention",
  title: "Graph attention over the neighbours",
  cite: "arXiv:2105.14491",
  physics: "message",
  operator: "mean",
  options: {
    heads: { values: [1, 2, 4], default: 1, meaning: "attention heads, averaged" },
    hidden: { values: [2, 4, 8], default: 4, meaning: "hidden units per head" },
  },
  build: (options) => {
    const hidden = Number(options.hidden);
    const heads = Array.from({ length: Number(options.heads) }, (_, head) => head);
    const scoreOf = (head: number, firstWeight: number) =>
      networkText({
        inputs: ["u_i", "u_j"],
        hidden,
        layers: 1,
        activation: "softsign",
        output: `score_${head}`,
        firstWeight,
      });
    const each = scoreOf(0, 0).weights.count;
    const scores = heads.map((head) => scoreOf(head, head * each));
    const spread = scores.flatMap((score) => score.weights.spread);
    return {
      params: { rate: param(0.5, "1/ms", [0.005, 20]) },
      fields: {},
      network: { count: spread.length, spread },
      edge: "g = rate * w",
      message: heads
        .map(
          (head) => `
            ${scores[head].text}
            den_${head} = exp(4 * softsign(score_${head} / 4))
            num_${head} = g * den_${head} * (u_j - u_i)
          `,
        )
        .join("\n"),
      node: `coupling = (${heads.map((h) => `num_${h} / (1 + den_${h})`).join(" + ")}) / ${heads.length}`,
    };
  },
};
