import { join } from "node:path";
import type { SheetPeer } from "./finitewave.js";
import { firstLine, peersFolder, python, runPeer } from "./process.js";

const howTo =
  "apt-get install pocl-opencl-icd opencl-headers ocl-icd-opencl-dev libsundials-dev python3-dev python3-setuptools python3-lxml, its source (github.com/myokit/myokit) in MYOKIT";

/** Its OpenCL on this machine's CPU, one thread of pocl. */
export function myokit(): SheetPeer | { readonly missing: string } {
  const folder = peersFolder();
  const source = process.env.MYOKIT;
  if (!folder || !source) return { missing: howTo };
  const ask =
    "import sys; sys.path.insert(0, sys.argv[1]); import myokit; print(myokit.__version__)";
  const version = firstLine(python, ["-W", "ignore", "-c", ask, source]);
  if (!version) return { missing: howTo };
  const script = join(folder, "myokit", "bench.py");
  let problem = "";
  return {
    version,
    problem: () => problem,
    sheet: async (side, steps) => {
      const args = [script, "opencl", "--n", String(side), "--steps", String(steps), "--native"];
      const env = { POCL_MAX_PTHREAD_COUNT: "1" };
      const ran = await runPeer({ command: python, args, env, locked: true });
      problem = ran.problem;
      const value = ran.lines[0]?.node_steps_per_s_median;
      return typeof value === "number" ? value : undefined;
    },
  };
}
