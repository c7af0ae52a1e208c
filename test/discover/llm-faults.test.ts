import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { memoryStore, openJournal } from "../../src/discover/journal.js";
import { fakeClock, hastyClock, runWith, scarTruth, scripted } from "./fixtures.js";
import { agentFor, decideWith, errorOf, good, key, observation } from "./llm-agent.js";
import {
  compatible,
  eventText,
  json,
  type Protocol,
  protocols,
  type Reply,
  say,
  serve,
  stream,
} from "./llm-server.js";

const bare = { type: "overloaded_error", message: "try later", code: 529, status: "BUSY" };
const silent: Reply = () => undefined;

/** Sends a part of a good answer, then what `end` does. */
const begun =
  (protocol: Protocol, end: (response: ServerResponse) => void): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const events = protocol.events(good);
    for (const event of events.slice(0, Math.ceil(events.length / 3)))
      response.write(eventText(event));
    setTimeout(() => end(response), 20);
  };

describe.each(protocols)("faults of $name", (protocol) => {
  test("a connection that is reset in the middle of a stream is tried again", async () => {
    const clock = hastyClock();
    const { url, sent } = await serve([
      begun(protocol, (response) => response.destroy()),
      say(protocol, good),
    ]);
    const { usage, thought } = await decideWith(protocol, url, { clock });
    expect(thought).toContain("queens");
    expect(sent.length).toBe(2);
    expect(usage).toMatchObject({ requests: 2, estimated: 1 });
    expect(usage!.inputTokens).toBeGreaterThan(1000);
  });

  test("a stream that stops short without a word is answered or asked again", async () => {
    const { url } = await serve([
      begun(protocol, (response) => response.end()),
      say(protocol, good),
    ]);
    const { usage, actions } = await decideWith(protocol, url);
    expect(actions.length).toBe(2);
    expect(usage).toMatchObject({ requests: 2, estimated: 1 });
  });

  test("a silent server is given up after a while, and the turn tried again", async () => {
    const clock = hastyClock();
    const { url, sent } = await serve([silent, say(protocol, good)]);
    const decision = await decideWith(protocol, url, { clock, requestTimeout_s: 0.5 });
    expect(decision.thought).toContain("queens");
    expect(sent.length).toBeGreaterThan(1);
    expect(clock.waits[0]).toBe(2000);
  });

  test("a server that falls silent in the middle, always: a typed error", async () => {
    const clock = hastyClock();
    const { url } = await serve([begun(protocol, () => undefined)]);
    const error = await errorOf(decideWith(protocol, url, { clock, requestTimeout_s: 0.1 }));
    expect(error.code).toBe("llm-silent");
    expect(error.message).toContain("0.1 s");
    expect(error.fix).toContain("--request-timeout");
    expect(clock.waits).toEqual([2000, 4000]);
  });

  test("500 and 529 are tried again with growing pauses, then a typed error", async () => {
    const clock = hastyClock();
    const { url } = await serve([json({ error: bare }, 500), json({ error: bare }, 529)]);
    const error = await errorOf(decideWith(protocol, url, { clock, retries: 3 }));
    expect(error.code).toBe("llm-refused");
    expect(error.message).toContain("529");
    expect(clock.waits).toEqual([2000, 4000, 8000]);
  });

  test("Retry-After may be a date", async () => {
    const clock = hastyClock();
    const date = new Date(clock.now_ms() + 9000).toUTCString();
    const { url } = await serve([
      json({ error: bare }, 429, { "retry-after": date }),
      say(protocol, good),
    ]);
    await decideWith(protocol, url, { clock });
    expect(clock.waits).toEqual([9000]);
  });

  test("an answer that is no JSON, streamed and whole", async () => {
    const { url, sent } = await serve([
      stream(["{nonsense"]),
      json("<html>proxy</html>"),
      json("{half"),
      json(protocol.whole(good)),
    ]);
    expect((await decideWith(protocol, url)).actions.length).toBe(2);
    expect(sent.map(protocol.streams)).toEqual([true, true, false, false]);
  });

  test("a server of another kind: a typed error that says what came", async () => {
    const { url } = await serve([
      (response) => {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<html>Welcome to the hotel's network</html>");
      },
    ]);
    const error = await errorOf(decideWith(protocol, url, { retries: 1 }));
    expect(error.code).toBe("llm-garbled");
    expect(error.fix).toContain("--base-url");
  });

  test("an answer that ran into the limit of tokens is asked for again, shorter", async () => {
    const { url, sent } = await serve([
      say(protocol, { text: "Well, let me think about", cut: true }),
      say(protocol, good),
    ]);
    expect((await decideWith(protocol, url)).usage?.schemaErrors).toBe(1);
    expect(JSON.stringify(sent[1].body)).toContain("limit of output tokens");
  });

  test("megabytes of text are cut off, and cost an attempt", async () => {
    const text = "la ".repeat(700_000);
    let received = 0;
    const { url, sent } = await serve([
      (response, request) => {
        response.on("close", () => {
          received = response.writableLength;
        });
        json(protocol.whole({ text }))(response, request);
      },
      say(protocol, { text }),
      say(protocol, { text }),
      say(protocol, good),
    ]);
    const heard: string[] = [];
    const { usage } = await decideWith(protocol, url, { onThought: (p) => heard.push(p) });
    expect(usage?.schemaErrors).toBeGreaterThan(0);
    expect(received).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(sent.at(-1)!.body).length).toBeLessThan(60_000);
    expect(JSON.stringify(sent.at(-1)!.body)).toContain("too long");
    expect(heard.join("").length).toBeLessThan(500_000);
  });

  test("nothing follows a redirection with the key in hand", async () => {
    const other = await serve([say(protocol, good)]);
    const { url } = await serve([
      (response) => {
        response.writeHead(307, { location: `${other.url}${protocol.root}/messages` });
        response.end();
      },
    ]);
    const error = await errorOf(decideWith(protocol, url));
    expect(error.code).toBe("llm-refused");
    expect(error.fix).toContain("--base-url");
    expect(other.sent).toEqual([]);
  });
});

