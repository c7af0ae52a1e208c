import { join } from "node:path";
import { peersFolder, python, pythonVersion, runPeer } from "./process.js";

export interface SheetPeer {
  readonly version: string;
  /** Node-steps a second, forward, one thread; undefined if it does not run. */
  sheet(side: number, steps: number): Promise<number | undefined>;
  /** Why the last run failed. */
  problem(): string;
}

const howTo =
  "apt-get install python3-numba python3-natsort python3-skimage python3-tqdm python3-pandas, its source (github.com/finitewave/Finitewave) in FINITEWAVE";

export function finitewave(): SheetPeer | { readonly missing: string } {
  const folder = peersFolder();
  const version = pythonVersion("numba");
  if (!folder || !process.env.FINITEWAVE || !version) return { missing: howTo };
  const script = join(folder, "finitewave", "bench.py");
  let problem = "";
  return {
    version: `numba ${version}`,
    problem: () => problem,
    sheet: async (side, steps) => {
      const args = [script, "--n", String(side), "--steps", String(steps), "--reps", "3"];
      const ran = await runPeer({ command: python, args, locked: true });
      problem = ran.problem;
      const value = ran.lines[0]?.node_steps_per_s_median;
      return typeof value === "number" ? value : undefined;
    },
  };
}
