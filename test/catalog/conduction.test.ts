import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import type { Topology } from "../../src/kernel/layout.js";
import { run } from "../../src/kernel/rollout.js";
import { sheet } from "../../src/mesh/generators.js";
import { adjacency, edgeGraph } from "../../src/mesh/graph.js";
import { type EdgeGraph, type Mesh, nodeCount } from "../../src/mesh/mesh.js";
import { operators, regionTags } from "../../src/mesh/operators.js";
import { grid } from "../../src/mesh/structured.js";
import { edgeFeatures, parseEdgeValues } from "../../src/model/coupling.js";
import type { Diffusion, Reaction } from "../../src/model/declare.js";
import { evaluate } from "../../src/model/graph.js";
import { createProgram } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import { edgeFeature } from "../../src/twin/edge-features.js";
import { defaultOptions } from "../kernel/diffusions.js";
import {
  fillAll,
  fillAllEdges,
  published,
  quiet,
  setParameters,
  startAll,
  workspaceOf,
} from "../kernel/simulation.js";

const plain = sheet({ width_mm: 30, height_mm: 16, spacing_mm: 2, fibreAngle_deg: 30 });
const elements: Mesh = { ...plain, regions: plain.regions.map((_, k) => 1 + (k % 2)) };
const lattice = grid({ size_mm: [30, 16, 0], spacing_mm: 2, fibre: [1, 0, 0] });
const meshOf = (diffusion: Diffusion): Mesh =>
  diffusion.operator.startsWith("finite-difference") ? lattice : elements;

function topologyOf(graph: EdgeGraph): Topology {
  const rows = adjacency(graph);
  return {
    nodes: graph.nodeCount,
    edges: graph.lengths.length,
    rowStart: rows.rowStart,
    neighbour: rows.neighbour,
    slotEdge: rows.edge,
  };
}

/** Long enough for the slowest wave to cross; stiff reactions at their own step. */
const stepping = ({ numerics }: Reaction) => ({
  end_ms: numerics ? 100 : 200,
  dt_ms: numerics?.step_ms ?? 0.2,
  scheme: numerics?.scheme ?? "rk4",
});

/** Activation times, ms, of a wave started at the left end, everything as published. */
function wave(reaction: Reaction, diffusion: Diffusion) {
  const random = createRandom(11, diffusion.name);
  const { end_ms, dt_ms, scheme } = stepping(reaction);
  const mesh = meshOf(diffusion);
  const graph = edgeGraph(mesh);
  const topology = topologyOf(graph);
  const operator = operators[diffusion.operator](mesh, graph) as {
    mass: Float64Array;
    weights: Record<string, Float64Array>;
  };
  const model = diffusion.build(defaultOptions(diffusion), {
    dimension: 2,
    regionTags: regionTags(mesh),
    hasFibres: true,
  });
  const parsed = parseEdgeValues(model, Object.keys(operator.weights), diffusion.name);
  const names = Object.keys(parsed.values);
  const network = (model.network?.spread ?? []).map((s) => s * random.normal());
  const scalars: Record<string, number> = {
    ...Object.fromEntries(Object.entries(model.params).map(([name, p]) => [name, p.value])),
    ...Object.fromEntries(network.map((n, k) => [`n${k}`, n])),
  };
  const features = edgeFeatures.map((name) => [name, edgeFeature(mesh, graph, name)] as const);
  const perEdge = { ...Object.fromEntries(features), ...operator.weights };
  const fields = Object.fromEntries(
    Object.entries(model.fields).flatMap(([name, f]) => [
      [`${name}_i`, f.initial],
      [`${name}_j`, f.initial],
    ]),
  );
  const edgeRow = (e: number) => {
    const inputs = Object.fromEntries(Object.entries(perEdge).map(([name, v]) => [name, v[e]]));
    return evaluate(Object.values(parsed.values), { ...inputs, ...scalars, ...fields });
  };
  const values = Array.from({ length: topology.edges }, (_, e) => edgeRow(e));
  const system = reactionSystem(reaction);
  const program = createProgram({
    reaction: system,
    diffusion: model,
    physics: diffusion.physics,
    edgeNames: names,
    scheme,
    nodeParameters: [],
    where: diffusion.name,
  });
  const steps = Math.round(end_ms / dt_ms);
  const workspace = workspaceOf(program, { backEnd: "wasm-f32x4", topology, steps });
  const weights = Object.entries(scalars).map(([name, v]) => [`diffusion.${name}`, v]);
  setParameters(workspace, {
    ...published(system.parameters, "reaction"),
    ...Object.fromEntries(weights),
  });
  fillAll(
    workspace,
    "inverse_mass",
    operator.mass.map((m) => 1 / m),
  );
  for (const e of program.edgeValues) {
    const row = values.map((v) => v[names.indexOf(e)]);
    fillAllEdges(workspace, e, row);
  }
  startAll(
    workspace,
    system.states.map((state, k) =>
      Float64Array.from({ length: nodeCount(mesh) }, (_, i) =>
        k === 0 && mesh.points[3 * i] < 7 ? 1 : state.rest,
      ),
    ),
  );
  const result = run(workspace, { ...quiet, dt_ms, steps, sampleEvery: 10, threshold: 0.4 });
  const { lanes } = workspace.engine;
  const times = Array.from({ length: nodeCount(mesh) }, (_, i) => result.activation_ms[i * lanes]);
  return { times, range: result.range[0], finite: result.finite[0] };
}

const ahead = (times: readonly number[], mesh: Mesh) =>
  times.map((t, i) => ({ t, x: mesh.points[3 * i] })).filter(({ x }) => x > 9);

const diffusions = Object.values(catalog.diffusions);
/**
 * Stiff reactions take hundreds of times the work: one diffusion of each class shows that they
 * conduct, for those of many states one in all.
 */
const metBy = (reaction: Reaction) => {
  if (!reaction.numerics) return diffusions;
  if (Object.keys(reaction.states).length > 8) return [catalog.diffusions["graph-laplacian"]];
  return diffusions.filter(
    ({ physics }, k) => diffusions.findIndex((d) => d.physics === physics) === k,
  );
};

/** Reactions that carry no wave over this mesh of 2 mm, and why. */
const silent: Readonly<Record<string, string>> = {
  "corrias-buist": "gastric muscle follows its interstitial cells of Cajal",
  "ohara-rudy": "its sodium current, a third inactivated at rest, does not carry it",
};

for (const reaction of Object.values(catalog.reactions).filter(({ name }) => !silent[name]))
  describe(`${reaction.name} conducts as published`, () => {
    test.each(metBy(reaction))("with $name", (diffusion) => {
      const { times, range, finite } = wave(reaction, diffusion);
      expect(finite).toBe(true);
      expect(range[0]).toBeGreaterThan(-0.5);
      expect(range[1]).toBeLessThan(1.2);
      const reached = ahead(times, meshOf(diffusion));
      expect(reached.every(({ t }) => Number.isFinite(t))).toBe(true);
      const mean = (low: number, high: number) => {
        const part = reached.filter(({ x }) => x >= low && x < high).map(({ t }) => t);
        return part.reduce((a, b) => a + b, 0) / part.length;
      };
      // Later and later: a wave, not a simultaneous change.
      expect(mean(16, 22)).toBeGreaterThan(mean(10, 16) + 0.5);
      expect(mean(22, 31)).toBeGreaterThan(mean(16, 22) + 0.5);
    });
  });
