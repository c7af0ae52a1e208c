import type { LanguageModel, ToolSet } from "ai";
import { z } from "zod";
import { fail, LeadsError } from "../../core/errors.js";
import {
  type ActionName,
  actionNames,
  type Decision,
  parseDecision,
  toolSchemas,
} from "../actions.js";
import { type Clock, systemClock } from "../clock.js";
import type { Observation } from "../observation.js";
import type { Agent, AgentDecision, Usage } from "./agent.js";
import { type ChosenModel, chooseModel, type ModelChoice } from "./llm-model.js";
import { jsonIn, type Mistake, systemPrompt, userPrompt } from "./llm-prompt.js";

export interface LlmOptions extends ModelChoice {
  readonly clock?: Clock;
  /** Useless answers per turn before the run is given up. */
  readonly attempts?: number;
  /** Repeats of a request that failed on the way. */
  readonly retries?: number;
}

/** The AI SDK, loaded when the first decision is due. */
interface Session {
  readonly sdk: typeof import("ai");
  readonly model: LanguageModel;
  readonly tools: ToolSet;
  /** False once the server has said that it knows no tools. */
  withTools: boolean;
}

const backOff_ms = 2000;
const longestWait_ms = 60_000;

/**
 * A language model behind the AI SDK. One tool per action; a model without tools answers in JSON.
 * Errors: "llm-unreachable", "llm-refused" (key, model, quota), "llm-bad-answers".
 */
export function llmAgent(options: LlmOptions): Agent {
  const chosen = chooseModel(options);
  let session: Promise<Session> | undefined;
  return {
    name: `llm:${chosen.provider}:${chosen.model}`,
    decide: async (observation, _random, signal) => {
      session ??= open(chosen);
      return decideWith(await session, chosen, options, { observation, signal });
    },
  };
}

async function open(chosen: ChosenModel): Promise<Session> {
  const sdk = await import("ai");
  // Only commands talk; the SDK would write its warnings to the console.
  globalThis.AI_SDK_LOG_WARNINGS ??= false;
  const tools = Object.fromEntries(
    actionNames.map((name) => [
      name,
      sdk.tool({
        description: toolSchemas[name].description,
        // Arguments are judged by parseDecision, so that mistakes come back in our words.
        inputSchema: sdk.jsonSchema(
          z.toJSONSchema(toolSchemas[name].schema, { io: "input" }) as Parameters<
            typeof sdk.jsonSchema
          >[0],
        ),
      }),
    ]),
  );
  return { sdk, model: await chosen.load(), tools, withTools: true };
}

interface Turn {
  readonly observation: Observation;
  readonly signal: AbortSignal;
}

async function decideWith(
  session: Session,
  chosen: ChosenModel,
  options: LlmOptions,
  turn: Turn,
): Promise<AgentDecision> {
  const attempts = options.attempts ?? 4;
  const mistakes: Mistake[] = [];
  let usage: Usage = { inputTokens: 0, outputTokens: 0, requests: 0, schemaErrors: 0 };
  while (mistakes.length < attempts) {
    const answer = await ask(session, chosen, options, turn, mistakes);
    usage = {
      inputTokens: usage.inputTokens + (answer.usage.inputTokens ?? 0),
      outputTokens: usage.outputTokens + (answer.usage.outputTokens ?? 0),
      requests: usage.requests + 1,
      schemaErrors: mistakes.length,
    };
    const read = readAnswer(answer);
    if (read.ok) return { ...hide(read.decision, chosen.secrets), usage };
    mistakes.push({ answer: cut(read.answer, 600), problem: cut(read.reason, 600) });
  }
  return fail({
    code: "llm-bad-answers",
    message: `${chosen.model} gave ${attempts} answers in a row that are no action: ${blackOut(mistakes.at(-1)?.problem ?? "", chosen.secrets)}`,
    fix: "Resume the run to try again, or use a stronger model or --agent expert.",
  });
}

interface Answer {
  readonly text: string;
  readonly toolCalls: readonly {
    readonly toolName: string;
    readonly input: unknown;
    readonly invalid?: boolean;
  }[];
  readonly usage: { readonly inputTokens?: number; readonly outputTokens?: number };
}

