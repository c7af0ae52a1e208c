/** Takes text as it arrives, in pieces of any size. */
export type Sink = (piece: string) => void;

/**
 * Reads JSON as it arrives and passes on what stands in the "thought" of its outermost object,
 * with escapes undone. Broken JSON gives less text, never an error.
 */
export function thoughtReader(emit: Sink): Sink {
  const open: string[] = [];
  let key = "";
  let expectsKey = false;
  let string: "key" | "value" | null = null;
  let pending = "";
  let out = "";
  const put = (text: string) => {
    if (string === "key") key = (key + text).slice(0, 80);
    else if (open.length === 1 && key === "thought") out += text;
  };
  const inString = (c: string) => {
    if (pending) {
      pending += c;
      const done = readEscape(pending);
      if (done === null) return;
      put(done);
      pending = "";
    } else if (c === "\\") pending = c;
    else if (c === '"') string = null;
    else put(c);
  };
  const outside = (c: string) => {
    if (c === '"') {
      string = expectsKey ? "key" : "value";
      if (expectsKey) key = "";
    } else if (c === "{" || c === "[") open.push(c);
    else if (c === "}" || c === "]") open.pop();
    if ("{[,".includes(c)) expectsKey = open.at(-1) === "{";
    else if (c === ":") expectsKey = false;
  };
  return (piece) => {
    for (const c of piece) string ? inString(c) : outside(c);
    if (out) emit(out);
    out = "";
  };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "", f: "" };

/** The character that an escape stands for; null while it is incomplete. */
function readEscape(text: string): string | null {
  if (text[1] !== "u") return escapes[text[1]] ?? text[1];
  if (text.length < 6) return null;
  const code = Number.parseInt(text.slice(2), 16);
  return Number.isNaN(code) ? "" : String.fromCharCode(code);
}

/** Prose as it is; of the JSON that may follow, its thought. */
export function answerReader(emit: Sink): Sink {
  const thought = thoughtReader(emit);
  let json = false;
  return (piece) => {
    const brace = json ? 0 : piece.indexOf("{");
    if (brace < 0) return emit(piece);
    if (brace > 0) emit(piece.slice(0, brace));
    json = true;
    thought(piece.slice(brace));
  };
}

export interface Guard {
  readonly write: Sink;
  /** Lets go of what was held back. */
  readonly end: () => void;
}

/** Blacks out secrets, also those that arrive in two pieces: a tail that could begin one waits. */
export function guarded(secrets: readonly string[], emit: Sink): Guard {
  let held = "";
  const pass = (text: string) => {
    if (text) emit(text);
  };
  return {
    write: (piece) => {
      const text = blackOut(held + piece, secrets);
      const wait = Math.max(0, ...secrets.map((secret) => overlap(text, secret)));
      held = text.slice(text.length - wait);
      pass(text.slice(0, text.length - wait));
    },
    end: () => {
      pass(held);
      held = "";
    },
  };
}

/** Length of the longest end of `text` that is a beginning of `secret`, but not all of it. */
function overlap(text: string, secret: string): number {
  for (let n = Math.min(secret.length - 1, text.length); n > 0; n--)
    if (secret.startsWith(text.slice(-n))) return n;
  return 0;
}

export const blackOut = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);

/** The same for every text in a value, names of fields among them. */
export function blackOutAll<T>(value: T, secrets: readonly string[]): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === "string") return blackOut(item, secrets);
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).map(([name, inner]) => [blackOut(name, secrets), walk(inner)]),
    );
  };
  return walk(value) as T;
}
