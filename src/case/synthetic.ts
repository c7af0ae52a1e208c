import { fail } from "../core/errors.js";
import { createRandom, type Random } from "../core/random.js";
import { biventricularHeart } from "../mesh/biventricular.js";
import { edgeGraph, graphDistances } from "../mesh/graph.js";
import { type EdgeGraph, type Mesh, nodeCount } from "../mesh/mesh.js";
import { lumpedMass } from "../mesh/operators.js";
import type { Case, Recording, Stimulus } from "./case.js";
import { type DrawnReaction, drawFactor, drawReaction } from "./draw.js";
import { findStart, type Start, type Tissue } from "./pilot.js";
import { noScar, placeScar } from "./scar.js";
import { splitSites, spreadSites } from "./sites.js";
import { checkSyntheticOptions, type SyntheticOptions } from "./synthetic-options.js";
import type {
  ParameterValues,
  ReactionChoice,
  TruthDiffusion,
  TruthRun,
  TruthRuns,
  TruthSimulator,
} from "./truth-simulator.js";

/** What was put into a synthetic patient; plain JSON, kept apart from the case. */
export interface Truth {
  readonly format: "leads-truth";
  readonly version: 1;
  readonly case: string;
  readonly seed: number;
  readonly options: SyntheticOptions;
  readonly reaction: ReactionChoice & { readonly parameters: ParameterValues };
  readonly diffusion: {
    readonly along_mm2_per_ms: number;
    readonly across_mm2_per_ms: number;
    /** [N] conductivity / healthy conductivity. */
    readonly conductivity: readonly number[];
  };
  readonly scar: { readonly core: readonly number[]; readonly border: readonly number[] };
  readonly sites: readonly { readonly recording: string; readonly node: number }[];
  readonly stimulus: { readonly radius_mm: number; readonly value: number };
  readonly noise_sd: number;
  readonly numerics: TruthRuns["numerics"];
  readonly measured: Measured;
}

export interface Measured {
  readonly spacing_mm: number;
  /** From 10 % to 90 % of a plane wave's up-stroke, in spacings. */
  readonly front_spacings: number;
  readonly cell_duration_ms: number;
  readonly interval_ms: number;
  /** The last activation over all recordings. */
  readonly activation_ms: number;
  /** Distance along edges over time, least squares over nodes ahead of the start; mean of recordings. */
  readonly conduction_velocity_mm_per_ms: number;
  /** Scar core nodes that stay silent in some recording. */
  readonly silent: readonly number[];
}

export interface SyntheticPatient {
  readonly case: Case;
  readonly truth: Truth;
  /** The test recordings without noise, at every node, with the exact activation times. */
  readonly clean: readonly Recording[];
}

/**
 * A patient whose truth is known, the same for the same options. Potentials only, at the observed
 * nodes; each recording starts as a ball of lifted potential round its pacing site. `givenMesh`
 * takes the place of the generated heart. Errors: "bad-option", "unknown-name", "not-excitable",
 * "no-conduction", "no-recovery", "diverged".
 */
export function createSyntheticPatient(
  options: SyntheticOptions,
  simulator: TruthSimulator,
  givenMesh?: Mesh,
): SyntheticPatient {
  checkSyntheticOptions(options);
  const random = createRandom(options.seed, "synthetic");
  const heart = createHeart(options, random, givenMesh);
  const { tissue, start } = createTissue(options, simulator, { heart, random });
  const { sites } = heart;
  const { stimuli, interval_ms, radius_mm } = start;
  const { runs, numerics } = simulator.simulate({
    mesh: tissue.mesh,
    reaction: { ...options.reaction, parameters: tissue.drawn.parameters },
    diffusion: tissue.diffusion,
    recordings: stimuli.map((stimulus) => [stimulus]),
    interval_ms,
    samples: options.frames,
    accuracy: "truth",
    finerSteps: options.finerSteps,
  });
  const silent = checkBeats(tissue, runs);
  const patient = { options, tissue, sites, stimuli, runs, interval_ms, random };
  const value = assembleCase(patient);
  const measured = { ...measure(patient), silent };
  return {
    case: value,
    truth: assembleTruth(patient, { case: value.name, radius_mm, numerics, measured }),
    clean: cleanRecordings(patient, value),
  };
}

interface Patient {
  readonly options: SyntheticOptions;
  readonly tissue: Tissue;
  readonly sites: readonly number[];
  readonly stimuli: readonly Stimulus[];
  readonly runs: readonly TruthRun[];
  readonly interval_ms: number;
  readonly random: Random;
}

/**
 * What D is chosen for, before it is drawn: a front that the mesh resolves (10 % to 90 % over 1.8
 * spacings; 1 % to 99 % over twice as much), and a heart that is crossed in time by slow waves.
 */
const wave = { front_spacings: 1.8, crossing_durations: 1.6 } as const;

interface Heart extends Pick<Tissue, "mesh" | "graph" | "spacing_mm" | "scar"> {
  readonly sites: readonly number[];
}

