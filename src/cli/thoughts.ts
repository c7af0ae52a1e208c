import { plainText } from "../core/plain-text.js";

/** Thoughts on a terminal while they arrive. */
export interface Thoughts {
  /** Undefined where stderr is no terminal: the whole thought follows as one line. */
  readonly onThought: ((piece: string) => void) | undefined;
  /** Ends the line; true when this thought has been shown, word for word. */
  readonly shown: (thought: string) => boolean;
}

const label = "think   ";
const indent = " ".repeat(label.length);

export function createThoughts(output: {
  readonly live: boolean;
  readonly write: (text: string) => void;
}): Thoughts {
  let said = "";
  const onThought = (piece: string) => {
    const text = plainText(said === "" ? piece.trimStart() : piece);
    if (text === "") return;
    output.write(`${said === "" ? label : ""}${text.replaceAll("\n", `\n${indent}`)}`);
    said += text;
  };
  return {
    onThought: output.live ? onThought : undefined,
    shown: (thought) => {
      if (said === "") return false;
      output.write("\n");
      const whole = flat(said).includes(flat(plainText(thought)));
      said = "";
      return whole;
    },
  };
}

const flat = (text: string): string => text.replace(/\s+/g, " ").trim();
