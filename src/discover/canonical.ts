import { fail } from "../core/errors.js";

/** Anything JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [k: string]: Json };

const arrayKinds = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
} as const;
type ArrayKind = keyof typeof arrayKinds;
type NumberArray = InstanceType<(typeof arrayKinds)[ArrayKind]>;

/**
 * Plain JSON of a value with typed arrays as { "$f64": base64 } (little endian) and the numbers
 * JSON lacks as { "$number": "Infinity" }; `decode` gives every bit back. Undefined keys vanish.
 */
export function encode(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberName(value) };
  if (Array.isArray(value)) return value.map((item) => encode(item ?? null));
  for (const [kind, type] of Object.entries(arrayKinds))
    if (value instanceof type) return { [`$${kind}`]: toBase64(value as NumberArray) };
  if (typeof value === "object")
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, encode(item)]),
    );
  return fail({ code: "not-json", message: `A ${typeof value} cannot be written to a journal.` });
}

export function decode(value: Json): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decode);
  const keys = Object.keys(value);
  const only = keys.length === 1 && keys[0].startsWith("$") ? keys[0].slice(1) : "";
  const text = (value as Record<string, Json>)[`$${only}`];
  if (only === "number") return text === "-0" ? -0 : Number(text);
  if (Object.hasOwn(arrayKinds, only)) return fromBase64(only as ArrayKind, String(text));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/** One text per value: keys sorted, no spaces, numbers in their shortest exact form. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const record = value as Record<string, Json>;
  const fields = Object.keys(record)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
  return `{${fields.join(",")}}`;
}

/** SHA-256 in hex; the web's own function, so that it is the same in Node and in the studio. */
export async function sha256(text: string): Promise<string> {
  const bytes = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const hashOf = (value: unknown): Promise<string> => sha256(canonical(encode(value)));

const numberName = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

// Every machine that runs JavaScript today is little endian, so the bytes are taken as they lie.
// Parts of 3 n bytes are written without padding, so that they can be joined.
function toBase64(array: NumberArray): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 8190)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(i, i + 8190))));
  return parts.join("");
}

function fromBase64(kind: ArrayKind, text: string): NumberArray {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new arrayKinds[kind](bytes.buffer);
}
