import { graphDistances } from "../../mesh/graph.js";
import { farthestPoints } from "../../mesh/smoothness.js";
import type { CompiledTwin } from "../../twin/compile.js";
import type { FreeScalar } from "../../twin/parameters.js";
import type { TwinValues } from "../../twin/spec.js";

/** Fields of up to this many nodes move node by node, larger ones by this many smooth bumps. */
const [mostNodes, mostBumps] = [160, 128];

/** Distances of differences: large against float32, small against the curvature. */
const differences = { scalar: 2e-3, field: 2e-3 } as const;

/** Everything that is uncertain about a twin, as one vector q; q = 0 is the twin itself. */
export interface Directions {
  /** The first coordinates of q: z of the scalar minus its z in the twin. */
  readonly scalars: readonly FreeScalar[];
  /** Length of q: the scalars, then the nodes or bumps of every field. Network weights stay. */
  readonly size: number;
  /** [size] finite-difference steps. */
  readonly steps: Float64Array;
  /** [size] allowed range of every coordinate. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  valuesAt(q: Float64Array): TwinValues;
  /** sum over edges of lambda (y_i - y_j)^2 / N, the fit's own prior on fields, as q'Kq + 2 b'q + c. */
  readonly smoothness: Penalty;
}

export interface Penalty {
  /** [size * size] */
  readonly matrix: Float64Array;
  readonly linear: Float64Array;
  readonly constant: number;
}

/** The end of a coordinate's range in z. */
export const zBounds = ({ parameter, transform }: FreeScalar): readonly [number, number] =>
  transform === "log"
    ? [Math.log(parameter.bounds[0]), Math.log(parameter.bounds[1])]
    : [parameter.bounds[0], parameter.bounds[1]];

export const zOf = ({ name, transform }: FreeScalar, values: TwinValues): number =>
  transform === "log" ? Math.log(values.scalars[name]) : values.scalars[name];

export const fromZ = ({ transform }: FreeScalar, z: number): number =>
  transform === "log" ? Math.exp(z) : z;

/** `held` scalars are left where they are: profiles fix one at a time. */
export function directionsOf(
  compiled: CompiledTwin,
  base: TwinValues,
  held: readonly string[] = [],
): Directions {
  const { layout } = compiled;
  const scalars = layout.scalars.filter(({ name }) => !held.includes(name));
  const bumps = layout.fields.length > 0 ? bumpsOf(compiled) : [];
  const size = scalars.length + layout.fields.length * bumps.length;
  const origin = scalars.map((scalar) => zOf(scalar, base));
  const low = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  const high = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  scalars.forEach((scalar, k) => {
    [low[k], high[k]] = zBounds(scalar).map((bound) => bound - origin[k]);
  });
  const steps = Float64Array.from({ length: size }, (_, k) => {
    if (k >= scalars.length) return differences.field;
    const log = scalars[k].transform === "log";
    return differences.scalar * (log ? 1 : Math.max(1, Math.abs(origin[k])));
  });
  const fieldAt = (f: number, q: Float64Array): Float64Array => {
    const { name, count, bounds } = layout.fields[f];
    const field = Float64Array.from(base.fields[name] ?? new Float64Array(count));
    const first = scalars.length + f * bumps.length;
    bumps.forEach(({ nodes, heights }, b) => {
      nodes.forEach((node, i) => {
        field[node] += q[first + b] * heights[i];
      });
    });
    return field.map((y) => Math.min(bounds[1], Math.max(bounds[0], y)));
  };
  return {
    scalars,
    size,
    steps,
    low,
    high,
    valuesAt: (q) => ({
      ...base,
      scalars: {
        ...base.scalars,
        ...Object.fromEntries(scalars.map((s, k) => [s.name, fromZ(s, origin[k] + q[k])])),
      },
      fields: {
        ...base.fields,
        ...Object.fromEntries(layout.fields.map(({ name }, f) => [name, fieldAt(f, q)])),
      },
    }),
    smoothness: smoothnessOf(compiled, base, { first: scalars.length, size, bumps }),
  };
}

interface Bump {
  readonly nodes: Int32Array;
  readonly heights: Float64Array;
}

/** One node each, or Gaussians round spread places that add up to 1 everywhere. */
function bumpsOf({ graph }: CompiledTwin): Bump[] {
  const N = graph.nodeCount;
  const single = (_: unknown, i: number) => ({
    nodes: Int32Array.of(i),
    heights: Float64Array.of(1),
  });
  if (N <= mostNodes) return Array.from({ length: N }, single);
  const centres = farthestPoints(graph, mostBumps, 0);
  const distances = Array.from(centres, (node) => graphDistances(graph, [{ node, start: 0 }]));
  const nearest = Float64Array.from({ length: N }, (_, i) =>
    distances.reduce((least, d) => Math.min(least, d[i]), Number.POSITIVE_INFINITY),
  );
  const width = nearest.reduce((a, d) => (Number.isFinite(d) ? Math.max(a, d) : a), 0) || 1;
  const heights = distances.map((d) => d.map((x) => Math.exp(-0.5 * (x / width) ** 2)));
  const total = Float64Array.from({ length: N }, (_, i) => heights.reduce((s, h) => s + h[i], 0));
  return heights.map((h) => {
    const nodes = Int32Array.from(h.keys()).filter((i) => h[i] > 1e-3 * total[i]);
    return { nodes, heights: Float64Array.from(nodes, (i) => h[i] / total[i]) };
  });
}

function smoothnessOf(
  { layout, graph, spec }: CompiledTwin,
  base: TwinValues,
  { first, size, bumps }: { first: number; size: number; bumps: readonly Bump[] },
): Penalty {
  const matrix = new Float64Array(size * size);
  const linear = new Float64Array(size);
  let constant = 0;
  const atNode = Array.from({ length: graph.nodeCount }, () => [] as [number, number][]);
  bumps.forEach(({ nodes, heights }, b) => {
    nodes.forEach((node, i) => {
      atNode[node].push([b, heights[i]]);
    });
  });
  layout.fields.forEach(({ name, count, smoothness }, f) => {
    const lambda = (smoothness * spec.fit.smoothness) / count;
    const start = first + f * bumps.length;
    const field = base.fields[name] ?? new Float64Array(count);
    for (let e = 0; e < graph.lengths.length; e++) {
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      // d(y_i - y_j)/dq, sparse: most bumps touch neither end.
      const slopes = new Map<number, number>();
      for (const [b, h] of atNode[i]) slopes.set(start + b, h);
      for (const [b, h] of atNode[j]) slopes.set(start + b, (slopes.get(start + b) ?? 0) - h);
      const difference = field[i] - field[j];
      constant += lambda * difference * difference;
      for (const [a, slope] of slopes) {
        linear[a] += lambda * slope * difference;
        for (const [b, other] of slopes) matrix[a * size + b] += lambda * slope * other;
      }
    }
  });
  return { matrix, linear, constant };
}
