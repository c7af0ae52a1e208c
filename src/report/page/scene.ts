/** The geometry of the maps: shared by the page (browser) and by the picture (no browser). */

/** A surface centred at 0 with all its nodes within distance 1. */
export interface Scene {
  /** [N * 3] */
  readonly points: Float32Array;
  /** [T * 3] */
  readonly triangles: Int32Array;
  /** [N * 3] unit normals; zero for nodes that are not on the surface. */
  readonly normals: Float32Array;
  /** [E * 4] two nodes and the one or two triangles beside them (-1 = border). */
  readonly edges: Int32Array;
  /** No border: the inside can never be seen, so faces turned away are left out. */
  readonly closed: boolean;
  /** All in the plane z = const: looked at from above. */
  readonly flat: boolean;
}

/** A turntable: z stays upright. Radians; zoom 1 fills the frame. */
export interface Camera {
  readonly yaw: number;
  readonly pitch: number;
  readonly zoom: number;
}

/** A map cut into bands between levels, still in space: turning it needs no new cut. */
export interface Cut {
  /** Pieces of triangle t are firstPiece[t] .. firstPiece[t + 1]. */
  readonly firstPiece: Int32Array;
  /** Band of each piece, 0 .. levels; -1 = no data. */
  readonly band: readonly number[];
  /** Corners of each piece, x y z after each other. */
  readonly corners: readonly (readonly number[])[];
  /** Isochrones of triangle t are firstLine[t] .. firstLine[t + 1]. */
  readonly firstLine: Int32Array;
  /** x y z of both ends. */
  readonly lines: readonly (readonly number[])[];
  /** Nodes with a value, but no triangle that shows it. */
  readonly lonely: readonly { readonly node: number; readonly band: number }[];
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

/**
 * Closed in itself: it refers to nothing outside its own body, because the page embeds its text.
 */
export function sceneKit() {
  const slabs = 64;
  const shades = 8;
  const light = [-0.42, 0.52, 0.74];

  function prepare(points: ArrayLike<number>, triangles: ArrayLike<number>): Scene {
    const box = boundingBox(points, triangles);
    const scaled = Float32Array.from(
      points,
      (value, i) => (value - box.centre[i % 3]) / box.radius,
    );
    const edges = edgesOf(triangles);
    const closed = triangles.length > 0 && edges.every((edge) => edge[3] >= 0);
    const oriented = Int32Array.from(triangles);
    // Inside-out surfaces of a user's files would show their hidden half.
    if (closed && volume(scaled, oriented) < 0)
      for (let t = 0; t < oriented.length; t += 3) oriented.subarray(t + 1, t + 3).reverse();
    return {
      points: scaled,
      triangles: oriented,
      normals: nodeNormals(scaled, oriented),
      edges: Int32Array.from(edges.flat()),
      closed,
      flat: box.thickness < 0.02,
    };
  }

  function boundingBox(points: ArrayLike<number>, nodes: ArrayLike<number>) {
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < nodes.length; i++)
      for (let axis = 0; axis < 3; axis++) {
        low[axis] = Math.min(low[axis], points[3 * nodes[i] + axis]);
        high[axis] = Math.max(high[axis], points[3 * nodes[i] + axis]);
      }
    const centre = nodes.length ? low.map((value, axis) => (value + high[axis]) / 2) : [0, 0, 0];
    let radius = 0;
    for (let i = 0; i < nodes.length; i++) {
      const place = centre.map((c, axis) => points[3 * nodes[i] + axis] - c);
      radius = Math.max(radius, Math.hypot(place[0], place[1], place[2]));
    }
    return { centre, radius: radius || 1, thickness: (high[2] - low[2]) / (radius || 1) };
  }

  function edgesOf(triangles: ArrayLike<number>): number[][] {
    const known = new Map<string, number[]>();
    for (let i = 0; i < triangles.length; i++) {
      const a = triangles[i];
      const b = triangles[i - (i % 3) + ((i + 1) % 3)];
      const key = a < b ? `${a} ${b}` : `${b} ${a}`;
      const edge = known.get(key);
      if (edge) edge[3] = Math.floor(i / 3);
      else known.set(key, [a, b, Math.floor(i / 3), -1]);
    }
    return [...known.values()];
  }

  function corner(points: Float32Array, node: number): number[] {
    return [points[3 * node], points[3 * node + 1], points[3 * node + 2]];
  }

