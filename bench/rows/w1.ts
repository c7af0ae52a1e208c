import type { Peer } from "../figure.js";
import {
  edgeIteration,
  edgeLane,
  type Prepared,
  prepareEdges,
  startTheta,
  steps,
} from "../ours/w1.js";
import { fastestWay, type PyTorch, type Way } from "../peers/pytorch.js";
import { type Roofline, segments } from "../peers/roofline.js";
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

/** N -> what must be reached and what is aimed at. */
const autogradLevels: Record<number, [number, number]> = {
  642: [50, 100],
  2562: [18, 40],
  10242: [10, 20],
};
const adjointLevels: Record<number, [number, number]> = {
  642: [20, 40],
  2562: [10, 20],
  10242: [7, 14],
};
const autogradWays: readonly Way[] = [
  ...["gather_jit", "index_add_jit", "gather", "index_add"],
].map((implementation) => ({ variant: "B", implementation, threads: 1 }));

/** W1, one conductance per edge: forward and gradient of 600 steps against three peers. */
export async function edgeRow(session: Session): Promise<RowFigure[]> {
  const figures: RowFigure[] = [];
  for (const nodes of session.sizes) figures.push(...(await oneSize(session, nodes)));
  return figures;
}

async function oneSize(session: Session, nodes: number): Promise<RowFigure[]> {
  const shared = await sharedCase(session, { nodes, variant: "B" });
  const theta = new Float64Array(shared.problem.lengths.length).fill(startTheta);
  const setup = { problem: shared.problem, adjoint: true, steps } as const;
  const ours = session.ways.map((own) => {
    const prepared = prepareEdges({ ...setup, backEnd: own.backEnd, lanes: own.lanes });
    return { own, prepared, turn: () => edgeIteration(prepared, theta, shared.data) };
  });
  for (const { own, prepared } of ours) checkEdges(session, { own, prepared, theta, shared });
  const { pytorch, roofline } = session.peers;
  const autograd = "missing" in pytorch ? undefined : await autogradWay(session, pytorch, nodes);
  const contestants: Record<string, Contestant> = {};
  for (const { own, turn } of ours)
    contestants[own.layout] = async () => (await ownTurn(session, turn)) / own.lanes;
  if (!("missing" in pytorch)) {
    const seconds = session.quick ? 1 : 2;
    const time = (way: Way) => async () => (await pytorch.time(nodes, way, seconds))?.iteration_ms;
    if (autograd) contestants.autograd = time(autograd);
    contestants.adjoint = time({ variant: "B", implementation: "expert", threads: 1 });
  }
  contestants.c = () => bestC(roofline, shared);
  const times = await interleave(contestants, session.rounds);
  const c = tightestC(session, shared);
  return ours.flatMap(({ own }) => {
    const common = { session, nodes, way: own, times };
    return [
      line({ ...common, key: "autograd", levels: autogradLevels, peer: named(pytorch, autograd) }),
      line({ ...common, key: "adjoint", levels: adjointLevels, peer: named(pytorch) }),
      line({ ...common, key: "c", levels: cLevels(nodes), peer: c }),
    ];
  });
}

const cLevels = (nodes: number): Record<number, [number, number]> => ({ [nodes]: [0.6, 1] });

async function autogradWay({ quick }: Session, peer: PyTorch, mesh: number) {
  const ways = quick ? autogradWays.slice(0, 1) : autogradWays;
  return (await fastestWay(peer, { mesh, ways, seconds: 1 })) ?? autogradWays[0];
}

const named = (
  peer: PyTorch | { missing: string },
  way?: Way,
): { name: string; missing?: string } =>
  "missing" in peer
    ? { name: "PyTorch", missing: peer.missing }
    : { name: `PyTorch ${peer.version} ${way ? way.implementation : "expert"}, 1 thread` };

async function bestC(peer: Roofline | { missing: string }, { exported }: SharedCase) {
  if ("missing" in peer || !exported) return undefined;
  const times: number[] = [];
  for (const segment of segments) {
    const time = await peer.train(exported.folder, segment);
    if (time !== undefined) times.push(time);
  }
  return times.length > 0 ? Math.min(...times) : undefined;
}

const titles = {
  autograd: "W1 against PyTorch's best autograd",
  adjoint: "W1 against PyTorch with a hand-written adjoint",
  c: "W1 against the tightest C",
} as const;

function line(of: {
  readonly session: Session;
  readonly nodes: number;
  readonly way: OwnWay;
  readonly times: Record<string, number[]>;
  readonly key: keyof typeof titles;
  readonly levels: Record<number, [number, number]>;
  readonly peer: { readonly name: string; readonly missing?: string };
}): RowFigure {
  const { session, nodes, way, times, key, levels } = of;
  const own = times[way.layout];
  const theirs = times[key] ?? [];
  const ran = theirs.length > 0;
  const peer: Peer = ran
    ? { name: of.peer.name, value: median(theirs), unit: "ms" }
    : { name: of.peer.name, missing: of.peer.missing ?? "it did not run here" };
  const [reach, aim] = levels[nodes];
  return {
    row: `w1-${key}`,
    title: titles[key],
    nodes,
    layout: way.layout,
    headline: way === session.ways[0],
    ours: { value: median(own), unit: "ms" },
    peer,
    ...(ran && { value: pairedRatio(theirs, own) }),
    unit: "x",
    better: "higher",
    reach,
    aim,
  };
}

/** Single precision against the float64 reference, and against PyTorch's loss and gradient. */
function checkEdges(
  session: Session,
  of: { own: OwnWay; prepared: Prepared; theta: Float64Array; shared: SharedCase },
): void {
  const { own: way, prepared, theta, shared } = of;
  const { problem, data, exported } = shared;
  const { loss, gradient } = edgeIteration(prepared, theta, data);
  const reference = prepareEdges({ ...prepared, backEnd: "js-float64", lanes: 1 });
  const exact = edgeIteration(reference, theta, data);
  const exactGradient = edgeLane(reference, exact.gradient);
  for (let lane = 0; lane < prepared.lanes; lane++) {
    const what = `W1, N = ${problem.nodes}, ${way.layout}, lane ${lane}`;
    const own = edgeLane(prepared, gradient, lane);
    const error = relativeError(own, exactGradient);
    requireAgreement(`${what}: gradient against float64`, error, 1e-4);
    if (!exported) continue;
    const lossError = Math.abs(loss[lane] / exported.loss - 1);
    const peerError = relativeError(own, exported.gradient);
    requireAgreement(`${what}: loss against PyTorch`, lossError, 1e-5);
    requireAgreement(`${what}: gradient against PyTorch`, peerError, 1e-4);
    if (lane === 0)
      session.say(
        `${what}: gradient ${error.toExponential(1)} of float64's, ${peerError.toExponential(1)} of PyTorch's`,
      );
  }
}
