import { elementCount, type Mesh, nodeCount, nodesPerElement } from "../mesh/mesh.js";
import { writeFileAtomic } from "./atomic.js";
import { readText } from "./files.js";
import {
  buildMesh,
  type LengthUnit,
  type MeshResult,
  toMillimetres,
  unitFibres,
} from "./mesh-build.js";
import { foreign, malformed, truncated } from "./problems.js";
import { contentLines, parseNumber } from "./text.js";

/** Nodes of each CARP element type. */
const nodesOf: Readonly<Record<string, number>> = {
  Ln: 2,
  Cx: 2,
  Tr: 3,
  Qd: 4,
  Tt: 4,
  Py: 5,
  Pr: 6,
  Hx: 8,
};

export interface CarpTexts {
  readonly points: string;
  readonly elements: string;
  readonly fibres?: string;
}
export interface CarpOptions {
  readonly path: string;
  /** Unit of the coordinates in the file; the CARP manual says "um", which is the default. */
  readonly unit?: LengthUnit;
  /** Keep only these elements of a mesh that mixes kinds. */
  readonly keep?: "Tr" | "Tt";
}

/**
 * openCARP text mesh (.pts, .elem, .lon; opencarp.org manual) -> mesh in mm.
 * Errors: "foreign-file" (map3d tables, mixed or unsupported elements), "truncated-file", "malformed-file".
 */
export function parseCarp(texts: CarpTexts, options: CarpOptions): MeshResult {
  const { path, unit = "um" } = options;
  const points = parsePoints(texts.points, `${path}.pts`);
  const elements = parseElements(texts.elements, `${path}.elem`);
  const kept = choose(elements, options);
  const fibres = texts.fibres === undefined ? undefined : parseLon(texts.fibres, `${path}.lon`);
  if (fibres && fibres.values.length !== elements.length * 3)
    malformed(`${path}.lon`, `${fibres.values.length / 3} fibres, ${elements.length} elements`);
  const directions =
    fibres &&
    unitFibres(
      Float64Array.from(
        kept.rows.flatMap((row) => [...fibres.values.subarray(row * 3, row * 3 + 3)]),
      ),
    );
  const report = [...kept.report, ...(fibres?.report ?? []), ...(directions?.report ?? [])];
  const mesh = buildMesh(
    {
      points,
      elementKind: kept.type === "Tr" ? "triangle" : "tetrahedron",
      elements: Int32Array.from(kept.rows.flatMap((row) => elements[row].nodes)),
      regions: Int32Array.from(kept.rows, (row) => elements[row].region),
      ...(directions && { fibres: directions.fibres }),
    },
    path,
  );
  return { mesh: toMillimetres(mesh, unit), report };
}

/** CARP tables start with the number of rows; map3d tables of the same name do not. */
export function isCarpTable(text: string): boolean {
  const lines = contentLines(text);
  return (
    lines.length > 0 && /^\d+$/.test(lines[0].line) && Number(lines[0].line) === lines.length - 1
  );
}

