import { describe, expect, test } from "vitest";
import { catalog as shipped } from "../../src/catalog/catalog.js";
import { exhaustiveAgent } from "../../src/discover/agents/exhaustive.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { randomAgent } from "../../src/discover/agents/random.js";
import type { CaseSummary } from "../../src/discover/case-summary.js";
import { neighbourEntry, viewCatalog } from "../../src/discover/entries.js";
import type { Evaluate } from "../../src/discover/evaluate.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import type { TwinSpec } from "../../src/twin/spec.js";
import {
  fakeClock,
  fitsField,
  type Landscape,
  noScore,
  plainTruth,
  result,
  runWith,
  scarTruth,
  scripted,
  summary,
} from "./fixtures.js";

describe("expert", () => {
  test("finds the right reaction on a homogeneous heart, screening each once", async () => {
    const calls: TwinSpec[] = [];
    const run = await runWith({ agent: expertAgent(), evaluate: scripted(plainTruth, calls) });
    expect(run.best?.result.spec.reaction.name).toBe("knight");
    expect(run.best?.result.spec.diffusion.name).toBe("tissue");
    expect(run.stop.code).toBe("agent");
    expect(calls.length).toBeLessThanOrEqual(8);
    const forms = calls.slice(0, 5).map(({ reaction }) => [reaction.name, reaction.variant].join());
    expect(new Set(forms).size).toBe(5);
    expect(calls.some(fitsField)).toBe(false);
    expect(run.archive.every(({ thought }) => thought.length > 20)).toBe(true);
  });

  test("fits a field before it rejects a reaction that a scar makes look wrong", async () => {
    const calls: TwinSpec[] = [];
    const run = await runWith({ agent: expertAgent(), evaluate: scripted(scarTruth, calls) });
    const homogeneous = run.archive.filter(({ result }) => !fitsField(result.spec));
    const leader = homogeneous.sort((a, b) => a.result.excess - b.result.excess)[0];
    expect(leader.result.spec.reaction.name).toBe("rook");
    expect(run.best?.result.spec.reaction.name).toBe("queen");
    expect(fitsField(run.best!.result.spec)).toBe(true);
    expect(calls.length).toBeLessThanOrEqual(10);
  });

  test.each([
    [1e-4, 11],
    [4e-4, 11],
    [8e-4, 13],
  ])("still finds it when short field fits leave %f", async (unresolved, evaluations) => {
    const land = { ...scarTruth, unresolved };
    const run = await runWith({ agent: expertAgent(), evaluate: scripted(land) });
    expect(run.best?.result.spec.reaction.name).toBe("queen");
    expect(run.archive.length).toBeLessThanOrEqual(evaluations);
  });

  test("knows the shipped catalog by its properties", () => {
    const withMesh = (hasFibres: boolean) => ({ ...summary, mesh: { ...summary.mesh, hasFibres } });
    const plain = (fibres: boolean) => initialSpecFor(shipped, withMesh(fibres)).diffusion.name;
    expect([plain(false), plain(true)]).toEqual(["finite-element", "finite-element-fibre"]);
    const view = viewCatalog(shipped, withMesh(true).mesh);
    expect(neighbourEntry(view, "finite-element", 1)?.name).toBe("finite-element-fibre");
    expect(neighbourEntry(view, "finite-element-fibre", 1)?.name).toBe("conductivity-field-fibre");
    expect(neighbourEntry(view, "conductivity-field-fibre", -1)?.name).toBe("finite-element-fibre");
    expect(neighbourEntry(view, "conductivity-field", -1)?.name).toBe("neural-conductance");
    expect(neighbourEntry(view, "neural-conductance", -1)?.name).toBe("finite-element");
  });

  test.each([
    [true, "strands", "strands-map"],
    [false, "tissue", "map"],
  ])("fibres %s: conduction by %s, fields by %s", async (hasFibres, plain, map) => {
    const calls: TwinSpec[] = [];
    const patient = { ...summary, mesh: { ...summary.mesh, hasFibres } };
    await runWith({ case: patient, agent: expertAgent(), evaluate: scripted(scarTruth, calls) });
    expect(new Set(calls.map((spec) => spec.diffusion.name))).toEqual(new Set([plain, map]));
  });

  test("gives a failed fit of the right reaction more starts", async () => {
    const land: Landscape = { ...plainTruth, lost: ["knight"] };
    const run = await runWith({ agent: expertAgent(), evaluate: scripted(land) });
    expect(run.best?.result.spec.reaction.name).toBe("knight");
    expect(run.archive.length).toBeLessThanOrEqual(12);
  });

  test("spends its last evaluation on the best structure", async () => {
    const run = await runWith({
      agent: expertAgent(),
      evaluate: scripted(plainTruth),
      budget: { evaluations: 5, seconds: 3600 },
    });
    expect(run.stop.code).toBe("evaluations");
    expect(run.archive.at(-1)?.result.spec.fit.potentialIterations).toBe(40);
  });

  test("stops when the time left is too short for another fit", async () => {
    const clock = fakeClock();
    const slow: Evaluate = async (spec, context) => {
      clock.advance(30_000);
      return { ...(await scripted(scarTruth)(spec, context)), seconds: 30 };
    };
    const run = await runWith({
      agent: expertAgent(),
      evaluate: slow,
      clock,
      budget: { evaluations: 100, seconds: 100 },
    });
    expect(run.elapsed_s).toBeLessThanOrEqual(120);
    expect(["agent", "seconds"]).toContain(run.stop.code);
  });

  test.each([
    [0.5, 2.5, /has a place in the tissue/],
    // Few electrodes: their errors do not tell where they have their place.
    [0, 1.5, /worse at times than interpolation/],
  ])("walks along the number of sites and adds a field where beats come from outside (spatial correlation %f)", async (spatialCorrelation, nearest, why) => {
    const patient: CaseSummary = {
      ...summary,
      measure: "activation",
      unknownStimuli: true,
      trivial: { nearest: { ...noScore, at_rmse_ms: nearest } },
    };
    const calls: TwinSpec[] = [];
    const evaluate: Evaluate = async (spec) => {
      calls.push(spec);
      const rmse = 2 + Math.abs(spec.stimulus.sites - 12) / 6 - (fitsField(spec) ? 0.8 : 0);
      const fitted = result(spec, rmse ** 2, 0, 0.1, spatialCorrelation);
      const score = { ...noScore, at_rmse_ms: rmse, at_mae_ms: rmse * 0.8 };
      return { ...fitted, train: score, validation: score };
    };
    const run = await runWith({ case: patient, agent: expertAgent(), evaluate });
    expect(run.best?.result.spec.stimulus.sites).toBe(12);
    expect(fitsField(run.best!.result.spec)).toBe(true);
    expect(run.archive.find((one) => fitsField(one.result.spec))?.thought).toMatch(why);
    expect(new Set(calls.map((spec) => spec.reaction.name)).size).toBe(1);
    expect(calls[0].observation.loss).toBe("huber");
    expect(calls.length).toBeLessThanOrEqual(14);
  });

  test("simplifies an over-fit field", async () => {
    const evaluate: Evaluate = async (spec) => {
      const stiff = spec.diffusion.options.smoothness === 1e-4;
      const excess = fitsField(spec) ? (stiff ? 5e-4 : 1e-3) : 4e-3;
      const fitted = result(spec, excess, 0, 0.1, 0.6);
      const train = fitsField(spec) && !stiff ? 1e-5 : excess * 0.95;
      return { ...fitted, train: { ...noScore, mse: train } };
    };
    const run = await runWith({ agent: expertAgent(), evaluate });
    expect(run.best?.result.spec.diffusion.options.smoothness).toBe(1e-4);
    expect(run.archive.some(({ actions }) => actions[0].action === "simplify_diffusion")).toBe(
      true,
    );
  });

  test("adapts the observation to signals of arbitrary scale", async () => {
    const patient = { ...summary, arbitraryScale: true };
    const calls: TwinSpec[] = [];
    await runWith({ case: patient, agent: expertAgent(), evaluate: scripted(plainTruth, calls) });
    expect(calls[0].observation).toMatchObject({ gainOffset: true, temporalBlur_ms: "fitted" });
  });
});

