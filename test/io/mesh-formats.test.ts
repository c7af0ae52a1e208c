import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeNumbers, joinBytes, type NumberType } from "../../src/io/bytes.js";
import { encodeCarp, isCarpTable, parseCarp, writeCarpFiles } from "../../src/io/carp.js";
import { map3dMesh, parseMap3dChannels } from "../../src/io/map3d-geometry.js";
import { readMeshFile } from "../../src/io/mesh-file.js";
import { parseObj } from "../../src/io/obj.js";
import { encodePly, parsePly } from "../../src/io/ply.js";
import { parseStl } from "../../src/io/stl.js";
import { parseVtkCells, parseVtkLegacy } from "../../src/io/vtk-legacy.js";
import { parseVtu } from "../../src/io/vtu.js";
import { encodePvd, encodeVtu } from "../../src/io/vtu-write.js";
import { sheet } from "../../src/mesh/generators.js";
import {
  expectSafeDamage,
  expectSafePrefixes,
  problemOf,
  squareMesh,
  temporaryFolder,
  tetMesh,
  utf8,
} from "./helpers.js";

const folder = temporaryFolder();
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe("vtu", () => {
  for (const encoding of ["raw", "base64"] as const)
    for (const compress of [false, true])
      test(`a mesh comes back bit for bit (${encoding}, ${compress ? "zlib" : "plain"})`, () => {
        for (const mesh of [tetMesh, squareMesh]) {
          const bytes = encodeVtu(mesh, { encoding, compress });
          expect(parseVtu(bytes, "m.vtu").mesh).toEqual(mesh);
        }
        const bytes = encodeVtu(tetMesh, { encoding, compress });
        expectSafePrefixes(bytes, (part) => parseVtu(part, "m.vtu"), 7);
        expectSafeDamage(bytes, (part) => parseVtu(part, "m.vtu"));
      });

  test("a mesh of 200,000 nodes comes back bit for bit", () => {
    const mesh = sheet({ width_mm: 420, height_mm: 420, spacing_mm: 1 });
    expect(mesh.points.length / 3).toBeGreaterThan(200_000);
    const { mesh: back } = parseVtu(encodeVtu(mesh), "m.vtu");
    expect(Buffer.compare(Buffer.from(back.points.buffer), Buffer.from(mesh.points.buffer))).toBe(
      0,
    );
    expect(back.elements.every((node, k) => node === mesh.elements[k])).toBe(true);
  });

  test("ascii, inline base64, big-endian, UInt32 header, PolyData", () => {
    const big = (values: number[], type: NumberType) =>
      encodeNumbers(values, { type, littleEndian: false });
    const inline = (values: number[], type: NumberType) => {
      const body = big(values, type);
      return Buffer.from(joinBytes([big([body.length], "u4"), body])).toString("base64");
    };
    const text = `<?xml version="1.0"?>
<!-- made > by hand -->
<VTKFile type="PolyData" version="0.1" byte_order="BigEndian">
<PolyData><Piece NumberOfPoints="4" NumberOfPolys="1">
<PointData><DataArray type="Float32" Name="LAT" format="ascii">1 2 nan -4e1</DataArray></PointData>
<CellData><DataArray type="Int16" Name="elemTag" format="binary">${inline([7], "i2")}</DataArray></CellData>
<Points><DataArray type="Float64" NumberOfComponents="3" format="binary">
  ${inline([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0], "f8")}
</DataArray></Points>
<Polys><DataArray type="Int64" Name="connectivity" format="ascii">0 1 2 3</DataArray>
<DataArray type="Int64" Name="offsets" format="ascii">4</DataArray></Polys>
</Piece></PolyData></VTKFile>`;
    const { mesh, report } = parseVtu(utf8(text), "p.vtp");
    expect(Array.from(mesh.elements)).toEqual([0, 1, 2, 0, 2, 3]);
    expect(Array.from(mesh.regions)).toEqual([7, 7]);
    expect(Array.from(mesh.nodeData?.LAT ?? [])).toEqual([1, 2, NaN, -40]);
    expect(report.join()).toContain("1 faces of more than three corners");
    expectSafePrefixes(utf8(text), (part) => parseVtu(part, "p.vtp"), 3);
  });

  test("foreign and dangerous XML", async () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "b">]><VTKFile type="UnstructuredGrid"/>';
    expect((await problemOf(() => parseVtu(utf8(bomb), "x"))).message).toContain("document types");
    const lz4 = '<VTKFile type="UnstructuredGrid" compressor="vtkLZ4DataCompressor"/>';
    expect((await problemOf(() => parseVtu(utf8(lz4), "x"))).code).toBe("foreign-file");
    const image = '<VTKFile type="ImageData"></VTKFile>';
    expect((await problemOf(() => parseVtu(utf8(image), "x"))).code).toBe("foreign-file");
    expect(encodePvd([{ time_ms: 2.5, file: "a&b.vtu" }])).toContain(
      'timestep="2.5" part="0" file="a&amp;b.vtu"',
    );
  });
});

