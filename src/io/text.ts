import { malformed, truncated } from "./problems.js";

/** Reads white-space separated words and numbers; errors carry the line number. */
export interface Tokens {
  /** The next word, or undefined at the end. */
  next(): string | undefined;
  peek(): string | undefined;
  word(what: string): string;
  number(what: string): number;
  integer(what: string, range?: { min?: number; max?: number }): number;
  numbers(count: number, what: string): Float64Array;
  /** The rest of the current line, which is consumed. */
  restOfLine(): string;
  atEnd(): boolean;
  bad(detail: string): never;
}

export function createTokens(text: string, path: string): Tokens {
  let at = 0;
  const isSpace = (i: number) => text.charCodeAt(i) <= 32;
  const skip = () => {
    while (at < text.length && isSpace(at)) at++;
  };
  const next = (): string | undefined => {
    skip();
    if (at >= text.length) return undefined;
    const start = at;
    while (at < text.length && !isSpace(at)) at++;
    return text.slice(start, at);
  };
  const where = () => `line ${lineNumber(text, at)}`;
  const bad = (detail: string): never => malformed(path, `${where()}: ${detail}`);
  const word = (what: string) => next() ?? truncated(path, `${what} is missing`);
  const number = (what: string): number => {
    const token = word(what);
    const value = parseNumber(token);
    return value ?? bad(`${what}: "${token.slice(0, 40)}" is not a number`);
  };
  const integer = (what: string, range: { min?: number; max?: number } = {}): number => {
    const value = number(what);
    const { min = 0, max = 2 ** 31 - 1 } = range;
    if (!Number.isInteger(value) || value < min || value > max)
      bad(`${what}: ${value} is not a whole number in ${min}..${max}`);
    return value;
  };
  const numbers = (count: number, what: string): Float64Array => {
    // A number takes a digit and a space at least: a lying count cannot ask for much memory.
    if (count > (text.length - at + 1) / 2)
      truncated(
        path,
        `${what} needs ${count} numbers, only ${text.length - at} characters are left`,
      );
    const result = new Float64Array(count);
    for (let i = 0; i < count; i++) result[i] = number(what);
    return result;
  };
  return {
    next,
    word,
    number,
    integer,
    numbers,
    bad,
    peek: () => {
      const start = at;
      const token = next();
      at = start;
      return token;
    },
    restOfLine: () => {
      const found = text.indexOf("\n", at);
      const end = found < 0 ? text.length : found;
      const line = text.slice(at, end).trim();
      at = Math.min(end + 1, text.length);
      return line;
    },
    atEnd: () => {
      skip();
      return at >= text.length;
    },
  };
}

/** Decimal number, nan or inf in any spelling files use; undefined for anything else. */
export function parseNumber(token: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/.test(token))
    return Number(token.replace(/[dD]/, "e"));
  const lower = token.toLowerCase();
  if (/^[+-]?nan$/.test(lower)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(lower)) return lower.startsWith("-") ? -Infinity : Infinity;
  return undefined;
}

/** Lines that are not blank, each with its 1-based number. */
export function contentLines(text: string): { line: string; number: number }[] {
  return text
    .split(/\r?\n|\r/)
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter((entry) => entry.line !== "");
}

function lineNumber(text: string, at: number): number {
  let count = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at - 1; i = text.indexOf("\n", i + 1)) count++;
  return count;
}
