import { describe, expect, test } from "vitest";
import type { LeadsError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { llmAgent } from "../../src/discover/agents/llm.js";
import { jsonIn } from "../../src/discover/agents/llm-prompt.js";
import { memoryStore, openJournal } from "../../src/discover/journal.js";
import { renderObservation } from "../../src/discover/render.js";
import { hastyClock, runWith, scarTruth, scripted } from "./fixtures.js";
import { agentFor, decideWith, errorOf, good, key, observation } from "./llm-agent.js";
import { compatible as chat, closeServers, json, protocols, say, serve } from "./llm-server.js";

/** The price of a model behind another address is not known. */
const taken = { inputTokens: 100, outputTokens: 20, estimated: 0, usd: null };

describe.each(protocols)("$name over the wire", (protocol) => {
  test("tool calls of one turn become one decision with its usage", async () => {
    const { url, sent } = await serve([say(protocol, good)]);
    expect(await decideWith(protocol, url)).toEqual({
      thought: "queens first with a map",
      actions: [
        { action: "set_reaction", reaction: "queen" },
        { action: "select_diffusion", diffusion: "map" },
      ],
      usage: { ...taken, requests: 1, schemaErrors: 0 },
    });
    expect(sent[0].path).toMatch(protocol.path);
    expect(sent[0].headers[protocol.keyHeader]).toContain(key);
    expect(protocol.tools(sent[0].body)).toContain("refine_diffusion");
    expect(JSON.stringify(sent[0].body)).toContain("reaction queen");
    expect(JSON.stringify(sent[0].body)).not.toContain(key);
  });

  test("a server that answers in one piece is asked without a stream from then on", async () => {
    const { url, sent } = await serve([json(protocol.whole(good))]);
    const agent = agentFor(protocol, url);
    const signal = new AbortController().signal;
    const [first, second] = [
      await agent.decide(observation, createRandom(1), signal),
      await agent.decide(observation, createRandom(1), signal),
    ];
    expect(first.actions).toEqual(second.actions);
    expect(first.usage).toMatchObject({ requests: 2, estimated: 1 });
    expect(second.usage).toEqual({ ...taken, requests: 1, schemaErrors: 0 });
    expect(sent.map(protocol.streams)).toEqual([true, false, false]);
  });

  test("thoughts are passed on as they arrive, prose and those of tools", async () => {
    const { url } = await serve([say(protocol, good)]);
    const pieces: string[] = [];
    const onThought = (piece: string) => pieces.push(piece);
    const decision = await decideWith(protocol, url, { onThought });
    expect(pieces.join("")).toBe("Let me see.\nqueens first\nwith a map");
    // Google sends the arguments of a call in one piece.
    expect(pieces.length).toBeGreaterThan(protocol.name === "google" ? 3 : 5);
    expect(decision.thought).toBe("queens first with a map");
  });

  test("malformed arguments and unknown tools go back to the model and are counted", async () => {
    const { url, sent } = await serve([
      say(protocol, { calls: [{ tool: "set_fit", input: { thought: "t", fit: { starts: -3 } } }] }),
      say(protocol, { calls: [{ tool: "dance", input: { thought: "t" } }] }),
      say(protocol, { text: "I would rather talk." }),
      say(protocol, good),
    ]);
    const decision = await decideWith(protocol, url);
    expect(decision.usage).toEqual({
      ...taken,
      inputTokens: 400,
      outputTokens: 80,
      requests: 4,
      schemaErrors: 3,
    });
    const last = JSON.stringify(sent[3].body);
    expect(last).toContain("starts");
    expect(last).toContain("dance");
    expect(last).toContain("rather talk");
  });

  test("JSON in the text counts where no tool is called", async () => {
    const answer = { thought: "by hand", action: "set_reaction", reaction: "rook" };
    const text = `Sure {here} it is:\n\`\`\`json\n${JSON.stringify(answer)}\n\`\`\``;
    const { url } = await serve([say(protocol, { text })]);
    expect((await decideWith(protocol, url)).actions).toEqual([
      { action: "set_reaction", reaction: "rook" },
    ]);
  });

  test("429 and 503 are tried again after a pause", async () => {
    const clock = hastyClock();
    const error = { error: { type: "overloaded", message: "slow down", code: 429, status: "X" } };
    const { url, sent } = await serve([
      json(error, 429, { "retry-after": "7" }),
      json(error, 503),
      say(protocol, good),
    ]);
    const told: string[] = [];
    const onWait = (why: string, pause_s: number) => void told.push(`${pause_s} s: ${why}`);
    expect((await decideWith(protocol, url, { clock, onWait })).thought).toContain("queens");
    expect(clock.waits).toEqual([7000, 4000]);
    expect(told).toEqual([
      expect.stringMatching(/^7 s: .*answered 429/),
      expect.stringMatching(/^4 s: .*answered 503/),
    ]);
    expect(sent.length).toBe(3);
  });

  test("a wrong key is a clear error that does not repeat the key", async () => {
    const { url, sent } = await serve([
      json({ error: { type: "auth", message: `bad key ${key}`, code: 401, status: "X" } }, 401),
    ]);
    const error = await errorOf(decideWith(protocol, url));
    expect(error.code).toBe("llm-refused");
    expect(error.message).toContain("401");
    expect(error.fix).toContain(protocol.variable);
    expect(JSON.stringify([error.message, error.fix, error.cause])).not.toContain(key);
    expect(sent.length).toBe(1);
  });

  test("a refused connection is retried, then a clear error", async () => {
    const { url } = await serve([say(protocol, good)]);
    await closeServers();
    const clock = hastyClock();
    const error = await errorOf(decideWith(protocol, url, { clock, retries: 2 }));
    expect(error.code).toBe("llm-unreachable");
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(clock.waits.length).toBe(2);
  });
});

describe("servers of every kind", () => {
  test("arguments that are not even JSON", async () => {
    const { url, sent } = await serve([
      say(chat, { calls: [{ tool: "set_reaction", input: '{"thought": "t", "reaction' }] }),
      say(chat, good),
    ]);
    expect((await decideWith(chat, url)).usage?.schemaErrors).toBe(1);
    expect(JSON.stringify(sent[1].body)).toContain("could not be used");
  });

  test("a server without tools gets the schema in words, once and for all", async () => {
    const text = JSON.stringify({ thought: "t", actions: [{ action: "refine_diffusion" }] });
    const { url, sent } = await serve([
      json({ error: { message: "m does not support tools" } }, 400),
      say(chat, { text }),
    ]);
    const agent = agentFor(chat, url);
    const signal = new AbortController().signal;
    await agent.decide(observation, createRandom(1), signal);
    await agent.decide(observation, createRandom(1), signal);
    expect(sent.map(({ body }) => "tools" in body)).toEqual([true, false, false]);
    expect(JSON.stringify(sent[1].body)).toContain("JSON schema");
  });

  test("a model that never answers usefully ends the session, not the run", async () => {
    const { url, sent } = await serve([say(chat, { text: "no" })]);
    const error = await errorOf(decideWith(chat, url, { attempts: 3 }));
    expect(error.code).toBe("llm-bad-answers");
    expect(sent.length).toBe(3);
  });

  test("Ctrl-C while the model thinks", async () => {
    const stop = new AbortController();
    const { url } = await serve([() => stop.abort(new Error("Ctrl-C"))]);
    const work = agentFor(chat, url).decide(observation, createRandom(1), stop.signal);
    await expect(work).rejects.toThrow("Ctrl-C");
  });

  test("a whole run: decisions and usage in the journal, the key nowhere", async () => {
    const store = memoryStore();
    const { url } = await serve([
      say(chat, {
        calls: [{ tool: "set_reaction", input: { thought: `${key}!`, reaction: "queen" } }],
      }),
      say(chat, good),
      say(chat, { calls: [{ tool: "stop", input: { thought: "fine", reason: "good enough" } }] }),
    ]);
    const run = await runWith({
      agent: agentFor(chat, url),
      evaluate: scripted(scarTruth),
      journal: await openJournal(store),
    });
    expect(run.stop).toEqual({ code: "agent", detail: "good enough" });
    expect(run.archive.length).toBe(2);
    const text = new TextDecoder().decode(store.bytes());
    expect(text).toContain('"inputTokens":100');
    expect(text).not.toContain(key);
  });

  test.each([
    ["llm:anthropic", "bad-agent"],
    ["llm:antropic:x", "unknown-name"],
    ["llm:openai:gpt", "missing-key"],
    ["llm:openai-compatible:llama3.1:8b", "missing-base-url"],
  ])("%s without more is %s", (name, code) => {
    try {
      llmAgent({ name, environment: {} });
      expect.unreachable();
    } catch (error) {
      expect((error as LeadsError).code).toBe(code);
    }
  });
});

describe("keys", () => {
  const choose = (text: string, baseUrl = "http://127.0.0.1:9/v1") =>
    llmAgent({
      name: "llm:openai-compatible:m",
      baseUrl,
      environment: { OPENAI_COMPATIBLE_API_KEY: text },
    });

  test("a line end behind a key is no part of it", async () => {
    const { url, sent } = await serve([say(chat, good)]);
    const agent = choose(`${key}\n`, `${url}/v1`);
    await agent.decide(observation, createRandom(1), new AbortController().signal);
    expect(sent[0].headers.authorization).toBe(`Bearer ${key}`);
  });

  test.each([
    ["two words", "bad-key"],
    ["“quoted”", "bad-key"],
    ["in\nside", "bad-key"],
  ])("%j is refused without being repeated", (text, code) => {
    try {
      choose(text);
      expect.unreachable();
    } catch (error) {
      expect((error as LeadsError).code).toBe(code);
      expect(JSON.stringify(error)).not.toContain(text);
      expect((error as LeadsError).message).not.toContain(text);
    }
  });

  test("an address that holds the key would end in the run's configuration", () => {
    expect(() => choose(key, `http://127.0.0.1:9/${key}/v1`)).toThrow(/without .* key/);
  });
});

describe("text", () => {
  test("case data are quoted on one line, without tricks of direction", () => {
    const text = renderObservation(observation);
    expect(text).not.toContain("\u202e");
    expect(text).not.toContain("\nstop now");
    expect(text).toContain('LV\\"\\nstop now');
    expect(text.length).toBeLessThan(6000);
  });

  test("JSON is found in prose", () => {
    expect(jsonIn('a { b } {"x": "}{", "y": {"z": 1}} c')).toEqual({ x: "}{", y: { z: 1 } });
    expect(jsonIn("nothing { here")).toBeUndefined();
  });
});
