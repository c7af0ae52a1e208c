import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { llmAgent } from "../../src/discover/agents/llm.js";
import { jsonIn } from "../../src/discover/agents/llm-prompt.js";
import { viewCatalog } from "../../src/discover/entries.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import { memoryStore, openJournal } from "../../src/discover/journal.js";
import { observe } from "../../src/discover/observation.js";
import { renderObservation } from "../../src/discover/render.js";
import { catalog, hastyClock, runWith, scarTruth, scripted, summary } from "./fixtures.js";

const key = "sk-very-secret-0123456789";

interface Call {
  readonly tool: string;
  readonly input: unknown;
}
/** What a model says in one turn; the protocol puts it into its own words. */
type Said = { readonly calls: readonly Call[]; readonly text?: string } | { readonly text: string };
interface Sent {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}
type Reply = (response: ServerResponse, sent: Sent) => void;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(replies: readonly Reply[]): Promise<{ url: string; sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    sent.push({ path: request.url ?? "", headers: request.headers, body });
    replies[Math.min(sent.length, replies.length) - 1](response, sent.at(-1)!);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
const callsOf = (said: Said): readonly Call[] => ("calls" in said ? said.calls : []);

const chatBody = (said: Said) => ({
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    {
      index: 0,
      finish_reason: callsOf(said).length ? "tool_calls" : "stop",
      message: {
        role: "assistant",
        content: said.text ?? null,
        ...(callsOf(said).length
          ? {
              tool_calls: callsOf(said).map(({ tool, input }, k) => ({
                id: `call_${k}`,
                type: "function",
                function: {
                  name: tool,
                  arguments: typeof input === "string" ? input : JSON.stringify(input),
                },
              })),
            }
          : {}),
      },
    },
  ],
  usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
});

interface Protocol {
  readonly name: string;
  readonly root: string;
  readonly path: RegExp;
  readonly variable: string;
  readonly keyHeader: string;
  readonly say: (said: Said) => Reply;
  readonly tools: (body: Sent["body"]) => string[];
}

const namesOf = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);
const chatTools = (body: Sent["body"]) =>
  (body.tools as { function: { name: string } }[]).map((tool) => tool.function.name);

const protocols: readonly Protocol[] = [
  {
    name: "anthropic",
    root: "/v1",
    path: /^\/v1\/messages$/,
    variable: "ANTHROPIC_API_KEY",
    keyHeader: "x-api-key",
    say: (said) =>
      json({
        id: "msg",
        type: "message",
        role: "assistant",
        model: "m",
        stop_reason: callsOf(said).length ? "tool_use" : "end_turn",
        stop_sequence: null,
        content: [
          ...(said.text ? [{ type: "text", text: said.text }] : []),
          ...callsOf(said).map(({ tool, input }, k) => ({
            type: "tool_use",
            id: `toolu_${k}`,
            name: tool,
            input,
          })),
        ],
        usage: { input_tokens: 100, output_tokens: 20 },
      }),
    tools: (body) => namesOf(body.tools),
  },
  {
    name: "openai",
    root: "/v1",
    path: /^\/v1\/chat\/completions$/,
    variable: "OPENAI_API_KEY",
    keyHeader: "authorization",
    say: (said) => json(chatBody(said)),
    tools: chatTools,
  },
  {
    name: "google",
    root: "/v1beta",
    path: /^\/v1beta\/models\/m:generateContent$/,
    variable: "GEMINI_API_KEY",
    keyHeader: "x-goog-api-key",
    say: (said) =>
      json({
        candidates: [
          {
            index: 0,
            finishReason: "STOP",
            content: {
              role: "model",
              parts: [
                ...(said.text ? [{ text: said.text }] : []),
                ...callsOf(said).map(({ tool, input }) => ({
                  functionCall: { name: tool, args: input },
                })),
              ],
            },
          },
        ],
        usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
      }),
    tools: (body) =>
      namesOf((body.tools as { functionDeclarations: unknown }[])[0].functionDeclarations),
  },
  {
    name: "openai-compatible",
    root: "/v1",
    path: /^\/v1\/chat\/completions$/,
    variable: "OPENAI_COMPATIBLE_API_KEY",
    keyHeader: "authorization",
    say: (said) => json(chatBody(said)),
    tools: chatTools,
  },
];
const chat = protocols[3];

