import { createRandom } from "../core/random.js";
import type { DiffusionModel, Parameter, Reaction } from "../model/declare.js";
import { diffusionName, reactionName } from "../model/program.js";
import { shiftName } from "./observe.js";
import type { TwinSpec, TwinValues } from "./spec.js";

/** One number that a fit may move. Positive quantities move in their logarithm. */
export interface FreeScalar {
  readonly name: string;
  readonly parameter: Parameter;
  readonly transform: "log" | "linear";
}

/** The order of a twin's free numbers in one flat vector: scalars, fields, network weights. */
export interface Layout {
  readonly scalars: readonly FreeScalar[];
  readonly fields: readonly {
    readonly name: string;
    readonly count: number;
    readonly bounds: readonly [number, number];
    /** Weight of the smoothness penalty. */
    readonly smoothness: number;
  }[];
  readonly network: number;
  readonly size: number;
}

/** Scalars of the observation model that a fit may move. */
const blur: Parameter = { value: 2, unit: "ms", bounds: [0.2, 8], fitted: true };
const shift: Parameter = { value: 0, unit: "ms", bounds: [-50, 50], fitted: true };

/** Every scalar of the twin with its declaration, free or not; `beats` may have delays of their own. */
export function declaredScalars(
  reaction: Reaction,
  diffusion: DiffusionModel,
  spec: TwinSpec,
  beats: readonly string[] = [],
): Record<string, Parameter> {
  const variant = spec.reaction.variant ? reaction.variants?.[spec.reaction.variant] : undefined;
  const result: Record<string, Parameter> = {};
  const withTime = {
    ...reaction.params,
    ...(reaction.timeScale ? { time_scale: reaction.timeScale } : {}),
  };
  for (const [name, p] of Object.entries(withTime)) {
    const value = variant?.values[name] ?? p.value;
    const fitted = p.fitted && !(variant?.fixed.includes(name) ?? false);
    result[reactionName(name)] = { ...p, value, fitted };
  }
  for (const [name, p] of Object.entries(diffusion.params)) result[diffusionName(name)] = p;
  if (spec.observation.temporalBlur_ms === "fitted") result["observation.blur_ms"] = blur;
  if (spec.observation.timingShift) for (const beat of beats) result[shiftName(beat)] = shift;
  return result;
}

/** Cells of one heart differ by less than a factor of 3, and little from one to the next. */
const nodalField = { bounds: [-1.1, 1.1], smoothness: 3e-5 } as const;

/** The field, in logarithms, by which a reaction parameter varies over the nodes. */
export const nodalFieldName = (parameter: string) => `${reactionName(parameter)}.log_scale`;

/** A reaction parameter at every node, [N]. */
export function nodalValues(values: TwinValues, parameter: string, nodes: number): Float64Array {
  const value = values.scalars[reactionName(parameter)];
  const field = values.fields[nodalFieldName(parameter)];
  return Float64Array.from({ length: nodes }, (_, i) => value * Math.exp(field?.[i] ?? 0));
}

export function layoutOf(
  declared: Readonly<Record<string, Parameter>>,
  diffusion: DiffusionModel,
  spec: TwinSpec,
  nodes: number,
): Layout {
  const free = spec.fit.freeReaction;
  const moves = (name: string) =>
    !name.startsWith("reaction.") ||
    free === "all" ||
    free.includes(name.slice("reaction.".length));
  const scalars = Object.entries(declared)
    .filter(([name, p]) => p.fitted && moves(name))
    .map(([name, parameter]): FreeScalar => {
      const transform = parameter.bounds[0] > 0 ? "log" : "linear";
      return { name, parameter, transform };
    });
  const fields = [
    ...Object.entries(diffusion.fields).map(([name, { bounds, smoothness }]) => ({
      name: diffusionName(name),
      count: nodes,
      bounds,
      smoothness,
    })),
    ...spec.fit.nodalReaction.map((name) => ({
      name: nodalFieldName(name),
      count: nodes,
      ...nodalField,
    })),
  ];
  const network = diffusion.network?.count ?? 0;
  const size = scalars.length + fields.reduce((n, f) => n + f.count, 0) + network;
  return { scalars, fields, network, size };
}

/** Published values, zero fields, small random network weights. */
export function initialValues(
  declared: Readonly<Record<string, Parameter>>,
  diffusion: DiffusionModel,
  nodes: number,
  seed: number,
): TwinValues {
  const random = createRandom(seed, "network");
  const spread = diffusion.network?.spread ?? [];
  return {
    scalars: Object.fromEntries(Object.entries(declared).map(([name, p]) => [name, p.value])),
    fields: Object.fromEntries(
      Object.entries(diffusion.fields).map(([name, field]) => [
        diffusionName(name),
        new Float64Array(nodes).fill(field.initial),
      ]),
    ),
    network: Float64Array.from(spread, (s) => s * random.normal()),
    sites: {},
  };
}

export function pack(layout: Layout, values: TwinValues): Float64Array {
  const z = new Float64Array(layout.size);
  layout.scalars.forEach(({ name, transform }, k) => {
    z[k] = transform === "log" ? Math.log(values.scalars[name]) : values.scalars[name];
  });
  let at = layout.scalars.length;
  for (const { name, count } of layout.fields) {
    // A field that no fit has touched yet is zero.
    z.set(values.fields[name] ?? new Float64Array(count), at);
    at += count;
  }
  // Layouts of the scalars alone leave the network out.
  if (layout.network > 0) z.set(values.network, at);
  return z;
}

/** The values at `z`, clamped to their bounds; what is not free is taken from `base`. */
export function unpack(layout: Layout, z: Float64Array, base: TwinValues): TwinValues {
  const scalars = { ...base.scalars };
  layout.scalars.forEach(({ name, parameter, transform }, k) => {
    const value = transform === "log" ? Math.exp(z[k]) : z[k];
    scalars[name] = Math.min(parameter.bounds[1], Math.max(parameter.bounds[0], value));
  });
  const fields = { ...base.fields };
  let at = layout.scalars.length;
  for (const { name, count, bounds } of layout.fields) {
    fields[name] = z.slice(at, at + count).map((y) => Math.min(bounds[1], Math.max(bounds[0], y)));
    at += count;
  }
  const network = layout.network > 0 ? z.slice(at, at + layout.network) : base.network;
  return { ...base, scalars, fields, network };
}

/** Gradient in natural values -> gradient in `z`. */
export function packGradient(
  layout: Layout,
  values: TwinValues,
  gradient: {
    scalars: Readonly<Record<string, number>>;
    fields: Readonly<Record<string, Float64Array>>;
    network: Float64Array;
  },
): Float64Array {
  const g = new Float64Array(layout.size);
  layout.scalars.forEach(({ name, transform }, k) => {
    const slope = gradient.scalars[name] ?? 0;
    g[k] = transform === "log" ? slope * values.scalars[name] : slope;
  });
  let at = layout.scalars.length;
  for (const { name, count } of layout.fields) {
    g.set(gradient.fields[name] ?? new Float64Array(count), at);
    at += count;
  }
  g.set(gradient.network, at);
  return g;
}
