import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { elementShape } from "../../src/mesh/element-shape.js";
import { elementCount } from "../../src/mesh/mesh.js";
import type { Diffusion } from "../../src/model/declare.js";
import { finestOrder } from "../../src/verify/check.js";
import { diffuse, largestGrowth } from "../../src/verify/invariants.js";
import { manufacturedCheck, timeErrors } from "../../src/verify/manufactured.js";
import { irregularBox, irregularSheet } from "../../src/verify/meshes.js";
import { arrivalByDirection, bistableFront, cableSpeed, spread } from "../../src/verify/waves.js";

const input = { catalog, cost: "quick" } as const;
const part = (name: string, using = input) =>
  manufacturedCheck
    .parts(using)
    .find((one) => one.name.includes(name))!
    .run().rows[0];

/** The catalog with another text in one diffusion. */
function mutated(name: string, change: (text: string) => string) {
  const entry = catalog.diffusions[name];
  const mutant: Diffusion = {
    ...entry,
    build: (options, mesh) => {
      const model = entry.build(options, mesh);
      return { ...model, edge: change(model.edge) };
    },
  };
  return { ...catalog, diffusions: { ...catalog.diffusions, [name]: mutant } };
}

describe("manufactured solution", () => {
  test("irregular triangles are of second order", () => {
    expect(part("triangles, irregular, lumped")).toMatchObject({ verdict: "passed" });
  });
  test("a conductance off by a hundredth has no order", () => {
    const wrong = mutated("finite-element-fibre", (edge) => `${edge} * 1.01`);
    const row = part("triangles, irregular, lumped", { ...input, catalog: wrong });
    expect(row.verdict).toBe("failed");
    expect(row.value).toBeLessThan(1.5);
  });
  test("a fibre weight of the wrong sign has none either", () => {
    const wrong = mutated("finite-element-fibre", () => "g = D_across * w");
    const row = part("triangles, irregular, lumped", { ...input, catalog: wrong });
    expect(row.verdict).toBe("failed");
  });
  test.each(["Euler", "RK4", "Strang splitting, Crank-Nicolson"])("%s has its order", (name) => {
    expect(part(`in time: ${name}`)).toMatchObject({ verdict: "passed" });
  });
  test("Godunov's errors are not of second order", () => {
    const errors = timeErrors(
      catalog,
      { scheme: "godunov", diffusion: "crank-nicolson" },
      [0.1, 0.05],
    );
    expect(Math.abs(finestOrder(errors) - 1)).toBeLessThan(0.1);
    expect(Math.abs(finestOrder(errors) - 2)).toBeGreaterThan(0.1);
  });
});

describe("irregular meshes", () => {
  test("fill their box with positive elements", () => {
    const total = (mesh: ReturnType<typeof irregularSheet>) =>
      Array.from({ length: elementCount(mesh) }, (_, e) => elementShape(mesh, e).measure).reduce(
        (sum, measure) => sum + measure,
        0,
      );
    expect(total(irregularSheet([8, 6], 1))).toBeCloseTo(48, 10);
    expect(total(irregularBox([3, 2, 2], 0.5))).toBeCloseTo(12, 10);
  });
});

describe("waves", () => {
  test("the bistable front has its exact speed", () => {
    const exact = Math.sqrt((0.3 * 2) / 2) * (1 - 2 * 0.1);
    expect(Math.abs(bistableFront(catalog, 0.2).speed / exact - 1)).toBeLessThan(0.003);
  });
  test("a cable's speed converges to that of another code", () => {
    const [coarse, fine] = [cableSpeed(catalog, 0.5), cableSpeed(catalog, 0.25)];
    expect(fine + (fine - coarse) / 3).toBeCloseTo(0.212915, 4);
  });
  test("arrival hardly depends on direction, and does where one side conducts a tenth better", () => {
    expect(spread(arrivalByDirection(catalog, 0.5))).toBeLessThan(0.01);
    const lopsided = mutated("finite-element", (edge) => `${edge} * (1 + 0.05 * x)`);
    expect(spread(arrivalByDirection(lopsided, 0.5))).toBeGreaterThan(0.01);
  });
});

describe("invariants", () => {
  const entry = catalog.diffusions["finite-element"];
  test("charge stays, energy falls", () => {
    const { drift, energy } = diffuse(catalog, entry);
    expect(Math.max(...drift)).toBeLessThan(1e-13);
    expect(largestGrowth(energy)).toBeLessThan(0);
  });
  test("a message that is not antisymmetric loses charge", () => {
    const build: Diffusion["build"] = (options, mesh) => ({
      ...entry.build(options, mesh),
      message: "flux = g * (u_j - 1.00001 * u_i)",
    });
    const { drift } = diffuse(catalog, { ...entry, name: "finite-element" });
    const wrong = { ...catalog, diffusions: { "finite-element": { ...entry, build } } };
    expect(Math.max(...diffuse(wrong, entry).drift)).toBeGreaterThan(1e-7);
    expect(Math.max(...drift)).toBeLessThan(1e-13);
  });
  test("growth is seen", () => {
    expect(largestGrowth([1, 0.5, 0.6, 0.2])).toBeCloseTo(0.1, 12);
  });
});
