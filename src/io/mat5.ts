import { fail } from "../core/errors.js";
import {
  type Cursor,
  createCursor,
  decodeNumbers,
  decodeText,
  latin1,
  type NumberType,
  sizeOf,
} from "./bytes.js";
import { inflate, readBytes } from "./files.js";
import { foreign, malformed, truncated } from "./problems.js";

/** A MATLAB value. Arrays are column-major, as in MATLAB; `shape` has two entries or more. */
export type MatValue =
  | {
      readonly kind: "numeric";
      /** "double", "int16", "logical", ... */
      readonly className: string;
      readonly shape: readonly number[];
      readonly data: Float64Array;
      readonly imaginary?: Float64Array;
    }
  | {
      readonly kind: "sparse";
      readonly shape: readonly number[];
      /** [nnz] 0-based row of each value. */
      readonly rows: Float64Array;
      /** [columns + 1] where each column starts. */
      readonly columnStarts: Float64Array;
      readonly data: Float64Array;
      readonly imaginary?: Float64Array;
    }
  | { readonly kind: "text"; readonly shape: readonly number[]; readonly rows: readonly string[] }
  | {
      readonly kind: "cell";
      readonly shape: readonly number[];
      readonly values: readonly MatValue[];
    }
  | {
      readonly kind: "struct";
      readonly shape: readonly number[];
      readonly fields: readonly string[];
      /** One map per element of the struct array. */
      readonly values: readonly ReadonlyMap<string, MatValue>[];
    };

/** Data types of elements: MAT-File Format, MathWorks, table 1-1. */
const storage: Readonly<Record<number, NumberType>> = {
  1: "i1",
  2: "u1",
  3: "i2",
  4: "u2",
  5: "i4",
  6: "u4",
  7: "f4",
  9: "f8",
  12: "i8",
  13: "u8",
  16: "u1",
  17: "u2",
  18: "u4",
};
const matrixElement = 14;
const compressedElement = 15;
const utf8Element = 16;

const numericClasses: Readonly<Record<number, string>> = {
  6: "double",
  7: "single",
  8: "int8",
  9: "uint8",
  10: "int16",
  11: "uint16",
  12: "int32",
  13: "uint32",
  14: "int64",
  15: "uint64",
};
const deepest = 64;

interface Element {
  readonly type: number;
  readonly body: Uint8Array;
}
interface Context {
  readonly path: string;
  readonly littleEndian: boolean;
}
interface Named {
  readonly name: string;
  readonly value: MatValue;
}

/**
 * MAT-file version 5 (MATLAB -v6 and -v7), both byte orders, compressed or not -> variables by name.
 * Errors: "foreign-file" (v7.3, v4, class objects, with what to type in MATLAB), "truncated-file",
 * "malformed-file". Source: MathWorks, MAT-File Format.
 */
export function parseMat5(bytes: Uint8Array, path: string): ReadonlyMap<string, MatValue> {
  const context = { path, littleEndian: readHeader(bytes, path) };
  const cursor = createCursor(bytes.subarray(128), path);
  const variables = new Map<string, MatValue>();
  while (cursor.remaining() > 0) {
    const named = readTopLevel(cursor, context);
    // MATLAB's own bookkeeping is stored as a variable without a name.
    if (named.name !== "") variables.set(named.name, named.value);
  }
  if (variables.size === 0) truncated(path, "no variable follows the header");
  return variables;
}

export const readMat5File = async (path: string): Promise<ReadonlyMap<string, MatValue>> =>
  parseMat5(await readBytes(path), path);

