import { join } from "node:path";
import { type Exported, readExport } from "./export.js";
import { peersFolder, python, pythonVersion, runPeer } from "./process.js";

export type Variant = "B" | "D";

/** How PyTorch does it: see pytorch/bench.py for the implementations. */
export interface Way {
  readonly variant: Variant;
  readonly implementation: string;
  readonly threads: number;
}

export interface Timing {
  readonly iteration_ms: number;
  readonly tuned: boolean;
}

export interface PyTorch {
  readonly version: string;
  /** Writes mesh, data, loss and gradient into `folder` and reads them. */
  exportProblem(
    folder: string,
    request: { variant: Variant | "A"; mesh: string },
  ): Promise<Exported>;
  /** One process: median training iteration; undefined if this way does not run. */
  time(mesh: number, way: Way, seconds: number): Promise<Timing | undefined>;
}

const howTo =
  "apt-get install python3-torch python3-numpy libopenblas0-openmp libjemalloc2, and the drivers' folder in LEADS_PEERS";

export function pyTorch(): PyTorch | { readonly missing: string } {
  const folder = peersFolder();
  const version = pythonVersion("torch");
  if (!folder || !version) return { missing: howTo };
  const script = join(folder, "pytorch", "bench.py");
  let tuned = true;
  const time = async (mesh: number, way: Way, seconds: number): Promise<Timing | undefined> => {
    const args = [
      ...[script, "--sweep", "--mesh", String(mesh), "--variant", way.variant],
      ...["--impl", way.implementation, "--threads-list", String(way.threads)],
      ...["--reps", "3", "--budget", String(seconds), ...(tuned ? ["--tuned"] : [])],
    ];
    // The sweep takes the lock itself, around each of its processes.
    const { lines, problem } = await runPeer({ command: python, args, locked: false });
    if (tuned && problem.includes("libjemalloc2")) {
      tuned = false;
      return time(mesh, way, seconds);
    }
    const iteration_s = lines[0]?.iter_s;
    return typeof iteration_s === "number" ? { iteration_ms: 1e3 * iteration_s, tuned } : undefined;
  };
  return {
    version,
    time,
    exportProblem: async (target, { variant, mesh }) => {
      const implementation = variant === "D" ? "addmm" : "gather";
      const args = [script, "--variant", variant, "--mesh", mesh, "--impl", implementation];
      const command = { command: python, args: [...args, "--export", target], locked: false };
      const { ok, problem } = await runPeer(command);
      if (!ok) throw new Error(`PyTorch could not export N = ${mesh}: ${problem}`);
      return readExport(target, variant);
    },
  };
}

/** The fastest of several ways, each tried once. */
export async function fastestWay(
  peer: PyTorch,
  { mesh, ways, seconds }: { mesh: number; ways: readonly Way[]; seconds: number },
): Promise<Way | undefined> {
  let best: { way: Way; ms: number } | undefined;
  for (const way of ways) {
    const timing = await peer.time(mesh, way, seconds);
    if (timing && !(best && best.ms <= timing.iteration_ms))
      best = { way, ms: timing.iteration_ms };
  }
  return best?.way;
}