function createHeart(options: SyntheticOptions, random: Random, givenMesh?: Mesh): Heart {
  const { nodes, height_mm } = options;
  const mesh = givenMesh ?? biventricularHeart({ nodes, height_mm });
  const graph = edgeGraph(mesh);
  const volume = lumpedMass(mesh).reduce((a, b) => a + b, 0);
  const scar = options.scar
    ? placeScar(graph, options.scar, random.fork("scar"))
    : noScar(nodeCount(mesh));
  const sites = spreadSites(graph, options.recordings, {
    isAllowed: (node) => scar.logConductivity[node] === 0,
    random: random.fork("sites"),
  });
  return { mesh, graph, scar, sites, spacing_mm: Math.cbrt(volume / nodeCount(mesh)) };
}

const mostDraws = 12;

/** Draws parameters until the wave gets from every site to every node and all come back. */
function createTissue(
  options: SyntheticOptions,
  simulator: TruthSimulator,
  { heart, random }: { heart: Heart; random: Random },
): { tissue: Tissue; start: Start } {
  const { reaction, spread, frames } = options;
  const ofReaction = random.fork("reaction");
  const ofDiffusion = random.fork("diffusion");
  for (let draw = 0; draw < (spread === 1 ? 1 : mostDraws); draw++) {
    const drawn = drawReaction(simulator, { reaction, spread, random: ofReaction });
    const factor = drawFactor(ofDiffusion, spread);
    const diffusion = chooseDiffusion(heart, drawn, { anisotropy: options.anisotropy, factor });
    const { along_mm2_per_ms: along, across_mm2_per_ms: across } = diffusion;
    const speed_mm_per_ms = drawn.front.speed_mm_per_ms * Math.sqrt(Math.min(along, across));
    const tissue = { ...heart, reaction, drawn, diffusion, speed_mm_per_ms };
    const start = findStart(simulator, tissue, { sites: heart.sites, frames });
    if (start !== undefined) return { tissue, start };
  }
  return fail({
    code: "no-conduction",
    message: `${reaction.name}: no draw of the parameters conducts from every site to every node.`,
    path: reaction.name,
    fix: "Ask for more nodes, a weaker scar, less anisotropy or another seed.",
  });
}

function chooseDiffusion(
  { graph, spacing_mm, scar }: Heart,
  { front, cell }: DrawnReaction,
  { anisotropy, factor }: { anisotropy: number; factor: number },
): TruthDiffusion {
  // Speed and width of a front both go like the square root of D.
  const resolved = (wave.front_spacings * spacing_mm) / front.width_mm;
  const due_ms = wave.crossing_durations * cell.duration_ms;
  const crossing = longestPath_mm(graph) / due_ms / front.speed_mm_per_ms;
  const mean = factor * Math.max(resolved, crossing) ** 2;
  // The geometric mean over the three directions stays, whatever the anisotropy.
  const across_mm2_per_ms = mean * anisotropy ** (-1 / 3);
  const along_mm2_per_ms = anisotropy === 1 ? across_mm2_per_ms : across_mm2_per_ms * anisotropy;
  return { along_mm2_per_ms, across_mm2_per_ms, logConductivity: scar.logConductivity };
}

/** From the node farthest from node 0 to the node farthest from that, along edges. */
function longestPath_mm(graph: EdgeGraph): number {
  const from = (node: number) => graphDistances(graph, [{ node, start: 0 }]);
  const most = (distance: Float64Array) => distance.reduce((a, b) => Math.max(a, b));
  const farthest = (distance: Float64Array) => distance.indexOf(most(distance));
  return most(from(farthest(from(0))));
}

/** Every node outside the core of a scar must fire and come back; returns silent core nodes. */
function checkBeats({ scar, reaction }: Tissue, runs: readonly TruthRun[]): number[] {
  const core = new Set(scar.core);
  const silent = new Set<number>();
  for (const { activation_ms, potential } of runs) {
    const last = potential.subarray(potential.length - activation_ms.length);
    activation_ms.forEach((t, node) => {
      if (!Number.isFinite(t)) silent.add(node);
      if ((Number.isFinite(t) || core.has(node)) && last[node] < 0.1) return;
      fail({
        code: Number.isFinite(t) ? "no-recovery" : "no-conduction",
        message: `${reaction.name}: node ${node} does not ${Number.isFinite(t) ? "come back to rest" : "activate"}.`,
        path: reaction.name,
        fix: "Use a weaker scar, less anisotropy or another seed.",
      });
    });
  }
  return [...silent].sort((a, b) => a - b);
}

const idOf = (k: number) => `pace-${String(k + 1).padStart(2, "0")}`;

/** Frames at a multiple of the interval. */
const frameTimes = ({ options, interval_ms }: Patient) =>
  Float64Array.from({ length: options.frames }, (_, f) => f * interval_ms);

