import { setGlobal } from "../../src/kernel/rollout.js";
import { fillEdges } from "../../src/kernel/workspace.js";
import { lossAndGradient, type Prepared, prepareWith, type Setup } from "./w1.js";

export const hidden = 16;
/** Weights of u_i, u_j, distance and bias of each unit, weights of the output, its bias. */
export const weightCount = 5 * hidden + 1;

const weight = (part: number, unit: number) => `n${part * hidden + unit}`;
const units = Array.from({ length: hidden }, (_, unit) => unit);
const inner = (unit: number) =>
  `${weight(0, unit)} * u_i + ${weight(1, unit)} * u_j + ${weight(2, unit)} * dist + ${weight(3, unit)}`;

/**
 * W2: a message per directed edge and step, a network of 16 tanh units. `mask` is 1 on every edge:
 * messages vanish with it, so that rows may be filled up.
 */
export const messageModel = {
  params: {},
  fields: {},
  network: { count: weightCount, spread: Array.from({ length: weightCount }, () => 1) },
  edge: "mask = 1\ndist = length",
  message: `
    ${units.map((unit) => `h_${unit} = tanh(${inner(unit)})`).join("\n")}
    flux = mask * (${units.map((unit) => `${weight(4, unit)} * h_${unit}`).join(" + ")} + n${5 * hidden})
  `,
  node: "coupling = flux",
};

export function prepareMessages(setup: Setup): Prepared {
  const prepared = prepareWith(setup, {
    model: messageModel,
    physics: "message",
    edgeNames: ["mask", "dist"],
    // What PyTorch differentiates in as well.
    wanted: new Set(Array.from({ length: weightCount }, (_, k) => `diffusion.n${k}`)),
  });
  const { workspace, problem, lanes } = prepared;
  const ones = new Float64Array(problem.lengths.length).fill(1);
  for (let lane = 0; lane < lanes; lane++) {
    fillEdges(workspace, "mask", lane, ones);
    fillEdges(workspace, "dist", lane, problem.lengths);
  }
  return prepared;
}

/** Near diffusion: sum of o tanh(r (u_j - u_i)), the peers' start without its noise. */
export function startWeights(): Float64Array {
  const weights = new Float64Array(weightCount);
  for (const unit of units) {
    const r = 0.2 + 0.04 * unit;
    weights[unit] = -r;
    weights[hidden + unit] = r;
    weights[4 * hidden + unit] = 0.07;
  }
  return weights;
}

/** From the weights to the loss and its gradient in them, [lanes][81]. */
export function messageIteration(prepared: Prepared, weights: Float64Array, data: Float64Array) {
  const { workspace, lanes } = prepared;
  for (let lane = 0; lane < lanes; lane++)
    weights.forEach((value, k) => {
      setGlobal(workspace, `diffusion.n${k}`, lane, value);
    });
  const { loss, gradient, scale } = lossAndGradient(prepared, data);
  const byLane = Array.from({ length: lanes }, (_, lane) =>
    weights.map((_, k) => gradient.globals[`diffusion.n${k}`][lane] * scale),
  );
  return { loss, gradient: byLane };
}
