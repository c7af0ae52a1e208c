import { decodeNumbers, decodeText, type Encoding, type NumberType, sizeOf } from "./bytes.js";
import { inflate, readBytes } from "./files.js";
import { type CellData, type DataField, type MeshResult, meshFromCells } from "./mesh-build.js";
import { foreign, malformed, truncated } from "./problems.js";
import { createTokens } from "./text.js";
import { child, parseXml, type XmlNode } from "./xml.js";

const typeNames: Readonly<Record<string, NumberType>> = {
  Int8: "i1",
  UInt8: "u1",
  Int16: "i2",
  UInt16: "u2",
  Int32: "i4",
  UInt32: "u4",
  Int64: "i8",
  UInt64: "u8",
  Float32: "f4",
  Float64: "f8",
};

/** How this file stores its arrays. */
interface Storage {
  readonly path: string;
  readonly littleEndian: boolean;
  readonly headerType: NumberType;
  readonly compressed: boolean;
  /** Bytes behind the "_" of AppendedData, as they stand in the file. */
  readonly appended: Uint8Array;
  readonly appendedBase64: boolean;
}

/**
 * VTK XML UnstructuredGrid (.vtu) or PolyData (.vtp) of one piece: ascii, base64, appended raw or
 * base64, plain or in zlib blocks (docs.vtk.org, "VTK XML Formats"). Coordinates as in the file.
 * Errors: "foreign-file", "truncated-file", "malformed-file".
 */
export function parseVtu(bytes: Uint8Array, path: string): MeshResult {
  return meshFromCells(parseVtuCells(bytes, path), path);
}

/** As parseVtu, with every field that the file holds. */
export function parseVtuCells(bytes: Uint8Array, path: string): CellData {
  const { root, storage } = openFile(bytes, path);
  const kind = root.attributes.get("type") ?? "";
  if (root.name !== "VTKFile" || !["UnstructuredGrid", "PolyData"].includes(kind))
    foreign(
      path,
      `a VTK file of the type "${kind}" is not a mesh`,
      "Save an UnstructuredGrid (.vtu).",
    );
  const grid = child(root, kind) ?? malformed(path, `<${kind}> is missing`);
  const pieces = grid.children.filter((node) => node.name === "Piece");
  if (pieces.length !== 1)
    foreign(
      path,
      `${pieces.length} pieces`,
      "Save the mesh as one piece (ParaView: Merge Blocks).",
    );
  const cells = kind === "PolyData" ? readPolys(pieces[0], storage) : readGrid(pieces[0], storage);
  const points = child(pieces[0], "Points")?.children.find((node) => node.name === "DataArray");
  const result = {
    ...cells,
    points: readArray(points ?? malformed(path, "<Points> is missing"), storage).values,
    pointData: readFields(child(pieces[0], "PointData"), storage),
    cellData: readFields(child(pieces[0], "CellData"), storage),
    regionNames: readRegionNames(grid),
  };
  checkCounts(result, pieces[0], path);
  return result;
}

function openFile(bytes: Uint8Array, path: string) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = buffer.indexOf("<AppendedData");
  if (start < 0) {
    const root = parseXml(decodeText(bytes), path);
    return { root, storage: storageOf(root, { path, appended: new Uint8Array(), tag: "" }) };
  }
  const tagEnd = buffer.indexOf(">", start);
  const mark = buffer.indexOf("_", tagEnd);
  const end = buffer.lastIndexOf("</AppendedData>");
  if (tagEnd < 0 || mark < 0 || end < mark) truncated(path, "the appended data are incomplete");
  const root = parseXml(
    decodeText(Buffer.concat([buffer.subarray(0, start), buffer.subarray(end + 15)])),
    path,
  );
  const tag = decodeText(buffer.subarray(start, tagEnd));
  return { root, storage: storageOf(root, { path, appended: bytes.subarray(mark + 1, end), tag }) };
}

