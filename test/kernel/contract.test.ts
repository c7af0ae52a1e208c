import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { type SchemeName, schemes } from "../../src/model/schemes.js";
import {
  bestTaylorSlopes,
  createProblem,
  createSimulation,
  gradientDifference,
  isExact,
  nodes,
} from "./contract.js";
import { degreesOf, irregularSurface } from "./irregular.js";

test("the surface has degrees from 3 to about 20", () => {
  const topology = irregularSurface(nodes, createRandom(1));
  const degrees = degreesOf(topology);
  expect(topology.edges).toBe(3 * nodes - 6);
  expect(Math.min(...degrees)).toBe(3);
  expect(Math.max(...degrees)).toBeGreaterThan(12);
});

/** Less than two states: everything is checkpointed and recomputed. */
const nothing_bytes = 1;

for (const reaction of Object.values(catalog.reactions))
  for (const diffusion of Object.values(catalog.diffusions))
    describe(`${reaction.name} x ${diffusion.name}`, () => {
      test.each(Object.keys(schemes) as SchemeName[])("%s", (scheme) => {
        const problem = createProblem(reaction, diffusion, scheme);
        const { point, directions } = problem;
        const reference = createSimulation(problem, "js-float64");
        const gradient = reference.gradient(point);

        const slopes = bestTaylorSlopes(reference.loss, { point, directions, gradient });
        expect(isExact(slopes), `Taylor slopes ${slopes.map((s) => s.toFixed(3))}`).toBe(true);

        const frugal = createSimulation(problem, "js-float64", {
          memoryBudget_bytes: nothing_bytes,
        });
        expect(frugal.workspace.capacity).toBeLessThan(reference.workspace.capacity);
        expect(frugal.gradient(point)).toEqual(gradient);

        const single = createSimulation(problem, "wasm-f32x4");
        const inSingle = single.gradient(point);
        expect(gradientDifference(inSingle, gradient, point)).toBeLessThan(1e-4);

        const both = createSimulation(problem, "wasm-f32x4", {
          memoryBudget_bytes: nothing_bytes,
        });
        expect(both.gradient(point)).toEqual(inSingle);
      });
    });
