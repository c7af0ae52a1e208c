import { expect, test } from "vitest";
import type { History, Proposer } from "../../src/discover/free-form/proposer.js";
import { noUsage } from "../../src/discover/usage.js";
import { moneyOf, withinLimits } from "../../src/table/limits.js";

const proposer: Proposer = {
  name: "scripted",
  propose: async () => ({
    kind: "unreadable",
    answer: "",
    problem: "",
    usage: { ...noUsage, inputTokens: 60, outputTokens: 20, requests: 1, usd: 0.5 },
  }),
};
const { signal } = new AbortController();
const history = {} as History;

test.each([
  [{ maxTokens: 100 }, "all 100 tokens are spent"],
  [{ maxUsd: 0.9 }, "all 0.9 dollars are spent"],
])("free form asks no more once %j is reached", async (limits, reason) => {
  const limited = withinLimits(proposer, limits);
  const kinds = [await limited.propose(history, signal), await limited.propose(history, signal)];
  expect(kinds.map(({ kind }) => kind)).toEqual(["unreadable", "unreadable"]);
  expect(await limited.propose(history, signal)).toEqual({ kind: "end", reason });
});

test("a server that says nothing is given up after the time it has", async () => {
  const silent: Proposer = {
    name: "silent",
    propose: (_, both) =>
      new Promise((_, failed) => both?.addEventListener("abort", () => failed(both.reason))),
  };
  const limited = withinLimits(silent, { requestTimeout_s: 0.02 });
  await expect(limited.propose(history, signal)).rejects.toMatchObject({ code: "llm-failed" });
});

test("limits of a search become its budget", () => {
  expect(moneyOf({})).toEqual({});
  expect(moneyOf({ maxUsd: 2, maxTokens: 1000, baseUrl: "http://x" })).toEqual({
    usd: 2,
    tokens: 1000,
  });
});
