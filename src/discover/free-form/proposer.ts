import type { Usage } from "../agents/agent.js";
import type { Proposal } from "./equations.js";
import type { OneStepFit } from "./one-step.js";

/** A model that has been fitted, as proposers see it. */
export interface Kept extends OneStepFit {
  readonly generation: number;
  readonly proposal: Proposal;
}

/** What an earlier answer was and why there is nothing to fit. */
export interface Failed {
  readonly generation: number;
  readonly answer: string;
  readonly problem: string;
}

/** All that a proposer may know: nothing of the test recordings, nothing of the catalog. */
export interface History {
  readonly generation: number;
  readonly generations: number;
  readonly data: {
    readonly nodes: number;
    readonly recordings: { readonly train: number; readonly validation: number };
    readonly duration_ms: number;
    readonly frame_ms: number;
  };
  /** Best first. */
  readonly kept: readonly Kept[];
  /** Latest last. */
  readonly failed: readonly Failed[];
}

export type Answer = (
  | { readonly kind: "proposal"; readonly proposal: Proposal }
  /** Nothing that could be read as equations; counts as a generation. */
  | { readonly kind: "unreadable"; readonly answer: string; readonly problem: string }
  /** No more answers: a transcript that is used up. */
  | { readonly kind: "end"; readonly reason: string }
) & { readonly usage?: Usage };

/** Whoever writes equations: a language model, a transcript, a script. */
export interface Proposer {
  readonly name: string;
  propose(history: History, signal: AbortSignal): Promise<Answer>;
}

const block = (name: string) => new RegExp(`\`\`\`${name}[^\\n]*\\n([\\s\\S]*?)\`\`\``, "i");

/**
 * Reads an answer in words: a block of equations and a block of parameters, one "name = value" a
 * line; everything else is the thought.
 */
export function readAnswer(text: string): Answer {
  const equations = block("equations").exec(text)?.[1];
  if (!equations?.trim())
    return { kind: "unreadable", answer: text, problem: "there is no ```equations block" };
  const parameters: Record<string, number> = {};
  for (const line of (block("parameters").exec(text)?.[1] ?? "").split("\n")) {
    const plain = line.replace(/#.*$/, "").trim();
    if (!plain) continue;
    const match = /^(\w+)\s*[=:]\s*([-+.\deE]+)$/.exec(plain);
    if (!match)
      return {
        kind: "unreadable",
        answer: text,
        problem: `the parameter line ${JSON.stringify(plain.slice(0, 80))} is not "name = value"`,
      };
    parameters[match[1]] = Number(match[2]);
  }
  const thought = text.replace(/```[\s\S]*?```/g, " ").trim();
  const proposal = { thought: thought.slice(0, 4000), equations: equations.trim(), parameters };
  return { kind: "proposal", proposal };
}

/** The other way round: what a transcript holds of an answer. */
export const writeAnswer = ({ thought, equations, parameters }: Proposal): string =>
  [
    thought,
    "```equations",
    equations,
    "```",
    "```parameters",
    ...Object.entries(parameters).map(([name, value]) => `${name} = ${value}`),
    "```",
  ].join("\n");
