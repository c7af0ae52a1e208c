import { fail } from "../core/errors.js";
import { graphDistances } from "../mesh/graph.js";
import type { EdgeGraph, Mesh } from "../mesh/mesh.js";
import type { Stimulus } from "./case.js";
import type { DrawnReaction } from "./draw.js";
import type { Scar } from "./scar.js";
import type { ReactionChoice, TruthDiffusion, TruthSimulator } from "./truth-simulator.js";

/** What the pilots need to know of the patient. */
export interface Tissue {
  readonly mesh: Mesh;
  readonly graph: EdgeGraph;
  /** Mean length of an edge. */
  readonly spacing_mm: number;
  readonly scar: Scar;
  readonly reaction: ReactionChoice;
  readonly drawn: DrawnReaction;
  readonly diffusion: TruthDiffusion;
  /** Of a plane wave in the slowest healthy direction. */
  readonly speed_mm_per_ms: number;
}

/** A ball of lifted potential: all nodes within `radius_mm` of the site along edges. */
export function ballStimulus(graph: EdgeGraph, site: number, radius_mm: number): Stimulus {
  const distance = graphDistances(graph, [{ node: site, start: 0 }]);
  const nodes = Array.from(distance.keys()).filter((i) => distance[i] <= radius_mm);
  return { kind: "initial", nodes, value: 1 };
}

/** Radii that are tried, in spacings: a ball below the critical size dies away. */
const radii = [1.5, 1.8, 2.1, 2.5, 3, 3.6, 4.3, 5.2, 6.2] as const;

/**
 * The radius at which every site starts a wave, mm: the first of a ladder at which all do, and one
 * rung more, since just above the critical size the wave hesitates.
 */
export function ignitionRadius(
  simulator: TruthSimulator,
  tissue: Tissue,
  sites: readonly number[],
): number {
  for (let rung = 0; rung < radii.length - 1; rung++)
    if (allIgnite(simulator, tissue, { sites, radius: radii[rung] }))
      return radii[rung + 1] * tissue.spacing_mm;
  return fail({
    code: "no-ignition",
    message: `A ball of radius ${radii[radii.length - 2]} spacings does not start a wave everywhere.`,
    path: tissue.reaction.name,
    fix: "Ask for more nodes, or for parameters closer to the published ones.",
  });
}

/** How far beyond the ball the wave must have come, spacings, and in how many times the due time. */
const ignited = { reach: 3, patience: 4 } as const;

function allIgnite(
  simulator: TruthSimulator,
  tissue: Tissue,
  { sites, radius }: { sites: readonly number[]; radius: number },
): boolean {
  const { graph, spacing_mm, scar, speed_mm_per_ms } = tissue;
  const end_ms = (ignited.patience * ignited.reach * spacing_mm) / speed_mm_per_ms;
  for (let start = 0; start < sites.length; start += 4) {
    const quad = sites.slice(start, start + 4);
    const stimuli = quad.map((site) => ballStimulus(graph, site, radius * spacing_mm));
    const runs = draft(simulator, tissue, { stimuli, interval_ms: end_ms, samples: 2 });
    const isLit = (site: number, q: number) => {
      const distance = graphDistances(graph, [{ node: site, start: 0 }]);
      return runs[q].activation_ms.every(
        (t, i) =>
          Number.isFinite(t) ||
          distance[i] > (radius + ignited.reach) * spacing_mm ||
          scar.logConductivity[i] < 0,
      );
    };
    if (!quad.every(isLit)) return false;
  }
  return true;
}

/** Below this the potential counts as back at rest. */
const recoveredLevel = 0.05;
const pilotSamples = 240;

/**
 * The time between frames, ms, two digits: `frames` frames from 0 hold activation and recovery of
 * every node, from whichever site; measured from the four sites that are farthest from anywhere.
 */
export function frameInterval(
  simulator: TruthSimulator,
  tissue: Tissue,
  { stimuli, sites, frames }: { stimuli: readonly Stimulus[]; sites: number[]; frames: number },
): number {
  const reach = sites.map((site) => reach_ms(tissue, site));
  const order = Array.from(sites.keys()).sort((a, b) => reach[b] - reach[a]);
  const slowest = order.slice(0, 4).map((k) => stimuli[k]);
  let end_ms = 1.3 * reach[order[0]] + 1.5 * tissue.drawn.cell.duration_ms;
  for (let attempt = 0; attempt < 4; attempt++, end_ms *= 1.5) {
    const interval_ms = end_ms / (pilotSamples - 1);
    const request = { stimuli: slowest, interval_ms, samples: pilotSamples };
    const potentials = draft(simulator, tissue, request).map((run) => run.potential);
    const last = potentials.reduce((most, u) => Math.max(most, lastLifted(u)), 0);
    if (last < pilotSamples - 1) return twoDigits((1.03 * (last + 1) * interval_ms) / (frames - 1));
  }
  return fail({
    code: "no-recovery",
    message: `${tissue.reaction.name}: some node does not come back to rest.`,
    path: tissue.reaction.name,
    fix: "Use a weaker scar, or parameters closer to the published ones.",
  });
}

/** Time of the farthest node by plane waves along edges, slower where conductivity is low. */
function reach_ms({ graph, scar, speed_mm_per_ms }: Tissue, site: number): number {
  const cost = graph.lengths.map((length, e) => {
    const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
    const log = (scar.logConductivity[i] + scar.logConductivity[j]) / 2;
    return length / (speed_mm_per_ms * Math.exp(log / 2));
  });
  return graphDistances(graph, [{ node: site, start: 0 }], cost).reduce(
    (a, b) => Math.max(a, b),
    0,
  );
}

/** The last sample at which any node is above the level of recovery. */
function lastLifted(potential: ArrayLike<number>): number {
  const nodes = potential.length / pilotSamples;
  for (let k = potential.length - 1; k >= 0; k--)
    if (potential[k] > recoveredLevel) return Math.floor(k / nodes);
  return 0;
}

const twoDigits = (value: number): number => {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(2));
};

function draft(
  simulator: TruthSimulator,
  { mesh, reaction, drawn, diffusion }: Tissue,
  request: { stimuli: readonly Stimulus[]; interval_ms: number; samples: number },
) {
  const { stimuli, ...grid } = request;
  return simulator.simulate({
    mesh,
    reaction: { ...reaction, parameters: drawn.parameters },
    diffusion,
    recordings: stimuli.map((stimulus) => [stimulus]),
    accuracy: "draft",
    finerSteps: 1,
    ...grid,
  }).runs;
}