const asciiVtk = `# vtk DataFile Version 3.0
heart
ASCII
DATASET UNSTRUCTURED_GRID
POINTS 5 float
0 0 0 10 0 0 0 20 0
0 0 30 10 20 30
CELLS 2 10
4 0 1 2 3
4 1 2 3 4
CELL_TYPES 2
10
10
CELL_DATA 2
SCALARS elemTag int 1
LOOKUP_TABLE default
1 2
VECTORS fiber double
1 0 0 0 3 4
POINT_DATA 5
FIELD FieldData 2
act 1 5 double
1 2 3 4 5
METADATA
INFORMATION 0

my%20pair 2 5 float
0 1 2 3 4 5 6 7 8 9
`;

/** The same mesh with the cell list of version 5.1. */
const asciiVtk51 = asciiVtk
  .replace("Version 3.0", "Version 5.1")
  .replace(
    "CELLS 2 10\n4 0 1 2 3\n4 1 2 3 4",
    "CELLS 3 8\nOFFSETS vtktypeint64\n0 4 8\nCONNECTIVITY vtktypeint64\n0 1 2 3 1 2 3 4",
  );

function binaryVtk(): Uint8Array {
  const big = (values: number[], type: NumberType) =>
    encodeNumbers(values, { type, littleEndian: false });
  return joinBytes([
    utf8("# vtk DataFile Version 4.2\nx\nBINARY\nDATASET POLYDATA\nPOINTS 4 double\n"),
    big([0, 0, 0, 20, 0, 0, 20, 20, 0, 0, 20, 1 / 3], "f8"),
    utf8("\nPOLYGONS 2 8\n"),
    big([3, 0, 1, 2, 3, 0, 2, 3], "i4"),
    utf8("\nPOINT_DATA 4\nSCALARS LAT float\nLOOKUP_TABLE default\n"),
    big([0.5, 1.5, NaN, 3.5], "f4"),
    utf8("\n"),
  ]);
}

describe("legacy vtk", () => {
  test("old and new cell lists, fibres, regions, fields", () => {
    for (const text of [asciiVtk, asciiVtk51]) {
      const { mesh, report } = parseVtkLegacy(utf8(text), "h.vtk");
      expect(Array.from(mesh.elements)).toEqual([0, 1, 2, 3, 1, 2, 3, 4]);
      expect(Array.from(mesh.regions)).toEqual([1, 2]);
      expect(Array.from(mesh.fibres ?? [])).toEqual([1, 0, 0, 0, 0.6, 0.8]);
      expect(Array.from(mesh.nodeData?.act ?? [])).toEqual([1, 2, 3, 4, 5]);
      expect(Array.from(mesh.nodeData?.["my pair:1"] ?? [])).toEqual([1, 3, 5, 7, 9]);
      expect(report.join()).toContain("1 fibres brought to length 1");
    }
  });

  test("binary is big-endian", () => {
    const { mesh } = parseVtkLegacy(binaryVtk(), "b.vtk");
    expect(mesh.points).toEqual(squareMesh.points);
    expect(mesh.elements).toEqual(squareMesh.elements);
    expect(Array.from(mesh.nodeData?.LAT ?? [])).toEqual([0.5, 1.5, NaN, 3.5]);
  });

  test("cuts, damage, lies and mixtures", async () => {
    for (const bytes of [utf8(asciiVtk), utf8(asciiVtk51), binaryVtk()])
      expectSafeDamage(bytes, (part) => parseVtkLegacy(part, "x"));
    // A text cut between two arrays is a shorter valid file: only the failures are looked at.
    for (const bytes of [utf8(asciiVtk), binaryVtk()])
      for (let length = 0; length < bytes.length; length++)
        try {
          parseVtkLegacy(bytes.slice(0, length), "x");
        } catch (error) {
          expect((error as Error).name).toBe("LeadsError");
        }
    const huge = asciiVtk.replace("POINTS 5", "POINTS 999999999999");
    expect((await problemOf(() => parseVtkLegacy(utf8(huge), "x"))).code).toBe("truncated-file");
    const mixed = asciiVtk.replace("CELL_TYPES 2\n10\n10", "CELL_TYPES 2\n10\n9");
    expect((await problemOf(() => parseVtkLegacy(utf8(mixed), "x"))).message).toContain(
      "tetrahedron, quadrilateral",
    );
    expect(parseVtkCells(utf8(mixed), "x").types).toEqual(Int32Array.of(10, 9));
    const outside = asciiVtk.replace("4 1 2 3 4", "4 1 2 3 5");
    expect((await problemOf(() => parseVtkLegacy(utf8(outside), "x"))).message).toContain(
      "names node 5",
    );
  });
});