describe("servers that", () => {
  test("do not stream say so, and are asked without", async () => {
    const { url, sent } = await serve([
      json({ error: { message: "streaming is not supported" } }, 400),
      say(compatible, good),
    ]);
    expect((await decideWith(compatible, url)).actions.length).toBe(2);
    expect(sent.map(compatible.streams)).toEqual([true, false]);
  });

  test("send bytes without end are cut off", async () => {
    const flood: Reply = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const block = "x".repeat(2 ** 20);
      const write = () => {
        while (!response.destroyed && response.write(block));
        if (!response.destroyed) response.once("drain", write);
      };
      write();
    };
    const { url } = await serve([flood, say(compatible, good)]);
    const { usage } = await decideWith(compatible, url);
    expect(usage).toMatchObject({ requests: 2, schemaErrors: 1 });
  });

  test("send an endless error are heard for a moment", async () => {
    const { url } = await serve([json(`{"error": "${"x".repeat(5e6)}"}`, 400)]);
    const error = await errorOf(decideWith(compatible, url));
    expect(error.code).toBe("llm-refused");
    expect(error.message.length).toBeLessThan(400);
  });

  test("nest twenty thousand brackets", async () => {
    const deep = `{"thought": ${"[".repeat(2e4)}${"]".repeat(2e4)}}`;
    const { url } = await serve([
      say(compatible, { text: deep }),
      say(compatible, { calls: [{ tool: "stop", input: deep }] }),
      say(compatible, { text: "{".repeat(60_000) }),
      say(compatible, good),
    ]);
    const { usage, actions } = await decideWith(compatible, url);
    expect(actions.length).toBe(2);
    expect(usage?.requests).toBe(4);
  });
});

describe("runs with a model that", () => {
  const reaction = (name: string) => ({
    calls: [{ tool: "set_reaction", input: { thought: `try ${name}`, reaction: name } }],
  });

  test("asks for the same thing again and again end with a reason", async () => {
    const { url, sent } = await serve([say(compatible, reaction("queen"))]);
    const run = await runWith({
      agent: agentFor(compatible, url),
      evaluate: scripted(scarTruth),
    });
    expect(run.stop.code).toBe("refusals");
    expect(run.best?.id).toBe(0);
    expect(run.archive.length).toBe(1);
    expect(sent.length).toBe(13);
    expect(JSON.stringify(sent.at(-1)!.body)).toMatch(/refused: .*candidate 0/);
    expect(run.usage).toMatchObject({ requests: 13, inputTokens: 1300, usd: null });
  });

  test("breaks off can be resumed, and nothing of it is lost", async () => {
    const answers = [reaction("queen"), reaction("rook"), reaction("knight")];
    const stop = { calls: [{ tool: "stop", input: { thought: "done", reason: "enough" } }] };
    const whole = await serve([...answers, stop].map((said) => say(compatible, said)));
    const undisturbed = await runWith({
      agent: agentFor(compatible, whole.url),
      evaluate: scripted(scarTruth),
    });

    const broken = await serve([
      say(compatible, answers[0]),
      json({ error: bare }, 503),
      say(compatible, answers[1]),
      say(compatible, { text: "nonsense" }),
      json({ error: { message: `no quota for ${key}` } }, 401),
    ]);
    const store = memoryStore();
    const first = errorOf(
      runWith({
        agent: agentFor(compatible, broken.url),
        evaluate: scripted(scarTruth),
        journal: await openJournal(store),
      }),
    );
    expect((await first).code).toBe("llm-refused");
    const journal = new TextDecoder().decode(store.bytes());
    expect(journal).toContain('"interrupted"');
    expect(journal).not.toContain(key);

    const rest = await serve([answers[2], stop].map((said) => say(compatible, said)));
    const resumed = await runWith({
      agent: agentFor(compatible, rest.url),
      evaluate: scripted(scarTruth),
      journal: await openJournal(memoryStore(store.bytes())),
    });
    expect(resumed.stop).toEqual(undisturbed.stop);
    expect(resumed.archive.map(({ resultHash }) => resultHash)).toEqual(
      undisturbed.archive.map(({ resultHash }) => resultHash),
    );
    // Four good answers, one of nonsense, a 503 and a 401, over both sessions.
    expect(resumed.usage).toMatchObject({ requests: 7, schemaErrors: 1, inputTokens: 500 });
  });

  test("thinks until the time of the run is over ends with that reason", async () => {
    const { url } = await serve([silent]);
    const seen = { ...observation, budget: { ...observation.budget, secondsLeft: 0.15 } };
    const decision = await agentFor(compatible, url).decide(
      seen,
      createRandom(1),
      new AbortController().signal,
    );
    expect(decision.halt?.code).toBe("seconds");
    const run = await runWith({
      agent: { name: "slow", decide: async () => decision },
      evaluate: scripted(scarTruth),
      clock: fakeClock(),
    });
    expect(run.stop.code).toBe("seconds");
    expect(run.usage.requests).toBe(1);
  });
});
