import { createEngine } from "../kernel/engine.js";
import { loneNodes } from "../kernel/layout.js";
import type { EdgeGraph } from "../mesh/mesh.js";
import { type EdgeFeature, edgeFeatures, parseEdgeValues, scalarNames } from "../model/coupling.js";
import type { DiffusionModel } from "../model/declare.js";
import { gradient } from "../model/differentiate.js";
import { inputsOf, type Node } from "../model/graph.js";
import type { KernelSpec, Source } from "../model/kernel-spec.js";
import { algebra } from "../model/operations.js";
import { diffusionName } from "../model/program.js";
import type { TwinValues } from "./spec.js";

/** What runs once per roll-out: parameters, fields and networks to edge values, and back. */
export interface EdgeMap {
  /** Names of the edge values. */
  readonly names: readonly string[];
  /** Edge values by name, [E] each. */
  evaluate(values: TwinValues): Record<string, Float64Array>;
  /** Pulls d loss / d edge value back to everything that the edge values depend on. */
  pullBack(
    values: TwinValues,
    bars: Readonly<Record<string, Float64Array>>,
  ): {
    scalars: Record<string, number>;
    fields: Record<string, Float64Array>;
    network: Float64Array;
  };
}

/**
 * Compiles the edge equations in float64. `weights` are the operator's, [E] each; `featureOf` is asked
 * only for the edge features that the equations read: a large mesh cannot afford all.
 */
export function createEdgeMap(
  model: DiffusionModel,
  graph: EdgeGraph,
  weights: Readonly<Record<string, Float64Array>>,
  { featureOf, where }: { featureOf: (name: EdgeFeature) => Float64Array; where: string },
): EdgeMap {
  const parsed = parseEdgeValues(model, Object.keys(weights), where);
  const names = Object.keys(parsed.values);
  const scalars = scalarNames(model);
  const fields = Object.keys(model.fields);
  const specs = passes(parsed.graph, parsed.values, scalars, fields);
  const count = graph.lengths.length;
  const read = specs.flatMap((spec) => Object.keys(spec.inputs));
  const inputs = Object.fromEntries([
    ...Object.entries(weights).filter(([name]) => read.includes(name)),
    ...edgeFeatures
      .filter((name) => read.includes(name))
      .map((name) => [name, featureOf(name)] as const),
  ]);
  const streams = streamSizes(names, Object.keys(inputs), fields, scalars, count);
  // Edges play the part of nodes without neighbours.
  const layout = loneNodes(count);
  const engine = createEngine({ backEnd: "js-float64", lanes: 1, specs, layout, streams });
  const at = (name: string, size: number) => {
    const from = engine.placeOf(name)!;
    return engine.floats.subarray(from, from + size) as Float64Array;
  };
  for (const [name, values] of Object.entries(inputs)) at(name, count).set(values);
  const call = (name: string) => engine.kernel(name).run();

  const load = (values: TwinValues) => {
    const parameters = Object.keys(model.params).map((p) => values.scalars[diffusionName(p)]);
    at("parameters", scalars.length).set([...parameters, ...values.network]);
    for (const field of fields) {
      const y = values.fields[diffusionName(field)];
      const [first, second] = [at(`${field}_i`, count), at(`${field}_j`, count)];
      for (let e = 0; e < count; e++) {
        first[e] = y[graph.edges[2 * e]];
        second[e] = y[graph.edges[2 * e + 1]];
      }
    }
  };
  return {
    names,
    evaluate: (values) => {
      load(values);
      call("edge");
      return Object.fromEntries(names.map((n) => [n, at(`out.${n}`, count).slice()]));
    },
    pullBack: (values, bars) => {
      load(values);
      for (const n of names) at(`bar.${n}`, count).set(bars[n] ?? new Float64Array(count));
      call("edge-adjoint");
      const reduced = at("reduced", scalars.length);
      const parameterCount = Object.keys(model.params).length;
      return {
        scalars: Object.fromEntries(
          Object.keys(model.params).map((p, k) => [diffusionName(p), reduced[k]]),
        ),
        network: reduced.slice(parameterCount),
        fields: Object.fromEntries(fields.map((f) => [diffusionName(f), nodeGradient(f)])),
      };
    },
  };

  function nodeGradient(field: string): Float64Array {
    const result = new Float64Array(graph.nodeCount);
    const [first, second] = [at(`grad.${field}_i`, count), at(`grad.${field}_j`, count)];
    for (let e = 0; e < count; e++) {
      result[graph.edges[2 * e]] += first[e];
      result[graph.edges[2 * e + 1]] += second[e];
    }
    return result;
  }
}

/** The pass over the edges and its adjoint. */
function passes(
  graph: KernelSpec["graph"],
  values: Readonly<Record<string, Node>>,
  scalars: readonly string[],
  fields: readonly string[],
): KernelSpec[] {
  const g = algebra(graph);
  const bar = (name: string) => graph.input(`bar.${name}`);
  const phi = graph.sum(Object.entries(values).map(([name, value]) => g.mul(bar(name), value)));
  const ends = fields.flatMap((f) => [`${f}_i`, `${f}_j`]);
  const wrt = [...scalars, ...ends].map((name) => graph.input(name));
  const slopes = gradient(graph, phi, wrt);
  const source = (name: string): Source => {
    const index = scalars.indexOf(name);
    return index < 0
      ? { from: "node", stream: name }
      : { from: "global", stream: "parameters", index };
  };
  const spec = (name: string, part: Pick<KernelSpec, "outputs" | "reductions">): KernelSpec => {
    const roots = [...part.outputs, ...part.reductions].map((x) => x.value);
    const inputs = Object.fromEntries([...inputsOf(roots)].map((n) => [n, source(n)]));
    return { name, graph, inputs, sums: {}, ...part, padded: false };
  };
  return [
    spec("edge", {
      outputs: Object.entries(values).map(([name, value]) => ({
        per: "node",
        stream: `out.${name}`,
        value,
        mode: "store",
      })),
      reductions: [],
    }),
    spec("edge-adjoint", {
      outputs: ends.map((name, k) => ({
        per: "node",
        stream: `grad.${name}`,
        value: slopes[scalars.length + k],
        mode: "store",
      })),
      reductions: scalars.map((_, k) => ({ per: "node", value: slopes[k] })),
    }),
  ];
}

function streamSizes(
  names: readonly string[],
  inputs: readonly string[],
  fields: readonly string[],
  scalars: readonly string[],
  count: number,
): Map<string, number> {
  const sizes = new Map<string, number>([
    ["parameters", scalars.length],
    ["reduced", scalars.length],
  ]);
  for (const name of inputs) sizes.set(name, count);
  for (const name of names)
    for (const prefix of ["out", "bar"]) sizes.set(`${prefix}.${name}`, count);
  for (const field of fields)
    for (const end of ["i", "j"]) {
      sizes.set(`${field}_${end}`, count);
      sizes.set(`grad.${field}_${end}`, count);
    }
  return sizes;
}