const asciiPly = `ply
format ascii 1.0
comment hand made
element vertex 4
property float x
property float y
property float z
property float lat
element face 1
property list uchar int vertex_indices
end_header
0 0 0 1
20 0 0 2
20 20 0 3
0 20 0 4
4 0 1 2 3
`;

describe("ply, obj, stl", () => {
  test("ply: ascii with a quadrilateral and data; both byte orders", () => {
    const { mesh } = parsePly(utf8(asciiPly), "a.ply");
    expect(Array.from(mesh.elements)).toEqual([0, 1, 2, 0, 2, 3]);
    expect(Array.from(mesh.nodeData?.lat ?? [])).toEqual([1, 2, 3, 4]);
    const withData = { ...squareMesh, nodeData: { lat: Float64Array.of(1, 2, NaN, 1 / 3) } };
    expect(parsePly(encodePly(withData), "b.ply").mesh).toEqual(withData);
    const big = joinBytes([
      utf8(
        "ply\nformat binary_big_endian 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar ushort vertex_index\nend_header\n",
      ),
      encodeNumbers([0, 0, 0, 1, 0, 0, 0, 1, 0], { type: "f4", littleEndian: false }),
      new Uint8Array([3, 0, 0, 0, 1, 0, 2]),
    ]);
    expect(Array.from(parsePly(big, "c.ply").mesh.elements)).toEqual([0, 1, 2]);
    expectSafePrefixes(big, (part) => parsePly(part, "c.ply"));
    expectSafePrefixes(utf8(asciiPly.trimEnd()), (part) => parsePly(part, "a.ply"));
    expectSafeDamage(big, (part) => parsePly(part, "c.ply"));
  });

  test("ply: lying counts", async () => {
    for (const from of ["vertex 4", "face 1"]) {
      const lying = asciiPly.replace(from, `${from.split(" ")[0]} 4000000000`);
      expect((await problemOf(() => parsePly(utf8(lying), "x"))).code).toBe("truncated-file");
    }
  });

  test("obj: slashes, negative numbers, polygons, groups", async () => {
    const text =
      "# c\nv 0 0 0\nv 20 0 0\nv 20 20 0\nv 0 20 0\nvn 0 0 1\ng wall\nf 1/1/1 2//1 3\nf -4 -2 -1\n";
    const { mesh, report } = parseObj(text, "a.obj");
    expect(Array.from(mesh.elements)).toEqual([0, 1, 2, 0, 2, 3]);
    expect(report.join()).toContain('1 "vn", 1 "g"');
    for (const bad of [
      "v 0 0\n",
      "v 0 0 0\nf 1 2\n",
      "v 0 0 0\nf 1 0 1\n",
      "v 0 0 0\nf 1 1 9\n",
      "v 0 0 0\nf 1 1 -2\n",
      "",
    ])
      expect((await problemOf(() => parseObj(bad, "x"))).code).toBe("malformed-file");
  });

  test("stl: corners are merged, ascii and binary agree", () => {
    const corners = [
      [0, 0, 0, 20, 0, 0, 20, 20, 0],
      [0, 0, 0, 20, 20, 0, 0, 20, 0],
      [0, 0, 0, 0, 0, 0, 1, 1, 1],
    ];
    const facet = (c: number[]) =>
      `facet normal 0 0 1\nouter loop\n${[0, 3, 6].map((k) => `vertex ${c.slice(k, k + 3).join(" ")}`).join("\n")}\nendloop\nendfacet\n`;
    const ascii = utf8(`solid x\n${corners.map(facet).join("")}endsolid x`);
    const binary = joinBytes([
      utf8("solid but binary".padEnd(80)),
      encodeNumbers([3], { type: "u4", littleEndian: true }),
      ...corners.flatMap((c) => [
        encodeNumbers([0, 0, 1, ...c], { type: "f4", littleEndian: true }),
        new Uint8Array(2),
      ]),
    ]);
    for (const bytes of [ascii, binary]) {
      const { mesh, report } = parseStl(bytes, "a.stl");
      expect(Array.from(mesh.elements)).toEqual([0, 1, 2, 0, 2, 3]);
      expect(report).toEqual(["9 corners merged into 5 nodes", "1 triangles without area dropped"]);
      expectSafeDamage(bytes, (part) => parseStl(part, "a.stl"));
    }
    expectSafePrefixes(binary, (part) => parseStl(part, "a.stl"));
    expectSafePrefixes(ascii.subarray(0, -2), (part) => parseStl(part, "a.stl"));
  });
});