function tableRows(text: string, path: string): { words: string[]; number: number }[] {
  const lines = contentLines(text.replace(/#.*$/gm, ""));
  if (lines.length === 0) truncated(path, "it is empty");
  if (!/^\d+$/.test(lines[0].line))
    foreign(
      path,
      "the first line is not a count, so this is not a CARP table",
      "map3d files (.pts without a count, .fac) are read by the map3d importer.",
    );
  const count = Number(lines[0].line);
  if (lines.length - 1 < count)
    truncated(path, `${count} rows are announced, ${lines.length - 1} are there`);
  if (lines.length - 1 > count)
    malformed(path, `${count} rows are announced, ${lines.length - 1} are there`);
  return lines.slice(1).map(({ line, number }) => ({ words: line.split(/\s+/), number }));
}

function toNumbers(
  words: readonly string[],
  place: { path: string; number: number; count: number },
): number[] {
  const values = words.map((word) => parseNumber(word) ?? Number.NaN);
  if (values.length !== place.count || values.some(Number.isNaN))
    malformed(
      place.path,
      `line ${place.number}: "${words.join(" ").slice(0, 60)}" is not ${place.count} numbers`,
    );
  return values;
}

function parsePoints(text: string, path: string): Float64Array {
  const rows = tableRows(text, path);
  return Float64Array.from(
    rows.flatMap(({ words, number }) => toNumbers(words, { path, number, count: 3 })),
  );
}

interface CarpElement {
  readonly type: string;
  readonly nodes: number[];
  readonly region: number;
}

function parseElements(text: string, path: string): CarpElement[] {
  return tableRows(text, path).map(({ words, number }) => {
    const [type, ...rest] = words;
    if (!Object.hasOwn(nodesOf, type))
      malformed(path, `line ${number}: "${type.slice(0, 20)}" is not an element type`);
    const size = nodesOf[type];
    // The region tag may be left out; it is 0 then.
    const values = toNumbers(rest, { path, number, count: rest.length === size ? size : size + 1 });
    for (const value of values)
      if ((value | 0) !== value) malformed(path, `line ${number}: ${value} is not a whole number`);
    return { type, nodes: values.slice(0, size), region: values[size] ?? 0 };
  });
}

function choose(elements: readonly CarpElement[], options: CarpOptions) {
  const counts = new Map<string, number>();
  for (const { type } of elements) counts.set(type, (counts.get(type) ?? 0) + 1);
  const found = [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
  const only = counts.size === 1 ? [...counts.keys()][0] : undefined;
  const type = options.keep ?? only;
  if ((type !== "Tr" && type !== "Tt") || !counts.has(type))
    return foreign(
      `${options.path}.elem`,
      `a mesh is all triangles (Tr) or all tetrahedra (Tt); this one has ${found || "nothing"}`,
      'Choose with keep: "Tr" or "Tt"; convert other elements with meshtool first.',
    );
  const rows = [...elements.keys()].filter((row) => elements[row].type === type);
  const report = counts.size > 1 ? [`kept ${rows.length} ${type} of ${found}`] : [];
  return { type, rows, report };
}

/** First line 1 (fibre) or 2 (fibre and sheet); some old files go without it. Sheets are reported only. */
function parseLon(text: string, path: string) {
  const lines = contentLines(text);
  if (lines.length === 0) truncated(path, "it is empty");
  const hasHeader = /^[12]$/.test(lines[0].line);
  const width = hasHeader ? 3 * Number(lines[0].line) : lines[0].line.split(/\s+/).length;
  if (width !== 3 && width !== 6) malformed(path, `rows of ${width} numbers, 3 or 6 expected`);
  const rows = hasHeader ? lines.slice(1) : lines;
  const values = rows.flatMap(({ line, number }) =>
    toNumbers(line.split(/\s+/), { path, number, count: width }).slice(0, 3),
  );
  const report = [
    ...(hasHeader ? [] : ["the .lon file has no header line"]),
    ...(width === 6 ? ["sheet directions are not used"] : []),
  ];
  return { values: Float64Array.from(values), report };
}

/** Mesh in mm -> the three texts, coordinates in um unless said otherwise, region tag in each row. */
export function encodeCarp(mesh: Mesh, unit: LengthUnit = "um"): CarpTexts {
  const per = { um: 1000, mm: 1, cm: 0.1, m: 0.001 }[unit];
  const size = nodesPerElement(mesh);
  const type = size === 3 ? "Tr" : "Tt";
  const triples = (values: Float64Array, factor: number) =>
    Array.from({ length: values.length / 3 }, (_, i) =>
      Array.from(values.subarray(i * 3, i * 3 + 3), (x) => x * factor).join(" "),
    );
  const rows = Array.from({ length: elementCount(mesh) }, (_, i) =>
    [type, ...mesh.elements.subarray(i * size, (i + 1) * size), mesh.regions[i]].join(" "),
  );
  const table = (count: number, lines: readonly string[]) => `${[count, ...lines].join("\n")}\n`;
  return {
    points: table(nodeCount(mesh), triples(mesh.points, per)),
    elements: table(rows.length, rows),
    ...(mesh.fibres && { fibres: table(1, triples(mesh.fibres, 1)) }),
  };
}

/** `base` without its extension; the .lon file is optional. */
export async function readCarpFiles(
  base: string,
  options: Omit<CarpOptions, "path"> & { fibres?: boolean },
) {
  const [points, elements] = [await readText(`${base}.pts`), await readText(`${base}.elem`)];
  const fibres = options.fibres ? await readText(`${base}.lon`) : undefined;
  return parseCarp(
    { points, elements, fibres },
    { path: base, unit: options.unit, keep: options.keep },
  );
}

export async function writeCarpFiles(
  base: string,
  mesh: Mesh,
  unit: LengthUnit = "um",
): Promise<void> {
  const texts = encodeCarp(mesh, unit);
  await writeFileAtomic(`${base}.pts`, texts.points);
  await writeFileAtomic(`${base}.elem`, texts.elements);
  if (texts.fibres) await writeFileAtomic(`${base}.lon`, texts.fibres);
}
