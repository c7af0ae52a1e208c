import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createThoughts } from "../../src/cli/thoughts.js";
import { compatible, json, type Said, say, serve } from "../discover/llm-server.js";
import { everything, leads, temporaryFolder, tiny } from "./leads.js";

const folder = temporaryFolder();
const key = "sk-secret/key+0123456789";
const here = { cwd: folder, environment: { OPENAI_COMPATIBLE_API_KEY: key } };

const fit = { starts: 1, timeIterations: 1, potentialIterations: 1, fieldIterations: 0 };
/** Fits beside whatever else the machine does. */
const limit = { timeout: 240_000 };
const shortFit = (reaction: string): Said => ({
  text: `My key is ${key}.`,
  calls: [
    { tool: "set_reaction", input: { thought: `${key} \u001b[2Jtells me`, reaction } },
    { tool: "set_fit", input: { thought: "shortly", fit } },
  ],
});
const stop: Said = { calls: [{ tool: "stop", input: { thought: "done", reason: "enough" } }] };

/** Everything that a run left behind, and what it said. */
const leavings = (run: string, ...said: readonly string[]): string =>
  [
    ...everything(join(folder, run))
      .filter((name) => /\.(json|jsonl|html|csv|vtu|npy)$/.test(name))
      .map((name) => readFileSync(join(folder, run, name), "latin1")),
    ...said,
  ].join("\n");

const ask = (url: string) => [
  ...["discover", "patient", "--agent", "llm:openai-compatible:m", "--base-url", `${url}/v1`],
  ...["--seconds", "100000", "--price-input", "2", "--price-output", "10"],
];

