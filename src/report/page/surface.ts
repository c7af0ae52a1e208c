/** The geometry of the maps, before anybody looks at it: shared by the page and by the picture. */

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

/**
 * Closed in itself: it refers to nothing outside its own body, because the page embeds its text.
 */
export function surfaceKit() {
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

  return { prepare, cut, corner, surfaceNode };
}

export type SurfaceKit = ReturnType<typeof surfaceKit>;
