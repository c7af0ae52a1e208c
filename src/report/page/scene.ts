import type { Cut, Scene, SurfaceKit } from "./surface.js";

/** From surface to screen: shared by the page (browser) and by the picture (no browser). */

/** A turntable: z stays upright. Radians; zoom 1 fills the frame. */
export interface Camera {
  readonly yaw: number;
  readonly pitch: number;
  readonly zoom: number;
}

export interface Marker {
  readonly node: number;
  readonly kind: "pacing" | "electrode" | "value" | "chosen";
  readonly colour: string;
}

/** Where the unit sphere falls on the screen. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** How a cut map is painted. `colours` are those of the bands, the last one of "no data". */
export interface Look {
  readonly camera: Camera;
  readonly frame: Frame;
  readonly colours: readonly Rgb[];
  readonly markers: readonly Marker[];
  /** Lines between the bands. */
  readonly isochrones: boolean;
}

/** What to paint, back to front. Coordinates in pixels: x y x y ... of each path. */
export type Layer =
  | {
      readonly kind: "fill";
      readonly colour: string;
      readonly paths: readonly (readonly number[])[];
    }
  | { readonly kind: "isochrone" | "outline"; readonly paths: readonly (readonly number[])[] }
  | { readonly kind: "marker"; readonly marker: Marker; readonly x: number; readonly y: number };

type Rgb = readonly [number, number, number];

