import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import type { Agent } from "../../src/discover/agents/agent.js";
import { exhaustiveAgent } from "../../src/discover/agents/exhaustive.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { randomAgent } from "../../src/discover/agents/random.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import { offeredCatalog } from "../../src/discover/offer.js";
import {
  allNeural,
  diffusionOnly,
  humanHybrid,
  leadsAsPublished,
  onlyStructure,
  oracle,
  type Restriction,
  reactionOnly,
  restricted,
  singleReaction,
} from "../../src/discover/restrictions.js";
import type { TwinSpec } from "../../src/twin/spec.js";
import { type Landscape, runWith, scripted, summary } from "./fixtures.js";

/** Graph attention leaves half of what mean aggregation does; nothing reaches the noise. */
const land: Landscape = {
  wrong: { "aliev-panfilov": 4e-3, "mitchell-schaeffer": 9e-3, "rogers-mcculloch": 2e-3 },
  scar: 5e-3,
  noise: 0,
};

async function runIn(restriction: Restriction, agent: Agent, evaluations = 20) {
  const offered = restricted(catalog, restriction);
  const calls: TwinSpec[] = [];
  const outcome = await runWith({
    agent,
    catalog: offered,
    initialSpec: initialSpecFor(offered, summary),
    evaluate: scripted(land, calls),
    budget: { evaluations, seconds: 36_000 },
  });
  const used = {
    reactions: new Set(calls.map(({ reaction }) => reaction.name)),
    diffusions: new Set(calls.map(({ diffusion }) => diffusion.name)),
  };
  return { outcome, used, calls };
}

test("names choose reactions and diffusions, and what does not exist is said", () => {
  const offered = offeredCatalog(catalog, ["karma"], ["graph-laplacian", "mean-aggregation"]);
  expect(Object.keys(offered.reactions)).toEqual(["karma"]);
  expect(Object.keys(offered.diffusions)).toEqual(["graph-laplacian", "mean-aggregation"]);
  const { diffusions } = offeredCatalog(catalog, undefined, ["all"]);
  expect(Object.keys(diffusions)).toEqual(Object.keys(catalog.diffusions));
  expect(() => offeredCatalog(catalog, undefined, ["graph-laplace"])).toThrow(
    /not a diffusion; did you mean "graph-laplacian"/,
  );
  expect(() => offeredCatalog(catalog, undefined, [])).toThrow(/No diffusion is named/);
});

const agents = { expert: expertAgent, random: randomAgent, exhaustive: exhaustiveAgent };
const choices: readonly Restriction[] = [
  reactionOnly,
  diffusionOnly("mitchell-schaeffer"),
  leadsAsPublished,
  humanHybrid("rogers-mcculloch"),
  singleReaction("aliev-panfilov"),
  allNeural,
];

describe.each(choices)("$name", (restriction) => {
  test.each(Object.entries(agents))("%s stays inside it and ends in order", async (_, create) => {
    const { outcome, used } = await runIn(restriction, create());
    const offered = restricted(catalog, restriction);
    expect(outcome.status).toBe("finished");
    expect(outcome.best?.result.status).toBe("fitted");
    for (const name of used.reactions) expect(Object.keys(offered.reactions)).toContain(name);
    for (const name of used.diffusions) expect(Object.keys(offered.diffusions)).toContain(name);
  });
});

test("LEADS as published: the expert screens its reactions, then refines to graph attention", async () => {
  const { outcome, used, calls } = await runIn(leadsAsPublished, expertAgent());
  expect(calls[0].diffusion.name).toBe("mean-aggregation");
  expect(used.reactions).toEqual(new Set(leadsAsPublished.reactions));
  expect(used.diffusions).toEqual(new Set(leadsAsPublished.diffusions));
  const attention = calls.filter(({ diffusion }) => diffusion.name === "graph-attention");
  expect(attention.every(({ fit }) => fit.fieldIterations > 0)).toBe(true);
  expect(outcome.stop.code).toBe("agent");
});

test("a control without a choice is one structure", () => {
  expect(onlyStructure(catalog, oracle("karma", "finite-element"))).toEqual({
    reaction: { name: "karma" },
    diffusion: { name: "finite-element", options: {} },
  });
  expect(onlyStructure(catalog, humanHybrid("karma")).diffusion.name).toBe("graph-attention");
  expect(() => onlyStructure(catalog, leadsAsPublished)).toThrow(/3 reactions and 2 diffusions/);
  expect(() => restricted(catalog, oracle("carma"))).toThrow(/did you mean "karma"/);
});
