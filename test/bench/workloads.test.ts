import { describe, expect, test } from "vitest";
import { placed } from "../../bench/ours/problem.js";
import {
  edgeIteration,
  edgeLane,
  prepareEdges,
  simulatedData,
  startTheta,
  steps,
} from "../../bench/ours/w1.js";
import { messageIteration, prepareMessages, startWeights } from "../../bench/ours/w2.js";
import { relativeError } from "../../bench/stats.js";
import { ellipsoidProblem } from "../../bench/w1-mesh.js";

const problem = placed(ellipsoidProblem(42), "near");
const data = simulatedData(problem);
const exact = { problem, adjoint: true, steps, backEnd: "js-float64", lanes: 1 } as const;
const single = { ...exact, backEnd: "wasm-f32x4" } as const;

/** (f(x + h d) - f(x - h d)) / 2h, Richardson's next order taken. */
function slope(loss: (h: number) => number, h: number): number {
  const central = (step: number) => (loss(step) - loss(-step)) / (2 * step);
  return (4 * central(h / 2) - central(h)) / 3;
}

describe("W1", () => {
  const theta = new Float64Array(problem.lengths.length).fill(startTheta);
  const prepared = prepareEdges(exact);
  const reference = edgeIteration(prepared, theta, data);

  test("the gradient in theta is the loss's slope", () => {
    const direction = theta.map((_, e) => Math.sin(e));
    const along = (h: number) =>
      edgeIteration(
        prepared,
        theta.map((t, e) => t + h * direction[e]),
        data,
      ).loss[0];
    const derivative = reference.gradient.reduce((s, g, e) => s + g * direction[e], 0);
    expect(slope(along, 1e-3) / derivative).toBeCloseTo(1, 6);
  });

  test.each([1, 4])("single precision agrees, %i lanes", (lanes) => {
    const own = prepareEdges({ ...single, lanes });
    const { loss, gradient } = edgeIteration(own, theta, data);
    for (let lane = 0; lane < lanes; lane++) {
      expect(loss[lane] / reference.loss[0]).toBeCloseTo(1, 5);
      const error = relativeError(edgeLane(own, gradient, lane), reference.gradient);
      expect(error).toBeLessThan(1e-5);
    }
  });

  test("the data are what conductances of 1 give: their loss is zero", () => {
    const one = theta.map(() => Math.log(Math.expm1(1)));
    expect(edgeIteration(prepared, one, data).loss[0]).toBeLessThan(1e-20);
  });
});

describe("W2", () => {
  const weights = startWeights().map((w, k) => w + 0.01 * Math.sin(k));
  const prepared = prepareMessages(exact);
  const reference = messageIteration(prepared, weights, data);

  test("the gradient in the weights is the loss's slope", () => {
    const direction = weights.map((_, k) => Math.cos(k));
    const along = (h: number) =>
      messageIteration(
        prepared,
        weights.map((w, k) => w + h * direction[k]),
        data,
      ).loss[0];
    const derivative = reference.gradient[0].reduce((s, g, k) => s + g * direction[k], 0);
    expect(slope(along, 1e-4) / derivative).toBeCloseTo(1, 6);
  });

  test.each([1, 4])("single precision agrees, %i lanes", (lanes) => {
    const { gradient } = messageIteration(prepareMessages({ ...single, lanes }), weights, data);
    for (const lane of gradient)
      expect(relativeError(lane, reference.gradient[0])).toBeLessThan(1e-4);
  });
});
