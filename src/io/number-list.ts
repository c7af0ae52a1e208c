import { readText } from "./files.js";
import { malformed } from "./problems.js";
import { createTokens } from "./text.js";

/** Exactly `count` finite numbers >= 0 between white space. Errors: those of files, "malformed-file". */
export async function readTimes(path: string, count: number): Promise<Float64Array> {
  return parseTimes(await readText(path), count, path);
}

export function parseTimes(text: string, count: number, path: string): Float64Array {
  const tokens = createTokens(text, path);
  const values = tokens.numbers(count, "activation times");
  if (!tokens.atEnd()) malformed(path, `it holds more than ${count} numbers`);
  const bad = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (bad >= 0) malformed(path, `time ${bad + 1} is ${values[bad]}, which is no activation time`);
  return values;
}
