import { elementCount, type Mesh, nodeCount } from "../mesh/mesh.js";
import { malformed, mismatch } from "./problems.js";

/** What every mesh reader returns: the mesh in the file's own unit unless said otherwise. */
export interface MeshResult {
  readonly mesh: Mesh;
  /** One line per thing a person should know: what was split, merged or left out. */
  readonly report: readonly string[];
}

export interface MeshParts {
  readonly points: Float64Array;
  readonly elementKind: Mesh["elementKind"];
  readonly elements: Int32Array;
  readonly regions?: Int32Array;
  readonly regionNames?: Readonly<Record<string, string>>;
  readonly fibres?: Float64Array;
  readonly nodeData?: Readonly<Record<string, Float64Array>>;
}

/** Checks shapes, node numbers and coordinates. Errors: "malformed-file". */
export function buildMesh(parts: MeshParts, path: string): Mesh {
  const size = parts.elementKind === "triangle" ? 3 : 4;
  const mesh: Mesh = {
    points: parts.points,
    elementKind: parts.elementKind,
    elements: parts.elements,
    regions: parts.regions ?? new Int32Array(parts.elements.length / size),
    regionNames: parts.regionNames ?? {},
    ...(parts.fibres && { fibres: parts.fibres }),
    ...(parts.nodeData && Object.keys(parts.nodeData).length > 0 && { nodeData: parts.nodeData }),
  };
  checkMesh(mesh, path);
  return mesh;
}

function checkMesh(mesh: Mesh, path: string): void {
  const [nodes, elements] = [nodeCount(mesh), elementCount(mesh)];
  if (nodes === 0 || elements === 0)
    malformed(path, `a mesh of ${nodes} nodes and ${elements} elements`);
  const wrong = mesh.points.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0)
    malformed(path, `node ${Math.floor(wrong / 3)} has the coordinate ${mesh.points[wrong]}`);
  for (const node of mesh.elements)
    if (node < 0 || node >= nodes)
      malformed(path, `an element names node ${node}, there are ${nodes}`);
  if (mesh.regions.length !== elements)
    malformed(path, `${mesh.regions.length} regions, ${elements} elements`);
  if (mesh.fibres?.some((x) => !Number.isFinite(x))) malformed(path, "a fibre is not finite");
  if (mesh.fibres && mesh.fibres.length !== elements * 3)
    malformed(path, `${mesh.fibres.length / 3} fibres, ${elements} elements`);
  for (const [name, values] of Object.entries(mesh.nodeData ?? {}))
    if (values.length !== nodes)
      malformed(path, `${values.length} values of "${name}", ${nodes} nodes`);
}

/** Named values, `components` per point or cell, tuple after tuple. */
export interface DataField {
  readonly components: number;
  readonly values: Float64Array;
}

/** The content of a VTK file, nothing dropped yet. */
export interface CellData {
  /** [N * 3] */
  readonly points: Float64Array;
  /** [M] VTK cell types. */
  readonly types: Int32Array;
  /** [M + 1] where each cell's nodes start. */
  readonly offsets: Int32Array;
  readonly connectivity: Int32Array;
  readonly pointData: ReadonlyMap<string, DataField>;
  readonly cellData: ReadonlyMap<string, DataField>;
  readonly regionNames?: Readonly<Record<string, string>>;
}

const cellNames: Readonly<Record<number, string>> = {
  1: "vertex",
  2: "poly-vertex",
  3: "line",
  4: "poly-line",
  5: "triangle",
  6: "triangle strip",
  7: "polygon",
  8: "pixel",
  9: "quadrilateral",
  10: "tetrahedron",
  11: "voxel",
  12: "hexahedron",
  13: "wedge",
  14: "pyramid",
};
const isFace = (type: number) => type === 5 || type === 7 || type === 9;

/**
 * Cells -> Mesh. All tetrahedra, or all faces (quadrilaterals and polygons are cut into fans).
 * Fibres by the cell field "fibres", "fibers" or "fiber"; regions by "regions", "region" or "elemTag".
 * Errors: "malformed-file" for other or mixed cells, naming what is there.
 */
export function meshFromCells(cells: CellData, path: string): MeshResult {
  const report: string[] = [];
  const elementKind = kindOf(cells, path);
  const cut = elementKind === "triangle" ? cutFaces(cells) : tetrahedra(cells, path);
  if (cut.split > 0)
    report.push(`${cut.split} faces of more than three corners were cut into triangles`);
  const regions = pick(cells.cellData, ["regions", "region", "elemTag"]);
  const fibres = pick(cells.cellData, ["fibres", "fibers", "fiber"]);
  const used = [regions?.name, fibres?.name];
  const unused = [...cells.cellData.keys()].filter((name) => !used.includes(name));
  if (unused.length > 0) report.push(`cell fields without a place in a mesh: ${unused.join(", ")}`);
  const directions = fibres && unitFibres(spread(fibres, cut.origin, 3, path));
  report.push(...(directions?.report ?? []));
  const mesh = buildMesh(
    {
      points: cells.points,
      elementKind,
      elements: cut.elements,
      ...(regions && { regions: toRegions(spread(regions, cut.origin, 1, path), path) }),
      ...(directions && { fibres: directions.fibres }),
      regionNames: cells.regionNames,
      nodeData: flatten(cells.pointData),
    },
    path,
  );
  return { mesh, report };
}

