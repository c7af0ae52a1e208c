import { buildMesh, type MeshResult } from "./mesh-build.js";
import { foreign, malformed, mismatch } from "./problems.js";
import { contentLines, parseNumber } from "./text.js";

/** A table of numbers, row after row. */
interface Table {
  readonly rows: number[][];
  readonly transposed: boolean;
}

/** Rows of exactly `width` numbers; a table of `width` long rows is its transpose and is turned. */
function parseTable(text: string, path: string, width: number): Table {
  const rows = contentLines(text.replace(/#.*$/gm, "")).map(({ line, number }) =>
    line.split(/[\s,]+/).map((word) => {
      const value = parseNumber(word);
      return value ?? malformed(path, `line ${number}: "${word.slice(0, 40)}" is not a number`);
    }),
  );
  if (rows.length === 0) malformed(path, "the table is empty");
  if (rows[0].length === 1 && rows[0][0] === rows.length - 1)
    foreign(
      path,
      "starts with a count, as CARP tables do",
      "Read it as a CARP mesh (.pts with .elem).",
    );
  const transposed = rows.length === width && rows[0].length !== width;
  const turned = transposed ? rows[0].map((_, j) => rows.map((row) => row[j])) : rows;
  const wrong = turned.findIndex((row) => row.length !== width || row.includes(undefined as never));
  if (wrong >= 0 || rows.some((row) => row.length !== rows[0].length))
    malformed(path, `row ${wrong + 1} does not hold ${width} numbers`);
  return { rows: turned, transposed };
}

/** .pts: x y z of each node, no header (map3d manual) -> [N * 3]. */
export function parseMap3dPoints(
  text: string,
  path: string,
): { points: Float64Array; report: string[] } {
  const table = parseTable(text, path, 3);
  const report = table.transposed ? [`${path}: 3 x N table, turned`] : [];
  return { points: Float64Array.from(table.rows.flat()), report };
}

/**
 * .fac: three node numbers of each triangle -> 0-based [M * 3]. map3d counts from 1; files that count
 * from 0 exist and are told by a node 0. Errors: "malformed-file" for numbers beyond the nodes.
 */
export function parseMap3dFaces(
  text: string,
  path: string,
  nodes: number,
): { faces: Int32Array; report: string[] } {
  const table = parseTable(text, path, 3);
  const flat = table.rows.flat();
  const [least, most] = flat.reduce(
    ([a, b], x) => [Math.min(a, x), Math.max(b, x)],
    [Infinity, -Infinity],
  );
  const base = least === 0 ? 0 : 1;
  if (flat.some((node) => !Number.isInteger(node)) || least < 0 || most > nodes - 1 + base)
    mismatch(
      path,
      `node numbers ${least} to ${most} do not fit ${nodes} nodes counted from ${base}`,
      "Give the .fac file that belongs to this .pts file.",
    );
  const proof =
    base === 0 ? "node 0 occurs" : most === nodes ? `node ${nodes} occurs` : "map3d rule";
  const report = [`${path}: nodes counted from ${base} (${proof})`];
  if (table.transposed) report.push(`${path}: 3 x M table, turned`);
  return { faces: Int32Array.from(flat, (node) => node - base), report };
}

/**
 * .channels: electrode and data row, both from 1, after an optional line such as "128 leads".
 * Returns the 0-based data row of each electrode. Errors: "malformed-file" for gaps and repeats.
 */
export function parseMap3dChannels(text: string, path: string): Int32Array {
  const lines = contentLines(text);
  const header = /^(\d+)(\s+[A-Za-z]\w*)*$/.exec(lines[0]?.line ?? "");
  const body = lines.slice(header ? 1 : 0);
  if (header && Number(header[1]) !== body.length)
    malformed(path, `${header[1]} leads are announced, ${body.length} rows are there`);
  const rows = new Int32Array(body.length).fill(-1);
  for (const { line, number } of body) {
    const [electrode, row] = line.split(/[\s,]+/).map(Number);
    if (
      !Number.isInteger(electrode) ||
      !(electrode >= 1 && electrode <= rows.length) ||
      rows[electrode - 1] >= 0
    )
      malformed(
        path,
        `line ${number}: electrode ${electrode} is repeated or not in 1..${rows.length}`,
      );
    if (!Number.isInteger(row) || row < 1 || row > 2 ** 31 - 1)
      malformed(path, `line ${number}: "${line.slice(0, 40)}" does not name a data row`);
    rows[electrode - 1] = row - 1;
  }
  if (rows.length === 0) malformed(path, "no electrode is listed");
  return rows;
}

export interface Map3dTexts {
  readonly points: string;
  readonly faces: string;
}

/** .pts and .fac texts -> triangle mesh, coordinates as in the file. */
export function map3dMesh(texts: Map3dTexts, paths: Map3dTexts): MeshResult {
  const { points, report } = parseMap3dPoints(texts.points, paths.points);
  const faces = parseMap3dFaces(texts.faces, paths.faces, points.length / 3);
  const mesh = buildMesh({ points, elementKind: "triangle", elements: faces.faces }, paths.points);
  return { mesh, report: [...report, ...faces.report] };
}
