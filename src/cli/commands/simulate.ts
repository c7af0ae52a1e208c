import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { fail, rejectUnknownKeys } from "../../core/errors.js";
import { writeDirectoryAtomic } from "../../io/atomic.js";
import { encodeNpy } from "../../io/npy.js";
import { encodePvd, encodeVtu } from "../../io/vtu-write.js";
import { type Mesh, nodeCount } from "../../mesh/mesh.js";
import { type CompiledTwin, compileTwin } from "../../twin/compile.js";
import { laneOf, lanePotential, type Simulation, simulate, timeGrid } from "../../twin/simulate.js";
import { stableStep_ms } from "../../twin/stability.js";
import { type PacingProtocol, parseProtocol, protocolInput } from "../../view/protocol.js";
import { collect, positive } from "../arguments.js";
import { readJson } from "../run-directory.js";
import { print, printJson, say } from "../terminal.js";
import { openTwin } from "./evaluate.js";

interface Options {
  readonly pace?: string[];
  readonly durationMs?: number;
  readonly protocol?: string;
  readonly everyMs: number;
  readonly out: string;
  readonly json?: boolean;
}

export function simulateCommand(program: Command): void {
  program
    .command("simulate <run>")
    .description("pace a twin and write what it does")
    .option(
      "--pace <what>",
      "node=N,start_ms=T[,duration_ms=2][,strength_per_ms=1]; may be repeated",
      collect,
    )
    .option("--duration-ms <number>", "length of the simulation", positive)
    .option("--every-ms <number>", "time between frames", positive, 5)
    .addOption(
      new Option(
        "--protocol <file>",
        "pulses, scars and numbers that the pacing lab saved",
      ).conflicts(["pace", "durationMs"]),
    )
    .requiredOption("--out <folder>", "VTU series for ParaView (series.pvd) and .npy arrays")
    .option("--json", "print a summary as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads simulate run --pace node=12,start_ms=0 --pace node=12,start_ms=300 --duration-ms 600 --out movie",
    )
    .action(async (run: string, options: Options) => {
      const { twin, mesh } = await openTwin(run);
      const compiled = compileTwin(catalog, twin.spec, mesh);
      const protocol = options.protocol
        ? parseProtocol(await readJson(options.protocol), options.protocol)
        : pacedProtocol(options, compiled, nodeCount(mesh));
      requireWithin(protocol.pulses, protocol.duration_ms);
      const input = protocolInput(compiled, twin.values, protocol);
      const samples = Math.floor(protocol.duration_ms / protocol.every_ms + 1e-9) + 1;
      const grid = timeGrid(protocol.every_ms, samples, stableStep_ms(compiled, input.values));
      const simulation = simulate(compiled, [input], { grid });
      const nodes = nodeCount(mesh);
      const activation = laneOf(simulation.result.activation_ms, simulation, 0).slice(0, nodes);
      const frames = framesOf(simulation, nodes);
      await writeMovie(options.out, { mesh, frames, activation, every_ms: protocol.every_ms });
      const active = activation.filter(Number.isFinite);
      const summary = {
        out: options.out,
        frames: samples,
        nodes,
        activated: active.length,
        last_activation_ms: active.reduce((a, b) => Math.max(a, b), 0),
        dt_ms: grid.interval_ms / grid.stepsPerSample,
      };
      if (options.json) return printJson(summary);
      say(
        `${active.length} of ${nodes} nodes activate, the last at ${summary.last_activation_ms.toFixed(1)} ms`,
      );
      print(options.out);
    });
}

/** What --pace, --duration-ms and --every-ms ask for, as a protocol. */
function pacedProtocol(
  { pace, durationMs, everyMs }: Options,
  compiled: CompiledTwin,
  nodes: number,
): PacingProtocol {
  if (!pace || durationMs === undefined)
    return fail({
      code: "usage",
      message: "simulate needs --pace and --duration-ms, or a --protocol.",
      fix: "For example: leads simulate run --pace node=12,start_ms=0 --duration-ms 200 --out movie",
    });
  const pulses = pace.map((text) => widened(compiled, parsePace(text, nodes)));
  return {
    format: "leads-protocol",
    version: 1,
    duration_ms: durationMs,
    every_ms: everyMs,
    pulses,
    tissue: [],
    parameters: {},
  };
}

/** Potential of the case's nodes, frame by frame: a refined mesh keeps them first. */
function framesOf(simulation: Simulation, nodes: number): Float32Array[] {
  const all = lanePotential(simulation, 0);
  return Array.from({ length: simulation.grid.samples }, (_, f) => {
    const start = f * simulation.nodes;
    return Float32Array.from(all.subarray(start, start + nodes));
  });
}

interface Movie {
  readonly mesh: Mesh;
  readonly frames: readonly Float32Array[];
  readonly activation: Float64Array;
  readonly every_ms: number;
}

async function writeMovie(out: string, { mesh, frames, activation, every_ms }: Movie) {
  await writeDirectoryAtomic(out, async (folder) => {
    const width = String(frames.length).length;
    const names = frames.map((_, f) => `frame-${String(f).padStart(width, "0")}.vtu`);
    for (const [f, u] of frames.entries())
      await writeFile(join(folder, names[f]), encodeVtu(mesh, { pointData: { u } }));
    const times = names.map((file, f) => ({ time_ms: f * every_ms, file }));
    await writeFile(join(folder, "series.pvd"), encodePvd(times));
    const shape = [frames.length, activation.length];
    const data = new Float32Array(shape[0] * shape[1]);
    for (const [f, u] of frames.entries()) data.set(u, f * activation.length);
    await writeFile(join(folder, "potential.npy"), encodeNpy({ shape, data, type: "f4" }));
    const at = activation.map((t) => (Number.isFinite(t) ? t : Number.NaN));
    await writeFile(
      join(folder, "activation_ms.npy"),
      encodeNpy({ shape: [activation.length], data: at, type: "f8" }),
    );
  });
}

/** "node=12,start_ms=0" -> a current into one node. */
function parsePace(text: string, nodes: number): PacingProtocol["pulses"][number] {
  const wrong = (message: string): never =>
    fail({
      code: "usage",
      message: `--pace ${text}: ${message}`,
      fix: "Write --pace node=12,start_ms=0.",
    });
  const entries = text.split(",").map((part) => {
    const [key, value] = part.split("=");
    if (value === undefined || !Number.isFinite(Number(value)))
      wrong(`"${part}" is not name=number.`);
    return [key.trim(), Number(value)] as const;
  });
  const given = Object.fromEntries(entries);
  rejectUnknownKeys(given, ["node", "start_ms", "duration_ms", "strength_per_ms"], "--pace");
  const { node, start_ms = 0, duration_ms = 2, strength_per_ms = 1 } = given;
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
      message: `--pace starts at ${late.start_ms} ms, after the end of the simulation at ${end_ms} ms.`,
      fix: `Raise --duration-ms above ${late.start_ms}, or pace earlier.`,
    });
}

/** Rings of neighbours that are paced with a node: one node alone cannot start a wave. */
const rings = 2;

function widened(
  { topology: { rowStart, neighbour } }: CompiledTwin,
  pulse: PacingProtocol["pulses"][number],
): PacingProtocol["pulses"][number] {
  let nodes = new Set(pulse.nodes);
  for (let ring = 0; ring < rings; ring++)
    nodes = new Set(
      [...nodes].flatMap((i) => [i, ...neighbour.subarray(rowStart[i], rowStart[i + 1])]),
    );
  return { ...pulse, nodes: [...nodes].sort((a, b) => a - b) };
}
