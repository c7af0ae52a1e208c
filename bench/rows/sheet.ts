import { join } from "node:path";
import { fillEdges } from "../../src/kernel/workspace.js";
import type { Peer } from "../figure.js";
import { type PlacedProblem, placed } from "../ours/problem.js";
import { forward, framesOf, type Prepared, prepareEdges, steps } from "../ours/w1.js";
import type { SheetPeer } from "../peers/finitewave.js";
import { type OwnWay, ownTurn, requireAgreement, type Session } from "../session.js";
import { type Contestant, interleave, median, pairedRatio, relativeError } from "../stats.js";
import { gridProblem } from "../w1-mesh.js";
import type { RowFigure } from "./row.js";

const side = 256;
const reach = 500;
const aim = 1500;

/** Aliev-Panfilov on a 256 x 256 sheet, forward only. */
export async function sheetRow(session: Session): Promise<RowFigure[]> {
  await checkSheet(session);
  const problem = placed(gridProblem([side, side], [1, 1]), "as numbered");
  const ours = session.ways.map((own) => ({ own, prepared: prepareSheet(problem, own) }));
  const contestants: Record<string, Contestant> = {};
  for (const { own, prepared } of ours)
    contestants[own.layout] = async () => {
      const time_ms = await ownTurn(session, () => void forward(prepared));
      return (problem.nodes * steps * own.lanes) / time_ms / 1e3;
    };
  const { finitewave, myokit, roofline } = session.peers;
  const short = session.quick;
  const million = (value: number | undefined) => (value === undefined ? undefined : value / 1e6);
  const sheetOf = (peer: SheetPeer | { missing: string }, count: number) => async () =>
    "missing" in peer ? undefined : million(await peer.sheet(side, count));
  contestants.finitewave = sheetOf(finitewave, short ? 500 : 2000);
  contestants.myokit = sheetOf(myokit, short ? 1000 : 5000);
  contestants.c = async () =>
    "missing" in roofline ? undefined : million(await roofline.sheet(side, steps));
  const speeds = await interleave(contestants, session.rounds);
  const all = { finitewave, myokit, c: roofline };
  return ours.flatMap(({ own: way }) => {
    const own = speeds[way.layout];
    const figure = {
      row: "sheet",
      nodes: problem.nodes,
      layout: way.layout,
      ours: { value: median(own), unit: "M node-steps/s" },
      better: "higher",
    } as const;
    const beside = Object.entries(all).map(([key, peer]): RowFigure => {
      const theirs = speeds[key];
      return {
        ...figure,
        title: `256 x 256 sheet, forward, against ${names[key as keyof typeof names]}`,
        headline: way === session.ways[0],
        peer: peerOf(names[key as keyof typeof names], peer, theirs),
        ...(theirs.length > 0 && { value: pairedRatio(own, theirs) }),
        unit: "x",
      };
    });
    return [
      {
        ...figure,
        title: "256 x 256 sheet, forward, Aliev-Panfilov",
        headline: way === session.ways[0],
        value: median(own),
        unit: "M node-steps/s",
        ...{ reach, aim },
      },
      ...beside,
    ];
  });
}

const names = {
  finitewave: "finitewave (float64)",
  myokit: "Myokit's OpenCL",
  c: "C with AVX-512",
};

function peerOf(
  name: string,
  peer: { readonly missing: string } | { readonly version: string; problem?(): string },
  speeds: readonly number[],
): Peer {
  if (speeds.length > 0) return { name, value: median(speeds), unit: "M node-steps/s" };
  if ("missing" in peer) return { name, missing: peer.missing };
  return { name, missing: `it did not run here: ${peer.problem?.() ?? ""}` };
}

function prepareSheet(
  problem: PlacedProblem,
  { lanes, backEnd }: Pick<OwnWay, "lanes" | "backEnd">,
): Prepared {
  const setup = { problem, adjoint: false, steps, lanes } as const;
  return withUnitConductances(prepareEdges({ ...setup, backEnd }));
}

function withUnitConductances(prepared: Prepared): Prepared {
  for (let lane = 0; lane < prepared.lanes; lane++)
    fillEdges(prepared.workspace, "g", lane, prepared.problem.c);
  return prepared;
}

/** A smaller sheet frame by frame against float64, and against PyTorch's frames. */
async function checkSheet(session: Session): Promise<void> {
  const problem = placed(gridProblem([64, 64], [1, 1]), "as numbered");
  const setup = { problem, adjoint: false, steps, lanes: 1, backEnd: "js-float64" } as const;
  const exact = withUnitConductances(prepareEdges(setup));
  const reference = framesOf(exact, forward(exact).potential);
  const { pytorch } = session.peers;
  const exported =
    "missing" in pytorch
      ? undefined
      : await pytorch.exportProblem(join(session.scratch, "sheet-64"), {
          variant: "A",
          mesh: "64x64",
        });
  for (const own of session.ways) {
    const prepared = prepareSheet(problem, own);
    const { potential } = forward(prepared);
    for (let lane = 0; lane < own.lanes; lane++) {
      const frames = framesOf(prepared, potential, lane);
      const what = `sheet, ${own.layout}, lane ${lane}`;
      requireAgreement(`${what}: frames against float64`, relativeError(frames, reference), 1e-4);
      if (exported)
        requireAgreement(
          `${what}: frames against PyTorch`,
          relativeError(frames, exported.data),
          1e-4,
        );
    }
  }
}
