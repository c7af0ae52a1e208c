import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Action,
  actionNames,
  decisionJsonSchema,
  parseDecision,
  toolSchemas,
} from "../../src/discover/actions.js";
import {
  type ActionContext,
  applyAction,
  applyDecision,
  candidateSeed,
  completeSpec,
  specKey,
} from "../../src/discover/apply.js";
import type { CaseSummary } from "../../src/discover/case-summary.js";
import { neighbourEntry, viewCatalog } from "../../src/discover/entries.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import type { TwinSpec } from "../../src/twin/spec.js";
import { catalog, summary } from "./fixtures.js";

const contextOf = (patient: CaseSummary = summary, evaluated = new Map<string, number>()) =>
  ({
    catalog,
    view: viewCatalog(catalog, patient.mesh),
    case: patient,
    evaluated,
  }) satisfies ActionContext;
const base = initialSpecFor(catalog, summary);
const fibres = { ...summary, mesh: { ...summary.mesh, hasFibres: true } };

const apply = (action: Action, spec: TwinSpec = base, patient = summary) =>
  applyAction(contextOf(patient, new Map([["x", 0]])), spec, action);
const refusal = (action: Action, spec?: TwinSpec, patient?: CaseSummary): string => {
  const applied = apply(action, spec, patient);
  return applied.ok ? "accepted" : applied.reason;
};
const specOf = (action: Action, spec?: TwinSpec, patient?: CaseSummary): TwinSpec => {
  const applied = apply(action, spec, patient);
  if (!applied.ok) throw new Error(applied.reason);
  return applied.spec;
};
const select = (diffusion: string): Action => ({ action: "select_diffusion", diffusion });
const refine: Action = { action: "refine_diffusion" };
const simplify: Action = { action: "simplify_diffusion" };

describe("refusals name the thing and what exists", () => {
  test.each<[Action, RegExp]>([
    [{ action: "set_reaction", reaction: "quen" }, /did you mean "queen".*rook, bishop/],
    [{ action: "set_reaction", reaction: "bishop", variant: "fast" }, /variant of bishop.*slow/],
    [{ action: "set_reaction", reaction: "__proto__" }, /not a reaction/],
    [select("strands"), /needs fibre directions/],
    [select("carpet"), /not a diffusion/],
    [{ action: "select_diffusion", diffusion: "net", options: { hidden: 3 } }, /Offered: 2, 4, 8/],
    [{ action: "modify_diffusion", option: "hidden", value: 4 }, /tissue has no options/],
    [{ action: "refine_diffusion", option: "width" }, /tissue has no options/],
    [{ action: "set_fit", fit: { freeReaction: ["c"] } }, /can be fitted. There are: a, b/],
    [{ action: "set_stimulus_model", sites: 3 }, /given/],
    [{ action: "set_observation", observation: { mask: [500] } }, /run to 499/],
  ])("%j", (action, reason) => {
    expect(refusal(action)).toMatch(reason);
  });

  test("gain belongs to potentials, sites to unknown beats", () => {
    const times = { ...summary, measure: "activation" as const, unknownStimuli: true };
    const gain: Action = { action: "set_observation", observation: { gainOffset: true } };
    expect(refusal(gain, base, times)).toMatch(/activation times alone/);
    const sites: Action = { action: "set_stimulus_model", sites: 9 };
    expect(specOf(sites, base, times).stimulus.sites).toBe(9);
  });

  test("stop needs a candidate; a structure is evaluated once", () => {
    const stop: Action = { action: "stop", reason: "enough" };
    expect(applyAction(contextOf(), base, stop)).toMatchObject({ ok: false });
    const evaluated = new Map([[specKey(base), 4]]);
    const same = { thought: "again", actions: [{ ...select("tissue"), options: {} }] };
    expect(applyDecision(contextOf(summary, evaluated), base, same as never)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("candidate 4 already"),
    });
  });
});

