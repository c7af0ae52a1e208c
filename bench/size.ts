import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  catalog,
  compileTwin,
  defaultSpec,
  grid,
  laneOf,
  type Mesh,
  type Recording,
  simulate,
  slab,
  stableStep_ms,
  timeGrid,
} from "../src/index.js";
import type { CompiledTwin } from "../src/twin/compile.js";
import type { Simulation } from "../src/twin/simulate.js";

/**
 * Whether large tissue fits: every case runs in a process of its own, whose peak resident memory is
 * compared with the limit we promise.
 */
interface SizeCase {
  readonly title: string;
  readonly diffusion: string;
  readonly mesh: () => Mesh;
  readonly steps: number;
  readonly gradient: boolean;
  readonly limit_GB: number;
}

/** 81 * 41 * 31 nodes, about 10^5. */
const tetrahedra = () => slab({ size_mm: [20, 10, 7.5], spacing_mm: 0.25 });

const cases: Readonly<Record<string, SizeCase>> = {
  grid: {
    title: "grid of 100 x 100 x 100 nodes, forward",
    diffusion: "finite-difference",
    mesh: () => grid({ size_mm: [24.75, 24.75, 24.75], spacing_mm: 0.25 }),
    steps: 100,
    gradient: false,
    limit_GB: 2,
  },
  slab: {
    title: "slab of 10^5 nodes (tetrahedra), forward",
    diffusion: "finite-element",
    mesh: tetrahedra,
    steps: 100,
    gradient: false,
    limit_GB: 2,
  },
  gradient: {
    title: "slab of 10^5 nodes, gradient with checkpoints",
    diffusion: "finite-element",
    mesh: tetrahedra,
    // 2 GB of states, more than a twin's budget: they are checkpointed.
    steps: 2400,
    gradient: true,
    limit_GB: 8,
  },
};

/** A corner of 1 mm is paced. */
function recordingOn(mesh: Mesh): Recording {
  const nodes: number[] = [];
  for (let i = 0; i < mesh.points.length / 3; i++)
    if (Math.max(...mesh.points.subarray(3 * i, 3 * i + 3)) <= 1) nodes.push(i);
  const current = { nodes, start_ms: 0, duration_ms: 2, strength_per_ms: 1 };
  return {
    id: "corner",
    beat: "corner",
    stimuli: { kind: "given", stimuli: [{ kind: "current", ...current }] },
  };
}

interface Measurement {
  readonly nodes: number;
  readonly edges: number;
  readonly compile_s: number;
  readonly forward_s: number;
  readonly gradient_s: number;
  readonly checkpointed: boolean;
  readonly peak_GB: number;
  readonly excited: number;
}

function measure({ diffusion, mesh: build, steps, gradient }: SizeCase): Measurement {
  const seconds = clock();
  const mesh = build();
  const compiled = compileTwin(
    catalog,
    {
      ...defaultSpec,
      reaction: { name: "aliev-panfilov" },
      diffusion: { name: diffusion, options: {} },
      numerics: { scheme: "euler", stepFraction: 0.8, refinements: 0 },
    },
    mesh,
  );
  const scalars = Object.fromEntries(
    Object.entries(compiled.declared).map(([name, { value }]) => [name, value]),
  );
  const values = { scalars, fields: {}, network: new Float64Array(0), sites: {} };
  const compile_s = seconds();
  const dt_ms = stableStep_ms(compiled, values);
  const input = { values, recording: recordingOn(mesh) };
  const simulation = simulate(compiled, [input], {
    grid: timeGrid(steps * dt_ms, 2, dt_ms),
    adjoint: gradient,
  });
  const forward_s = seconds();
  const { potential } = simulation.result;
  if (gradient)
    simulation.gradient({
      potential: potential.map((u, k) => (k < potential.length / 2 ? 0 : u)),
    });
  const gradient_s = gradient ? seconds() : 0;
  return {
    nodes: simulation.nodes,
    edges: compiled.graph.lengths.length,
    compile_s,
    forward_s,
    gradient_s,
    checkpointed: gradient && capacityOf(compiled, simulation, steps) <= steps,
    peak_GB: process.resourceUsage().maxRSS / 1e6,
    excited: laneOf(simulation.result.activation_ms, simulation, 0).filter(Number.isFinite).length,
  };
}

/** States that fit into the budget of the workspace that served the simulation. */
const capacityOf = (compiled: CompiledTwin, { lanes }: Simulation, steps: number): number =>
  compiled.workspace({ backEnd: "wasm-f32x4", lanes, adjoint: true, steps }).capacity;

/** Seconds since the last call. */
function clock(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const passed = (now - last) / 1000;
    last = now;
    return passed;
  };
}

interface Row extends Measurement {
  readonly name: string;
  readonly limit_GB: number;
  readonly passed: boolean;
}

function runApart(name: string): Row {
  const { limit_GB } = cases[name];
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--case", name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`The case "${name}" failed.`);
  const measured = JSON.parse(child.stdout) as Measurement;
  const isWhole = measured.excited > 0 && (!cases[name].gradient || measured.checkpointed);
  return { name, ...measured, limit_GB, passed: isWhole && measured.peak_GB <= limit_GB };
}

function print(row: Row): void {
  const times = `compile ${row.compile_s.toFixed(1)} s, forward ${row.forward_s.toFixed(1)} s${
    row.gradient_s ? `, gradient ${row.gradient_s.toFixed(1)} s` : ""
  }`;
  console.log(
    `${cases[row.name].title}: ${row.nodes} nodes, ${row.edges} edges, ${times}, peak ` +
      `${row.peak_GB.toFixed(2)} of ${row.limit_GB} GB: ${row.passed ? "ok" : "TOO MUCH"}`,
  );
}

const asked = process.argv.indexOf("--case");
if (asked > 0) console.log(JSON.stringify(measure(cases[process.argv[asked + 1]])));
else {
  const rows = Object.keys(cases).map(runApart);
  if (process.argv.includes("--json")) console.log(JSON.stringify(rows, undefined, 2));
  else rows.forEach(print);
  if (rows.some((row) => !row.passed)) process.exitCode = 1;
}