describe("carp", () => {
  test("a mesh in um comes back in mm", () => {
    const { mesh } = parseCarp(encodeCarp(tetMesh), { path: "m" });
    for (const [i, x] of tetMesh.points.entries()) expect(mesh.points[i]).toBeCloseTo(x, 12);
    expect(mesh.elements).toEqual(tetMesh.elements);
    expect(mesh.regions).toEqual(tetMesh.regions);
    expect(mesh.fibres).toEqual(tetMesh.fibres);
    expect(parseCarp(encodeCarp(tetMesh, "mm"), { path: "m", unit: "mm" }).mesh.points).toEqual(
      tetMesh.points,
    );
  });

  const points = "4\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n";
  test("headers, sheets, missing regions, mixtures", async () => {
    const two = { points, elements: "1\nTt 0 1 2 3\n", fibres: "2\n1 0 0 0 1 0\n" };
    const sheets = parseCarp(two, { path: "m" });
    expect(sheets.report).toEqual(["sheet directions are not used"]);
    expect(sheets.mesh.regions).toEqual(Int32Array.of(0));
    const bare = parseCarp({ ...two, fibres: "1 0 0\n" }, { path: "m" });
    expect(bare.report).toEqual(["the .lon file has no header line"]);
    const mixed = { points, elements: "2\nTr 0 1 2 5\nTt 0 1 2 3 6\n" };
    expect((await problemOf(() => parseCarp(mixed, { path: "m" }))).message).toContain(
      "1 Tr, 1 Tt",
    );
    expect(parseCarp(mixed, { path: "m", keep: "Tr" }).mesh.regions).toEqual(Int32Array.of(5));
    const bad: [Parameters<typeof parseCarp>[0], string][] = [
      [{ points: "0 0 0\n1 1 1\n", elements: "1\nTt 0 1 2 3\n" }, "foreign-file"],
      [{ points: "9\n0 0 0\n", elements: "1\nTt 0 1 2 3\n" }, "truncated-file"],
      [{ points: "1\n0 0 0\n1 1 1\n", elements: "1\nTt 0 1 2 3\n" }, "malformed-file"],
      [{ points, elements: "1\nTt 0 1 2\n" }, "malformed-file"],
      [{ points, elements: "1\nTt 0 1 2 4\n" }, "malformed-file"],
      [{ points, elements: "1\nZz 0 1 2\n" }, "malformed-file"],
      [{ points, elements: "1\nHx 0 1 2 3 0 1 2 3\n" }, "foreign-file"],
      [{ ...two, fibres: "1\n1 0 0\n1 0 0\n" }, "malformed-file"],
      [{ points: "", elements: "" }, "truncated-file"],
    ];
    for (const [texts, code] of bad)
      expect((await problemOf(() => parseCarp(texts, { path: "m" }))).code).toBe(code);
  });

  test("map3d tables of the same name are told apart", async () => {
    expect(isCarpTable(points)).toBe(true);
    expect(isCarpTable("0 0 0\n1 0 0\n")).toBe(false);
    const paths = { points: "m.pts", faces: "m.fac" };
    expect((await problemOf(() => map3dMesh({ points, faces: "1 2 3\n" }, paths))).code).toBe(
      "foreign-file",
    );
  });
});

