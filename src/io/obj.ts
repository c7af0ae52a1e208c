import { readText } from "./files.js";
import { type MeshResult, meshFromCells } from "./mesh-build.js";
import { malformed } from "./problems.js";
import { contentLines, parseNumber } from "./text.js";

/**
 * Wavefront OBJ: "v x y z" and "f a b c ..." (1-based, negative = from the end, "a/t/n" accepted).
 * Groups, normals, textures and materials are counted in the report. Errors: "malformed-file".
 */
export function parseObj(text: string, path: string): MeshResult {
  const points: number[] = [];
  const connectivity: number[] = [];
  const offsets = [0];
  const ignored = new Map<string, number>();
  for (const { line, number } of contentLines(text.replace(/\\\r?\n/g, " "))) {
    const [key, ...words] = line.split(/\s+/);
    const place = { path, number, nodes: points.length / 3 };
    if (key === "v") points.push(...readVertex(words, place));
    else if (key === "f") {
      connectivity.push(...readFace(words, place));
      offsets.push(connectivity.length);
    } else if (!key.startsWith("#")) ignored.set(key, (ignored.get(key) ?? 0) + 1);
  }
  const cells = {
    points: Float64Array.from(points),
    types: new Int32Array(offsets.length - 1).fill(7),
    offsets: Int32Array.from(offsets),
    connectivity: Int32Array.from(connectivity),
    pointData: new Map(),
    cellData: new Map(),
  };
  const { mesh, report } = meshFromCells(cells, path);
  const skipped = [...ignored].map(([key, count]) => `${count} "${key}"`);
  if (skipped.length > 0) return { mesh, report: [...report, `not used: ${skipped.join(", ")}`] };
  return { mesh, report };
}

interface Place {
  readonly path: string;
  readonly number: number;
  readonly nodes: number;
}

function readVertex(words: readonly string[], place: Place): number[] {
  const values = words.slice(0, 3).map((word) => parseNumber(word) ?? Number.NaN);
  if (values.length < 3 || values.some(Number.isNaN))
    malformed(place.path, `line ${place.number}: a vertex needs three numbers`);
  return values;
}

function readFace(words: readonly string[], place: Place): number[] {
  if (words.length < 3) malformed(place.path, `line ${place.number}: a face needs three corners`);
  return words.map((word) => {
    const index = parseNumber(word.split("/")[0]) ?? Number.NaN;
    if (!Number.isInteger(index) || index === 0)
      malformed(
        place.path,
        `line ${place.number}: "${word}" is not a vertex number (they start at 1)`,
      );
    const node = index > 0 ? index - 1 : place.nodes + index;
    if (node < 0 || node > 2 ** 31 - 1)
      malformed(place.path, `line ${place.number}: no vertex ${word}`);
    return node;
  });
}

export const readObjFile = async (path: string): Promise<MeshResult> =>
  parseObj(await readText(path), path);