function storageOf(
  root: XmlNode,
  source: { path: string; appended: Uint8Array; tag: string },
): Storage {
  const compressor = root.attributes.get("compressor");
  const { path, appended, tag } = source;
  if (compressor && compressor !== "vtkZLibDataCompressor")
    foreign(path, `compressed by ${compressor}`, "Save it with zlib or without compression.");
  return {
    path,
    appended,
    appendedBase64: /encoding\s*=\s*["']base64/.test(tag),
    compressed: compressor !== undefined,
    littleEndian: root.attributes.get("byte_order") !== "BigEndian",
    headerType: root.attributes.get("header_type") === "UInt64" ? "u8" : "u4",
  };
}

function readArray(node: XmlNode, storage: Storage): DataField {
  const { path } = storage;
  const typeName = node.attributes.get("type") ?? "";
  const type = Object.hasOwn(typeNames, typeName)
    ? typeNames[typeName]
    : foreign(path, `an array of type "${typeName}"`, "Save numbers only.");
  const components = Number(node.attributes.get("NumberOfComponents") ?? 1) || 1;
  const values = readValues(node, type, storage);
  if (!Number.isInteger(components) || components < 1 || values.length % components !== 0)
    malformed(path, `"${node.attributes.get("Name")}" does not fill ${components} components`);
  return { components, values };
}

function readValues(node: XmlNode, type: NumberType, storage: Storage): Float64Array {
  const { path, littleEndian } = storage;
  const format = node.attributes.get("format");
  if (format === "ascii") {
    const tokens = createTokens(node.text, path);
    const values: number[] = [];
    while (!tokens.atEnd()) values.push(tokens.number(`"${node.attributes.get("Name")}"`));
    return Float64Array.from(values);
  }
  const block =
    format === "appended" ? appendedBlock(node, storage) : decodeBase64(node.text, path);
  const body = storage.compressed ? inflateBlocks(block, storage) : plainBlock(block, storage);
  if (body.length % sizeOf(type) !== 0) malformed(path, "an array ends within a number");
  const encoding: Encoding = { type, littleEndian };
  return decodeNumbers(body, encoding, path);
}

function appendedBlock(node: XmlNode, storage: Storage): Uint8Array {
  const { path, appended } = storage;
  const offset = Number(node.attributes.get("offset"));
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > appended.length)
    truncated(
      path,
      `an array starts at ${node.attributes.get("offset")} of ${appended.length} bytes`,
    );
  const rest = appended.subarray(offset);
  if (!storage.appendedBase64) return rest;
  // The next array follows without a mark: cut generously, the block knows its own length.
  return decodeBase64(decodeText(rest), path);
}

/** Streams may follow one another, each with its own "=" padding. */
function decodeBase64(text: string, path: string): Uint8Array {
  const clean = text.replace(/\s+/g, "");
  if (/[^A-Za-z0-9+/=]/.test(clean)) malformed(path, "not base64");
  const parts = (clean.match(/[A-Za-z0-9+/]+={0,2}/g) ?? []).map((part) =>
    Buffer.from(part, "base64"),
  );
  return Buffer.concat(parts);
}

function headerNumbers(block: Uint8Array, count: number, storage: Storage): Float64Array {
  const { headerType: type, littleEndian, path } = storage;
  const bytes = count * sizeOf(type);
  if (bytes > block.length) truncated(path, "the length of an array is cut off");
  return decodeNumbers(block.subarray(0, bytes), { type, littleEndian }, path);
}

function plainBlock(block: Uint8Array, storage: Storage): Uint8Array {
  const [size] = headerNumbers(block, 1, storage);
  const start = sizeOf(storage.headerType);
  if (start + size > block.length)
    truncated(storage.path, `an array of ${size} bytes does not fit`);
  return block.subarray(start, start + size);
}

/** [blocks][size of a block][size of the last one][compressed sizes ...][blocks ...] */
function inflateBlocks(block: Uint8Array, storage: Storage): Uint8Array {
  const [count] = headerNumbers(block, 1, storage);
  if (count === 0) return new Uint8Array();
  const header = headerNumbers(block, 3 + count, storage);
  const parts: Uint8Array[] = [];
  let at = (3 + count) * sizeOf(storage.headerType);
  for (const size of header.subarray(3)) {
    if (at + size > block.length) truncated(storage.path, "a compressed block does not fit");
    parts.push(inflate(block.subarray(at, at + size), storage.path));
    at += size;
  }
  const expected = (count - (header[2] ? 1 : 0)) * header[1] + header[2];
  const body = Buffer.concat(parts);
  if (body.length !== expected)
    malformed(storage.path, `blocks hold ${body.length} bytes, not ${expected}`);
  return body;
}

