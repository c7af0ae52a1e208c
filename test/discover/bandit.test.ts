import { expect, test } from "vitest";
import { banditAgent } from "../../src/discover/agents/bandit.js";
import { randomAgent } from "../../src/discover/agents/random.js";
import { defaultTiers } from "../../src/discover/agents/tiers.js";
import { offeredCatalog } from "../../src/discover/offer.js";
import type { TwinSpec } from "../../src/twin/spec.js";
import { catalog, plainTruth, runWith, scarTruth, scripted } from "./fixtures.js";

const structures = (archive: Awaited<ReturnType<typeof runWith>>["archive"]) =>
  archive.map(({ result }) => JSON.stringify(result.spec));

test("the same seed draws the same arms, and none twice", async () => {
  const run = (seed: number) =>
    runWith({
      agent: banditAgent(),
      evaluate: scripted(plainTruth),
      budget: { evaluations: 20, seconds: 36_000 },
      seed,
    });
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(first.stop.code).toBe("evaluations");
  expect(new Set(structures(first.archive)).size).toBe(20);
  expect(again.fingerprint).toBe(first.fingerprint);
  expect(structures(other.archive)).not.toEqual(structures(first.archive));
  expect(first.archive.every(({ thought }) => /arms are open/.test(thought))).toBe(true);
});

test("what it has seen steers it: it does better than chance on equal budgets", async () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const decades = async (agent: () => ReturnType<typeof banditAgent>) => {
    let sum = 0;
    for (const seed of seeds) {
      const { best } = await runWith({
        agent: agent(),
        evaluate: scripted({ ...scarTruth, noise: 0 }),
        budget: { evaluations: 14, seconds: 36_000 },
        seed,
      });
      sum += Math.log10(best!.result.excess);
    }
    return sum / seeds.length;
  };
  expect(await decades(banditAgent)).toBeLessThan((await decades(randomAgent)) - 0.3);
});

test("the last evaluation goes to what is expected to be best", async () => {
  const { archive } = await runWith({
    agent: banditAgent(),
    evaluate: scripted(plainTruth),
    budget: { evaluations: 12, seconds: 36_000 },
  });
  const last = archive.at(-1)!;
  expect(last.thought).toMatch(/lowest expected excess/);
  const reactions = archive
    .slice(0, -1)
    .sort((a, b) => a.result.excess - b.result.excess)
    .map(({ result }) => result.spec.reaction.name);
  expect(last.result.spec.reaction.name).toBe(reactions[0]);
});

test("scarce seconds make it prefer short fits", async () => {
  const efforts = async (seconds: number) => {
    const calls: TwinSpec[] = [];
    await runWith({
      agent: banditAgent(),
      evaluate: scripted(plainTruth, calls),
      budget: { evaluations: 12, seconds },
    });
    return calls.filter(({ fit }) => fit.starts === defaultTiers.screening.starts).length;
  };
  expect(await efforts(60)).toBeGreaterThan(await efforts(36_000));
});

test("failed fits are the worst that was seen, and the end of the catalog ends the search", async () => {
  const good = scripted(plainTruth);
  const { archive, stop } = await runWith({
    agent: banditAgent(),
    catalog: offeredCatalog(catalog, ["rook", "queen"], ["tissue", "mean"]),
    evaluate: async (spec, context) => {
      const fitted = await good(spec, context);
      if (spec.reaction.name !== "rook") return fitted;
      return { ...fitted, status: "rejected", reason: "no wave", excess: Number.POSITIVE_INFINITY };
    },
    budget: { evaluations: 100, seconds: 36_000 },
  });
  expect(stop).toMatchObject({ code: "agent", detail: expect.stringMatching(/has been tried/) });
  expect(archive.length).toBe(2 * 2 * 3);
  const early = archive.slice(0, 6).filter(({ result }) => result.spec.reaction.name === "rook");
  expect(early.length).toBeLessThanOrEqual(3);
});
