import { inspectMesh } from "../mesh/checks.js";
import type { Mesh } from "../mesh/mesh.js";

/** What a person should check before trusting a mesh: one line each, coordinates in mm. */
export function describeMesh(mesh: Mesh, assumption: string): string[] {
  const seen = inspectMesh(mesh);
  const kind = mesh.elementKind === "triangle" ? "triangles" : "tetrahedra";
  const size = seen.boundingBox.max.map((top, axis) => top - seen.boundingBox.min[axis]);
  const lines = [
    `${seen.nodes} nodes, ${seen.elements} ${kind}`,
    `bounding box ${size.map((length) => length.toPrecision(4)).join(" x ")} mm (${assumption})`,
    `orientation ${seen.orientationConsistent ? "consistent" : "NOT consistent"}`,
  ];
  if (mesh.elementKind === "triangle")
    lines.push(
      seen.boundaryEdges > 0 ? `open surface, ${seen.boundaryEdges} rim edges` : "closed surface",
    );
  const counts: [number, string][] = [
    [seen.duplicateNodes, "duplicate nodes"],
    [seen.unusedNodes, "nodes that no element uses"],
    [seen.degenerateElements, "degenerate elements"],
    [seen.nonManifoldEdges, "non-manifold edges"],
    [seen.components > 1 ? seen.components : 0, "separate pieces"],
  ];
  for (const [count, what] of counts) if (count > 0) lines.push(`${count} ${what}`);
  const regions = new Set(mesh.regions);
  if (regions.size > 1)
    lines.push(
      `${regions.size} region tags: ${[...regions]
        .sort((a, b) => a - b)
        .slice(0, 12)
        .join(", ")}`,
    );
  lines.push(mesh.fibres ? "fibres: one direction per element" : "no fibres");
  return lines;
}
