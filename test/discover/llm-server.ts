import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** A server on this machine that speaks the protocols of the providers, whole and streamed. */
export interface Call {
  readonly tool: string;
  /** A string is sent as it is: broken JSON. */
  readonly input: unknown;
}
/** What a model says in one turn; the protocol puts it into its own words. */
export interface Said {
  readonly calls?: readonly Call[];
  readonly text?: string;
  /** Why it ended, in the protocol's word for "too many tokens". */
  readonly cut?: boolean;
}
export interface Sent {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}
export type Reply = (response: ServerResponse, sent: Sent) => void;

const servers: Server[] = [];
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
afterEach(closeServers);

/** Gives the replies one after the other, the last one for ever. */
export async function serve(replies: readonly Reply[]): Promise<{ url: string; sent: Sent[] }> {
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

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** Events of a stream; each a name and its data, or bare data. */
export type Events = readonly (readonly [string, unknown] | unknown)[];
export const eventText = (event: Events[number]): string => {
  const [name, data] = Array.isArray(event) ? event : [undefined, event];
  const body = typeof data === "string" ? data : JSON.stringify(data);
  return `${name ? `event: ${name}\n` : ""}data: ${body}\n\n`;
};
export const stream =
  (events: Events): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of events) response.write(eventText(event));
    response.end();
  };

export interface Protocol {
  readonly name: string;
  readonly root: string;
  readonly path: RegExp;
  readonly variable: string;
  readonly keyHeader: string;
  readonly streams: (sent: Sent) => boolean;
  readonly whole: (said: Said) => unknown;
  readonly events: (said: Said) => Events;
  readonly tools: (body: Sent["body"]) => string[];
  /** The limit of output tokens that was sent. */
  readonly limit: (body: Sent["body"]) => unknown;
}

/** Says it as it was asked: streamed or whole. */
export const say =
  (protocol: Protocol, said: Said): Reply =>
  (response, sent) => {
    const reply = protocol.streams(sent)
      ? stream(protocol.events(said))
      : json(protocol.whole(said));
    reply(response, sent);
  };

/** In pieces of a few characters, as models speak. */
const pieces = (text: string): string[] => text.match(/[\s\S]{1,7}/g) ?? [];
const argumentsOf = ({ input }: Call): string =>
  typeof input === "string" ? input : JSON.stringify(input);
const callsOf = ({ calls }: Said): readonly Call[] => calls ?? [];

const chatUsage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const chatReason = (said: Said) =>
  said.cut ? "length" : callsOf(said).length ? "tool_calls" : "stop";
const chatCalls = (said: Said) =>
  callsOf(said).map((call, k) => ({
    id: `call_${k}`,
    type: "function",
    function: { name: call.tool, arguments: argumentsOf(call) },
  }));
const chatHead = { id: "x", created: 1, model: "m" };

const chat = {
  root: "/v1",
  path: /^\/v1\/chat\/completions$/,
  keyHeader: "authorization",
  streams: ({ body }: Sent) => body.stream === true,
  whole: (said: Said) => ({
    ...chatHead,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        finish_reason: chatReason(said),
        message: {
          role: "assistant",
          content: said.text ?? null,
          ...(callsOf(said).length ? { tool_calls: chatCalls(said) } : {}),
        },
      },
    ],
    usage: chatUsage,
  }),
  events: (said: Said) => {
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      ...chatHead,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason }],
    });
    const call = (one: ReturnType<typeof chatCalls>[number], index: number) => [
      chunk({
        tool_calls: [{ ...one, index, function: { name: one.function.name, arguments: "" } }],
      }),
      ...pieces(one.function.arguments).map((text) =>
        chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
      ),
    ];
    return [
      chunk({ role: "assistant", content: "" }),
      ...pieces(said.text ?? "").map((content) => chunk({ content })),
      ...chatCalls(said).flatMap(call),
      chunk({}, chatReason(said)),
      { ...chatHead, object: "chat.completion.chunk", choices: [], usage: chatUsage },
      "[DONE]",
    ];
  },
  tools: (body: Sent["body"]) =>
    (body.tools as { function: { name: string } }[]).map((tool) => tool.function.name),
  limit: (body: Sent["body"]) => body.max_tokens ?? body.max_completion_tokens,
};

const namesOf = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);

const anthropicReason = (said: Said) =>
  said.cut ? "max_tokens" : callsOf(said).length ? "tool_use" : "end_turn";
const anthropic: Protocol = {
  name: "anthropic",
  root: "/v1",
  path: /^\/v1\/messages$/,
  variable: "ANTHROPIC_API_KEY",
  keyHeader: "x-api-key",
  streams: ({ body }) => body.stream === true,
  whole: (said) => ({
    id: "msg",
    type: "message",
    role: "assistant",
    model: "m",
    stop_reason: anthropicReason(said),
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
  events: (said) => {
    const event = (type: string, data: object): [string, object] => [type, { type, ...data }];
    const block = (index: number, start: object, deltas: readonly object[]) => [
      event("content_block_start", { index, content_block: start }),
      ...deltas.map((delta) => event("content_block_delta", { index, delta })),
      event("content_block_stop", { index }),
    ];
    const text = said.text
      ? [
          block(
            0,
            { type: "text", text: "" },
            pieces(said.text).map((piece) => ({ type: "text_delta", text: piece })),
          ),
        ]
      : [];
    const calls = callsOf(said).map((call, k) =>
      block(
        text.length + k,
        { type: "tool_use", id: `toolu_${k}`, name: call.tool, input: {} },
        pieces(argumentsOf(call)).map((partial_json) => ({
          type: "input_json_delta",
          partial_json,
        })),
      ),
    );
    const message = {
      id: "msg",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    };
    return [
      event("message_start", { message }),
      ...[...text, ...calls].flat(),
      event("message_delta", {
        delta: { stop_reason: anthropicReason(said), stop_sequence: null },
        usage: { output_tokens: 20 },
      }),
      event("message_stop", {}),
    ];
  },
  tools: (body) => namesOf(body.tools),
  limit: (body) => body.max_tokens,
};

const googleUsage = { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 };
const googleChunk = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ index: 0, content: { role: "model", parts }, ...more }],
  usageMetadata: googleUsage,
});
const googleParts = (said: Said) =>
  callsOf(said).map(({ tool, input }) => ({ functionCall: { name: tool, args: input } }));
const google: Protocol = {
  name: "google",
  root: "/v1beta",
  path: /^\/v1beta\/models\/m:(generateContent|streamGenerateContent\?alt=sse)$/,
  variable: "GEMINI_API_KEY",
  keyHeader: "x-goog-api-key",
  streams: ({ path }) => path.includes("streamGenerateContent"),
  whole: (said) =>
    googleChunk([...(said.text ? [{ text: said.text }] : []), ...googleParts(said)], {
      finishReason: said.cut ? "MAX_TOKENS" : "STOP",
    }),
  events: (said) => [
    ...pieces(said.text ?? "").map((text) => googleChunk([{ text }])),
    googleChunk(googleParts(said), { finishReason: said.cut ? "MAX_TOKENS" : "STOP" }),
  ],
  tools: (body) =>
    namesOf((body.tools as { functionDeclarations: unknown }[])[0].functionDeclarations),
  limit: (body) => (body.generationConfig as { maxOutputTokens?: number })?.maxOutputTokens,
};

export const protocols: readonly Protocol[] = [
  anthropic,
  { ...chat, name: "openai", variable: "OPENAI_API_KEY" },
  google,
  { ...chat, name: "openai-compatible", variable: "OPENAI_COMPATIBLE_API_KEY" },
];
export const compatible = protocols[3];
