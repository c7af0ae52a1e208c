import { deflateSync } from "node:zlib";
import { fail } from "../core/errors.js";
import { elementCount, type Mesh, nodeCount, nodesPerElement } from "../mesh/mesh.js";
import { writeFileAtomic } from "./atomic.js";
import { encodeNumbers, joinBytes, type NumberType } from "./bytes.js";
import { mismatch } from "./problems.js";
import { escapeXml } from "./xml.js";

export interface VtuOptions {
  /** Appended data: "raw" (small, default) or "base64" (the file is pure text). */
  readonly encoding?: "raw" | "base64";
  readonly compress?: boolean;
  /** Further values, [N] or [N * components] each. */
  readonly pointData?: Readonly<Record<string, ArrayLike<number>>>;
  /** Further values, [M] or [M * components] each. */
  readonly cellData?: Readonly<Record<string, ArrayLike<number>>>;
}

interface ArrayEntry {
  readonly name: string;
  readonly type: NumberType;
  readonly values: ArrayLike<number>;
  readonly components: number;
}

const typeNames: Partial<Record<NumberType, string>> = { f8: "Float64", i4: "Int32", u1: "UInt8" };
const utf8 = (text: string) => new TextEncoder().encode(text);

/**
 * Mesh -> .vtu that ParaView opens: coordinates in mm, cell fields "regions" and "fibres", node data,
 * region names as field data. Nothing of the mesh is lost: parseVtu gives it back bit for bit.
 */
export function encodeVtu(mesh: Mesh, options: VtuOptions = {}): Uint8Array {
  if (mesh.grid)
    fail({
      code: "unsupported-mesh",
      path: "mesh.grid",
      message: "A grid without elements cannot be written as an unstructured mesh.",
      fix: "Make the mesh with slab(...) or sheet(...) where it has to be stored.",
    });
  const appended = createAppender(options);
  const [nodes, elements] = [nodeCount(mesh), elementCount(mesh)];
  const size = nodesPerElement(mesh);
  const cellType = size === 3 ? 5 : 10;
  const ends = Int32Array.from({ length: elements }, (_, i) => (i + 1) * size);
  const array = (name: string, type: NumberType, values: ArrayLike<number>, components = 1) =>
    appended.add({ name, type, values, components });
  const fields = (data: Readonly<Record<string, ArrayLike<number>>>, count: number) =>
    Object.entries(data).map(([name, values]) =>
      array(name, "f8", values, width(name, values, count)),
    );
  const head = [
    '<?xml version="1.0"?>',
    `<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian" header_type="UInt64"${options.compress ? ' compressor="vtkZLibDataCompressor"' : ""}>`,
    "<UnstructuredGrid>",
    regionNameField(mesh.regionNames),
    `<Piece NumberOfPoints="${nodes}" NumberOfCells="${elements}">`,
    "<PointData>",
    ...fields({ ...mesh.nodeData, ...options.pointData }, nodes),
    "</PointData>",
    "<CellData>",
    array("regions", "i4", mesh.regions),
    ...(mesh.fibres ? [array("fibres", "f8", mesh.fibres, 3)] : []),
    ...fields(options.cellData ?? {}, elements),
    "</CellData>",
    `<Points>${array("Points", "f8", mesh.points, 3)}</Points>`,
    "<Cells>",
    array("connectivity", "i4", mesh.elements),
    array("offsets", "i4", ends),
    array("types", "u1", new Uint8Array(elements).fill(cellType)),
    "</Cells>",
    "</Piece>",
    "</UnstructuredGrid>",
    `<AppendedData encoding="${options.encoding ?? "raw"}">`,
    "_",
  ];
  return joinBytes([
    utf8(head.join("\n")),
    ...appended.blocks,
    utf8("\n</AppendedData>\n</VTKFile>\n"),
  ]);
}

function width(name: string, values: ArrayLike<number>, count: number): number {
  const components = values.length / count;
  if (!Number.isInteger(components) || components < 1)
    mismatch(
      "vtu",
      `"${name}" has ${values.length} values for ${count} places`,
      "Pass one tuple for each.",
    );
  return components;
}

function createAppender(options: VtuOptions) {
  const blocks: Uint8Array[] = [];
  let offset = 0;
  const add = (entry: ArrayEntry): string => {
    const body = encodeNumbers(entry.values, { type: entry.type, littleEndian: true });
    const parts = options.compress ? compressed(body) : [counts(body.length), body];
    const block =
      options.encoding === "base64" ? toBase64(parts, options.compress) : joinBytes(parts);
    blocks.push(block);
    const tag = `<DataArray type="${typeNames[entry.type]}" Name="${escapeXml(entry.name)}" NumberOfComponents="${entry.components}" format="appended" offset="${offset}"/>`;
    offset += block.length;
    return tag;
  };
  return { add, blocks };
}

const counts = (...values: number[]) => encodeNumbers(values, { type: "u8", littleEndian: true });

/** zlib blocks of 1 MiB: the largest that older readers are known to take is far above. */
function compressed(body: Uint8Array): Uint8Array[] {
  const blockSize = 2 ** 20;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += blockSize)
    pieces.push(deflateSync(body.subarray(at, at + blockSize)));
  const sizes = pieces.map((piece) => piece.length);
  return [counts(pieces.length, blockSize, body.length % blockSize, ...sizes), joinBytes(pieces)];
}

/** Compressed: header and data are two streams; otherwise one. */
function toBase64(parts: readonly Uint8Array[], split: boolean | undefined): Uint8Array {
  const streams = split ? parts : [joinBytes(parts)];
  return utf8(streams.map((part) => Buffer.from(part).toString("base64")).join(""));
}

function regionNameField(names: Readonly<Record<string, string>>): string {
  const entries = Object.entries(names);
  if (entries.length === 0) return "<FieldData></FieldData>";
  const codes = entries.flatMap(([tag, name]) => [...utf8(`${tag}=${name}`), 0]);
  return `<FieldData><DataArray type="String" Name="regionNames" NumberOfTuples="${entries.length}" format="ascii">${codes.join(" ")}</DataArray></FieldData>`;
}

export const writeVtuFile = (path: string, mesh: Mesh, options: VtuOptions = {}): Promise<void> =>
  writeFileAtomic(path, encodeVtu(mesh, options));

/** A time series for ParaView: which file holds which time. File names relative to the .pvd. */
export function encodePvd(frames: readonly { time_ms: number; file: string }[]): string {
  const rows = frames.map(
    ({ time_ms, file }) => `<DataSet timestep="${time_ms}" part="0" file="${escapeXml(file)}"/>`,
  );
  return [
    '<?xml version="1.0"?>',
    '<VTKFile type="Collection" version="1.0" byte_order="LittleEndian">',
    "<Collection>",
    ...rows,
    "</Collection>",
    "</VTKFile>",
    "",
  ].join("\n");
}

export const writePvdFile = (
  path: string,
  frames: Parameters<typeof encodePvd>[0],
): Promise<void> => writeFileAtomic(path, encodePvd(frames));
