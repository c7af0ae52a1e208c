import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { catalog } from "../catalog/catalog.js";
import { fail } from "../core/errors.js";
import { writeDirectoryAtomic } from "../io/atomic.js";
import { encodeNpy } from "../io/npy.js";
import type { StoredTwin } from "../io/twin-directory.js";
import { encodePvd, encodeVtu } from "../io/vtu-write.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import { type CompiledTwin, type CompileOptions, compileTwin } from "../twin/compile.js";
import { requireWithinBounds } from "../twin/require-values.js";
import { laneOf, lanePotential, simulate, timeGrid } from "../twin/simulate.js";
import { stableStep_ms } from "../twin/stability.js";
import { type PacingProtocol, protocolInput } from "../view/protocol.js";

/** A current into one node and its neighbours. */
export interface Pace {
  readonly node: number;
  readonly start_ms?: number;
  readonly duration_ms?: number;
  readonly strength_per_ms?: number;
}

/** Paces by hand, or all that was done to a twin in the studio. */
export type SimulationRequest =
  | {
      readonly pace: readonly Pace[];
      readonly duration_ms: number;
      readonly every_ms: number;
    }
  | PacingProtocol;

export interface SimulationSummary {
  readonly out: string;
  readonly frames: number;
  readonly nodes: number;
  readonly activated: number;
  /** null where no node activates. */
  readonly last_activation_ms: number | null;
  readonly dt_ms: number;
}

/** Paces a twin and writes what it does to a folder: VTU files for ParaView and .npy arrays. */
export async function writeSimulation(
  { twin, mesh, backEnd }: Pick<StoredTwin, "twin" | "mesh"> & Pick<CompileOptions, "backEnd">,
  request: SimulationRequest,
  out: string,
): Promise<SimulationSummary> {
  const compiled = compileTwin(catalog, twin.spec, mesh, { backEnd });
  const protocol = "pace" in request ? pacedProtocol(compiled, request, nodeCount(mesh)) : request;
  const { duration_ms, every_ms } = protocol;
  requireWithin(protocol.pulses, duration_ms);
  requireFrames(protocol);
  const input = protocolInput(compiled, twin.values, protocol);
  requireWithinBounds(compiled, input.values);
  const samples = Math.floor(duration_ms / every_ms + 1e-9) + 1;
  requireRoom(samples, compiled.topology.nodes);
  const grid = timeGrid(every_ms, samples, stableStep_ms(compiled, input.values));
  const simulation = simulate(compiled, [input], { grid });
  if (!simulation.result.finite[0]) diverged();
  const nodes = nodeCount(mesh);
  const all = lanePotential(simulation, 0);
  const activation = laneOf(simulation.result.activation_ms, simulation, 0).slice(0, nodes);
  // A refined mesh keeps the case's nodes first.
  const frames = Array.from({ length: samples }, (_, f) => {
    const start = f * compiled.topology.nodes;
    return Float32Array.from(all.subarray(start, start + nodes));
  });
  await writeFrames(out, mesh, { frames, activation, every_ms });
  const active = activation.filter(Number.isFinite);
  return {
    out,
    frames: samples,
    nodes,
    activated: active.length,
    last_activation_ms: active.length > 0 ? active.reduce((a, b) => Math.max(a, b)) : null,
    dt_ms: grid.interval_ms / grid.stepsPerSample,
  };
}

function requireFrames({
  duration_ms,
  every_ms,
}: Pick<PacingProtocol, "duration_ms" | "every_ms">) {
  if (every_ms <= duration_ms) return;
  fail({
    code: "bad-option",
    path: "every_ms",
    message: `Frames every ${every_ms} ms leave nothing but the start of ${duration_ms} ms.`,
    fix: "Ask for frames closer together, or for a longer simulation.",
  });
}

/** Bytes of frames that a simulation may hold. */
const mostBytes = 4e9;