  function cross(p: number[], q: number[]): number[] {
    return [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
  }

  function volume(points: Float32Array, triangles: Int32Array): number {
    let sum = 0;
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => corner(points, triangles[t + k]));
      const n = cross(b, c);
      sum += a[0] * n[0] + a[1] * n[1] + a[2] * n[2];
    }
    return sum / 6;
  }

  function nodeNormals(points: Float32Array, triangles: Int32Array): Float32Array {
    const normals = new Float32Array(points.length);
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => corner(points, triangles[t + k]));
      const n = cross(
        b.map((value, i) => value - a[i]),
        c.map((value, i) => value - a[i]),
      );
      for (let k = 0; k < 9; k++)
        normals[3 * triangles[t + Math.floor(k / 3)] + (k % 3)] += n[k % 3];
    }
    for (let i = 0; i < normals.length; i += 3) {
      const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
      for (let axis = 0; axis < 3; axis++) normals[i + axis] /= length;
    }
    return normals;
  }

  /** Values below the first level are band 0, above the last one band levels.length. */
  function bandOf(value: number, levels: readonly number[]): number {
    let band = 0;
    while (band < levels.length && value >= levels[band]) band++;
    return band;
  }

  /** Part of a polygon (x y z value per corner) where sign * (value - level) >= 0. */
  function clip(polygon: number[][], level: number, sign: number): number[][] {
    const result: number[][] = [];
    for (let i = 0; i < polygon.length; i++) {
      const [here, next] = [polygon[i], polygon[(i + 1) % polygon.length]];
      const [inside, after] = [sign * (here[3] - level) >= 0, sign * (next[3] - level) >= 0];
      if (inside) result.push(here);
      if (inside !== after) result.push(crossing(here, next, level));
    }
    return result;
  }

  function crossing(p: number[], q: number[], level: number): number[] {
    const share = (level - p[3]) / (q[3] - p[3]);
    return p.map((value, i) => value + share * (q[i] - value));
  }

  function isoline(polygon: number[][], level: number): number[] {
    const ends = polygon.flatMap((p, i) => {
      const q = polygon[(i + 1) % 3];
      return p[3] < level !== q[3] < level ? [crossing(p, q, level).slice(0, 3)] : [];
    });
    return ends.flat();
  }

  function cut(scene: Scene, values: ArrayLike<number>, levels: readonly number[]): Cut {
    const { points, triangles } = scene;
    const count = triangles.length / 3;
    const [firstPiece, firstLine] = [new Int32Array(count + 1), new Int32Array(count + 1)];
    const band: number[] = [];
    const corners: number[][] = [];
    const lines: number[][] = [];
    const shown = new Uint8Array(values.length);
    const onSurface = new Uint8Array(values.length);
    for (let t = 0; t < count; t++) {
      const nodes = triangles.subarray(3 * t, 3 * t + 3);
      const polygon = Array.from(nodes, (node) => [...corner(points, node), values[node]]);
      const known = polygon.every((p) => Number.isFinite(p[3]));
      for (const node of nodes) {
        onSurface[node] = 1;
        if (known) shown[node] = 1;
      }
      if (known) cutTriangle(polygon, levels, { band, corners, lines });
      else {
        band.push(-1);
        corners.push(polygon.flatMap((p) => p.slice(0, 3)));
      }
      firstPiece[t + 1] = band.length;
      firstLine[t + 1] = lines.length;
    }
    const lonely = Array.from(values, (value, node) => ({
      node,
      band: bandOf(value, levels),
    })).filter(({ node }) => onSurface[node] && !shown[node] && Number.isFinite(values[node]));
    return { firstPiece, firstLine, band, corners, lines, lonely };
  }

  function cutTriangle(
    polygon: number[][],
    levels: readonly number[],
    out: { band: number[]; corners: number[][]; lines: number[][] },
  ): void {
    const sizes = polygon.map((p) => p[3]);
    const [low, high] = [bandOf(Math.min(...sizes), levels), bandOf(Math.max(...sizes), levels)];
    for (let band = low; band <= high; band++) {
      const above = band > low ? clip(polygon, levels[band - 1], 1) : polygon;
      const piece = band < high ? clip(above, levels[band], -1) : above;
      if (piece.length < 3) continue;
      out.band.push(band);
      out.corners.push(piece.flatMap((p) => p.slice(0, 3)));
      if (band < high) out.lines.push(isoline(polygon, levels[band]));
    }
  }

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
      const rank = distance - 2 * at.reach * place.depth;
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
    const factor = 0.7 + (0.3 * shade) / (shades - 1);
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
   * is quick on a canvas and short in a file. `colours` are those of the bands, the last of "no data".
   */
  function layers(
    scene: Scene,
    cutMap: Cut,
    look: { camera: Camera; frame: Frame; colours: readonly Rgb[]; markers: readonly Marker[] },
  ): Layer[] {
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
      if (lines.length) result.push({ kind: "isochrone", paths: lines });
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

  /** The node of the surface nearest to `node`: pacing inside a wall is shown on its outside. */
  function surfaceNode(scene: Scene, node: number): number {
    const here = corner(scene.points, node);
    let [best, least] = [-1, Infinity];
    for (const other of new Set(scene.triangles)) {
      const p = corner(scene.points, other);
      const distance = Math.hypot(p[0] - here[0], p[1] - here[1], p[2] - here[2]);
      if (distance < least) [best, least] = [other, distance];
    }
    return best;
  }

  /** A camera that sees `node` a little from the side; the usual one when there is no node. */
  function cameraAt(scene: Scene, node: number | undefined): Camera {
    if (scene.flat) return { yaw: 0, pitch: Math.PI / 2, zoom: 1 };
    const at = node === undefined ? -1 : 3 * node;
    const from = scene.closed ? scene.normals : scene.points;
    const side = at < 0 ? -Math.PI / 2 : Math.atan2(from[at + 1], from[at]);
    return { yaw: -Math.PI / 2 - side + 0.35, pitch: 0.28, zoom: 1 };
  }

  return { prepare, cut, layers, project, pick, surfaceNode, cameraAt, bandOf };
}

export type SceneKit = ReturnType<typeof sceneKit>;
