import type { LanguageModel, ToolSet } from "ai";
import { z } from "zod";
import { LeadsError } from "../../core/errors.js";
import { actionNames, toolSchemas } from "../actions.js";
import type { ChosenModel } from "./llm-model.js";
import { answerReader, type Guard, guarded, type Sink, thoughtReader } from "./llm-thought.js";
import { estimateTokens } from "./llm-tokens.js";
import { createLimit, createWire, type Limit, tooLong, type Wire } from "./llm-wire.js";

/** Longer answers are cut off: eight actions with the longest thoughts take half of it. */
const longestAnswer = 64_000;

/** The AI SDK and what was learnt about the server, opened when the first decision is due. */
export interface LlmSession {
  readonly sdk: typeof import("ai");
  readonly model: LanguageModel;
  readonly tools: ToolSet;
  readonly wire: Wire;
  /** False once the server has said that it knows no tools. */
  withTools: boolean;
  /** False once the server has refused to stream, or answered in one piece. */
  streams: boolean;
  /** Most output tokens that the server has not refused. */
  outputLimit: number;
}

export async function openLlmSession(chosen: ChosenModel): Promise<LlmSession> {
  const sdk = await import("ai");
  // Only commands talk; the SDK would write its warnings to the console.
  globalThis.AI_SDK_LOG_WARNINGS ??= false;
  const wire = createWire();
  return {
    sdk,
    wire,
    model: await chosen.load(wire.fetch),
    tools: toolsOf(sdk),
    withTools: true,
    streams: true,
    outputLimit: Number.POSITIVE_INFINITY,
  };
}

function toolsOf(sdk: typeof import("ai")): ToolSet {
  const tool = (name: (typeof actionNames)[number]) =>
    sdk.tool({
      description: toolSchemas[name].description,
      // Arguments are judged by parseDecision, so that mistakes come back in our words.
      inputSchema: sdk.jsonSchema(
        z.toJSONSchema(toolSchemas[name].schema, { io: "input" }) as Parameters<
          typeof sdk.jsonSchema
        >[0],
      ),
    });
  return Object.fromEntries(actionNames.map((name) => [name, tool(name)]));
}

/** Characters of the tools' schemas, which are part of each prompt. */
export const toolCharacters = (): number =>
  JSON.stringify(
    actionNames.map((name) => [
      name,
      toolSchemas[name].description,
      z.toJSONSchema(toolSchemas[name].schema, { io: "input" }),
    ]),
  ).length;

export interface Ask {
  readonly system: string;
  readonly prompt: string;
  /** Estimate of what goes in, for servers that do not count. */
  readonly promptTokens: number;
  /** Infinity: what the server allows. */
  readonly outputTokens: number;
  readonly silence_s: number;
  readonly left_s: number;
  /** Ctrl-C. */
  readonly interrupt: AbortSignal;
  readonly secrets: readonly string[];
  readonly onThought?: Sink;
}

export interface Tokens {
  readonly input: number;
  readonly output: number;
  /** The server gave no count. */
  readonly estimated: boolean;
}

export interface Answer {
  readonly text: string;
  readonly toolCalls: readonly {
    readonly toolName: string;
    readonly input: unknown;
    readonly invalid?: boolean;
  }[];
  readonly tokens: Tokens;
  /** Why the answer is not whole; null when it is. */
  readonly cutOff: string | null;
}

/** A request that brought no answer, with what it is taken to have cost all the same. */
export interface Failure {
  readonly error: unknown;
  readonly tokens: Tokens;
}

/** One request, streamed where the server can. Never rejects. */
export async function request(session: LlmSession, ask: Ask): Promise<Answer | Failure> {
  const limit = createLimit(ask);
  const partial: Partial = { text: "", size: 0, toolCalls: [] };
  Object.assign(session.wire, { mediaType: "", answered: false, onBytes: limit.touch });
  try {
    return session.streams
      ? await streamed(session, ask, limit, partial)
      : await whole(session, ask, limit);
  } catch (error) {
    const reason = limit.signal.aborted ? limit.signal.reason : error;
    const tokens = costOfFailure(session, ask, partial);
    if (!isTooLong(reason)) return { error: reason, tokens };
    return { text: partial.text, toolCalls: [], tokens, cutOff: rootMessage(reason) };
  } finally {
    limit.release();
    session.wire.onBytes = () => undefined;
  }
}

/** What has arrived of an answer. */
interface Partial {
  text: string;
  size: number;
  readonly toolCalls: Answer["toolCalls"][number][];
}

/** A refusal is free; whatever was begun is counted by the length of its text. */
const costOfFailure = ({ wire }: LlmSession, ask: Ask, { size }: Partial): Tokens =>
  wire.answered
    ? { input: ask.promptTokens, output: estimateTokens(size), estimated: true }
    : { input: 0, output: 0, estimated: false };

const settings = (session: LlmSession, ask: Ask, limit: Limit) => ({
  model: session.model,
  system: ask.system,
  prompt: ask.prompt,
  ...(session.withTools ? { tools: session.tools, toolChoice: "auto" as const } : {}),
  ...(Number.isFinite(ask.outputTokens) ? { maxOutputTokens: ask.outputTokens } : {}),
  maxRetries: 0,
  abortSignal: AbortSignal.any([ask.interrupt, limit.signal]),
});

