import { describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import type { Agent } from "../../src/discover/agents/agent.js";
import { priceOf } from "../../src/discover/agents/llm-model.js";
import { listPrice, listPrices } from "../../src/discover/agents/llm-prices.js";
import { createBudgetWatch } from "../../src/discover/budget-watch.js";
import { memoryStore, openJournal } from "../../src/discover/journal.js";
import type { Budget } from "../../src/discover/stops.js";
import { noUsage } from "../../src/discover/usage.js";
import { hastyClock, runWith, scarTruth, scripted } from "./fixtures.js";
import { agentFor, decideWith, errorOf, good, observation } from "./llm-agent.js";
import { compatible, json, protocols, type Said, say, serve } from "./llm-server.js";

const price = { input: 2, output: 10 };
/** 100 input and 20 output tokens each, as the server counts them. */
const cost_usd = (100 * 2 + 20 * 10) / 1e6;

/** A different structure in each turn, for ever. */
const names = ["queen", "rook", "knight", "bishop"];
const turns: readonly Said[] = names.flatMap((reaction) =>
  ["tissue", "map", "net"].map((diffusion) => ({
    calls: [
      { tool: "set_reaction", input: { thought: "next", reaction } },
      { tool: "select_diffusion", input: { thought: "next", diffusion } },
    ],
  })),
);
const budgeted = (budget: Partial<Budget>) => ({
  evaluate: scripted(scarTruth),
  budget: { evaluations: 30, seconds: 3600, ...budget },
});

describe("cost", () => {
  test("a decision has its price, with the mistakes on the way", async () => {
    const { url } = await serve([say(compatible, { text: "hm" }), say(compatible, good)]);
    const { usage } = await decideWith(compatible, url, { price });
    expect(usage!.usd).toBeCloseTo(2 * cost_usd, 12);
    expect(usage).toMatchObject({ inputTokens: 200, outputTokens: 40, requests: 2 });
  });

  test("a server that counts nothing is estimated from the text", async () => {
    const said = compatible.events(good).map((event) => {
      const { usage: _, ...rest } = event as { usage?: unknown };
      return event === "[DONE]" ? event : rest;
    });
    const { url } = await serve([say({ ...compatible, events: () => said }, good)]);
    const { usage } = await decideWith(compatible, url, { price });
    expect(usage).toMatchObject({ requests: 1, estimated: 1 });
    expect(usage!.inputTokens).toBeGreaterThan(2000);
    expect(usage!.usd).toBeGreaterThan(0.004);
  });

  test("list prices hold at the provider's own server only; a given price goes before", () => {
    const environment = {};
    const name = "llm:anthropic:claude-sonnet-4-5-20250929";
    expect(priceOf({ name })).toMatchObject({ input: 3, output: 15 });
    expect(priceOf({ name, baseUrl: "http://127.0.0.1:1/v1" })).toBeUndefined();
    expect(priceOf({ name, price })).toEqual(price);
    expect(priceOf({ name: "llm:openai-compatible:qwen3:8b", ...environment })).toBeUndefined();
    expect(listPrice("openai", "gpt-5-2025-08-07")?.input).toBe(1.25);
    expect(listPrice("openai", "gpt-5-turbo")).toBeUndefined();
    expect(listPrice("google", "constructor")).toBeUndefined();
  });

  test("each list price has its day and its source", () => {
    for (const row of Object.values(listPrices).flatMap((models) => Object.values(models))) {
      expect(row.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(row.source).toMatch(/\w+\.\w+\//);
      expect(row.output).toBeGreaterThan(row.input);
    }
  });
});

describe("hard stops", () => {
  test("--max-tokens ends the run with a reason and the best twin so far", async () => {
    const { url, sent } = await serve(turns.map((said) => say(compatible, said)));
    // Room for the prompt of the next request is part of the decision to send it.
    const run = await runWith({ agent: agentFor(compatible, url), ...budgeted({ tokens: 7500 }) });
    expect(run.status).toBe("finished");
    expect(run.stop.code).toBe("tokens");
    expect(run.best).not.toBeNull();
    expect(run.usage.inputTokens + run.usage.outputTokens).toBeLessThanOrEqual(7500);
    expect(sent.length).toBe(run.usage.requests);
    expect(sent.length).toBeGreaterThan(1);
  });

  test("--max-usd ends the run before the request that it would not pay", async () => {
    const { url, sent } = await serve(turns.map((said) => say(compatible, said)));
    const run = await runWith({
      agent: agentFor(compatible, url, { price }),
      ...budgeted({ usd: 0.014 }),
    });
    expect(run.stop.code).toBe("usd");
    expect(run.usage.usd).toBeLessThanOrEqual(0.014);
    expect(run.archive.length).toBe(run.usage.requests);
    expect(run.archive.length).toBeGreaterThan(1);
    expect(sent.length).toBe(run.usage.requests);
  });

  test("a budget that is used up sends nothing", async () => {
    const { url, sent } = await serve([say(compatible, good)]);
    const run = await runWith({ agent: agentFor(compatible, url), ...budgeted({ tokens: 1000 }) });
    expect(run.stop.code).toBe("tokens");
    expect(run.best).toBeNull();
    expect(sent).toEqual([]);
  });

  test.each(protocols)("$name: answers are capped by what is left", async (protocol) => {
    const { url, sent } = await serve([say(protocol, good)]);
    const limited = (tokensLeft: number) => ({
      seen: { ...observation, budget: { ...observation.budget, tokensLeft } },
    });
    await decideWith(protocol, url, limited(8000));
    await decideWith(protocol, url, limited(9000));
    await decideWith(protocol, url, limited(1e9));
    const limits = sent.map(({ body }) => Number(protocol.limit(body)));
    expect(limits[0]).toBeGreaterThanOrEqual(200);
    expect(limits[1] - limits[0]).toBe(1000);
    expect(limits[2]).toBe(16_384);
  });

  test("a server with a small window is asked for less", async () => {
    const { url, sent } = await serve([
      json({ error: { message: "max_tokens is too large: 16384 > 8192" } }, 400),
      say(compatible, good),
    ]);
    const seen = { ...observation, budget: { ...observation.budget, tokensLeft: 1e6 } };
    await decideWith(compatible, url, { seen });
    expect(sent.map(({ body }) => compatible.limit(body))).toEqual([16_384, 8192]);
  });

  test("dollars without a price are refused, with the way out", async () => {
    const { url, sent } = await serve([say(compatible, good)]);
    const seen = { ...observation, budget: { ...observation.budget, usdLeft: 1 } };
    const error = await errorOf(decideWith(compatible, url, { seen }));
    expect(error.code).toBe("unknown-price");
    expect(error.fix).toContain("--price-input");
    expect(sent).toEqual([]);
  });

  test("what was spent before an interruption counts, also in turns without a decision", async () => {
    const store = memoryStore();
    const server = await serve([
      say(compatible, turns[0]),
      say(compatible, { text: "nonsense" }),
      json({ error: { message: "no" } }, 401),
      ...turns.slice(1).map((said) => say(compatible, said)),
    ]);
    const session = async () =>
      runWith({
        agent: agentFor(compatible, server.url, { price, clock: hastyClock() }),
        journal: await openJournal(memoryStore(store.bytes())),
        ...budgeted({ usd: 0.014 }),
      });
    const first = runWith({
      agent: agentFor(compatible, server.url, { price }),
      journal: await openJournal(store),
      ...budgeted({ usd: 0.014 }),
    });
    expect((await errorOf(first)).code).toBe("llm-refused");
    const resumed = await session();
    expect(resumed.stop.code).toBe("usd");
    // Answers in all: the useless one and those of the archive; the refusal was free.
    const paid = resumed.archive.length + 1;
    expect(resumed.usage).toMatchObject({ requests: paid + 1, inputTokens: 100 * paid });
    expect(resumed.usage.usd).toBeCloseTo(paid * cost_usd, 12);
  });

  test("the halt is in the journal: a resumed run ends the same way without a request", async () => {
    const store = memoryStore();
    const { url } = await serve(turns.map((said) => say(compatible, said)));
    const run = await runWith({
      agent: agentFor(compatible, url),
      journal: await openJournal(store),
      ...budgeted({ tokens: 7500 }),
    });
    const nobody: Agent = {
      name: "llm:openai-compatible:m",
      decide: async () => {
        throw new LeadsError({ code: "asked", message: "asked" });
      },
    };
    const again = await runWith({
      agent: nobody,
      journal: await openJournal(memoryStore(store.bytes())),
      ...budgeted({ tokens: 7500 }),
    });
    expect(again.stop).toEqual(run.stop);
    expect(again.usage).toEqual(run.usage);
    expect(again.fingerprint).toBe(run.fingerprint);
  });
});

test("warnings at 50 and 80 % of each budget, once each", () => {
  const budget = { evaluations: 10, seconds: 100, tokens: 1000, usd: 0.1 };
  const watch = createBudgetWatch();
  const at = (evaluations: number, seconds: number, tokens: number, usd: number | null) =>
    watch(budget, { evaluations, seconds, usage: { ...noUsage, inputTokens: tokens, usd } });
  expect(at(4, 10, 100, 0)).toEqual([]);
  expect(at(5, 49, 100, 0)).toEqual(["50 % of the budget of evaluations is spent: 5 of 10"]);
  expect(at(5, 50.04, 500, 0)).toEqual([
    "50 % of the budget of seconds is spent: 50.04 of 100 s",
    "50 % of the budget of tokens is spent: 500 of 1000",
  ]);
  expect(at(6, 60, 700, 0.09)).toEqual(["80 % of the budget of money is spent: 0.09 of 0.1 USD"]);
  expect(at(6, 60, 700, 0.06)).toEqual([]);
  expect(at(8, 85, 800, null).length).toBe(3);
  expect(at(10, 100, 1000, 1)).toEqual([]);
  expect(
    createBudgetWatch()(
      { evaluations: 4, seconds: 9 },
      {
        evaluations: 2,
        seconds: 0,
        usage: noUsage,
      },
    ),
  ).toHaveLength(1);
});
