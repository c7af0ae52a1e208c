import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { fail } from "../../src/core/errors.js";
import type { Reaction } from "../../src/model/declare.js";
import { rateError } from "../../src/verify/cell.js";
import { cellsCheck } from "../../src/verify/cells.js";
import { goldens } from "../../src/verify/goldens/index.js";
import { adjointSlope, gradientError } from "../../src/verify/gradients.js";
import { meshFor } from "../../src/verify/invariants.js";
import { compileProblem } from "../../src/verify/problem.js";
import { checks, runPart } from "../../src/verify/suite.js";

const rowsOf = (entry: Reaction) => {
  const reactions = { [entry.name]: entry };
  const input = { catalog: { ...catalog, reactions }, cost: "quick" } as const;
  return cellsCheck.parts(input).flatMap((part) => part.run().rows);
};

describe("single cells", () => {
  const entry = catalog.reactions["aliev-panfilov"];
  test("a published entry passes", () => {
    expect(rowsOf(entry).map(({ verdict }) => verdict)).toEqual(["passed", "passed"]);
  });
  test("a coefficient off by a thousandth fails", () => {
    const equations = entry.equations.replace("-k * u", "-1.001 * k * u");
    expect(equations).not.toBe(entry.equations);
    expect(rowsOf({ ...entry, equations }).some(({ verdict }) => verdict === "failed")).toBe(true);
  });
  test("the rates of every mutant that a golden names are refused", () => {
    for (const [name, golden] of Object.entries(goldens)) {
      const published = catalog.reactions[name];
      const worst = (one: Reaction) =>
        Math.max(...golden.rates.map((rate) => rateError(one, rate)));
      expect(worst(published), name).toBeLessThan(1);
      for (const { from, to, what } of golden.mutants) {
        const equations = published.equations.replace(from, to);
        expect(worst({ ...published, equations }), `${name}: ${what}`).toBeGreaterThan(1);
      }
    }
  });
  test("an entry nobody has numbers for is shown, not passed", () => {
    expect(rowsOf({ ...entry, name: "of-my-own" })).toMatchObject([{ verdict: "shown" }]);
  });
});

describe("gradients", () => {
  const diffusion = catalog.diffusions["neural-conductance"];
  const problem = compileProblem({
    catalog,
    reaction: catalog.reactions["rogers-mcculloch"],
    diffusion: diffusion.name,
    mesh: meshFor(diffusion),
    numerics: { scheme: "rk4" },
  });
  test("the adjoint meets differences to 1e-6", () => {
    expect(gradientError(problem)).toBeLessThan(1e-6);
  });
  test("an adjoint off by 1e-5 is refused", () => {
    const off: typeof adjointSlope = (...args) => adjointSlope(...args) * (1 + 1e-5);
    expect(gradientError(problem, off)).toBeGreaterThan(1e-6);
  });
});

/** One parameter's gradient forgotten: it must not hide behind the others. */
test.each([
  ["aliev-panfilov", "mu1"],
  ["mitchell-schaeffer", "tau_close"],
  ["ten-tusscher-panfilov", "g_Ks"],
])("an adjoint of %s without %s is refused", (name, parameter) => {
  const reaction = catalog.reactions[name];
  const diffusion = catalog.diffusions["finite-element"];
  const problem = compileProblem({
    catalog,
    reaction,
    diffusion: diffusion.name,
    mesh: meshFor(diffusion),
    numerics: { scheme: reaction.numerics?.scheme ?? "rk4" },
  });
  const forgetful: typeof adjointSlope = (at, place, along) => {
    const { [`reaction.${parameter}`]: _, ...scalars } = along.values.scalars;
    return adjointSlope(at, place, { ...along, values: { ...along.values, scalars } });
  };
  expect(Object.keys(problem.values.scalars)).toContain(`reaction.${parameter}`);
  expect(gradientError(problem)).toBeLessThan(1e-6);
  expect(gradientError(problem, forgetful)).toBeGreaterThan(1e-6);
});

describe("the suite", () => {
  test("names and rows are unique, and full adds to quick", () => {
    const names = (cost: "quick" | "full") =>
      checks.flatMap(({ group, parts }) =>
        parts({ catalog, cost }).map(({ name }) => `${group}/${name}`),
      );
    const [quick, full] = [names("quick"), names("full")];
    expect(new Set(full).size).toBe(full.length);
    for (const name of quick) expect(full).toContain(name);
    expect(full.length).toBeGreaterThan(quick.length);
  });
  test("a part that cannot be computed fails with its reason; a fault of the program is thrown", () => {
    const refused = () => fail({ code: "x", message: "No such mesh." });
    expect(runPart("g", { name: "p q", run: refused }).rows).toMatchObject([
      { id: "failed.p-q", verdict: "failed", note: "could not be computed: No such mesh." },
    ]);
    const broken = () => {
      throw new Error("bug");
    };
    expect(() => runPart("g", { name: "p", run: broken })).toThrow("bug");
  });
});
