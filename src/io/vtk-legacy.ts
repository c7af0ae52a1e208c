import { createCursor, decodeText, type NumberType } from "./bytes.js";
import { readBytes } from "./files.js";
import { type CellData, type DataField, type MeshResult, meshFromCells } from "./mesh-build.js";
import { foreign, malformed, truncated } from "./problems.js";
import { createTokens } from "./text.js";

/** Names of VTK's number types in legacy files; ids are 32 bits there unless the name says 64. */
const typeNames: Readonly<Record<string, NumberType>> = {
  char: "i1",
  signed_char: "i1",
  unsigned_char: "u1",
  short: "i2",
  unsigned_short: "u2",
  int: "i4",
  unsigned_int: "u4",
  long: "i8",
  unsigned_long: "u8",
  float: "f4",
  double: "f8",
  vtkIdType: "i4",
  vtktypeint64: "i8",
  vtktypeuint64: "u8",
  vtktypeint32: "i4",
  vtktypeuint32: "u4",
};

/** The body of a file: keyword lines, and numbers after them. */
interface Source {
  readonly path: string;
  readonly binary: boolean;
  /** Version 5.1 and later: cells as OFFSETS and CONNECTIVITY. */
  readonly splitCells: boolean;
  /** Words of the next line that is not blank; undefined at the end. */
  keywords(): string[] | undefined;
  numbers(count: number, type: NumberType, what: string): Float64Array;
  /** Goes behind the next blank line (end of a METADATA block). */
  skipBlock(): void;
  skipLines(count: number): void;
}

interface State {
  points: Float64Array;
  cells: { types: number[]; offsets: number[]; connectivity: number[] };
  pointData: Map<string, DataField>;
  cellData: Map<string, DataField>;
  /** Where the arrays that follow belong, and how many tuples they have. */
  target: { fields: Map<string, DataField>; count: number } | undefined;
  /** A keyword line that was read ahead. */
  ahead: string[] | undefined;
}

/**
 * Legacy VTK (docs.vtk.org, "VTK File Formats"): ASCII and binary (big-endian), POLYDATA and
 * UNSTRUCTURED_GRID, cell lists of versions up to 4.2 and of 5.1. Coordinates as in the file.
 * Errors: "foreign-file", "truncated-file", "malformed-file".
 */
export function parseVtkLegacy(bytes: Uint8Array, path: string): MeshResult {
  return meshFromCells(parseVtkCells(bytes, path), path);
}

/** As parseVtkLegacy, with every field that the file holds. */
export function parseVtkCells(bytes: Uint8Array, path: string): CellData {
  const cursor = createCursor(bytes, path);
  const version = /^# vtk DataFile Version\s+(\d+\.\d+)/i.exec(cursor.line() ?? "")?.[1];
  if (!version) return foreign(path, "not a legacy VTK file", "Save the mesh as VTK or VTU.");
  cursor.line();
  const mode = cursor.line()?.trim().toUpperCase() ?? truncated(path, "ASCII or BINARY is missing");
  if (mode !== "ASCII" && mode !== "BINARY")
    malformed(path, `line 3 says "${mode.slice(0, 40)}", not ASCII or BINARY`);
  const rest = cursor.take(cursor.remaining(), "the body");
  const splitCells = Number(version) >= 5.1;
  const create = mode === "ASCII" ? asciiSource : binarySource;
  const source = create(rest, path, splitCells);
  const dataset = source.keywords() ?? truncated(path, "DATASET is missing");
  if (dataset[0] !== "DATASET" || !["POLYDATA", "UNSTRUCTURED_GRID"].includes(dataset[1]))
    foreign(
      path,
      `"${dataset.join(" ").slice(0, 60)}" is not a mesh`,
      "Save a PolyData or an UnstructuredGrid.",
    );
  return readSections(source);
}

function asciiSource(body: Uint8Array, path: string, splitCells: boolean): Source {
  const tokens = createTokens(decodeText(body), path);
  return {
    path,
    splitCells,
    binary: false,
    keywords: () => (tokens.atEnd() ? undefined : tokens.restOfLine().split(/\s+/)),
    numbers: (count, _type, what) => tokens.numbers(count, what),
    skipBlock: () => {
      while (tokens.restOfLine() !== "");
    },
    skipLines: (count) => {
      for (let i = 0; i < count && !tokens.atEnd(); i++) tokens.restOfLine();
    },
  };
}