function assembleCase(patient: Patient): Case {
  const { options, tissue, sites, stimuli, runs, random } = patient;
  const nodes = observedNodes(tissue.mesh, options.observed, random.fork("observed"));
  const ids = sites.map((_, k) => idOf(k));
  const recordings = runs.map(({ potential }, k): Recording => {
    const noise = random.fork(`noise/${ids[k]}`);
    const observed = pickNodes(potential, nodes, nodeCount(tissue.mesh));
    const values = observed.map((u) =>
      options.noise > 0 ? u + options.noise * noise.normal() : u,
    );
    return {
      id: ids[k],
      beat: ids[k],
      stimuli: { kind: "given", stimuli: [stimuli[k]] },
      potential: { times_ms: frameTimes(patient), nodes, values, arbitraryScale: false },
    };
  });
  return {
    name: `synthetic-${options.seed}`,
    source:
      "Synthetic patient made by leads synth; what is true of it is kept in a .truth.json file beside it.",
    mesh: tissue.mesh,
    recordings,
    split: splitSites(tissue.graph, sites, { ids, random: random.fork("split") }),
  };
}

function observedNodes(mesh: Mesh, share: number, random: Random): Int32Array {
  const N = nodeCount(mesh);
  const all = Int32Array.from({ length: N }, (_, i) => i);
  if (share === 1) return all;
  return Int32Array.from(
    random.shuffle([...all]).slice(0, Math.max(1, Math.round(share * N))),
  ).sort();
}

/** [T * N] -> [T * K], single precision. */
function pickNodes(values: ArrayLike<number>, nodes: Int32Array, N: number): Float32Array {
  const frames = values.length / N;
  const K = nodes.length;
  return Float32Array.from(
    { length: frames * K },
    (_, at) => values[Math.floor(at / K) * N + nodes[at % K]],
  );
}

function cleanRecordings(patient: Patient, { recordings, split }: Case): Recording[] {
  const N = nodeCount(patient.tissue.mesh);
  const nodes = Int32Array.from({ length: N }, (_, i) => i);
  const quiet = (t: number) => (Number.isFinite(t) ? t : Number.NaN);
  return recordings.flatMap((recording, k) => {
    if (!split.test.includes(recording.id)) return [];
    const { potential, activation_ms } = patient.runs[k];
    const values = Float32Array.from(potential);
    const times_ms = activation_ms.map(quiet);
    return {
      ...recording,
      potential: { times_ms: frameTimes(patient), nodes, values, arbitraryScale: false },
      activation: { nodes, times_ms },
    };
  });
}

function measure({ tissue, runs, sites, interval_ms }: Patient): Omit<Measured, "silent"> {
  const { graph, spacing_mm, drawn, diffusion } = tissue;
  const { along_mm2_per_ms: along, across_mm2_per_ms: across } = diffusion;
  const meanD = Math.cbrt(along * across * across);
  const latest = runs.flatMap((run) => [...run.activation_ms].filter(Number.isFinite));
  const velocities = runs.map((run, k) => velocity(graph, run.activation_ms, sites[k]));
  return {
    spacing_mm,
    front_spacings: (drawn.front.width_mm * Math.sqrt(meanD)) / spacing_mm,
    cell_duration_ms: drawn.cell.duration_ms,
    interval_ms,
    activation_ms: latest.reduce((a, b) => Math.max(a, b), 0),
    conduction_velocity_mm_per_ms: velocities.reduce((a, b) => a + b, 0) / velocities.length,
  };
}

/** Slope of distance over activation time, nodes that are lifted at the start left out. */
function velocity(graph: EdgeGraph, activation_ms: Float64Array, site: number): number {
  const distance = graphDistances(graph, [{ node: site, start: 0 }]);
  const used = Array.from(activation_ms.keys()).filter(
    (i) => activation_ms[i] > 0 && Number.isFinite(activation_ms[i]),
  );
  const mean = (values: Float64Array) => used.reduce((sum, i) => sum + values[i], 0) / used.length;
  const [t, d] = [mean(activation_ms), mean(distance)];
  const moment = (values: Float64Array, middle: number) =>
    used.reduce((sum, i) => sum + (activation_ms[i] - t) * (values[i] - middle), 0);
  return moment(distance, d) / moment(activation_ms, t);
}

function assembleTruth(
  { options, tissue, sites }: Patient,
  known: { case: string; radius_mm: number; numerics: Truth["numerics"]; measured: Measured },
): Truth {
  const { drawn, scar, diffusion } = tissue;
  const { logConductivity, ...coefficients } = diffusion;
  return {
    format: "leads-truth",
    version: 1,
    case: known.case,
    seed: options.seed,
    options,
    reaction: { ...options.reaction, parameters: drawn.parameters },
    diffusion: { ...coefficients, conductivity: Array.from(logConductivity, Math.exp) },
    scar: { core: scar.core, border: scar.border },
    sites: sites.map((node, k) => ({ recording: idOf(k), node })),
    stimulus: { radius_mm: known.radius_mm, value: 1 },
    noise_sd: options.noise,
    numerics: known.numerics,
    measured: known.measured,
  };
}
