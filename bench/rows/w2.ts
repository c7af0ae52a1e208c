import type { Peer } from "../figure.js";
import { type Prepared, steps } from "../ours/w1.js";
import { messageIteration, prepareMessages, startWeights } from "../ours/w2.js";
import { fastestWay, type Way } from "../peers/pytorch.js";
import {
  type OwnWay,
  ownTurn,
  requireAgreement,
  type Session,
  type SharedCase,
  sharedCase,
  tightestC,
} from "../session.js";
import { type Contestant, interleave, median, pairedRatio, relativeError } from "../stats.js";
import type { RowFigure } from "./row.js";

const ways: readonly Way[] = ["addmm_jit", "addmm", "index_add"].map((implementation) => ({
  variant: "D",
  implementation,
  threads: 2,
}));

/** W2, a network of 16 tanh units per directed edge and step: forward and gradient of 600 steps. */
export async function messageRow(session: Session): Promise<RowFigure[]> {
  const figures: RowFigure[] = [];
  for (const nodes of session.sizes) figures.push(...(await oneSize(session, nodes)));
  return figures;
}

async function oneSize(session: Session, nodes: number): Promise<RowFigure[]> {
  const shared = await sharedCase(session, { nodes, variant: "D" });
  const { problem, data, exported } = shared;
  const weights = exported?.network ? Float64Array.from(exported.network) : startWeights();
  const ours = session.ways.map((own) => {
    const { backEnd, lanes } = own;
    const setup = { problem, adjoint: true, steps, backEnd, lanes } as const;
    const prepared = prepareMessages(setup);
    return { own, prepared, turn: () => messageIteration(prepared, weights, data) };
  });
  for (const { own, prepared } of ours) checkMessages(session, { own, prepared, weights, shared });
  const { pytorch, roofline } = session.peers;
  const tried = session.quick ? ways.slice(0, 1) : ways;
  const way =
    "missing" in pytorch
      ? undefined
      : await fastestWay(pytorch, { mesh: nodes, ways: tried, seconds: 1 });
  const contestants: Record<string, Contestant> = {};
  for (const { own, turn } of ours)
    contestants[own.layout] = async () => (await ownTurn(session, turn)) / own.lanes;
  contestants.peer = async () =>
    "missing" in pytorch || !way
      ? undefined
      : (await pytorch.time(nodes, way, session.quick ? 1 : 3))?.iteration_ms;
  contestants.c = async () =>
    "missing" in roofline || !exported ? undefined : roofline.trainMessages(exported.folder);
  const times = await interleave(contestants, session.rounds);
  const name =
    "missing" in pytorch
      ? "PyTorch"
      : `PyTorch ${pytorch.version} ${way?.implementation}, 2 threads`;
  const missing = "missing" in pytorch ? pytorch.missing : "it did not run here";
  const figure = (
    own: OwnWay,
    peer: Peer,
    theirs: readonly number[],
  ): Omit<RowFigure, "row" | "title"> => ({
    nodes,
    layout: own.layout,
    headline: own === session.ways[0],
    ours: { value: median(times[own.layout]), unit: "ms" },
    peer: theirs.length > 0 ? { name: peer.name, value: median(theirs), unit: "ms" } : peer,
    ...(theirs.length > 0 && { value: pairedRatio(theirs, times[own.layout]) }),
    unit: "x",
    better: "higher",
  });
  return ours.flatMap(({ own }): RowFigure[] => [
    {
      ...{ row: "w2", title: "W2 against PyTorch's best", reach: 2.5, aim: 6 },
      ...figure(own, { name, missing }, times.peer),
    },
    {
      ...{ row: "w2-c", title: "W2 against the tightest C" },
      ...figure(own, tightestC(session, shared), times.c),
    },
  ]);
}

/** Float64 takes seconds here: the smallest mesh speaks for all; PyTorch is asked at every size. */
function checkMessages(
  session: Session,
  of: { own: OwnWay; prepared: Prepared; weights: Float64Array; shared: SharedCase },
): void {
  const { own: way, prepared, weights, shared } = of;
  const { problem, data, exported } = shared;
  const what = `W2, N = ${problem.nodes}, ${way.layout}`;
  const { loss, gradient } = messageIteration(prepared, weights, data);
  if (problem.nodes === 642) {
    const reference = prepareMessages({ ...prepared, backEnd: "js-float64", lanes: 1 });
    const exact = messageIteration(reference, weights, data).gradient[0];
    for (const lane of gradient)
      requireAgreement(`${what}: gradient against float64`, relativeError(lane, exact), 1e-3);
  }
  if (!exported) return;
  for (const [lane, own] of gradient.entries()) {
    const error = relativeError(own, exported.gradient);
    requireAgreement(
      `${what}: loss against PyTorch`,
      Math.abs(loss[lane] / exported.loss - 1),
      1e-4,
    );
    requireAgreement(`${what}: gradient against PyTorch`, error, 1e-3);
    if (lane === 0) session.say(`${what}: gradient ${error.toExponential(1)} of PyTorch's`);
  }
}