function requireRoom(frames: number, nodes: number): void {
  const bytes = 4 * frames * nodes;
  if (bytes <= mostBytes) return;
  fail({
    code: "bad-option",
    path: "every_ms",
    message: `${frames} frames of ${nodes} nodes are ${(bytes / 1e9).toPrecision(3)} GB; at most ${mostBytes / 1e9} GB are simulated at a time.`,
    fix: "Ask for frames further apart, or for a shorter simulation.",
  });
}

const diverged = (): never =>
  fail({
    code: "diverged",
    message: "The simulation left the numbers; nothing was written.",
    fix: "Pace with less strength_per_ms (1 is usual), or keep the parameters within their bounds.",
  });

interface Frames {
  readonly frames: readonly Float32Array[];
  readonly activation: ArrayLike<number>;
  readonly every_ms: number;
}

const writeFrames = (out: string, mesh: Mesh, { frames, activation, every_ms }: Frames) =>
  writeDirectoryAtomic(out, async (folder) => {
    const [samples, nodes] = [frames.length, nodeCount(mesh)];
    const width = String(samples).length;
    const names = frames.map((_, f) => `frame-${String(f).padStart(width, "0")}.vtu`);
    for (const [f, u] of frames.entries())
      await writeFile(join(folder, names[f]), encodeVtu(mesh, { pointData: { u } }));
    const times = names.map((file, f) => ({ time_ms: f * every_ms, file }));
    await writeFile(join(folder, "series.pvd"), encodePvd(times));
    const data = new Float32Array(samples * nodes);
    for (const [f, u] of frames.entries()) data.set(u, f * nodes);
    await writeFile(
      join(folder, "potential.npy"),
      encodeNpy({ shape: [samples, nodes], data, type: "f4" }),
    );
    const at = Float64Array.from(activation, (t) => (Number.isFinite(t) ? t : Number.NaN));
    await writeFile(
      join(folder, "activation_ms.npy"),
      encodeNpy({ shape: [nodes], data: at, type: "f8" }),
    );
  });

type Pulse = PacingProtocol["pulses"][number];

function pacedProtocol(
  compiled: CompiledTwin,
  { pace, duration_ms, every_ms }: Extract<SimulationRequest, { pace: unknown }>,
  nodes: number,
): PacingProtocol {
  const pulses = pace.map((one) => withNeighbours(compiled, pulseOf(one, nodes)));
  const nothing = { tissue: [], parameters: {} };
  return { format: "leads-protocol", version: 1, duration_ms, every_ms, pulses, ...nothing };
}

function pulseOf(pace: Pace, nodes: number): Pulse {
  const { node, start_ms = 0, duration_ms = 2, strength_per_ms = 1 } = pace;
  const wrong = (message: string): never =>
    fail({
      code: "usage",
      message: `pace node=${node},start_ms=${start_ms}: ${message}`,
      fix: "For example: node=12,start_ms=0.",
    });
  if (!Number.isInteger(node) || node < 0 || node >= nodes)
    wrong(`node must be 0 to ${nodes - 1}.`);
  if (duration_ms <= 0 || start_ms < 0) wrong("times must not be negative, durations above 0.");
  return { nodes: [node], start_ms, duration_ms, strength_per_ms };
}

/** A pulse after the end would leave the heart at rest without a word. */
function requireWithin(stimuli: readonly { start_ms: number }[], end_ms: number): void {
  const late = stimuli.find(({ start_ms }) => start_ms >= end_ms);
  if (late)
    fail({
      code: "usage",
      message: `a pace starts at ${late.start_ms} ms, after the end of the simulation at ${end_ms} ms.`,
      fix: `Make it longer than ${late.start_ms} ms, or pace earlier.`,
    });
}

/** Rings of neighbours that are paced with a node: one node alone cannot start a wave. */
const rings = 2;

function withNeighbours({ topology }: Pick<CompiledTwin, "topology">, stimulus: Pulse): Pulse {
  let nodes = new Set(stimulus.nodes);
  for (let ring = 0; ring < rings; ring++)
    nodes = new Set(
      [...nodes].flatMap((i) => [
        i,
        ...topology.neighbour.subarray(topology.rowStart[i], topology.rowStart[i + 1]),
      ]),
    );
  return { ...stimulus, nodes: [...nodes].sort((a, b) => a - b) };
}