describe("structures", () => {
  test("a default written out is the same structure as one left out", () => {
    const short = { ...base, diffusion: { name: "map", options: {} } };
    const long = { ...base, diffusion: { name: "map", options: { smoothness: 1e-5 } } };
    expect(specKey(completeSpec(catalog, short))).toBe(specKey(completeSpec(catalog, long)));
  });

  test("free parameters that a new reaction lacks fall back to all", () => {
    const narrow = specOf({ action: "set_fit", fit: { freeReaction: ["a"] } });
    expect(specOf({ action: "set_reaction", reaction: "queen" }, narrow).fit.freeReaction).toEqual([
      "a",
    ]);
    const stray = { ...base, fit: { ...base.fit, freeReaction: ["z"] } };
    expect(specOf({ action: "set_reaction", reaction: "queen" }, stray).fit.freeReaction).toBe(
      "all",
    );
  });

  test("refining walks options up and then to the next richer entry; simplifying walks back", () => {
    const walk = (action: Action, spec: TwinSpec, patient: CaseSummary): string[] => {
      const applied = apply(action, spec, patient);
      if (!applied.ok) return [applied.reason];
      const { name, options } = applied.spec.diffusion;
      return [[name, ...Object.values(options)].join(" "), ...walk(action, applied.spec, patient)];
    };
    expect(walk(refine, base, fibres)).toEqual([
      "strands",
      "strands-map 0.00001",
      "strands-map 0.000001",
      "strands-map is the richest diffusion for this mesh.",
    ]);
    expect(walk(simplify, specOf(select("map")), summary)).toEqual([
      "map 0.0001",
      "tissue",
      "tissue is the simplest diffusion for this mesh.",
    ]);
    expect(walk(refine, specOf(select("net")), summary)[0]).toBe("net 8 false");
    expect(walk(refine, specOf(select("net")), summary).slice(1, 3)).toEqual([
      "net 8 true",
      "map 0.00001",
    ]);
  });

  test("neighbours differ in degrees of freedom, in the direction asked for", () => {
    const view = viewCatalog(catalog, fibres.mesh);
    const dof = new Map(view.diffusions.map((entry) => [entry.name, entry.degreesOfFreedom]));
    for (const { name } of view.diffusions)
      for (const direction of [1, -1] as const) {
        const next = neighbourEntry(view, name, direction);
        if (next) expect(direction * (next.degreesOfFreedom - dof.get(name)!)).toBeGreaterThan(0);
      }
  });

  test("seeds depend on run and structure, not on order", () => {
    expect(candidateSeed(1, "a")).toBe(candidateSeed(1, "a"));
    expect(candidateSeed(1, "a")).not.toBe(candidateSeed(2, "a"));
    expect(candidateSeed(1, "a")).not.toBe(candidateSeed(1, "b"));
  });
});

describe("schema", () => {
  test("one schema serves decisions, single actions and tools", () => {
    expect(parseDecision({ thought: "t", action: "set_reaction", reaction: "rook" })).toEqual({
      ok: true,
      decision: { thought: "t", actions: [{ action: "set_reaction", reaction: "rook" }] },
    });
    const nulls = { thought: "t", from: null, action: "refine_diffusion", option: null };
    expect(parseDecision(nulls)).toMatchObject({ ok: true });
    expect(JSON.stringify(decisionJsonSchema())).toContain("set_stimulus_model");
    expect(Object.keys(toolSchemas)).toEqual(actionNames);
  });

  test.each([
    [{}, "thought: is missing; actions: is missing"],
    [{ type: "simplify" }, 'thought: is missing; actions: is missing; decision: has no "type"'],
    [{ thought: "t", actions: [] }, "actions: must not be empty"],
    [
      { thought: "t", action: "set_fit", fit: { starts: 0 } },
      "actions.0.fit.starts: must be at least 1",
    ],
    [
      { thought: "t", action: "set_fit", fit: { starts: 99 } },
      "actions.0.fit.starts: must be at most 64",
    ],
    [
      { thought: "t", action: "set_fit", fit: { starts: "a" } },
      "actions.0.fit.starts: must be a number",
    ],
    [{ thought: "t", action: "set_fit", fit: { stars: 1 } }, 'actions.0.fit: has no "stars"'],
    [
      { thought: "t", action: "run_code" },
      `actions.0.action: must be one of ${actionNames.join(", ")}`,
    ],
    [null, "decision: must be an object"],
  ])("%j is no decision, in plain words", (value, reason) => {
    expect(parseDecision(value)).toEqual({ ok: false, reason });
  });

  test("no value makes the parser throw", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        parseDecision(value);
      }),
      { numRuns: 300 },
    );
  });
});
