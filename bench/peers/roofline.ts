import { join } from "node:path";
import { firstLine, peersFolder, runPeer } from "./process.js";

export interface Roofline {
  readonly version: string;
  /** Median of a training iteration on one thread, ms; `folder` holds PyTorch's export. */
  train(folder: string, segment: number): Promise<number | undefined>;
  /** The same for W2. */
  trainMessages(folder: string): Promise<number | undefined>;
  /** Node-steps a second, forward on a sheet of side * side nodes. */
  sheet(side: number, steps: number): Promise<number | undefined>;
}

/** As in roofline/run.sh. */
const flags = [
  ...["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-funroll-loops"],
  "-fopenmp",
];
const howTo = "needs gcc, a CPU with AVX-512 and the drivers' folder in LEADS_PEERS";

/** Builds the C once, into `scratch`. */
export async function roofline(scratch: string): Promise<Roofline | { readonly missing: string }> {
  const folder = peersFolder();
  const version = firstLine("gcc", ["--version"]);
  if (!folder || !version) return { missing: howTo };
  const program = join(scratch, "ap");
  const args = [...flags, join(folder, "roofline", "ap.c"), "-o", program, "-lm"];
  const built = await runPeer({ command: "gcc", args, locked: false });
  if (!built.ok) return { missing: `${howTo} (${built.problem})` };
  const ask = async (list: readonly string[], key: string) => {
    const { lines } = await runPeer({ command: program, args: list, locked: true });
    const value = lines[0]?.[key];
    return typeof value === "number" ? value : undefined;
  };
  return {
    version,
    train: (mesh, segment) => ask(["train", mesh, "600", "1", String(segment)], "median_ms"),
    trainMessages: (mesh) => ask(["gnntrain", mesh, "600", "1"], "median_ms"),
    sheet: (side, steps) =>
      ask(["sheet", String(side), String(side), String(steps), "1"], "node_steps_per_s_median"),
  };
}

/** Steps between the states that the C keeps: it is given the faster of both. */
export const segments = [25, 600];