describe("map3d tables", () => {
  const paths = { points: "m.pts", faces: "m.fac" };
  const points = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n";
  test("index base and transposes are found and said", async () => {
    const one = map3dMesh({ points, faces: "1 2 3\n2 4 3\n" }, paths);
    expect(Array.from(one.mesh.elements)).toEqual([0, 1, 2, 1, 3, 2]);
    expect(one.report).toEqual(["m.fac: nodes counted from 1 (node 4 occurs)"]);
    const zero = map3dMesh({ points, faces: "0 1 2\n1 3 2\n" }, paths);
    expect(zero.mesh.elements).toEqual(one.mesh.elements);
    const turned = map3dMesh(
      { points: "0 1 0 1\n0 0 1 1\n0 0 0 0\n", faces: "1 2\n2 4\n3 3\n" },
      paths,
    );
    expect(turned.mesh.points).toEqual(one.mesh.points);
    expect(turned.mesh.elements).toEqual(one.mesh.elements);
    expect((await problemOf(() => map3dMesh({ points, faces: "1 2 5\n" }, paths))).code).toBe(
      "mismatch",
    );
    expect(
      (await problemOf(() => map3dMesh({ points: "1 2\n3 4\n", faces: "" }, paths))).code,
    ).toBe("malformed-file");
  });

  test("channels", async () => {
    expect(Array.from(parseMap3dChannels("2 leads\n 2 10\n 1 9\n", "c"))).toEqual([8, 9]);
    expect(Array.from(parseMap3dChannels("1 3\n2 4\n", "c"))).toEqual([2, 3]);
    for (const bad of ["3 leads\n1 1\n", "1 1\n1 2\n", "1 0\n", "1\n", ""])
      expect((await problemOf(() => parseMap3dChannels(bad, "c"))).code).toBe("malformed-file");
  });
});

describe("readMeshFile", () => {
  test("content decides the format, whatever the name", async () => {
    const odd = put("really.obj", encodeVtu(tetMesh));
    expect((await readMeshFile(odd)).report[0]).toBe("format VTK XML");
    expect((await readMeshFile(put("a.dat", asciiPly))).report[0]).toBe("format PLY");
    expect((await readMeshFile(put("b.dat", asciiVtk))).report[0]).toBe("format VTK legacy");
    const words = (await readMeshFile(put("b.vtk", asciiVtk))).report.join("\n");
    expect(words).toContain("5 nodes, 2 tetrahedra");
    expect(words).toContain(
      "bounding box 10.00 x 20.00 x 30.00 mm (read as mm, the usual unit of VTK legacy)",
    );
  });

  test("carp in um by default; a strange size needs a unit", async () => {
    await writeCarpFiles(join(folder, "heart"), tetMesh);
    const read = await readMeshFile(join(folder, "heart.elem"));
    expect(read.report[0]).toBe("format CARP");
    expect(read.mesh.points[3]).toBeCloseTo(10.1, 12);
    await writeCarpFiles(join(folder, "tiny"), tetMesh, "mm");
    expect((await problemOf(() => readMeshFile(join(folder, "tiny.pts")))).code).toBe(
      "suspicious-unit",
    );
    expect((await readMeshFile(join(folder, "tiny.pts"), { unit: "mm" })).mesh.points[3]).toBe(
      10.1,
    );
    expect(
      (await problemOf(() => readMeshFile(join(folder, "tiny.pts"), { unit: "inch" }))).fix,
    ).toContain("um, mm, cm, m");
  });

  test("map3d pairs, unknown and missing files", async () => {
    put("sock.pts", "0 0 0\n20 0 0\n0 20 0\n");
    put("sock.fac", "1 2 3\n");
    expect((await readMeshFile(join(folder, "sock.fac"))).report[0]).toBe("format map3d");
    expect((await problemOf(() => readMeshFile(put("x.txt", "hello")))).code).toBe("foreign-file");
    expect((await problemOf(() => readMeshFile(put("empty.stl", "")))).code).toBe("foreign-file");
    expect((await problemOf(() => readMeshFile(join(folder, "nothing.vtu")))).code).toBe(
      "cannot-read",
    );
  });
});
