import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../core/errors.js";
import { type Proposer, readAnswer } from "./proposer.js";

/** One answer of a recorded proposer, in its own words. */
interface Line {
  readonly answer: string;
}

/**
 * Repeats recorded answers in their order, whatever the history says, then ends. `text` is JSON
 * lines of { "answer": "..." }, as `writeTranscript` makes them. Errors: "malformed".
 */
export function transcriptProposer(text: string, name: string): Proposer {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const answers = lines.map((line, k) => parseLine(line, `${name}:${k + 1}`));
  return {
    name: `transcript:${name}`,
    propose: async ({ generation }) =>
      generation < answers.length
        ? readAnswer(answers[generation])
        : { kind: "end", reason: `the transcript ends after ${answers.length} answers` },
  };
}

function parseLine(line: string, path: string): string {
  try {
    const { answer } = JSON.parse(line) as Partial<Line>;
    if (typeof answer === "string") return answer;
  } catch {
    // Said below, with the place.
  }
  return fail({
    code: "malformed",
    path,
    message: `${path}: this is no answer of a transcript.`,
    fix: 'Every line is a JSON object: {"answer": "..."}.',
  });
}

export const writeTranscript = (answers: readonly string[]): string =>
  answers.map((answer) => `${JSON.stringify({ answer } satisfies Line)}\n`).join("");

/** The transcript `free-form/<name>.jsonl` of a folder of recorded runs, or undefined. */
export async function findTranscript(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, "free-form", `${name}.jsonl`), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