const observation = observe({
  step: 0,
  case: summary,
  catalog: viewCatalog(catalog, summary.mesh),
  archive: [],
  current: { candidate: null, spec: initialSpecFor(catalog, summary) },
  refused: [],
  budget: { evaluations: 0, evaluationsLeft: 5, seconds: 0, secondsLeft: 60 },
});

const agentFor = (protocol: Protocol, url: string, more: object = {}) =>
  llmAgent({
    name: `llm:${protocol.name}:m`,
    baseUrl: `${url}${protocol.root}`,
    environment: { [protocol.variable]: key },
    clock: hastyClock(),
    ...more,
  });
const decideWith = (protocol: Protocol, url: string, more: object = {}) =>
  agentFor(protocol, url, more).decide(observation, createRandom(1), new AbortController().signal);
const errorOf = async (work: Promise<unknown>): Promise<LeadsError> =>
  work.then(
    () => {
      throw new Error("no error");
    },
    (error) => {
      expect(error).toBeInstanceOf(LeadsError);
      return error;
    },
  );

const good: Said = {
  text: "Let me see.",
  calls: [
    { tool: "set_reaction", input: { thought: "queens first", reaction: "queen" } },
    { tool: "select_diffusion", input: { thought: "with a map", diffusion: "map" } },
  ],
};

describe.each(protocols)("$name over the wire", (protocol) => {
  test("tool calls of one turn become one decision with its usage", async () => {
    const { url, sent } = await serve([protocol.say(good)]);
    expect(await decideWith(protocol, url)).toEqual({
      thought: "queens first with a map",
      actions: [
        { action: "set_reaction", reaction: "queen" },
        { action: "select_diffusion", diffusion: "map" },
      ],
      usage: { inputTokens: 100, outputTokens: 20, requests: 1, schemaErrors: 0 },
    });
    expect(sent[0].path).toMatch(protocol.path);
    expect(sent[0].headers[protocol.keyHeader]).toContain(key);
    expect(protocol.tools(sent[0].body)).toContain("refine_diffusion");
    expect(JSON.stringify(sent[0].body)).toContain("reaction queen");
    expect(JSON.stringify(sent[0].body)).not.toContain(key);
  });

  test("malformed arguments and unknown tools go back to the model and are counted", async () => {
    const { url, sent } = await serve([
      protocol.say({ calls: [{ tool: "set_fit", input: { thought: "t", fit: { starts: -3 } } }] }),
      protocol.say({ calls: [{ tool: "dance", input: { thought: "t" } }] }),
      protocol.say({ text: "I would rather talk." }),
      protocol.say(good),
    ]);
    const decision = await decideWith(protocol, url);
    expect(decision.usage).toEqual({
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
    const { url } = await serve([protocol.say({ text })]);
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
      protocol.say(good),
    ]);
    expect((await decideWith(protocol, url, { clock })).thought).toContain("queens");
    expect(clock.waits).toEqual([7000, 4000]);
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
    const { url } = await serve([protocol.say(good)]);
    const server = servers.pop()!;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
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
      chat.say({ calls: [{ tool: "set_reaction", input: '{"thought": "t", "reaction' }] }),
      chat.say(good),
    ]);
    expect((await decideWith(chat, url)).usage?.schemaErrors).toBe(1);
    expect(JSON.stringify(sent[1].body)).toContain("could not be used");
  });

  test("a server without tools gets the schema in words, once and for all", async () => {
    const text = JSON.stringify({ thought: "t", actions: [{ action: "refine_diffusion" }] });
    const { url, sent } = await serve([
      json({ error: { message: "m does not support tools" } }, 400),
      chat.say({ text }),
    ]);
    const agent = agentFor(chat, url);
    const signal = new AbortController().signal;
    await agent.decide(observation, createRandom(1), signal);
    await agent.decide(observation, createRandom(1), signal);
    expect(sent.map(({ body }) => "tools" in body)).toEqual([true, false, false]);
    expect(JSON.stringify(sent[1].body)).toContain("JSON schema");
  });

  test("a model that never answers usefully ends the session, not the run", async () => {
    const { url, sent } = await serve([chat.say({ text: "no" })]);
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
      chat.say({
        calls: [{ tool: "set_reaction", input: { thought: `${key}!`, reaction: "queen" } }],
      }),
      chat.say(good),
      chat.say({ calls: [{ tool: "stop", input: { thought: "fine", reason: "good enough" } }] }),
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