async function whole(session: LlmSession, ask: Ask, limit: Limit): Promise<Answer> {
  const { text, toolCalls, usage, finishReason } = await session.sdk.generateText(
    settings(session, ask, limit),
  );
  const size = text.length + JSON.stringify(toolCalls.map((call) => call.input ?? "")).length;
  if (size > longestAnswer) throw tooLong(`${size} characters`);
  const partial = { text, size, toolCalls: [...toolCalls] };
  return answerOf(ask, partial, { usage, finishReason });
}

interface End {
  readonly usage: { readonly inputTokens?: number; readonly outputTokens?: number };
  readonly finishReason: string;
}

async function streamed(
  session: LlmSession,
  ask: Ask,
  limit: Limit,
  partial: Partial,
): Promise<Answer> {
  const thoughts = listen(ask, session.withTools);
  const { fullStream } = session.sdk.streamText({
    ...settings(session, ask, limit),
    // Without it the SDK writes errors to the console; they come with the stream as well.
    onError: () => undefined,
  });
  const grow = (piece: string) => {
    partial.size += piece.length;
    if (partial.size > longestAnswer) limit.abort(tooLong(`${longestAnswer} characters`));
  };
  let end: End = { usage: {}, finishReason: "cut" };
  for await (const part of fullStream) {
    limit.signal.throwIfAborted();
    if (part.type === "error" && !endedEarly(session, part.error)) throw part.error;
    if (part.type === "abort") ask.interrupt.throwIfAborted();
    if (part.type === "text-delta") {
      grow(part.text);
      partial.text += part.text;
      thoughts.text(part.text);
    } else if (part.type === "reasoning-delta") grow(part.text);
    else if (part.type === "tool-input-delta") {
      grow(part.delta);
      thoughts.tool(part.id, part.delta);
    } else if (part.type === "tool-call") partial.toolCalls.push(part);
    else if (part.type === "finish")
      end = { usage: part.totalUsage, finishReason: part.rawFinishReason ?? "cut" };
  }
  thoughts.end();
  limit.signal.throwIfAborted();
  ask.interrupt.throwIfAborted();
  if (partial.size === 0 && partial.toolCalls.length === 0) throw noAnswer(session.wire);
  return answerOf(ask, partial, end);
}

/** The SDK's words for a stream that stops without an end; what has arrived may still do. */
function endedEarly({ sdk }: LlmSession, error: unknown): boolean {
  if (sdk.NoOutputGeneratedError.isInstance(error)) return true;
  const { name, data } = (error ?? {}) as { readonly name?: string; readonly data?: unknown };
  return name === "AI_InvalidResponseDataError" && data === undefined;
}

function answerOf(ask: Ask, partial: Partial, { usage, finishReason }: End): Answer {
  const { text, toolCalls, size } = partial;
  const { inputTokens, outputTokens } = usage;
  const ended = finishReason !== "cut";
  const estimated = !ended || inputTokens === undefined || outputTokens === undefined;
  const cut: Readonly<Record<string, string>> = {
    cut: "the connection ended in the middle of it",
    length: "it reached the limit of output tokens and was cut off; be brief",
    max_tokens: "it reached the limit of output tokens and was cut off; be brief",
    MAX_TOKENS: "it reached the limit of output tokens and was cut off; be brief",
  };
  return {
    text,
    toolCalls,
    tokens: {
      input: inputTokens ?? ask.promptTokens,
      output: (ended ? outputTokens : undefined) ?? estimateTokens(size),
      estimated,
    },
    cutOff: cut[finishReason] ?? null,
  };
}

/** Passes thoughts on as they arrive: prose, the thoughts of JSON and those of tool calls. */
function listen({ onThought, secrets }: Ask, withTools: boolean) {
  const silent: Guard = { write: () => undefined, end: () => undefined };
  const out = onThought ? guarded(secrets, onThought) : silent;
  let heard = false;
  const write = (text: string) => {
    heard = true;
    out.write(text);
  };
  const tools = new Map<string, Sink>();
  return {
    text: (withTools ? answerReader : thoughtReader)(write),
    tool: (id: string, delta: string) => {
      if (!tools.has(id)) {
        if (heard) out.write("\n");
        tools.set(id, thoughtReader(write));
      }
      tools.get(id)?.(delta);
    },
    end: out.end,
  };
}

const noAnswer = ({ mediaType }: Wire): LeadsError =>
  new LeadsError({
    code: "llm-empty",
    message: `the answer is empty (its type is ${mediaType || "not given"})`,
  });

export const isTooLong = (error: unknown): boolean =>
  causes(error).some((e) => e.code === "llm-too-long");

interface Cause {
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
}

/** fetch and the SDK hide the reason in a chain of causes. */
function causes(error: unknown): Cause[] {
  const chain: Cause[] = [];
  for (let e = error; typeof e === "object" && e !== null && chain.length < 8; )
    e = (chain[chain.push(e as Cause) - 1] as Cause).cause;
  return chain;
}

/** The innermost message ("ECONNREFUSED ..."), on one line. */
export function rootMessage(error: unknown): string {
  const messages = causes(error).flatMap(({ message, code }) => message || code || []);
  return (messages.at(-1) ?? String(error)).replace(/\s+/g, " ");
}
