import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import type { Recording, Stimulus } from "../../case/case.js";
import { catalog } from "../../catalog/catalog.js";
import { fail, rejectUnknownKeys } from "../../core/errors.js";
import { writeDirectoryAtomic } from "../../io/atomic.js";
import { encodeNpy } from "../../io/npy.js";
import { encodePvd, encodeVtu } from "../../io/vtu-write.js";
import { nodeCount } from "../../mesh/mesh.js";
import { compileTwin } from "../../twin/compile.js";
import { laneOf, lanePotential, simulate, timeGrid } from "../../twin/simulate.js";
import { stableStep_ms } from "../../twin/stability.js";
import { collect, positive } from "../arguments.js";
import { print, printJson, say } from "../terminal.js";
import { openTwin } from "./evaluate.js";

interface Options {
  readonly pace: string[];
  readonly durationMs: number;
  readonly everyMs: number;
  readonly out: string;
  readonly json?: boolean;
}

export function simulateCommand(program: Command): void {
  program
    .command("simulate <run>")
    .description("pace a twin and write what it does")
    .requiredOption(
      "--pace <what>",
      "node=N,start_ms=T[,duration_ms=2][,strength_per_ms=1]; may be repeated",
      collect,
    )
    .requiredOption("--duration-ms <number>", "length of the simulation", positive)
    .option("--every-ms <number>", "time between frames", positive, 5)
    .requiredOption("--out <folder>", "VTU series for ParaView (series.pvd) and .npy arrays")
    .option("--json", "print a summary as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads simulate run --pace node=12,start_ms=0 --pace node=12,start_ms=300 --duration-ms 600 --out movie",
    )
    .action(async (run: string, options: Options) => {
      const { twin, mesh } = await openTwin(run);
      const stimuli = options.pace.map((text) => parsePace(text, nodeCount(mesh)));
      requireWithin(stimuli, options.durationMs);
      const recording: Recording = {
        id: "simulation",
        beat: "simulation",
        stimuli: { kind: "given", stimuli },
      };
      const compiled = compileTwin(catalog, twin.spec, mesh);
      const widened = {
        ...recording,
        stimuli: {
          kind: "given" as const,
          stimuli: stimuli.map((s) => withNeighbours(compiled, s)),
        },
      };
      const samples = Math.floor(options.durationMs / options.everyMs + 1e-9) + 1;
      const grid = timeGrid(options.everyMs, samples, stableStep_ms(compiled, twin.values));
      const run1 = simulate(compiled, [{ values: twin.values, recording: widened }], { grid });
      const nodes = nodeCount(mesh);
      const all = lanePotential(run1, 0);
      const activation = laneOf(run1.result.activation_ms, run1, 0).slice(0, nodes);
      // A refined mesh keeps the case's nodes first.
      const frames = Array.from({ length: samples }, (_, f) => {
        const start = f * compiled.topology.nodes;
        return Float32Array.from(all.subarray(start, start + nodes));
      });
      await writeDirectoryAtomic(options.out, async (folder) => {
        const width = String(samples).length;
        const names = frames.map((_, f) => `frame-${String(f).padStart(width, "0")}.vtu`);
        for (const [f, u] of frames.entries())
          await writeFile(join(folder, names[f]), encodeVtu(mesh, { pointData: { u } }));
        const times = names.map((file, f) => ({ time_ms: f * options.everyMs, file }));
        await writeFile(join(folder, "series.pvd"), encodePvd(times));
        const data = Float32Array.from(frames.flatMap((u) => [...u]));
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

/** "node=12,start_ms=0" -> a current into one node. */
function parsePace(text: string, nodes: number): Extract<Stimulus, { kind: "current" }> {
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
  return { kind: "current", nodes: [node], start_ms, duration_ms, strength_per_ms };
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

function withNeighbours(
  { topology }: { topology: { rowStart: Int32Array; neighbour: Int32Array } },
  stimulus: Extract<Stimulus, { kind: "current" }>,
): Stimulus {
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
