import { expect, test } from "vitest";
import { linearConductance, noCoupling, parseCoupling } from "../../src/model/coupling.js";
import { createGraph } from "../../src/model/graph.js";

/** The conductance found in a diffusion with edge values g and h. */
function found(message: string, node: string): string | undefined {
  const graph = createGraph();
  const params = { s: { value: 1, unit: "1", bounds: [0, 2] as const, fitted: true } };
  const model = { params, fields: {}, edge: "", message, node };
  return linearConductance(graph, parseCoupling(graph, model, ["g", "h"], "test"));
}

test.each([
  ["flux = g * (u_j - u_i)", "coupling = flux / mass", "g"],
  ["f = (u_j - u_i) * h", "coupling = f / mass", "h"],
  ["difference = u_j - u_i\nflow = g * difference", "coupling = flow / mass", "g"],
  ["flux = g * (u_j - u_i)\nunused = g * u_j^2", "coupling = flux / mass", "g"],
])("%j, %j is linear in %s", (message, node, conductance) => {
  expect(found(message, node)).toBe(conductance);
});

test.each([
  ["another sign", "flux = g * (u_i - u_j)", "coupling = flux / mass"],
  ["no mass", "flux = g * (u_j - u_i)", "coupling = flux"],
  ["a parameter in it", "flux = s * g * (u_j - u_i)", "coupling = flux / mass"],
  ["two edge values", "flux = g * h * (u_j - u_i)", "coupling = flux / mass"],
  ["two sums", "a = g * (u_j - u_i)\nb = g * (u_j - u_i)^3", "coupling = (a + b) / mass"],
  ["not linear", "flux = g * (u_j - u_i) * (1 + u_i * u_j)", "coupling = flux / mass"],
  ["not of the difference", "flux = g * u_j", "coupling = flux / mass"],
])("%s: there is nothing to solve for", (_name, message, node) => {
  expect(found(message, node)).toBeUndefined();
});

test("a reaction without neighbours has no coupling", () => {
  const graph = createGraph();
  expect(linearConductance(graph, noCoupling(graph))).toBeUndefined();
});
