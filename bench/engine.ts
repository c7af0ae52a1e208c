import { alievPanfilov } from "../src/catalog/reaction/aliev-panfilov.js";
import { reverse } from "../src/kernel/adjoint.js";
import type { BackEnd } from "../src/kernel/engine.js";
import { fillLane } from "../src/kernel/node-stream.js";
import { type RunOptions, run, setGlobal, setInitial } from "../src/kernel/rollout.js";
import { createWorkspace, fillEdges, type Workspace } from "../src/kernel/workspace.js";
import { ellipsoidShell } from "../src/mesh/generators.js";
import { adjacency, edgeGraph } from "../src/mesh/graph.js";
import { nodeCount } from "../src/mesh/mesh.js";
import { operators } from "../src/mesh/operators.js";
import { linearFlux } from "../src/model/declare.js";
import { createProgram } from "../src/model/program.js";
import { reactionSystem } from "../src/model/reaction-system.js";
import type { SchemeName } from "../src/model/schemes.js";

/**
 * Workload W1: Aliev-Panfilov on a closed ellipsoid, one conductance per edge, 600 steps, loss on u
 * every 10th step, exact gradient in all parameters and every edge; one thread, four trajectories.
 * Correctness is checked before anything is timed. Prints medians, and JSON with --json.
 */
const [steps, dt, every, repetitions] = [600, 0.05, 10, 15];
const sizes = [642, 2562, 10242];

interface Row {
  readonly nodes: number;
  readonly scheme: SchemeName;
  readonly forward_ms: number;
  readonly gradient_ms: number;
  /** Node-steps of forward and gradient together, per second, over the four trajectories. */
  readonly gradient_M_per_s: number;
  readonly forward_M_per_s: number;
}

function prepare(nodes: number, scheme: SchemeName, backEnd: BackEnd) {
  const mesh = ellipsoidShell({ semiAxes_mm: [20, 20, 30], nodes, open: false });
  const graph = edgeGraph(mesh);
  const { mass, weights } = operators.p1(mesh, graph);
  const rows = adjacency(graph);
  const topology = {
    nodes: nodeCount(mesh),
    edges: graph.lengths.length,
    rowStart: rows.rowStart,
    neighbour: rows.neighbour,
    slotEdge: rows.edge,
  };
  const reaction = reactionSystem(alievPanfilov);
  const program = createProgram({
    reaction,
    diffusion: { params: {}, fields: {}, edge: "g = w", ...linearFlux },
    physics: "symmetric-flux",
    edgeNames: ["g"],
    scheme,
    nodeParameters: [],
    where: "W1",
  });
  const request = { program, topology, backEnd, lanes: 4, adjoint: true, steps };
  const workspace = createWorkspace({ ...request, memoryBudget_bytes: 4e9 });
  const scale = mass.reduce((a, b) => a + b, 0) / mass.length;
  for (let lane = 0; lane < 4; lane++) {
    for (const [name, p] of Object.entries(reaction.parameters))
      setGlobal(workspace, `reaction.${name}`, lane, name === "time_scale" ? 1 : p.value);
    fillEdges(workspace, "g", lane, weights.w);
    fillLane(
      workspace,
      "inverse_mass",
      lane,
      mass.map((m) => scale / m),
    );
    const lifted = Float64Array.from({ length: topology.nodes }, (_, i) => Number(i < 40));
    setInitial(workspace, lane, [lifted, new Float64Array(topology.nodes)]);
  }
  const options: RunOptions = {
    dt_ms: dt,
    steps,
    pulses: [],
    sampleEvery: every,
    threshold: 0.5,
    recoveryThreshold: 0.5,
    watch: false,
  };
  return { workspace, options };
}

function iterate({ workspace, options }: { workspace: Workspace; options: RunOptions }) {
  const start = performance.now();
  const result = run(workspace, options);
  const middle = performance.now();
  const gradient = reverse(workspace, options, { potential: result.potential }, result);
  const end = performance.now();
  return { gradient, forward_ms: middle - start, gradient_ms: end - start };
}

/** Single precision against the float64 reference: the norm of the edge gradient's error. */
function check(nodes: number, scheme: SchemeName): number {
  const [wasm, reference] = (["wasm-f32x4", "js-float64"] as const).map(
    (backEnd) => iterate(prepare(nodes, scheme, backEnd)).gradient.edges.g,
  );
  const norm = (v: Float64Array) => Math.sqrt(v.reduce((s, x) => s + x * x, 0));
  return norm(wasm.map((x, k) => x - reference[k])) / norm(reference);
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

function measure(nodes: number, scheme: SchemeName): Row {
  const prepared = prepare(nodes, scheme, "wasm-f32x4");
  for (let k = 0; k < 5; k++) iterate(prepared);
  const times = Array.from({ length: repetitions }, () => iterate(prepared));
  const forward_ms = median(times.map((t) => t.forward_ms));
  const gradient_ms = median(times.map((t) => t.gradient_ms));
  const work = (4 * prepared.workspace.topology.nodes * steps) / 1e3;
  return {
    nodes: prepared.workspace.topology.nodes,
    scheme,
    forward_ms,
    gradient_ms,
    forward_M_per_s: work / forward_ms,
    gradient_M_per_s: work / gradient_ms,
  };
}

const error = check(642, "euler");
if (!(error < 1e-4)) throw new Error(`The gradient is off by ${error} of its norm.`);
const rows = (["euler", "rk4"] as const).flatMap((scheme) => sizes.map((n) => measure(n, scheme)));
if (process.argv.includes("--json")) console.log(JSON.stringify({ error, rows }, null, 2));
else {
  console.log(`edge gradient, float32 against float64: ${error.toExponential(1)} of its norm`);
  for (const r of rows)
    console.log(
      `${r.scheme.padEnd(6)} N = ${String(r.nodes).padStart(5)}  forward ${r.forward_ms.toFixed(1)} ms (${r.forward_M_per_s.toFixed(0)} M node-steps/s)  with gradient ${r.gradient_ms.toFixed(1)} ms (${r.gradient_M_per_s.toFixed(0)} M node-steps/s)`,
    );
}
