import { writeFileAtomic } from "./atomic.js";
import {
  createCursor,
  decodeNumbers,
  type Encoding,
  encodeNumbers,
  joinBytes,
  latin1,
  type NumberType,
} from "./bytes.js";
import { readBytes } from "./files.js";
import { foreign, malformed, mismatch, truncated } from "./problems.js";

/** A NumPy array; `data` always in C order (last axis fastest), whatever the file's order was. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  /** As in the file, e.g. "<f8". */
  readonly dtype: string;
}

/** Array to write; values must be whole for "i4". */
export interface NpySource {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly type: "f4" | "f8" | "i4";
}

const magic = "\x93NUMPY";
const utf8 = (text: string) => new TextEncoder().encode(text);

/**
 * .npy versions 1 to 3 (numpy.org/neps/nep-0001): booleans, integers and floats of both byte orders,
 * C and Fortran order. Object, text, complex and structured arrays are refused ("foreign-file").
 */
export function parseNpy(bytes: Uint8Array, path: string): NpyArray {
  const cursor = createCursor(bytes, path);
  if (!latin1(bytes.subarray(0, 6)).startsWith(magic.slice(0, Math.min(6, bytes.length))))
    foreign(path, "not a NumPy array", "Save it with numpy.save.");
  cursor.take(6, "the signature");
  const [major] = cursor.take(2, "the version");
  if (major < 1 || major > 3)
    foreign(path, `.npy version ${major} is not known`, "Use numpy.save.");
  const lengthType: NumberType = major === 1 ? "u2" : "u4";
  const length = cursor.number({ type: lengthType, littleEndian: true }, "the header length");
  const header = parseHeader(latin1(cursor.take(length, "the header")), path);
  return readBody(header, cursor.take(cursor.remaining(), "the values"), path);
}

interface Header {
  readonly dtype: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dictionary; only its three literals are looked for, nothing is run. */
function parseHeader(text: string, path: string): Header {
  const dtype =
    /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1] ??
    foreign(path, "structured arrays are not read", "Save each field as an array of its own.");
  const order =
    /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1] ??
    malformed(path, "the header lacks fortran_order");
  const shapeText =
    /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1] ??
    malformed(path, "the header lacks shape");
  const shape = shapeText
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => Number.parseInt(part, 10));
  return { dtype, fortran: order === "True", shape };
}

function readBody(header: Header, body: Uint8Array, path: string): NpyArray {
  const { dtype, shape } = header;
  const match =
    /^([<>|=])(f2|f4|f8|[iu][1248]|b1)$/.exec(dtype) ??
    foreign(
      path,
      `values of type "${dtype}" are not read`,
      "Save the array as float64, for example a.astype('f8').",
    );
  const size = Number(match[2][1]);
  const count = shape.reduce((product, n) => product * n, 1);
  if (count * size > body.length)
    truncated(
      path,
      `shape (${shape.join(", ")}) needs ${count * size} bytes, ${body.length} are there`,
    );
  if (count * size < body.length) malformed(path, `${body.length - count * size} bytes too many`);
  const flat = decodeBody(body, match[2], match[1] !== ">", path);
  return { shape, dtype, data: header.fortran ? toRowMajor(flat, shape) : flat };
}

function decodeBody(body: Uint8Array, type: string, littleEndian: boolean, path: string) {
  if (type === "f2")
    return decodeNumbers(body, { type: "u2", littleEndian }, path).map(halfToDouble);
  const encoding: Encoding = { type: type === "b1" ? "u1" : (type as NumberType), littleEndian };
  return decodeNumbers(body, encoding, path);
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function halfToDouble(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** First axis fastest -> last axis fastest. */
export function toRowMajor(data: Float64Array, shape: readonly number[]): Float64Array {
  if (shape.length < 2) return data;
  const result = new Float64Array(data.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  let target = 0;
  for (const value of data) {
    result[target] = value;
    for (let axis = 0; axis < shape.length; axis++) {
      target += strides[axis];
      if (++index[axis] < shape[axis]) break;
      target -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** Version 1.0, little-endian, C order; the header is padded so that values start at 64 bytes. */
export function encodeNpy(source: NpySource): Uint8Array {
  const { shape, data, type } = source;
  const count = shape.reduce((product, n) => product * n, 1);
  if (count !== data.length)
    mismatch(
      "npy",
      `shape (${shape.join(", ")}) holds ${count} values, got ${data.length}`,
      "Pass the shape of the data.",
    );
  if (type === "i4") refuseFractions(data);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '<${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = `${dictionary.padEnd(padded - 1)}\n`;
  const prefix = new Uint8Array([0x93, ...utf8("NUMPY"), 1, 0, padded & 255, padded >> 8]);
  return joinBytes([prefix, utf8(header), encodeNumbers(data, { type, littleEndian: true })]);
}

function refuseFractions(data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++)
    if ((data[i] | 0) !== data[i])
      mismatch("npy", `value ${data[i]} at ${i} is not a 32-bit integer`, 'Write it as "f8".');
}

export const readNpyFile = async (path: string): Promise<NpyArray> =>
  parseNpy(await readBytes(path), path);

export const writeNpyFile = (path: string, source: NpySource): Promise<void> =>
  writeFileAtomic(path, encodeNpy(source));