/** True for little-endian. */
function readHeader(bytes: Uint8Array, path: string): boolean {
  const start = latin1(bytes.subarray(0, 128));
  const hdf5 = "\x89HDF\r\n";
  if (start.startsWith("MATLAB 7.3") || start.startsWith(hdf5) || bytes[512] === 0x89)
    foreign(path, "a MATLAB 7.3 file (HDF5)", "In MATLAB: load it, then save(file, '-v7').");
  if (start.length < 128 && "MATLAB 5".startsWith(start.slice(0, 8)))
    truncated(path, "the header has 128 bytes");
  const mark = start.slice(126, 128);
  if (mark !== "IM" && mark !== "MI")
    foreign(path, "not a MAT-file of version 5", "In MATLAB: load it, then save(file, '-v7').");
  return mark === "IM";
}

function readTopLevel(cursor: Cursor, context: Context): Named {
  const element = readElement(cursor, context);
  if (element.type !== compressedElement) return readMatrix(element, context, 0);
  const inner = createCursor(inflate(element.body, context.path), context.path);
  return readMatrix(readElement(inner, context), context, 0);
}

/** Tag (type, size), body, padding to 8 bytes; or the small form with both in one word. */
function readElement(cursor: Cursor, context: Context): Element {
  const word = { type: "u4", littleEndian: context.littleEndian } as const;
  const tag = cursor.number(word, "an element's tag");
  const small = tag >>> 16;
  if (small > 0) {
    if (small > 4) malformed(context.path, `a small element of ${small} bytes`);
    return { type: tag & 0xffff, body: cursor.take(4, "a small element").subarray(0, small) };
  }
  const size = cursor.number(word, "an element's size");
  const body = cursor.take(size, "an element");
  if (tag !== compressedElement)
    cursor.take(Math.min((8 - (size % 8)) % 8, cursor.remaining()), "padding");
  return { type: tag, body };
}

function readNumbers(element: Element, context: Context): Float64Array {
  const type = storage[element.type];
  if (!type)
    malformed(context.path, `an element of type ${element.type} where numbers were expected`);
  if (element.body.length % sizeOf(type) !== 0) malformed(context.path, "a number is cut in half");
  return decodeNumbers(element.body, { type, littleEndian: context.littleEndian }, context.path);
}

/** Names are int8 by the book and uint8 in files of other programs. */
const readName = (element: Element): string => latin1(element.body).replace(/\0.*$/s, "");

function readMatrix(element: Element, context: Context, depth: number): Named {
  const { path } = context;
  if (element.type !== matrixElement)
    malformed(path, `an element of type ${element.type}, not a matrix`);
  if (depth > deepest) malformed(path, `structures nested deeper than ${deepest}`);
  const empty = {
    kind: "numeric",
    className: "double",
    shape: [0, 0],
    data: new Float64Array(),
  } as const;
  if (element.body.length === 0) return { name: "", value: empty };
  const cursor = createCursor(element.body, path);
  const [flags] = readNumbers(readElement(cursor, context), context);
  const classNumber = flags & 255;
  refuseObjects(classNumber, path);
  const shape = Array.from(readNumbers(readElement(cursor, context), context));
  if (shape.length < 2 || shape.some((n) => !Number.isInteger(n) || n < 0))
    malformed(path, `a matrix of shape ${shape.join(" x ")}`);
  const name = readName(readElement(cursor, context));
  const value = readValue({ cursor, context, depth, flags, classNumber, shape });
  return { name, value };
}

function refuseObjects(classNumber: number, path: string): void {
  if (classNumber !== 3 && classNumber !== 16 && classNumber !== 17) return;
  const what = classNumber === 16 ? "a function handle" : "an object of a MATLAB class";
  fail({
    code: "foreign-file",
    message: `${path}: holds ${what}, which only MATLAB can read.`,
    path,
    fix: "In MATLAB: replace it by a plain structure, e.g. userdata.surface.triRep = struct('X', t.X, 'Triangulation', t.Triangulation), and save(file, '-v7').",
  });
}

interface Body {
  readonly cursor: Cursor;
  readonly context: Context;
  readonly depth: number;
  readonly flags: number;
  readonly classNumber: number;
  readonly shape: readonly number[];
}