function binarySource(body: Uint8Array, path: string, splitCells: boolean): Source {
  const cursor = createCursor(body, path);
  return {
    path,
    splitCells,
    binary: true,
    keywords: () => {
      let line = cursor.line();
      while (line !== undefined && line.trim() === "") line = cursor.line();
      return line?.trim().split(/\s+/);
    },
    numbers: (count, type, what) => cursor.numbers(count, { type, littleEndian: false }, what),
    skipBlock: () => {
      for (let line = cursor.line(); line !== undefined && line.trim() !== ""; )
        line = cursor.line();
    },
    skipLines: () => foreign(path, "text arrays in a binary file", "Save it as ASCII, or as VTU."),
  };
}

function readSections(source: Source): CellData {
  const state: State = {
    points: new Float64Array(),
    cells: { types: [], offsets: [0], connectivity: [] },
    pointData: new Map(),
    cellData: new Map(),
    target: undefined,
    ahead: undefined,
  };
  for (;;) {
    const words = state.ahead ?? source.keywords();
    state.ahead = undefined;
    if (!words) break;
    readSection(words, source, state);
  }
  checkCells(state, source.path);
  return {
    points: state.points,
    types: Int32Array.from(state.cells.types),
    offsets: Int32Array.from(state.cells.offsets),
    connectivity: Int32Array.from(state.cells.connectivity),
    pointData: state.pointData,
    cellData: state.cellData,
  };
}

/** Lists of cells in POLYDATA: the VTK type of what they hold. */
const lists: Readonly<Record<string, number>> = {
  VERTICES: 2,
  LINES: 4,
  POLYGONS: 7,
  TRIANGLE_STRIPS: 6,
  CELLS: 0,
};
const components: Readonly<Record<string, number>> = { VECTORS: 3, NORMALS: 3, TENSORS: 9 };

function readSection(words: string[], source: Source, state: State): void {
  const [key] = words;
  if (key === "POINTS") {
    state.points = source.numbers(
      3 * toCount(words[1], source),
      toType(words[2], source),
      "POINTS",
    );
  } else if (Object.hasOwn(lists, key)) readCells(words, source, state);
  else if (key === "CELL_TYPES")
    state.cells.types = Array.from(source.numbers(toCount(words[1], source), "i4", key));
  else if (key === "POINT_DATA" || key === "CELL_DATA") {
    const fields = key === "POINT_DATA" ? state.pointData : state.cellData;
    state.target = { fields, count: toCount(words[1], source) };
  } else if (key === "FIELD") readField(words, source, state);
  else if (key === "METADATA") source.skipBlock();
  else if (key === "LOOKUP_TABLE") source.numbers(4 * toCount(words[2], source), "u1", key);
  else readAttribute(words, source, state);
}

/** Before 5.1: count and nodes of each cell in one list. From 5.1 on: OFFSETS and CONNECTIVITY. */
function readCells(words: string[], source: Source, state: State): void {
  const [first, second] = [toCount(words[1], source), toCount(words[2], source)];
  const rows = source.splitCells
    ? readOffsets(first, second, source)
    : readNested(first, second, source);
  const start = state.cells.connectivity.length;
  for (const end of rows.ends) state.cells.offsets.push(start + end);
  for (const node of rows.connectivity) state.cells.connectivity.push(node);
  const type = lists[words[0]];
  if (type > 0) for (const _ of rows.ends) state.cells.types.push(type);
}

function readOffsets(count: number, size: number, source: Source) {
  const next = (key: string, length: number) => {
    const words = source.keywords() ?? truncated(source.path, `${key} is missing`);
    if (words[0] !== key)
      malformed(source.path, `"${words[0].slice(0, 40)}" where ${key} was expected`);
    return source.numbers(length, toType(words[1], source), key);
  };
  const offsets = next("OFFSETS", count);
  return { ends: offsets.subarray(1), connectivity: next("CONNECTIVITY", size) };
}

function readNested(count: number, size: number, source: Source) {
  const flat = source.numbers(size, "i4", "the cells");
  const ends: number[] = [];
  const connectivity: number[] = [];
  let at = 0;
  for (let cell = 0; cell < count; cell++) {
    const length = flat[at];
    if (!(length >= 0) || at + 1 + length > flat.length)
      malformed(source.path, `cell ${cell} does not fit the list of ${size} numbers`);
    for (const node of flat.subarray(at + 1, at + 1 + length)) connectivity.push(node);
    at += 1 + length;
    ends.push(connectivity.length);
  }
  return { ends, connectivity };
}