/** One request; failures on the way are repeated with growing pauses. */
async function ask(
  session: Session,
  chosen: ChosenModel,
  options: LlmOptions,
  { observation, signal }: Turn,
  mistakes: readonly Mistake[],
): Promise<Answer> {
  const clock = options.clock ?? systemClock;
  const retries = options.retries ?? 5;
  for (let attempt = 0; ; attempt++) {
    try {
      return await session.sdk.generateText({
        model: session.model,
        system: systemPrompt,
        prompt: userPrompt(observation, mistakes, session.withTools),
        ...(session.withTools ? { tools: session.tools, toolChoice: "auto" as const } : {}),
        maxRetries: 0,
        abortSignal: signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (session.withTools && knowsNoTools(session, error)) {
        session.withTools = false;
        attempt--;
        continue;
      }
      const pause_ms = pauseAfter(session, error, attempt);
      if (pause_ms === null || attempt >= retries) throw explain(session, chosen, error);
      await clock.wait(pause_ms, signal);
    }
  }
}

function knowsNoTools({ sdk }: Session, error: unknown): boolean {
  if (!sdk.APICallError.isInstance(error)) return false;
  const status = error.statusCode ?? 0;
  return (
    [400, 404, 422, 501].includes(status) &&
    /\b(tools?|function[ _-]?call\w*)\b/i.test(`${error.message} ${error.responseBody ?? ""}`)
  );
}

/** Milliseconds until the next try; null where trying again is useless. */
function pauseAfter({ sdk }: Session, error: unknown, attempt: number): number | null {
  if (!sdk.APICallError.isInstance(error)) return null;
  if (!error.isRetryable) return null;
  const asked_s = Number(error.responseHeaders?.["retry-after"] ?? Number.NaN);
  const own_ms = backOff_ms * 2 ** attempt;
  return Math.min(longestWait_ms, Number.isFinite(asked_s) ? 1000 * asked_s : own_ms);
}

function explain({ sdk }: Session, chosen: ChosenModel, error: unknown): LeadsError {
  const status = sdk.APICallError.isInstance(error) ? error.statusCode : undefined;
  const said = blackOut(cut(rootMessage(error), 240), chosen.secrets);
  if (status === undefined)
    return new LeadsError({
      code: "llm-unreachable",
      message: `${chosen.provider} (${chosen.model}) cannot be reached: ${said}`,
      fix: "Check the network and --base-url, then resume the run.",
    });
  const fixes: Readonly<Record<number, string>> = {
    401: `Check the key in ${chosen.keyVariables.join(" or ")}.`,
    403: `Check the key in ${chosen.keyVariables.join(" or ")} and what it may use.`,
    404: "Check the model's name and --base-url.",
    429: "The rate limit or quota is used up: wait, then resume the run.",
  };
  return new LeadsError({
    code: "llm-refused",
    message: `${chosen.provider} (${chosen.model}) answered ${status}: ${said}`,
    fix: fixes[status] ?? "Resume the run to try again, or use --agent expert.",
  });
}

/** fetch hides the reason ("ECONNREFUSED ...") in a chain of causes. */
function rootMessage(error: unknown): string {
  let message = "";
  for (let e = error as { message?: string; code?: string; cause?: unknown } | undefined; e; ) {
    message = e.message || e.code || message;
    e = e.cause as typeof e;
  }
  return message.replace(/\s+/g, " ");
}

type Read =
  | { readonly ok: true; readonly decision: Decision }
  | { readonly ok: false; readonly answer: string; readonly reason: string };

/** Tool calls of one turn are one decision; without any, JSON in the text counts. */
function readAnswer({ toolCalls, text }: Answer): Read {
  if (toolCalls.length === 0) {
    const value = jsonIn(text);
    if (value === undefined)
      return { ok: false, answer: text, reason: "it holds no tool call and no JSON object" };
    const parsed = parseDecision(value);
    return parsed.ok ? parsed : { ok: false, answer: text, reason: parsed.reason };
  }
  const decisions: Decision[] = [];
  for (const { toolName, input } of toolCalls) {
    const answer = `${toolName}(${typeof input === "string" ? input : JSON.stringify(input)})`;
    if (!actionNames.includes(toolName as ActionName))
      return { ok: false, answer, reason: `there is no tool "${toolName}"` };
    if (typeof input !== "object" || input === null)
      return { ok: false, answer, reason: "its arguments are not a JSON object" };
    const parsed = parseDecision({ ...input, action: toolName });
    if (!parsed.ok) return { ok: false, answer, reason: parsed.reason };
    decisions.push(parsed.decision);
  }
  return { ok: true, decision: merge(decisions) };
}

function merge(decisions: readonly Decision[]): Decision {
  const from = decisions.find((decision) => decision.from !== undefined)?.from;
  const thoughts = [...new Set(decisions.map((decision) => decision.thought))];
  return {
    thought: cut(thoughts.join(" "), 4000),
    ...(from === undefined ? {} : { from }),
    actions: decisions.flatMap((decision) => decision.actions).slice(0, 8),
  };
}

const cut = (text: string, limit: number): string =>
  text.length > limit ? text.slice(0, limit) : text;

const blackOut = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);

const hide = (decision: Decision, secrets: readonly string[]): Decision =>
  JSON.parse(blackOut(JSON.stringify(decision), secrets));
