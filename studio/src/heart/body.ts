import * as three from "three";
import { MeshBVH } from "three-mesh-bvh";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";
import { boundarySurface } from "../../../src/mesh/surface.js";

/** The surface of the heart, shared by all of its pictures. */
export interface Body {
  readonly geometry: three.BufferGeometry;
  readonly bvh: MeshBVH;
  readonly centre: three.Vector3;
  readonly radius: number;
  readonly nodes: number;
}

export function createBody(mesh: Mesh): Body {
  const geometry = new three.BufferGeometry();
  geometry.setAttribute("position", new three.BufferAttribute(Float32Array.from(mesh.points), 3));
  geometry.setIndex(
    new three.BufferAttribute(Uint32Array.from(boundarySurface(mesh).triangles), 1),
  );
  geometry.computeVertexNormals();
  geometry.computeBoundingSphere();
  const { center, radius } = geometry.boundingSphere!;
  // The tree reorders the triangles it is given; ours stay as they are.
  const bvh = new MeshBVH(geometry, { indirect: true });
  return { geometry, bvh, centre: center.clone(), radius, nodes: nodeCount(mesh) };
}

export interface Sight {
  readonly camera: three.Camera;
  /** What lies behind it is cut away. */
  readonly plane: three.Plane;
}

/** The node next to where a line of sight first meets what is shown of the surface. */
export function pickNode(body: Body, { camera, plane }: Sight, at: three.Vector2): number | null {
  const caster = new three.Raycaster();
  caster.setFromCamera(at, camera);
  const [hit] = body.bvh
    .raycast(caster.ray, three.DoubleSide)
    .filter(({ point }) => plane.distanceToPoint(point) >= 0)
    .sort((a, b) => a.distance - b.distance);
  if (!hit?.face) return null;
  const position = body.geometry.getAttribute("position");
  const distance = (node: number) =>
    hit.point.distanceTo(new three.Vector3().fromBufferAttribute(position, node));
  return [hit.face.a, hit.face.b, hit.face.c].sort((a, b) => distance(a) - distance(b))[0];
}