function readAttribute(words: string[], source: Source, state: State): void {
  if (words[0] === "SCALARS") readScalars(words, source, state);
  else store(state, source, toAttribute(words, source));
}

function toAttribute(words: string[], source: Source): Attribute {
  const [key, name] = words;
  if (Object.hasOwn(components, key))
    return { name, width: components[key], type: toType(words[2], source) };
  const width = () => toCount(words[2], source);
  if (key === "TEXTURE_COORDINATES")
    return { name, width: width(), type: toType(words[3], source) };
  // Colours are bytes in binary files and numbers from 0 to 1 in text.
  if (key === "COLOR_SCALARS") return { name, width: width(), type: source.binary ? "u1" : "f4" };
  return malformed(source.path, `unknown keyword "${key.slice(0, 40)}"`);
}

/** SCALARS name type [components], usually followed by a LOOKUP_TABLE line. */
function readScalars(words: string[], source: Source, state: State): void {
  const width = words[3] === undefined ? 1 : toCount(words[3], source);
  const next =
    source.keywords() ?? truncated(source.path, `the values of "${words[1]}" are missing`);
  if (next[0] !== "LOOKUP_TABLE")
    malformed(source.path, `SCALARS "${words[1]}" without LOOKUP_TABLE`);
  store(state, source, { name: words[1], width, type: toType(words[2], source) });
}

interface Attribute {
  readonly name: string;
  readonly width: number;
  readonly type: NumberType;
}

function store(state: State, source: Source, attribute: Attribute): void {
  const { name, width, type } = attribute;
  const target =
    state.target ?? malformed(source.path, `"${name}" comes before POINT_DATA or CELL_DATA`);
  const values = source.numbers(target.count * width, type, `"${name}"`);
  if (width > 0) target.fields.set(plainName(name), { components: width, values });
}

/** FIELD name k, then k arrays "name components tuples type". Fields of the whole data set are skipped. */
function readField(words: string[], source: Source, state: State): void {
  const arrays = toCount(words[2], source);
  for (let k = 0; k < arrays; k++) {
    let line = source.keywords() ?? truncated(source.path, "an array of a FIELD is missing");
    if (line[0] === "METADATA") {
      source.skipBlock();
      line = source.keywords() ?? truncated(source.path, "an array of a FIELD is missing");
    }
    const [name, width, tuples] = [line[0], toCount(line[1], source), toCount(line[2], source)];
    if (line[3] === "string") {
      source.skipLines(width * tuples);
      continue;
    }
    const values = source.numbers(width * tuples, toType(line[3], source), `"${name}"`);
    if (state.target && width > 0) {
      if (tuples !== state.target.count)
        malformed(source.path, `"${name}" has ${tuples} tuples, ${state.target.count} expected`);
      state.target.fields.set(plainName(name), { components: width, values });
    }
  }
}

function checkCells(state: State, path: string): void {
  const { types, offsets, connectivity } = state.cells;
  if (types.length !== offsets.length - 1)
    malformed(path, `${types.length} cell types, ${offsets.length - 1} cells`);
  for (let i = 1; i < offsets.length; i++)
    if (!(offsets[i] >= offsets[i - 1]) || offsets[i] > connectivity.length)
      malformed(path, `cell ${i - 1} ends at ${offsets[i]} of ${connectivity.length}`);
  const cellCounts = [...state.cellData].find(
    ([, f]) => f.values.length / f.components !== types.length,
  );
  if (cellCounts)
    malformed(path, `"${cellCounts[0]}" does not have one value for each of ${types.length} cells`);
}

function toCount(word: string | undefined, source: Source): number {
  const count = Number(word);
  if (word === undefined || !Number.isSafeInteger(count) || count < 0)
    malformed(source.path, `"${word}" is not a count`);
  return count;
}

function toType(word: string | undefined, source: Source): NumberType {
  const name = word ?? "";
  if (Object.hasOwn(typeNames, name)) return typeNames[name];
  return foreign(
    source.path,
    `values of type "${name.slice(0, 40)}" are not read`,
    "Save them as double.",
  );
}

/** Blanks and special characters in names are written as %20 and so on. */
function plainName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export const readVtkLegacyFile = async (path: string): Promise<MeshResult> =>
  parseVtkLegacy(await readBytes(path), path);
