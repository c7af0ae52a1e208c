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
  /** Cube root of the volume per node. */
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
const radii = [1.5, 1.8, 2.1, 2.5, 3, 3.6, 4.3, 5.2] as const;

export interface Start {
  readonly radius_mm: number;
  /** One for each site. */
  readonly stimuli: readonly Stimulus[];
  /** Time between frames, two digits. */
  readonly interval_ms: number;
}

/**
 * How every site can start a beat that `frames` frames from 0 hold to its end: the first radius of a
 * ladder from which the wave reaches all nodes, and one rung more, since just above the critical size
 * it hesitates. undefined where no rung does: conduction blocks, or some node does not come back.
 */
export function findStart(
  simulator: TruthSimulator,
  tissue: Tissue,
  { sites, frames }: { sites: readonly number[]; frames: number },
): Start | undefined {
  const request = (rung: number) => ({
    stimuli: sites.map((site) => ballStimulus(tissue.graph, site, radii[rung] * tissue.spacing_mm)),
    end_ms: horizon_ms(tissue, sites),
  });
  for (let rung = 0; rung < radii.length - 1; rung++) {
    if (beatsEnd_ms(simulator, tissue, request(rung)) === undefined) continue;
    const used = request(rung + 1);
    const end_ms = beatsEnd_ms(simulator, tissue, used);
    if (end_ms === undefined) continue;
    return {
      radius_mm: radii[rung + 1] * tissue.spacing_mm,
      stimuli: used.stimuli,
      interval_ms: twoDigits((1.03 * end_ms) / (frames - 1)),
    };
  }
  return undefined;
}

/** Below this the potential counts as back at rest. */
const recoveredLevel = 0.05;
const pilotSamples = 240;

/** When the last node of all beats is back at rest; undefined where some node never fires or rests. */
function beatsEnd_ms(
  simulator: TruthSimulator,
  tissue: Tissue,
  { stimuli, end_ms }: { stimuli: readonly Stimulus[]; end_ms: number },
): number | undefined {
  const { mesh, reaction, drawn, diffusion, scar } = tissue;
  const core = new Set(scar.core);
  const interval_ms = end_ms / (pilotSamples - 1);
  let last = 0;
  for (let first = 0; first < stimuli.length; first += 4) {
    const { runs } = simulator.simulate({
      mesh,
      reaction: { ...reaction, parameters: drawn.parameters },
      diffusion,
      recordings: stimuli.slice(first, first + 4).map((stimulus) => [stimulus]),
      interval_ms,
      samples: pilotSamples,
      accuracy: "draft",
      finerSteps: 1,
    });
    for (const { activation_ms, potential } of runs) {
      if (!activation_ms.every((t, node) => Number.isFinite(t) || core.has(node))) return undefined;
      last = Math.max(last, lastLifted(potential));
    }
    if (last === pilotSamples - 1) return undefined;
  }
  return (last + 1) * interval_ms;
}

/** Long enough for a wave that hesitates at its start, and for the last node to recover. */
const horizon_ms = (tissue: Tissue, sites: readonly number[]): number =>
  1.8 * Math.max(...sites.map((site) => reach_ms(tissue, site))) +
  2 * tissue.drawn.cell.duration_ms;

/** Time of the farthest node by plane waves along edges, slower where conductivity is low. */
function reach_ms({ graph, scar, speed_mm_per_ms }: Tissue, site: number): number {
  const cost = graph.lengths.map((length, e) => {
    const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
    const log = (scar.logConductivity[i] + scar.logConductivity[j]) / 2;
    return length / (speed_mm_per_ms * Math.exp(log / 2));
  });
  const times_ms = graphDistances(graph, [{ node: site, start: 0 }], cost);
  return times_ms.reduce((last, t) => Math.max(last, t), 0);
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