describe("exhaustive", () => {
  test("halves over all pairs and ends with the right one", async () => {
    const calls: TwinSpec[] = [];
    const run = await runWith({
      agent: exhaustiveAgent(),
      evaluate: scripted(scarTruth, calls),
      budget: { evaluations: 100, seconds: 3600 },
    });
    expect(calls.length).toBe(12 + 6 + 3);
    expect(run.best?.result.spec.reaction.name).toBe("queen");
    expect(run.best?.result.spec.fit.fieldIterations).toBe(220);
    expect(run.stop.code).toBe("agent");
  });

  test("begins with fewer pairs when the budget is small, and still reaches the last rung", async () => {
    const calls: TwinSpec[] = [];
    await runWith({
      agent: exhaustiveAgent(),
      evaluate: scripted(plainTruth, calls),
      budget: { evaluations: 8, seconds: 3600 },
    });
    expect(calls.length).toBeLessThanOrEqual(8);
    expect(calls.at(-1)?.fit.fieldIterations).toBe(220);
  });
});

describe("random", () => {
  test("spends the budget on structures that all differ, the same ones for the same seed", async () => {
    const budget = { evaluations: 25, seconds: 3600 };
    const specs = async (seed: number) => {
      const run = await runWith({
        agent: randomAgent(),
        evaluate: scripted(plainTruth),
        budget,
        seed,
      });
      expect(run.stop.code).toBe("evaluations");
      return run.archive.map(({ result }) => JSON.stringify(result.spec));
    };
    const [first, again, other] = [await specs(1), await specs(1), await specs(2)];
    expect(new Set(first).size).toBe(25);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});