function readValue(body: Body): MatValue {
  switch (body.classNumber) {
    case 1:
      return { kind: "cell", shape: body.shape, values: readMany(body, countOf(body.shape)) };
    case 2:
      return readStruct(body);
    case 4:
      return readChars(body);
    case 5:
      return readSparse(body);
    default:
      return readNumeric(body);
  }
}

const countOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

function readMany(body: Body, count: number): MatValue[] {
  // A matrix takes a tag of 8 bytes at least: a lying count cannot ask for much memory.
  if (count * 8 > body.cursor.remaining())
    truncated(
      body.context.path,
      `${count} nested values do not fit ${body.cursor.remaining()} bytes`,
    );
  return Array.from(
    { length: count },
    () => readMatrix(readElement(body.cursor, body.context), body.context, body.depth + 1).value,
  );
}

function readStruct(body: Body): MatValue {
  const { context, cursor, shape } = body;
  const [width] = readNumbers(readElement(cursor, context), context);
  const names = readElement(cursor, context).body;
  if (!(width > 0) || names.length % width !== 0)
    malformed(context.path, "a bad list of field names");
  const fields = Array.from({ length: names.length / width }, (_, i) =>
    readName({ type: 1, body: names.subarray(i * width, (i + 1) * width) }),
  );
  const count = countOf(shape);
  if (fields.length === 0 && count > 1e6)
    malformed(context.path, `${count} structures without fields`);
  const flat = readMany(body, count * fields.length);
  const values = Array.from(
    { length: count },
    (_, i) => new Map(fields.map((field, j) => [field, flat[i * fields.length + j]])),
  );
  return { kind: "struct", shape, fields, values };
}

function readChars(body: Body): MatValue {
  const { context, shape } = body;
  const element = readElement(body.cursor, context);
  const isUtf8 = element.type === utf8Element;
  const characters = isUtf8
    ? decodeText(element.body)
    : Array.from(readNumbers(element, context), (code) => String.fromCharCode(code)).join("");
  const [height] = shape;
  if (height <= 1 && (isUtf8 || characters.length === countOf(shape)))
    return { kind: "text", shape, rows: height === 0 || countOf(shape) === 0 ? [] : [characters] };
  if (characters.length !== countOf(shape))
    malformed(
      context.path,
      `text of shape ${shape.join(" x ")} holds ${characters.length} characters`,
    );
  const rows = Array.from({ length: characters.length === 0 ? 0 : height }, (_, i) =>
    Array.from({ length: characters.length / height }, (_, j) => characters[i + j * height]).join(
      "",
    ),
  );
  return { kind: "text", shape, rows };
}

function readSparse(body: Body): MatValue {
  const { cursor, context, shape } = body;
  const next = () => readNumbers(readElement(cursor, context), context);
  const [rows, columnStarts, data] = [next(), next(), next()];
  if (columnStarts.length !== shape[1] + 1 || rows.length < data.length)
    malformed(context.path, "a sparse matrix whose index lists do not fit");
  const imaginary = body.flags & 0x800 ? next() : undefined;
  return { kind: "sparse", shape, rows, columnStarts, data, ...(imaginary && { imaginary }) };
}

function readNumeric(body: Body): MatValue {
  const { cursor, context, shape, flags } = body;
  const stored = numericClasses[body.classNumber];
  if (!stored) malformed(context.path, `unknown MATLAB class ${body.classNumber}`);
  const next = () => {
    const numbers = readNumbers(readElement(cursor, context), context);
    if (numbers.length !== countOf(shape))
      malformed(context.path, `a ${shape.join(" x ")} array holds ${numbers.length} numbers`);
    return numbers;
  };
  const data = next();
  const imaginary = flags & 0x800 ? next() : undefined;
  const className = flags & 0x200 ? "logical" : stored;
  return { kind: "numeric", className, shape, data, ...(imaginary && { imaginary }) };
}
