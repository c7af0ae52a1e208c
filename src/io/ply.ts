import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { writeFileAtomic } from "./atomic.js";
import {
  type Cursor,
  createCursor,
  decodeText,
  encodeNumbers,
  joinBytes,
  type NumberType,
} from "./bytes.js";
import { readBytes } from "./files.js";
import { type CellData, type DataField, type MeshResult, meshFromCells } from "./mesh-build.js";
import { foreign, malformed, truncated } from "./problems.js";
import { createTokens } from "./text.js";

const typeNames: Readonly<Record<string, NumberType>> = {
  char: "i1",
  int8: "i1",
  uchar: "u1",
  uint8: "u1",
  short: "i2",
  int16: "i2",
  ushort: "u2",
  uint16: "u2",
  int: "i4",
  int32: "i4",
  uint: "u4",
  uint32: "u4",
  float: "f4",
  float32: "f4",
  double: "f8",
  float64: "f8",
};

interface Property {
  readonly name: string;
  readonly type: NumberType;
  /** Type of the count in front of a list. */
  readonly count?: NumberType;
}
interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: Property[];
}
/** Gives the next number of the body, of the given type. */
type Source = (type: NumberType) => number;

/**
 * PLY surface, ASCII or binary of either byte order (Turk 1994), coordinates as in the file.
 * Other vertex properties become node data; polygons are cut into triangles.
 * Errors: "foreign-file", "truncated-file", "malformed-file".
 */
export function parsePly(bytes: Uint8Array, path: string): MeshResult {
  const cursor = createCursor(bytes, path);
  const header = readHeader(cursor);
  const body = cursor.take(cursor.remaining(), "the body");
  const next = sourceOf(header.format, body, path);
  const least = header.format === "ascii" ? 2 : 1;
  let left = body.length + 1;
  let vertices: Map<string, Float64Array> | undefined;
  let faces: number[][] | undefined;
  for (const element of header.elements) {
    // A lying count is caught before any array is made for it.
    left -= element.count * element.properties.length * least;
    if (left < 0) truncated(path, `${element.count} "${element.name}" do not fit the body`);
    if (element.name === "face") faces = readFaces(element, next, path);
    else if (element.properties.some((p) => p.count)) skipLists(element, next);
    else {
      const columns = readColumns(element, next);
      if (element.name === "vertex") vertices = columns;
    }
  }
  if (!vertices || !faces)
    return foreign(path, "a PLY file without vertices or faces", "Export a surface.");
  return meshFromCells(toCells(vertices, faces, path), path);
}

function readHeader(cursor: Cursor) {
  const { path } = cursor;
  const first = cursor.line();
  if (first?.trim() !== "ply") foreign(path, "not a PLY file", "Export the surface as PLY.");
  const elements: PlyElement[] = [];
  let format = "";
  for (;;) {
    const line = cursor.line() ?? truncated(path, "end_header is missing");
    const words = line.trim().split(/\s+/);
    if (words[0] === "end_header") break;
    if (words[0] === "format") format = words[1];
    if (words[0] === "element") elements.push(toElement(words, path));
    if (words[0] === "property") {
      const target = elements.at(-1) ?? malformed(path, "a property before the first element");
      target.properties.push(toProperty(words, path));
    }
  }
  if (!["ascii", "binary_little_endian", "binary_big_endian"].includes(format))
    malformed(path, `unknown PLY format "${format}"`);
  return { format, elements };
}

function toElement(words: readonly string[], path: string): PlyElement {
  const count = Number(words[2]);
  if (!Number.isInteger(count) || count < 0)
    malformed(path, `element "${words[1]}" has the count ${words[2]}`);
  return { name: words[1], count, properties: [] };
}

function toProperty(words: readonly string[], path: string): Property {
  const typeOf = (name: string) =>
    Object.hasOwn(typeNames, name)
      ? typeNames[name]
      : malformed(path, `unknown PLY type "${name}"`);
  if (words[1] !== "list") return { name: words[2] ?? "", type: typeOf(words[1]) };
  return { name: words[4] ?? "", type: typeOf(words[3]), count: typeOf(words[2]) };
}

