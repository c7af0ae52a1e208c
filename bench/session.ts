import { loadavg } from "node:os";
import { join } from "node:path";
import { LeadsError } from "../src/core/errors.js";
import type { BackEnd } from "../src/kernel/engine.js";
import { nativeBackEnd } from "../src/native/back-end.js";
import { type Lanes, layoutText, type OwnEngine } from "./figure.js";
import { type PlacedProblem, placed } from "./ours/problem.js";
import { simulatedData } from "./ours/w1.js";
import { type Exported, requireSameProblem } from "./peers/export.js";
import { finitewave, type SheetPeer } from "./peers/finitewave.js";
import { myokit } from "./peers/myokit.js";
import { underLock } from "./peers/process.js";
import { type PyTorch, pyTorch, type Variant } from "./peers/pytorch.js";
import { type Roofline, roofline } from "./peers/roofline.js";
import { medianTime } from "./stats.js";
import { ellipsoidProblem, type Problem } from "./w1-mesh.js";

type Maybe<T> = T | { readonly missing: string };

/** What all rows of one run share. */
export interface Session {
  readonly quick: boolean;
  readonly rounds: number;
  /** Nodes of the meshes of W1 and W2. */
  readonly sizes: readonly number[];
  /** What is timed, each checked against float64; the first one is the headline. */
  readonly ways: readonly OwnWay[];
  readonly scratch: string;
  readonly peers: {
    readonly pytorch: Maybe<PyTorch>;
    readonly roofline: Maybe<Roofline>;
    readonly finitewave: Maybe<SheetPeer>;
    readonly myokit: Maybe<SheetPeer>;
  };
  readonly say: (text: string) => void;
}

/** One of our engines with one trajectory or four. */
export interface OwnWay {
  /** As figures name it. */
  readonly layout: string;
  readonly backEnd: BackEnd;
  readonly lanes: Lanes;
}

/** Where the targets are. */
export const peerSizes: readonly number[] = [642, 2562, 10242];

const engines: Readonly<Record<OwnEngine, () => BackEnd | Promise<BackEnd>>> = {
  wasm: () => "wasm-f32x4",
  fused: () => "wasm-f32x4-fused",
  native: nativeBackEnd,
};

export async function openSession(options: {
  readonly quick: boolean;
  readonly engines: readonly OwnEngine[];
  readonly lanes: readonly Lanes[];
  readonly sizes?: readonly number[];
  readonly scratch: string;
  readonly say: (text: string) => void;
}): Promise<Session> {
  const ways: OwnWay[] = [];
  for (const engine of options.engines) {
    const backEnd = await engineHere(engine, options.say);
    if (!backEnd) continue;
    for (const lanes of options.lanes)
      ways.push({ layout: layoutText(engine, lanes), backEnd, lanes });
  }
  return {
    ...options,
    ways,
    rounds: options.quick ? 1 : 3,
    sizes: options.sizes ?? (options.quick ? [642] : peerSizes),
    peers: {
      pytorch: pyTorch(),
      roofline: await roofline(options.scratch),
      finitewave: finitewave(),
      myokit: myokit(),
    },
  };
}

/** Where a machine has no native one, the others are still timed. */
async function engineHere(engine: OwnEngine, say: (text: string) => void) {
  try {
    return await engines[engine]();
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    say(`${engine}: ${error.message} ${error.fix ?? ""}`);
    return undefined;
  }
}

/** One problem as everybody in a row solves it. */
export interface SharedCase {
  readonly problem: PlacedProblem;
  /** [T * N] */
  readonly data: Float64Array;
  /** Of PyTorch, with the folder that holds it; absent without PyTorch. */
  readonly exported?: Exported & { readonly folder: string };
}

/** PyTorch's export where there is one, checked against our own mesh; else our own data. */
export async function sharedCase(
  { peers, scratch }: Session,
  { nodes, variant }: { nodes: number; variant: Variant },
): Promise<SharedCase> {
  const own: Problem = ellipsoidProblem(nodes);
  const problem = placed(own, "near");
  if ("missing" in peers.pytorch) return { problem, data: simulatedData(problem) };
  const folder = join(scratch, `mesh-${nodes}-${variant}`);
  const exported = await peers.pytorch.exportProblem(folder, { variant, mesh: String(nodes) });
  requireSameProblem(own, exported);
  return { problem, data: Float64Array.from(exported.data), exported: { ...exported, folder } };
}

/** The tightest C as a peer, and what it lacks here. */
export function tightestC({ peers }: Session, { exported }: SharedCase) {
  const name = "C with AVX-512, 1 thread";
  if ("missing" in peers.roofline) return { name, missing: peers.roofline.missing };
  const missing = exported ? "it did not run here" : "it reads the mesh that PyTorch exports";
  return { name, missing };
}

/** Median of our calls in one turn, while nobody else times anything. */
export const ownTurn = ({ quick }: Session, work: () => void): Promise<number> =>
  underLock(() => medianTime(work, { warm: 3, calls: 5, seconds: quick ? 0.2 : 1 }));

/** Adds the load before and after to what `work` gives. */
export async function withLoad<T extends object>(
  work: () => Promise<readonly T[]>,
): Promise<(T & { load: readonly [number, number] })[]> {
  const before = loadavg()[0];
  const figures = await work();
  const load = [before, loadavg()[0]] as const;
  return figures.map((figure) => ({ ...figure, load }));
}

/** Stops the run where a result is wrong: a fast wrong answer is worth nothing. */
export function requireAgreement(what: string, error: number, most: number): void {
  if (!(error <= most))
    throw new Error(`${what}: off by ${error.toExponential(1)}; at most ${most}.`);
}