type Cells = Pick<CellData, "types" | "offsets" | "connectivity">;

function readGrid(piece: XmlNode, storage: Storage): Cells {
  const cells = child(piece, "Cells") ?? malformed(storage.path, "<Cells> is missing");
  const array = (name: string) => namedArray(cells, name, storage);
  const ends = array("offsets");
  const offsets = new Float64Array(ends.length + 1);
  offsets.set(ends, 1);
  return {
    types: toIntegers(array("types"), storage.path),
    offsets: toIntegers(offsets, storage.path),
    connectivity: toIntegers(array("connectivity"), storage.path),
  };
}

/** Cell order of PolyData: vertices, lines, strips last; each with its own lists. */
function readPolys(piece: XmlNode, storage: Storage): Cells {
  const kinds = [
    ["Verts", 2],
    ["Lines", 4],
    ["Polys", 7],
    ["Strips", 6],
  ] as const;
  const [types, offsets, connectivity]: [number[], number[], number[]] = [[], [0], []];
  for (const [name, type] of kinds) {
    const node = child(piece, name);
    if (!node || node.children.length === 0) continue;
    const start = connectivity.length;
    for (const node_ of namedArray(node, "connectivity", storage)) connectivity.push(node_);
    for (const end of namedArray(node, "offsets", storage)) {
      offsets.push(start + end);
      types.push(type);
    }
  }
  const { path } = storage;
  return {
    types: Int32Array.from(types),
    offsets: toIntegers(Float64Array.from(offsets), path),
    connectivity: toIntegers(Float64Array.from(connectivity), path),
  };
}

function namedArray(parent: XmlNode, name: string, storage: Storage): Float64Array {
  const node = parent.children.find((array) => array.attributes.get("Name") === name);
  return readArray(node ?? malformed(storage.path, `<${parent.name}> lacks "${name}"`), storage)
    .values;
}

function toIntegers(values: Float64Array, path: string): Int32Array {
  for (const value of values)
    if ((value | 0) !== value || value < 0)
      malformed(path, `${value} is not a node, an offset or a cell type`);
  return Int32Array.from(values);
}

function readFields(parent: XmlNode | undefined, storage: Storage): Map<string, DataField> {
  const fields = new Map<string, DataField>();
  for (const node of parent?.children ?? []) {
    if (node.name !== "DataArray" || node.attributes.get("type") === "String") continue;
    fields.set(node.attributes.get("Name") ?? `array ${fields.size}`, readArray(node, storage));
  }
  return fields;
}

/** Our own field of strings "tag=name", as character codes ended by 0. */
function readRegionNames(grid: XmlNode): Record<string, string> {
  const node = child(grid, "FieldData")?.children.find(
    (n) => n.attributes.get("Name") === "regionNames",
  );
  if (node?.attributes.get("format") !== "ascii") return {};
  const codes = node.text.trim().split(/\s+/).map(Number);
  const text = decodeText(Uint8Array.from(codes));
  const pairs = text.split("\0").filter((entry) => entry.includes("="));
  return Object.fromEntries(
    pairs.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

function checkCounts(cells: CellData, piece: XmlNode, path: string): void {
  const nodes = cells.points.length / 3;
  const stated = Number(piece.attributes.get("NumberOfPoints"));
  if (nodes !== stated) malformed(path, `${nodes} points, NumberOfPoints says ${stated}`);
  const count = cells.types.length;
  if (cells.offsets.length !== count + 1)
    malformed(path, `${cells.offsets.length - 1} offsets, ${count} types`);
  for (let i = 0; i < count; i++)
    if (cells.offsets[i + 1] < cells.offsets[i] || cells.offsets[i + 1] > cells.connectivity.length)
      malformed(path, `cell ${i} ends at ${cells.offsets[i + 1]} of ${cells.connectivity.length}`);
  for (const [name, field] of cells.cellData)
    if (field.values.length !== count * field.components)
      malformed(path, `"${name}" does not have one value for each of ${count} cells`);
}

export const readVtuFile = async (path: string): Promise<MeshResult> =>
  parseVtu(await readBytes(path), path);