function sourceOf(format: string, body: Uint8Array, path: string): Source {
  if (format === "ascii") {
    const tokens = createTokens(decodeText(body), path);
    return () => tokens.number("a value");
  }
  const cursor = createCursor(body, path);
  const littleEndian = format === "binary_little_endian";
  return (type) => cursor.number({ type, littleEndian }, "a value");
}

function readColumns(element: PlyElement, next: Source): Map<string, Float64Array> {
  const columns = element.properties.map(() => new Float64Array(element.count));
  for (let i = 0; i < element.count; i++)
    for (const [j, property] of element.properties.entries()) columns[j][i] = next(property.type);
  return new Map(element.properties.map((property, j) => [property.name, columns[j]]));
}

function readFaces(element: PlyElement, next: Source, path: string): number[][] {
  const lists = element.properties.filter((p) => p.count);
  const nodes =
    lists.find((p) => p.name.startsWith("vertex_ind")) ??
    malformed(path, "faces without vertex_indices");
  const faces: number[][] = [];
  for (let i = 0; i < element.count; i++)
    for (const property of element.properties) {
      const values = readProperty(property, next);
      if (property === nodes) faces.push(values);
    }
  return faces;
}

function skipLists(element: PlyElement, next: Source): void {
  for (let i = 0; i < element.count; i++)
    for (const property of element.properties) readProperty(property, next);
}

function readProperty(property: Property, next: Source): number[] {
  const values: number[] = [];
  const count = property.count ? next(property.count) : 1;
  for (let i = 0; i < count; i++) values.push(next(property.type));
  return values;
}

function toCells(vertices: Map<string, Float64Array>, faces: number[][], path: string): CellData {
  const axis = (name: string) =>
    vertices.get(name) ?? malformed(path, `vertices without "${name}"`);
  const axes = [axis("x"), axis("y"), axis("z")];
  const points = Float64Array.from(
    { length: axes[0].length * 3 },
    (_, i) => axes[i % 3][Math.floor(i / 3)],
  );
  const pointData = new Map<string, DataField>();
  for (const [name, values] of vertices)
    if (!["x", "y", "z"].includes(name)) pointData.set(name, { components: 1, values });
  const offsets = new Int32Array(faces.length + 1);
  for (const [i, face] of faces.entries()) {
    if (face.length < 3) malformed(path, `face ${i} has ${face.length} corners`);
    offsets[i + 1] = offsets[i] + face.length;
  }
  return {
    points,
    types: new Int32Array(faces.length).fill(7),
    offsets,
    connectivity: Int32Array.from(faces.flat()),
    pointData,
    cellData: new Map(),
  };
}

/** Binary little-endian, doubles; node data as further properties. Triangle meshes only. */
export function encodePly(mesh: Mesh): Uint8Array {
  if (mesh.elementKind !== "triangle")
    foreign("ply", "PLY holds surfaces, not tetrahedra", "Write the mesh as VTU.");
  const data = Object.entries(mesh.nodeData ?? {});
  const header = [
    "ply",
    "format binary_little_endian 1.0",
    `element vertex ${nodeCount(mesh)}`,
    ...["x", "y", "z", ...data.map(([name]) => name.replace(/\s+/g, "_"))].map(
      (n) => `property double ${n}`,
    ),
    `element face ${mesh.elements.length / 3}`,
    "property list uchar int vertex_indices",
    "end_header\n",
  ].join("\n");
  const width = 3 + data.length;
  const vertex = (k: number) => {
    const [node, c] = [Math.floor(k / width), k % width];
    return c < 3 ? mesh.points[node * 3 + c] : data[c - 3][1][node];
  };
  const values = Float64Array.from({ length: nodeCount(mesh) * width }, (_, k) => vertex(k));
  const faces: Uint8Array[] = [];
  for (let i = 0; i < mesh.elements.length; i += 3) {
    const corners = mesh.elements.subarray(i, i + 3);
    faces.push(new Uint8Array([3]), encodeNumbers(corners, { type: "i4", littleEndian: true }));
  }
  const body = encodeNumbers(values, { type: "f8", littleEndian: true });
  return joinBytes([new TextEncoder().encode(header), body, ...faces]);
}

export const readPlyFile = async (path: string): Promise<MeshResult> =>
  parsePly(await readBytes(path), path);
export const writePlyFile = (path: string, mesh: Mesh): Promise<void> =>
  writeFileAtomic(path, encodePly(mesh));