test(
  "a run with a language model: refused, resumed, counted, and the key nowhere",
  limit,
  async () => {
    expect((await leads(["synth", ...tiny, "--out", "patient"], here)).code).toBe(0);
    const { url, sent } = await serve([
      say(compatible, shortFit("aliev-panfilov")),
      json({ error: { message: `quota of ${key} is used up` } }, 401),
      say(compatible, shortFit("mitchell-schaeffer")),
      say(compatible, stop),
    ]);
    const first = await leads(
      [...ask(url), "--evaluations", "3", "--max-usd", "1", "--out", "run"],
      here,
    );
    expect(first.code).toBe(2);
    expect(first.stderr).toMatch(/error: .*answered 401: quota of \*\*\* is used up/);
    expect(first.stderr).toContain("leads discover --resume run");
    expect(existsSync(join(folder, "run", "result.json"))).toBe(false);

    const last = await leads(["discover", "--resume", "run"], here);
    expect(last.stderr).not.toContain("\u001b[2J");
    expect(last.code, last.stderr).toBe(0);
    const { model } = JSON.parse(readFileSync(join(folder, "run", "result.json"), "utf8"));
    expect(model).toMatchObject({
      requests: 4,
      input_tokens: 300,
      output_tokens: 60,
      estimated_requests: 0,
      schema_errors: 0,
    });
    expect(model.usd).toBeCloseTo((300 * 2 + 60 * 10) / 1e6, 12);
    expect(last.stdout.trim().split("\n").at(-1)).toBe(
      "model: 4 requests, 300 input and 60 output tokens, 0.0012 USD",
    );
    expect(last.stderr.match(/^warning 50 % of the budget of evaluations/gm)).toHaveLength(1);
    expect(last.stderr.match(/^think {3}/gm)).toHaveLength(2);
    expect(last.stderr).toContain("think   ***  [2Jtells me shortly");

    const left = leavings("run", first.stdout, first.stderr, last.stdout, last.stderr);
    for (const form of [key, encodeURIComponent(key), Buffer.from(key).toString("base64")])
      expect(left).not.toContain(form);
    expect(left).toContain('"inputTokens":100');
    expect(sent.every(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true);
  },
);

test("a branch leaves the model and its money behind, or takes both along", limit, async () => {
  const configuration = (run: string) =>
    JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8"));
  const branch = ["branch", "run", "--from", "1"];
  const plain = ["--agent", "random", "--evaluations", "1", "--out", "plain"];
  const other = await leads([...branch, ...plain], here);
  expect(other.code, other.stderr).toBe(3);
  for (const name of ["baseUrl", "maxUsd", "price"])
    expect(configuration("plain")).not.toHaveProperty(name);
  const useless = ["--agent", "random", "--max-usd", "2", "--out", "none"];
  expect((await leads([...branch, ...useless], here)).stderr).toMatch(/"random" asks none/);

  const { url } = await serve([say(compatible, stop)]);
  const more = ["--max-usd", "2", "--base-url", `${url}/v1`, "--out", "again"];
  const again = await leads([...branch, ...more], here);
  expect(again.code, again.stderr).toBe(0);
  expect(configuration("again")).toMatchObject({
    agent: "llm:openai-compatible:m",
    maxUsd: 2,
    price: { input: 2, output: 10 },
    baseUrl: `${url}/v1`,
  });
});

test("--max-tokens is a limit: exit code 3, the best twin so far", limit, async () => {
  const { url } = await serve([
    say(compatible, shortFit("aliev-panfilov")),
    say(compatible, { text: "x ".repeat(10_000) }),
  ]);
  const asked = ["estimate", "patient", "--agent", "llm:openai-compatible:m", "--json"];
  const { model } = JSON.parse((await leads(asked, here)).stdout);
  expect(model).toMatchObject({ price: null, usd: null });
  // Enough for the first prompt and a short answer, not for two of them.
  const tokens = model.first_prompt.tokens[1] + 250;
  const run = await leads(
    [...ask(url), "--max-tokens", String(tokens), "--out", "limited", "--json"],
    here,
  );
  expect(run.code, run.stderr).toBe(3);
  const result = JSON.parse(run.stdout);
  expect(result.stop.reason).toBe("tokens");
  expect(result.best.candidate).toBe(0);
  expect(result.model.input_tokens + result.model.output_tokens).toBeLessThanOrEqual(tokens);
});

test.each([
  [["--max-usd", "1"], /A limit in dollars needs a price.*--price-input and --price-output/],
  [["--price-input", "1"], /A price has two parts/],
  [["--base-url", "http://user:word@127.0.0.1/v1"], /without user, password, query and key/],
])("refused before anything is written: %s", async (more, message) => {
  const base = ["discover", "patient", "--agent", "llm:openai-compatible:m", "--out", "none"];
  const run = await leads([...base, "--base-url", "http://127.0.0.1:9/v1", ...more], here);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(message);
  expect(existsSync(join(folder, "none"))).toBe(false);
});

test("options of a language model are refused where none is asked", async () => {
  for (const more of [
    ["--max-tokens", "9"],
    ["--max-usd", "1"],
    ["--request-timeout", "5"],
  ]) {
    const run = await leads(["discover", "patient", "--out", "none", ...more], here);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(`${more[0]} is about a language model; "expert" asks none.`);
  }
});

test("estimate: tokens, money and time without a key and without a network", limit, async () => {
  const asked = ["estimate", "patient", "--evaluations", "4", "--json", "--agent"];
  const dear = await leads([...asked, "llm:anthropic:claude-sonnet-4-5"], { cwd: folder });
  expect(dear.code, dear.stderr).toBe(0);
  const { model, fitting } = JSON.parse(dear.stdout);
  expect(model.requests).toEqual([5, 8]);
  expect(model.last_prompt.characters).toBeGreaterThan(model.first_prompt.characters);
  expect(model.input_tokens[0]).toBeGreaterThan(5 * model.first_prompt.tokens[0]);
  expect(model.price).toMatchObject({ input: 3, output: 15 });
  const low_usd = (3 * model.input_tokens[0] + 15 * model.output_tokens[0]) / 1e6;
  expect(model.usd[0]).toBeCloseTo(low_usd, 9);
  expect(model.usd[1]).toBeGreaterThan(model.usd[0]);
  expect(fitting.seconds[0]).toBeGreaterThan(0);
  expect(fitting.basis).toMatch(/one measured fit of .* took/);

  const none = await leads(["estimate", "patient", "--evaluations", "4"], { cwd: folder });
  expect(none.stdout).toContain("no tokens, no cost");
  expect(everything(folder).filter((name) => name.startsWith("estimate"))).toEqual([]);
});

test("a thought on a terminal grows as it arrives and is not said twice", () => {
  let screen = "";
  const write = (text: string) => {
    screen += text;
  };
  const { onThought, shown } = createThoughts({ live: true, write });
  for (const piece of ["\nLet me ", "see.\n", "a sc", "ar\u001b[31m"]) onThought?.(piece);
  expect(screen).toBe("think   Let me see.\n        a scar [31m");
  expect(shown("a scar\u001b[31m")).toBe(true);
  expect(shown("a scar")).toBe(false);
  onThought?.("one thing");
  expect(shown("another")).toBe(false);
  expect(screen.endsWith("think   one thing\n")).toBe(true);
  expect(createThoughts({ live: false, write }).onThought).toBeUndefined();
});