function kindOf(cells: CellData, path: string): Mesh["elementKind"] {
  const types = [...new Set(cells.types)];
  if (types.length > 0 && types.every((type) => type === 10)) return "tetrahedron";
  if (types.length > 0 && types.every(isFace)) return "triangle";
  const found = types.map((type) => cellNames[type] ?? `type ${type}`).join(", ");
  return malformed(
    path,
    types.length === 0 ? "there are no cells" : `cells of the kinds ${found} do not make one mesh`,
    "Keep either the tetrahedra or the triangles (ParaView: Extract Cells By Type).",
  );
}

function cutFaces(cells: CellData) {
  const [elements, origin]: [number[], number[]] = [[], []];
  let split = 0;
  for (let cell = 0; cell < cells.types.length; cell++) {
    const [start, end] = [cells.offsets[cell], cells.offsets[cell + 1]];
    if (end - start > 3) split++;
    for (let k = start + 1; k + 1 < end; k++) {
      elements.push(cells.connectivity[start], cells.connectivity[k], cells.connectivity[k + 1]);
      origin.push(cell);
    }
  }
  return { elements: Int32Array.from(elements), origin: Int32Array.from(origin), split };
}

function tetrahedra(cells: CellData, path: string) {
  for (let cell = 0; cell < cells.types.length; cell++)
    if (cells.offsets[cell + 1] - cells.offsets[cell] !== 4)
      malformed(path, `tetrahedron ${cell} does not have four nodes`);
  const origin = Int32Array.from(cells.types, (_, i) => i);
  return { elements: cells.connectivity.slice(), origin, split: 0 };
}

function pick(fields: ReadonlyMap<string, DataField>, names: readonly string[]) {
  for (const name of names) {
    const field = fields.get(name);
    if (field) return { name, field };
  }
  return undefined;
}

function spread(
  source: { name: string; field: DataField },
  origin: Int32Array,
  components: number,
  path: string,
): Float64Array {
  const { name, field } = source;
  if (field.components !== components)
    malformed(path, `"${name}" has ${field.components} components, ${components} expected`);
  const result = new Float64Array(origin.length * components);
  for (const [i, cell] of origin.entries())
    for (let c = 0; c < components; c++)
      result[i * components + c] = field.values[cell * components + c];
  return result;
}

export function toRegions(values: Float64Array, path: string): Int32Array {
  for (const value of values)
    if ((value | 0) !== value) malformed(path, `region tag ${value} is not a whole number`);
  return Int32Array.from(values);
}

/** A field of several components becomes "name:0", "name:1", ... */
function flatten(fields: ReadonlyMap<string, DataField>): Record<string, Float64Array> {
  const result: [string, Float64Array][] = [];
  for (const [name, { components, values }] of fields)
    for (let c = 0; c < components; c++)
      result.push([
        components === 1 ? name : `${name}:${c}`,
        Float64Array.from(
          { length: values.length / components },
          (_, i) => values[i * components + c],
        ),
      ]);
  return Object.fromEntries(result);
}

/**
 * Directions to length 1. Those within 0.001 of it (rounded text) and zero vectors (isotropic) are
 * left as they are; the report counts the others.
 */
export function unitFibres(fibres: Float64Array): { fibres: Float64Array; report: string[] } {
  const result = fibres.slice();
  let changed = 0;
  for (let i = 0; i < fibres.length; i += 3) {
    const length = Math.hypot(fibres[i], fibres[i + 1], fibres[i + 2]);
    if (length === 0 || Math.abs(length - 1) < 1e-3) continue;
    for (let k = 0; k < 3; k++) result[i + k] /= length;
    changed++;
  }
  return { fibres: result, report: changed > 0 ? [`${changed} fibres brought to length 1`] : [] };
}

export type LengthUnit = "um" | "mm" | "cm" | "m";
const mmPer: Readonly<Record<LengthUnit, number>> = { um: 1e-3, mm: 1, cm: 10, m: 1e3 };

/** Coordinates of `unit` -> mm. */
export function toMillimetres(mesh: Mesh, unit: LengthUnit): Mesh {
  if (unit === "mm") return mesh;
  // Dividing by 1000 is exact to the last digit where multiplying by 0.001 is not.
  const convert = unit === "um" ? (x: number) => x / 1000 : (x: number) => x * mmPer[unit];
  return { ...mesh, points: mesh.points.map(convert) };
}

export const asLengthUnit = (unit: string): LengthUnit =>
  Object.hasOwn(mmPer, unit)
    ? (unit as LengthUnit)
    : mismatch(
        "unit",
        `"${unit}" is not a unit of length`,
        `There are: ${Object.keys(mmPer).join(", ")}.`,
      );
