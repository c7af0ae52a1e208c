import type { Case, PotentialData, Recording } from "../case/case.js";
import { median } from "../core/median.js";
import { nodeCount } from "../mesh/mesh.js";
import type { MeshContext } from "../model/declare.js";
import { meshContext } from "../twin/compile.js";
import type { Score } from "../twin/spec.js";

/** What misfits are measured in: squared potential, or ms^2 of activation time. */
export type Measure = "potential" | "activation";

/** What an agent may know of a case before any fit. Nothing of the test recordings but their number. */
export interface CaseSummary {
  readonly name: string;
  readonly source: string;
  readonly mesh: MeshContext & {
    readonly nodes: number;
    readonly regionNames: readonly string[];
    /** Edges of the bounding box, mm. */
    readonly extent_mm: readonly [number, number, number];
  };
  readonly measure: Measure;
  readonly recordings: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  /** Beats that enter from outside the mesh, at places and times nobody recorded. */
  readonly unknownStimuli: boolean;
  /** Signals with an arbitrary gain and offset per channel. */
  readonly arbitraryScale: boolean;
  /** Smallest and largest share of nodes that a training recording observes, 0..1. */
  readonly observedShare: readonly [number, number];
  /** Longest training recording, ms; 0 with activation times alone. */
  readonly duration_ms: number;
  /** Median spacing of frames, ms; 0 with activation times alone. */
  readonly frame_ms: number;
  /**
   * Scores of predictors that need no model, on the validation recordings. A fit of potentials
   * that is worse than "spatial_mean" (or "zero") counts as a failed fit.
   */
  readonly trivial: Readonly<Record<string, Score>>;
  /** SHA-256 of every input file, for the journal. */
  readonly inputHashes: Readonly<Record<string, string>>;
}

/**
 * Reads train and validation recordings only; trivial scores, file hashes and, where the case was read
 * without them, the number of test recordings come from outside.
 */
export function summariseCase(
  patient: Case,
  known: {
    readonly trivial: CaseSummary["trivial"];
    readonly inputHashes?: CaseSummary["inputHashes"];
    readonly tests?: number;
  },
): CaseSummary {
  const byId = new Map(patient.recordings.map((recording) => [recording.id, recording]));
  const pick = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const train = pick(patient.split.train);
  const seen = [...train, ...pick(patient.split.validation)];
  const potentials = train.flatMap((recording) => recording.potential ?? []);
  const nodes = nodeCount(patient.mesh);
  const shares = train.map((recording) => observed(recording) / nodes);
  return {
    name: patient.name,
    source: patient.source,
    mesh: meshSummary(patient, nodes),
    measure: potentials.length > 0 ? "potential" : "activation",
    recordings: {
      train: train.length,
      validation: seen.length - train.length,
      test: known.tests ?? patient.split.test.length,
    },
    unknownStimuli: seen.some((recording) => recording.stimuli.kind === "unknown"),
    arbitraryScale: potentials.some((data) => data.arbitraryScale),
    observedShare: [Math.min(1, ...shares), Math.max(0, ...shares)],
    duration_ms: Math.max(0, ...potentials.map(duration)),
    frame_ms: potentials.length > 0 ? median(potentials.map(spacing)) : 0,
    trivial: known.trivial,
    inputHashes: known.inputHashes ?? {},
  };
}

function meshSummary({ mesh }: Case, nodes: number): CaseSummary["mesh"] {
  const extent = ([0, 1, 2] as const).map((axis) => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = axis; i < mesh.points.length; i += 3) {
      low = Math.min(low, mesh.points[i]);
      high = Math.max(high, mesh.points[i]);
    }
    return high - low;
  });
  return {
    ...meshContext(mesh),
    nodes,
    regionNames: Object.values(mesh.regionNames),
    hasFibres: (mesh.fibres ?? mesh.grid?.fibre)?.some((value) => value !== 0) ?? false,
    extent_mm: [extent[0], extent[1], extent[2]],
  };
}

const observed = (recording: Recording): number =>
  recording.potential?.nodes.length ?? recording.activation?.nodes.length ?? 0;

const duration = (data: PotentialData): number =>
  (data.times_ms[data.times_ms.length - 1] ?? 0) - (data.times_ms[0] ?? 0);

const spacing = (data: PotentialData): number => duration(data) / (data.times_ms.length - 1 || 1);