/** Closed in itself, like surfaceKit. */
export function sceneKit({ corner }: SurfaceKit) {
  const slabs = 64;
  const shades = 8;
  const light = [-0.42, 0.52, 0.74];

  /** Right, up and towards the viewer, as rows. */
  function axes(camera: Camera): readonly (readonly number[])[] {
    const [c, s] = [Math.cos(camera.yaw), Math.sin(camera.yaw)];
    const [cp, sp] = [Math.cos(camera.pitch), Math.sin(camera.pitch)];
    return [
      [c, -s, 0],
      [s * sp, c * sp, cp],
      [-s * cp, -c * cp, sp],
    ];
  }

  const dot = (row: readonly number[], v: ArrayLike<number>, at: number): number =>
    row[0] * v[at] + row[1] * v[at + 1] + row[2] * v[at + 2];

  /** Where every node falls: x and y in pixels, depth towards the viewer, facing = normal's share. */
  function project(scene: Scene, camera: Camera, frame: Frame) {
    const [right, up, near] = axes(camera);
    const scale = frame.radius * camera.zoom;
    const count = scene.points.length / 3;
    const places = Array.from({ length: count }, (_, node) => ({
      x: frame.x + scale * dot(right, scene.points, 3 * node),
      y: frame.y - scale * dot(up, scene.points, 3 * node),
      depth: dot(near, scene.points, 3 * node),
      facing: dot(near, scene.normals, 3 * node),
    }));
    return places;
  }

  type Places = ReturnType<typeof project>;

  /** The nearest visible node of the surface within `reach` pixels, or -1. */
  function pick(scene: Scene, places: Places, at: { x: number; y: number; reach: number }): number {
    let [best, lowest] = [-1, Infinity];
    for (const node of new Set(scene.triangles)) {
      const place = places[node];
      const distance = Math.hypot(place.x - at.x, place.y - at.y);
      if (distance > at.reach || (scene.closed && place.facing < 0)) continue;
      // Of two nodes on one line of sight the nearer one is meant.
      const rank = distance - 0.5 * at.reach * place.depth;
      if (rank < lowest) [best, lowest] = [node, rank];
    }
    return best;
  }

  function slabOf(depth: number): number {
    return Math.max(0, Math.min(slabs - 1, Math.floor(((depth + 1) / 2) * slabs)));
  }

  function shadeOf(scene: Scene, t: number, rows: readonly (readonly number[])[]): number {
    let lit = 0;
    let nearness = 0;
    for (let k = 0; k < 3; k++) {
      const at = 3 * scene.triangles[3 * t + k];
      const n = rows.map((row) => dot(row, scene.normals, at));
      lit += n[0] * light[0] + n[1] * light[1] + n[2] * light[2];
      nearness += n[2];
    }
    const share = (!scene.closed && nearness < 0 ? -lit : lit) / 3;
    return Math.round(Math.max(0, Math.min(1, 0.25 + 0.75 * share)) * (shades - 1));
  }

  function shaded(colour: Rgb, shade: number): string {
    const factor = 0.8 + (0.2 * shade) / (shades - 1);
    return `#${colour
      .map((c) =>
        Math.round(c * factor)
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")}`;
  }

  /**
   * Painter's algorithm in slabs of depth: inside one slab pieces of a colour form one path, which
   * is quick on a canvas and short in a file.
   */
  function layers(scene: Scene, cutMap: Cut, look: Look): Layer[] {
    const rows = axes(look.camera);
    const scale = look.frame.radius * look.camera.zoom;
    const flatten = (xyz: readonly number[]): number[] => {
      const xy: number[] = [];
      for (let i = 0; i < xyz.length; i += 3)
        xy.push(
          look.frame.x + scale * dot(rows[0], xyz, i),
          look.frame.y - scale * dot(rows[1], xyz, i),
        );
      return xy;
    };
    const { slab, front } = sortTriangles(scene, rows);
    const edges = outline(scene, front, slab);
    const markers = markersBySlab(scene, rows, look.markers);
    const result: Layer[] = [];
    for (let depth = 0; depth < slabs; depth++) {
      const fills = new Map<string, number[][]>();
      const lines: number[][] = [];
      for (const t of slab[depth]) {
        const shade = shadeOf(scene, t, rows);
        for (let p = cutMap.firstPiece[t]; p < cutMap.firstPiece[t + 1]; p++) {
          const band = cutMap.band[p] < 0 ? look.colours.length - 1 : cutMap.band[p];
          const colour = shaded(look.colours[band], shade);
          const paths = fills.get(colour) ?? [];
          paths.push(flatten(cutMap.corners[p]));
          fills.set(colour, paths);
        }
        for (let l = cutMap.firstLine[t]; l < cutMap.firstLine[t + 1]; l++)
          lines.push(flatten(cutMap.lines[l]));
      }
      for (const [colour, paths] of fills) result.push({ kind: "fill", colour, paths });
      if (look.isochrones && lines.length) result.push({ kind: "isochrone", paths: lines });
      if (edges[depth].length)
        result.push({ kind: "outline", paths: edges[depth].map((xyz) => flatten(xyz)) });
      for (const marker of markers[depth]) {
        const [x, y] = flatten(corner(scene.points, marker.node));
        result.push({ kind: "marker", marker, x, y });
      }
    }
    return result;
  }

  const emptySlabs = <T>(): T[][] => Array.from({ length: slabs }, () => []);

  function sortTriangles(scene: Scene, rows: readonly (readonly number[])[]) {
    const { points, triangles } = scene;
    const slab = emptySlabs<number>();
    const front = new Uint8Array(triangles.length / 3);
    for (let t = 0; t < front.length; t++) {
      const at = [0, 1, 2].map((k) => 3 * triangles[3 * t + k]);
      const [x, y, z] = rows.map((row) => at.map((i) => dot(row, points, i)));
      front[t] = (x[1] - x[0]) * (y[2] - y[0]) > (x[2] - x[0]) * (y[1] - y[0]) ? 1 : 0;
      if (front[t] || !scene.closed) slab[slabOf((z[0] + z[1] + z[2]) / 3)].push(t);
    }
    return { slab, front };
  }

  /** Edges between a face that looks at us and one that looks away, and the borders. */
  function outline(scene: Scene, front: Uint8Array, slab: readonly (readonly number[])[]) {
    const slabOfTriangle = new Int32Array(front.length).fill(-1);
    for (const [depth, list] of slab.entries()) for (const t of list) slabOfTriangle[t] = depth;
    const result = emptySlabs<number[]>();
    for (let e = 0; e < scene.edges.length; e += 4) {
      const [a, b, t, u] = scene.edges.subarray(e, e + 4);
      if (u >= 0 && front[t] === front[u]) continue;
      const depth = Math.max(slabOfTriangle[t], u < 0 ? -1 : slabOfTriangle[u]);
      if (depth >= 0) result[depth].push([...corner(scene.points, a), ...corner(scene.points, b)]);
    }
    return result;
  }

  function markersBySlab(
    scene: Scene,
    rows: readonly (readonly number[])[],
    markers: readonly Marker[],
  ) {
    const result = emptySlabs<Marker>();
    for (const marker of markers) {
      if (scene.closed && dot(rows[2], scene.normals, 3 * marker.node) < -0.05) continue;
      // A little nearer than the surface it sits on.
      result[slabOf(dot(rows[2], scene.points, 3 * marker.node) + 0.12)].push(marker);
    }
    return result;
  }

  /** A camera that sees `node` a little from the side; the usual one when there is no node. */
  function cameraAt(scene: Scene, node: number | undefined): Camera {
    if (scene.flat) return fitted(scene, { yaw: 0, pitch: Math.PI / 2, zoom: 1 });
    const at = node === undefined ? -1 : 3 * node;
    const from = scene.closed ? scene.normals : scene.points;
    const side = at < 0 ? -Math.PI / 2 : Math.atan2(from[at + 1], from[at]);
    return fitted(scene, { yaw: -Math.PI / 2 - side + 0.35, pitch: 0.28, zoom: 1 });
  }

  /** As large as the frame allows, but so that turning does not push much out of it. */
  function fitted(scene: Scene, camera: Camera): Camera {
    const [right, up] = axes(camera);
    let extent = 1e-6;
    for (const node of scene.triangles)
      for (const row of [right, up])
        extent = Math.max(extent, Math.abs(dot(row, scene.points, 3 * node)));
    return { ...camera, zoom: Math.min(1.3, 1 / extent) };
  }

  return { layers, project, pick, cameraAt };
}

export type SceneKit = ReturnType<typeof sceneKit>;
