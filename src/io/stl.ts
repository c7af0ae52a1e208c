import { createCursor, decodeText, latin1 } from "./bytes.js";
import { readBytes } from "./files.js";
import { buildMesh, type MeshResult } from "./mesh-build.js";
import { foreign, truncated } from "./problems.js";
import { createTokens } from "./text.js";

/**
 * STL surface, ASCII or binary. STL repeats each corner in every triangle: corners with the very same
 * coordinates are merged; triangles that collapse are dropped; both are reported.
 * Errors: "foreign-file", "truncated-file", "malformed-file".
 */
export function parseStl(bytes: Uint8Array, path: string): MeshResult {
  return mergeCorners(isBinaryStl(bytes) ? readBinary(bytes, path) : readAscii(bytes, path), path);
}

/** Binary files may start with "solid" too: the triangle count decides. */
export function isBinaryStl(bytes: Uint8Array): boolean {
  if (bytes.length < 84) return false;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(80, true);
  return bytes.length === 84 + 50 * count || !isAsciiStl(bytes);
}

export const isAsciiStl = (bytes: Uint8Array): boolean =>
  /^\s*solid\b[^\n]*\n\s*(facet|endsolid)\b/.test(latin1(bytes.subarray(0, 1000)));

/** 80 bytes of header, count, then 50 bytes a triangle: normal, three corners, attribute. */
function readBinary(bytes: Uint8Array, path: string): Float64Array {
  const cursor = createCursor(bytes, path);
  cursor.take(80, "the header");
  const count = cursor.number({ type: "u4", littleEndian: true }, "the number of triangles");
  if (count * 50 > cursor.remaining()) truncated(path, `${count} triangles are announced`);
  if (count * 50 < cursor.remaining())
    foreign(
      path,
      "not an STL file: its length does not fit its triangle count",
      "Export the surface as STL.",
    );
  const corners = new Float64Array(count * 9);
  for (let i = 0; i < count; i++) {
    const record = cursor.numbers(12, { type: "f4", littleEndian: true }, "a triangle");
    corners.set(record.subarray(3), i * 9);
    cursor.take(2, "an attribute");
  }
  return corners;
}

function readAscii(bytes: Uint8Array, path: string): Float64Array {
  const tokens = createTokens(decodeText(bytes), path);
  if (tokens.next() !== "solid") foreign(path, "not an STL file", "Export the surface as STL.");
  tokens.restOfLine();
  const corners: number[] = [];
  for (;;) {
    const word = tokens.word("endsolid");
    if (word === "endsolid") break;
    if (word === "vertex") corners.push(...tokens.numbers(3, "a vertex"));
    else if (word === "normal") tokens.numbers(3, "a normal");
    else if (!["facet", "outer", "loop", "endloop", "endfacet"].includes(word))
      tokens.bad(`unexpected "${word.slice(0, 40)}"`);
  }
  if (corners.length % 9 !== 0) tokens.bad("a triangle without three corners");
  return Float64Array.from(corners);
}

function mergeCorners(corners: Float64Array, path: string): MeshResult {
  const numbers = new Map<string, number>();
  const points: number[] = [];
  const elements: number[] = [];
  let collapsed = 0;
  for (let i = 0; i < corners.length; i += 9) {
    const nodes = [0, 3, 6].map((at) => {
      const position = corners.subarray(i + at, i + at + 3);
      const key = position.join(" ");
      const known = numbers.get(key) ?? points.length / 3;
      if (!numbers.has(key)) {
        numbers.set(key, known);
        points.push(...position);
      }
      return known;
    });
    if (new Set(nodes).size === 3) elements.push(...nodes);
    else collapsed++;
  }
  const report = [`${corners.length / 3} corners merged into ${points.length / 3} nodes`];
  if (collapsed > 0) report.push(`${collapsed} triangles without area dropped`);
  const parts = { points: Float64Array.from(points), elements: Int32Array.from(elements) };
  return { mesh: buildMesh({ ...parts, elementKind: "triangle" }, path), report };
}

export const readStlFile = async (path: string): Promise<MeshResult> =>
  parseStl(await readBytes(path), path);
