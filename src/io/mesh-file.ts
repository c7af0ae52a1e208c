import { existsSync } from "node:fs";
import { dirname, extname, join, parse } from "node:path";
import { fail } from "../core/errors.js";
import { inspectMesh } from "../mesh/checks.js";
import type { Mesh } from "../mesh/mesh.js";
import { decodeText, latin1 } from "./bytes.js";
import { isCarpTable, readCarpFiles } from "./carp.js";
import { readBytes, readText } from "./files.js";
import { map3dMesh } from "./map3d-geometry.js";
import { asLengthUnit, type LengthUnit, type MeshResult, toMillimetres } from "./mesh-build.js";
import { describeMesh } from "./mesh-report.js";
import { parseObj } from "./obj.js";
import { parsePly } from "./ply.js";
import { foreign } from "./problems.js";
import { isAsciiStl, isBinaryStl, parseStl } from "./stl.js";
import { parseVtkLegacy } from "./vtk-legacy.js";
import { parseVtu } from "./vtu.js";

export interface MeshFileOptions {
  /** Unit of the coordinates in the file: "um", "mm", "cm" or "m". Absent: um for CARP, else mm. */
  readonly unit?: string;
  /** Keep only these elements of a CARP mesh that mixes kinds. */
  readonly keep?: "Tr" | "Tt";
}

/**
 * A mesh of any format, in mm, with a report for the user. The content decides the format, then the
 * extension: VTK, VTU, VTP, PLY, OBJ, STL, CARP (.pts or .elem, siblings found), map3d (.pts or .fac).
 * Errors: "suspicious-unit" when no unit was given and the size is not a heart's, "foreign-file",
 * and those of the readers.
 */
export async function readMeshFile(
  path: string,
  options: MeshFileOptions = {},
): Promise<MeshResult> {
  const unit = options.unit === undefined ? undefined : asLengthUnit(options.unit);
  const found = await readAny(path, options.keep);
  const used: LengthUnit = unit ?? found.unit;
  const mesh = toMillimetres(found.mesh, used);
  if (unit === undefined) refuseStrangeSize(mesh, path, used);
  const assumption = unit
    ? `read as ${used}, as told`
    : `read as ${used}, the usual unit of ${found.format}`;
  return {
    mesh,
    report: [`format ${found.format}`, ...describeMesh(mesh, assumption), ...found.report],
  };
}

interface Found extends MeshResult {
  readonly format: string;
  readonly unit: LengthUnit;
}

async function readAny(path: string, keep: MeshFileOptions["keep"]): Promise<Found> {
  const bytes = await readBytes(path);
  const start = latin1(bytes.subarray(0, 2000)).replace(/^\xEF\xBB\xBF/, "");
  const extension = extname(path).toLowerCase();
  const inFile = (format: string, result: MeshResult): Found => ({ ...result, format, unit: "mm" });
  if (/^# vtk DataFile/i.test(start)) return inFile("VTK legacy", parseVtkLegacy(bytes, path));
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<VTKFile/.test(start))
    return inFile("VTK XML", parseVtu(bytes, path));
  if (/^ply\s/.test(start)) return inFile("PLY", parsePly(bytes, path));
  if ([".pts", ".elem", ".fac"].includes(extension)) return readTables(path, keep);
  if (isAsciiStl(bytes) || (extension === ".stl" && isBinaryStl(bytes)))
    return inFile("STL", parseStl(bytes, path));
  if (extension === ".obj" || /^(#[^\n]*\n|\s)*v\s+[-+\d.]/.test(start))
    return inFile("OBJ", parseObj(decodeText(bytes), path));
  return foreign(
    path,
    "not a mesh format that is known",
    "Use VTK, VTU, VTP, PLY, OBJ, STL, CARP or map3d files.",
  );
}

/** CARP and map3d share the name .pts: the first line tells them apart. */
async function readTables(path: string, keep: MeshFileOptions["keep"]): Promise<Found> {
  const base = join(dirname(path), parse(path).name);
  const points = await readText(`${base}.pts`);
  if (!isCarpTable(points) && !existsSync(`${base}.elem`)) {
    const faces = await readText(`${base}.fac`);
    const result = map3dMesh({ points, faces }, { points: `${base}.pts`, faces: `${base}.fac` });
    return { ...result, format: "map3d", unit: "mm" };
  }
  const result = await readCarpFiles(base, { unit: "mm", keep, fibres: existsSync(`${base}.lon`) });
  return { ...result, format: "CARP", unit: "um" };
}

function refuseStrangeSize(mesh: Mesh, path: string, unit: LengthUnit): void {
  const seen = inspectMesh(mesh);
  if (seen.unitGuess === "mm") return;
  const raw = seen.diagonal_mm * (unit === "um" ? 1000 : 1);
  fail({
    code: "suspicious-unit",
    message: `${path}: read as ${unit}, the mesh is ${seen.diagonal_mm.toPrecision(3)} mm across, which is no heart.`,
    path,
    fix: `Say the unit of the file (its diagonal is ${raw.toPrecision(4)} in that unit): --unit um, mm, cm or m.`,
  });
}
