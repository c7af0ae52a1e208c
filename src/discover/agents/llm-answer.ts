import { type ActionName, actionNames, type Decision, parseDecision } from "../actions.js";
import { jsonIn } from "./llm-prompt.js";
import type { Answer } from "./llm-request.js";

export type Read =
  | { readonly ok: true; readonly decision: Decision }
  | { readonly ok: false; readonly answer: string; readonly reason: string };

/** Tool calls of one turn are one decision; without any, JSON in the text counts. */
export function readAnswer(answer: Answer): Read {
  const read = readAll(answer);
  if (read.ok || answer.cutOff === null) return read;
  return { ...read, reason: answer.cutOff };
}

function readAll(answer: Answer): Read {
  try {
    return answer.toolCalls.length === 0 ? readText(answer) : readCalls(answer);
  } catch (error) {
    // Ten thousand brackets within each other: nothing that recurses can look at them.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, answer: answer.text, reason: "it is nested too deeply" };
  }
}

function readText({ text }: Answer): Read {
  const value = jsonIn(text);
  if (value === undefined)
    return { ok: false, answer: text, reason: "it holds no tool call and no JSON object" };
  const parsed = parseDecision(value);
  return parsed.ok ? parsed : { ok: false, answer: text, reason: parsed.reason };
}

function readCalls({ toolCalls }: Answer): Read {
  const decisions: Decision[] = [];
  for (const { toolName, input } of toolCalls) {
    const answer = `${toolName}(${typeof input === "string" ? input : JSON.stringify(input)})`;
    if (!actionNames.includes(toolName as ActionName))
      return { ok: false, answer, reason: noSuchTool(toolName) };
    if (typeof input !== "object" || input === null)
      return { ok: false, answer, reason: "its arguments are not a JSON object" };
    const parsed = parseDecision({ ...input, action: toolName });
    if (!parsed.ok) return { ok: false, answer, reason: parsed.reason };
    decisions.push(parsed.decision);
  }
  return { ok: true, decision: merge(decisions) };
}

const noSuchTool = (name: string): string =>
  `there is no tool ${JSON.stringify(name.slice(0, 80))}; there are ${actionNames.join(", ")}`;

function merge(decisions: readonly Decision[]): Decision {
  const from = decisions.find((decision) => decision.from !== undefined)?.from;
  const thoughts = [...new Set(decisions.map((decision) => decision.thought))];
  return {
    thought: thoughts.join(" ").slice(0, 4000),
    ...(from === undefined ? {} : { from }),
    actions: decisions.flatMap((decision) => decision.actions).slice(0, 8),
  };
}
