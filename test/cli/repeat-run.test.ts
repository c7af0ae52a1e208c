import { expect, test } from "vitest";
import { repeatCommand } from "../../src/cli/repeat-run.js";
import type { RunConfiguration } from "../../src/cli/run-directory.js";

const run: RunConfiguration = {
  format: "leads-run",
  version: 1,
  case: "patient",
  agent: "expert",
  seed: 3,
  evaluations: 8,
  seconds: 60,
  started: "2026-01-01T00:00:00.000Z",
  versions: {},
  inputHashes: {},
};
const limits = "--seed 3 --evaluations 8 --seconds 60";

test("a run is asked for again with all that it was offered", () => {
  expect(repeatCommand(run)).toBe(`leads discover patient --agent expert ${limits} --out RUN`);
  const offered = {
    ...run,
    reactions: ["karma", "aliev-panfilov"],
    diffusions: ["graph-laplacian"],
    memory: { file: "memory.json", hash: "0" },
    engine: "native" as const,
  };
  expect(repeatCommand(offered)).toBe(
    `leads discover patient --agent expert --reactions karma,aliev-panfilov --diffusions graph-laplacian --memory memory.json --engine native ${limits} --out RUN`,
  );
});

test("what a language model may cost is part of it", () => {
  const asked = {
    ...run,
    agent: "llm:ollama:qwen3",
    baseUrl: "http://localhost:1",
    maxTokens: 5000,
    price: { input: 1, output: 2 },
    requestTimeout_s: 30,
  };
  expect(repeatCommand(asked)).toBe(
    `leads discover patient --agent llm:ollama:qwen3 ${limits} --base-url http://localhost:1 --max-tokens 5000 --request-timeout 30 --price-input 1 --price-output 2 --out RUN`,
  );
});

test("a session is opened again, a branch leaves its parent where it did", () => {
  expect(repeatCommand({ ...run, agent: "session" })).toBe(
    `leads session open patient ${limits} --out RUN`,
  );
  const parent = { fingerprint: "f", step: 4, candidates: 3 };
  const branch = { of: "my runs/first", parent, hint: "it's the scar" };
  expect(repeatCommand({ ...run, reactions: ["karma"], branch })).toBe(
    `leads branch 'my runs/first' --from 4 --agent expert --hint 'it'\\''s the scar' ${limits} --out RUN`,
  );
});
