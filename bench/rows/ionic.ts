import { catalog } from "../../src/catalog/catalog.js";
import type { BackEnd } from "../../src/kernel/engine.js";
import { fillLane } from "../../src/kernel/node-stream.js";
import { type Pulse, run, setGlobal, setInitial } from "../../src/kernel/rollout.js";
import { createWorkspace, fillEdges } from "../../src/kernel/workspace.js";
import { linearFlux, type Reaction } from "../../src/model/declare.js";
import { createProgram } from "../../src/model/program.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import { slabDiffusivity } from "../../src/verify/niederer.js";
import { slabSize_mm } from "../../src/verify/slab-lattice.js";
import { cornerStimulus } from "../../src/verify/slab-stimulus.js";
import { type PlacedProblem, placed } from "../ours/problem.js";
import { ownTurn, requireAgreement, type Session } from "../session.js";
import { interleave, median, relativeError } from "../stats.js";
import { gridProblem } from "../w1-mesh.js";
import type { RowFigure } from "./row.js";

const entryName = "ten-tusscher-panfilov";

/** The slab of `leads verify`, slowest axis first, fibres along the last. */
const size_mm = [...slabSize_mm].reverse();
const { along_mm2_per_ms: along, across_mm2_per_ms: across } = slabDiffusivity;
const diffusivity = [across, across, along];

interface Slab {
  readonly problem: PlacedProblem;
  /** Numbers of the nodes in the corner cube. */
  readonly corner: readonly number[];
}

function slab(spacing_mm: number): Slab {
  const size = size_mm.map((length) => Math.round(length / spacing_mm) + 1);
  const grid = gridProblem(
    size,
    diffusivity.map((d) => d / spacing_mm ** 2),
  );
  const problem = placed(grid, "as numbered");
  const [, ny, nx] = size;
  const last = Math.floor(cornerStimulus.side_mm / spacing_mm + 1e-9);
  const inside = (i: number) =>
    i % nx <= last && Math.floor(i / nx) % ny <= last && Math.floor(i / nx / ny) <= last;
  const corner = [...problem.mass.keys()].filter(inside);
  return { problem, corner };
}

function prepareSlab(
  { problem, corner }: Slab,
  {
    entry,
    backEnd,
    lanes,
    steps,
  }: { entry: Reaction; backEnd: BackEnd; lanes: number; steps: number },
) {
  const reaction = reactionSystem(entry);
  const program = createProgram({
    reaction,
    diffusion: { params: {}, fields: {}, edge: "g = w", ...linearFlux },
    physics: "symmetric-flux",
    edgeNames: ["g"],
    scheme: entry.numerics?.scheme ?? "rush-larsen",
    nodeParameters: [],
    where: "bench",
  });
  const { topology, nodes } = problem;
  const request = { program, topology, backEnd, lanes, adjoint: false, steps };
  const workspace = createWorkspace({ ...request, memoryBudget_bytes: 0 });
  const rest = reaction.states.map((state) => new Float64Array(nodes).fill(state.rest));
  const pulses: Pulse[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    for (const [name, p] of Object.entries(reaction.parameters))
      setGlobal(workspace, `reaction.${name}`, lane, p.value);
    fillLane(
      workspace,
      "inverse_mass",
      lane,
      problem.mass.map((m) => 1 / m),
    );
    fillEdges(workspace, "g", lane, problem.c);
    const strength_per_ms = cornerStimulus.strength_mV_per_ms / entry.millivolts.amplitude_mV;
    const { duration_ms } = cornerStimulus;
    pulses.push({ lane, nodes: corner, start_ms: 0, duration_ms, strength_per_ms });
  }
  const options = {
    ...{ dt_ms: entry.numerics?.step_ms ?? 0.02, steps, pulses, sampleEvery: steps },
    ...{ threshold: 0.5, recoveryThreshold: 0.5, watch: false },
  };
  return () => {
    for (let lane = 0; lane < lanes; lane++) setInitial(workspace, lane, rest);
    return run(workspace, options);
  };
}

/** ten Tusscher-Panfilov 2006 on the Niederer slab, 0.2 mm, forward only. */
export async function ionicRow(session: Session): Promise<RowFigure[]> {
  const whole = slab(session.quick ? 0.5 : 0.2);
  const { nodes } = whole.problem;
  const figure = {
    row: "ionic",
    title: "ten Tusscher 2006, Niederer slab, forward",
    nodes,
    unit: "M node-steps/s",
    better: "higher",
    reach: 4,
    aim: 10,
  } as const;
  const entry = Object.hasOwn(catalog.reactions, entryName)
    ? catalog.reactions[entryName]
    : undefined;
  if (!entry) {
    const note = `${entryName} is not in the catalog`;
    return session.ways.map(({ layout }, k) => ({ ...figure, layout, headline: k === 0, note }));
  }
  checkSlab(session, entry);
  const steps = session.quick ? 20 : 50;
  const speeds = await interleave(
    Object.fromEntries(
      session.ways.map(({ layout, backEnd, lanes }) => {
        const work = prepareSlab(whole, { entry, backEnd, lanes, steps });
        const turn = async () =>
          (nodes * steps * lanes) / (await ownTurn(session, () => void work())) / 1e3;
        return [layout, turn];
      }),
    ),
    session.rounds,
  );
  return session.ways.map(({ layout }, k) => {
    const value = median(speeds[layout]);
    const ours = { value, unit: "M node-steps/s" };
    return { ...figure, layout, headline: k === 0, ours, value };
  });
}

/** The coarse slab for 4 ms, the stimulus and what follows, against float64. */
function checkSlab(session: Session, entry: Reaction): void {
  const coarse = slab(0.5);
  const steps = 200;
  const end = (backEnd: BackEnd, lanes: number) => {
    const { potential } = prepareSlab(coarse, { entry, backEnd, lanes, steps })();
    const first = coarse.problem.nodes * lanes;
    return Float64Array.from(coarse.problem.u0, (_, i) => potential[first + i * lanes]);
  };
  const exact = end("js-float64", 1);
  if (!exact.some((u) => u > 0.5)) throw new Error("The corner of the slab did not activate.");
  for (const { layout, backEnd, lanes } of session.ways) {
    const error = relativeError(end(backEnd, lanes), exact);
    requireAgreement(`ten Tusscher, ${layout}: potential against float64`, error, 2e-3);
    session.say(`ten Tusscher, ${layout}: potential ${error.toExponential(1)} of float64's`);
  }
}
