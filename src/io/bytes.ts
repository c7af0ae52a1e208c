import { malformed, truncated } from "./problems.js";

/** Number types that occur in files: signed, unsigned, float; the digit is the size in bytes. */
export type NumberType = "i1" | "u1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f4" | "f8";

interface NumberRow {
  readonly size: number;
  readonly read: (view: DataView, at: number, little: boolean) => number;
  readonly write: (view: DataView, at: number, value: number, little: boolean) => void;
}

const table = {
  i1: { size: 1, read: (v, o) => v.getInt8(o), write: (v, o, x) => v.setInt8(o, x) },
  u1: { size: 1, read: (v, o) => v.getUint8(o), write: (v, o, x) => v.setUint8(o, x) },
  i2: { size: 2, read: (v, o, l) => v.getInt16(o, l), write: (v, o, x, l) => v.setInt16(o, x, l) },
  u2: {
    size: 2,
    read: (v, o, l) => v.getUint16(o, l),
    write: (v, o, x, l) => v.setUint16(o, x, l),
  },
  i4: { size: 4, read: (v, o, l) => v.getInt32(o, l), write: (v, o, x, l) => v.setInt32(o, x, l) },
  u4: {
    size: 4,
    read: (v, o, l) => v.getUint32(o, l),
    write: (v, o, x, l) => v.setUint32(o, x, l),
  },
  i8: {
    size: 8,
    read: (v, o, l) => Number(v.getBigInt64(o, l)),
    write: (v, o, x, l) => v.setBigInt64(o, BigInt(x), l),
  },
  u8: {
    size: 8,
    read: (v, o, l) => Number(v.getBigUint64(o, l)),
    write: (v, o, x, l) => v.setBigUint64(o, BigInt(x), l),
  },
  f4: {
    size: 4,
    read: (v, o, l) => v.getFloat32(o, l),
    write: (v, o, x, l) => v.setFloat32(o, x, l),
  },
  f8: {
    size: 8,
    read: (v, o, l) => v.getFloat64(o, l),
    write: (v, o, x, l) => v.setFloat64(o, x, l),
  },
} satisfies Record<NumberType, NumberRow>;

export const sizeOf = (type: NumberType): number => table[type].size;

export interface Encoding {
  readonly type: NumberType;
  readonly littleEndian: boolean;
}

/**
 * All numbers of `bytes` (a whole multiple of the type's size), as doubles.
 * 64-bit integers beyond 2^53 would lose digits and are refused ("malformed-file").
 */
export function decodeNumbers(bytes: Uint8Array, encoding: Encoding, path: string): Float64Array {
  const row: NumberRow = table[encoding.type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new Float64Array(Math.floor(bytes.length / row.size));
  for (let i = 0; i < result.length; i++)
    result[i] = row.read(view, i * row.size, encoding.littleEndian);
  if (encoding.type === "i8" || encoding.type === "u8")
    for (const value of result)
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        malformed(path, `the 64-bit integer ${value} does not fit a double exactly`);
  return result;
}

export function encodeNumbers(values: ArrayLike<number>, encoding: Encoding): Uint8Array {
  const row: NumberRow = table[encoding.type];
  const bytes = new Uint8Array(values.length * row.size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++)
    row.write(view, i * row.size, values[i], encoding.littleEndian);
  return bytes;
}

/** Walks through bytes; every step checks that the file still holds what is asked for. */
export interface Cursor {
  readonly path: string;
  position(): number;
  remaining(): number;
  take(count: number, what: string): Uint8Array;
  numbers(count: number, encoding: Encoding, what: string): Float64Array;
  number(encoding: Encoding, what: string): number;
  /** Text up to the next line end (LF or CR LF), which is consumed; undefined at the end. */
  line(): string | undefined;
}

export function createCursor(bytes: Uint8Array, path: string): Cursor {
  let at = 0;
  const take = (count: number, what: string): Uint8Array => {
    if (!Number.isSafeInteger(count) || count < 0)
      malformed(path, `${what} claims a size of ${count} bytes`);
    if (count > bytes.length - at)
      truncated(path, `${what} needs ${count} bytes at ${at}, ${bytes.length - at} are left`);
    at += count;
    return bytes.subarray(at - count, at);
  };
  const numbers = (count: number, encoding: Encoding, what: string) =>
    decodeNumbers(take(count * sizeOf(encoding.type), what), encoding, path);
  return {
    path,
    position: () => at,
    remaining: () => bytes.length - at,
    take,
    numbers,
    number: (encoding, what) => numbers(1, encoding, what)[0],
    line: () => {
      if (at >= bytes.length) return undefined;
      const found = bytes.indexOf(10, at);
      const end = found < 0 ? bytes.length : found;
      const text = latin1(bytes.subarray(at, end));
      at = Math.min(end + 1, bytes.length);
      return text.endsWith("\r") ? text.slice(0, -1) : text;
    },
  };
}

/** One character per byte: never fails, for headers and for sniffing. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return text;
}

/** UTF-8, without the byte order mark; wrong bytes become U+FFFD and fail where they are parsed. */
export const decodeText = (bytes: Uint8Array): string => new TextDecoder("utf-8").decode(bytes);

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
