import type { Case, PotentialData, Recording, Stimulus } from "../case/case.js";
import { ballStimulus } from "../case/pilot.js";
import type { SyntheticPatient } from "../case/synthetic.js";
import type { TruthSimulator } from "../case/truth-simulator.js";
import { fail } from "../core/errors.js";
import { biventricularHeart } from "../mesh/biventricular.js";
import { edgeGraph } from "../mesh/graph.js";
import { type Mesh, nodeCount } from "../mesh/mesh.js";
import type { Twin } from "../twin/spec.js";

type Points = Pick<Mesh, "points">;

/** [N of `to`] the nearest of `nodes` of `from`, as a place in `nodes`. */
export function nearestPlaces(from: Points, nodes: ArrayLike<number>, to: Points): Int32Array {
  return Int32Array.from({ length: to.points.length / 3 }, (_, i) => {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k < nodes.length; k++) {
      let squared = 0;
      for (let axis = 0; axis < 3; axis++)
        squared += (to.points[3 * i + axis] - from.points[3 * nodes[k] + axis]) ** 2;
      if (squared < least) [best, least] = [k, squared];
    }
    return best;
  });
}

const pointOf = ({ points }: Points, node: number): Points => ({
  points: points.slice(3 * node, 3 * node + 3),
});

const everyNode = (mesh: Mesh): Int32Array =>
  Int32Array.from({ length: nodeCount(mesh) }, (_, i) => i);

/**
 * A recording at every node of `to`: each node gets what the nearest observed node recorded. What the
 * predictor "nearest pacing site" knows, where truth is scored at nodes that nobody observed.
 */
export function carryRecording(recording: Recording, from: Mesh, to: Mesh): Recording {
  const { potential, activation, stimuli } = recording;
  const nodes = everyNode(to);
  const carried = {
    ...recording,
    stimuli:
      stimuli.kind === "given"
        ? { ...stimuli, stimuli: stimuli.stimuli.map((s) => carryStimulus(s, from, to)) }
        : stimuli,
  };
  if (potential) return { ...carried, potential: carryPotential(potential, from, to) };
  const places = nearestPlaces(from, activation!.nodes, to);
  const times_ms = Float64Array.from(places, (place) => activation!.times_ms[place]);
  return { ...carried, activation: { nodes, times_ms } };
}

function carryPotential(potential: PotentialData, from: Mesh, to: Mesh): PotentialData {
  const places = nearestPlaces(from, potential.nodes, to);
  const [frames, observed] = [potential.times_ms.length, potential.nodes.length];
  const values = new Float32Array(frames * places.length);
  for (let f = 0; f < frames; f++)
    for (let i = 0; i < places.length; i++)
      values[f * places.length + i] = potential.values[f * observed + places[i]];
  return { ...potential, nodes: everyNode(to), values };
}

function carryStimulus(stimulus: Stimulus, from: Mesh, to: Mesh): Stimulus {
  if (from === to) return stimulus;
  const places = nearestPlaces(from, everyNode(from), to);
  const lifted = new Set(stimulus.nodes);
  const nodes = [...places.keys()].filter((i) => lifted.has(places[i]));
  if (nodes.length > 0) return { ...stimulus, nodes };
  // A coarser mesh may have no node so close: then the one that is closest to the first of them.
  const [nearest] = nearestPlaces(to, everyNode(to), pointOf(from, stimulus.nodes[0]));
  return { ...stimulus, nodes: [nearest] };
}

/** The lowest and highest coordinate along an axis. */
function extent({ points }: Points, axis: number): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = axis; i < points.length; i += 3) {
    low = Math.min(low, points[i]);
    high = Math.max(high, points[i]);
  }
  return [low, high];
}

/** The mesh stretched along the axes into the box of `to`: coarse hearts come out larger than fine ones. */
export function intoBox(mesh: Mesh, to: Points): Mesh {
  const points = Float64Array.from(mesh.points);
  for (let axis = 0; axis < 3; axis++) {
    const [low, high] = extent(mesh, axis);
    const [first, last] = extent(to, axis);
    for (let i = axis; i < points.length; i += 3)
      points[i] = first + ((points[i] - low) / (high - low)) * (last - first);
  }
  return { ...mesh, points };
}

/**
 * The test recordings of a patient, simulated on a mesh of the same heart with another number of nodes:
 * the same reaction, diffusivities, places and size of the starts. Training recordings are carried over
 * for the predictors that need no model.
 */
export function caseOnOtherMesh(
  { case: data, truth }: SyntheticPatient,
  nodes: number,
  simulator: TruthSimulator,
): Case {
  const { height_mm } = truth.options;
  const mesh = intoBox(biventricularHeart({ nodes, height_mm }), data.mesh);
  const graph = edgeGraph(mesh);
  const nearest = nearestPlaces(mesh, everyNode(mesh), data.mesh);
  const ids = data.split.test;
  const sites = truth.sites.filter(({ recording }) => ids.includes(recording));
  const stimuli = sites.map(({ node }) =>
    ballStimulus(graph, nearest[node], truth.stimulus.radius_mm),
  );
  const places = nearestPlaces(data.mesh, everyNode(data.mesh), mesh);
  const { diffusion, measured, options } = truth;
  const { runs } = simulator.simulate({
    mesh,
    reaction: truth.reaction,
    diffusion: {
      along_mm2_per_ms: diffusion.along_mm2_per_ms,
      across_mm2_per_ms: diffusion.across_mm2_per_ms,
      logConductivity: Float64Array.from(places, (i) => Math.log(diffusion.conductivity[i])),
    },
    recordings: stimuli.map((stimulus) => [stimulus]),
    interval_ms: measured.interval_ms,
    samples: options.frames,
    accuracy: "truth",
    finerSteps: options.finerSteps,
  });
  for (const [k, { activation_ms }] of runs.entries())
    if (!activation_ms.every(Number.isFinite))
      fail({
        code: "no-conduction",
        path: sites[k].recording,
        message: `${sites[k].recording}: the wave does not reach every node of the mesh of ${nodes} nodes.`,
        fix: "Use a finer mesh for the test, or another seed.",
      });
  const times_ms = Float64Array.from(
    { length: options.frames },
    (_, f) => f * measured.interval_ms,
  );
  const tests = sites.map(
    ({ recording }, k): Recording => ({
      id: recording,
      beat: recording,
      stimuli: { kind: "given", stimuli: [stimuli[k]] },
      potential: {
        times_ms,
        nodes: everyNode(mesh),
        values: Float32Array.from(runs[k].potential),
        arbitraryScale: false,
      },
    }),
  );
  const learnt = data.recordings.filter(({ id }) => data.split.train.includes(id));
  return {
    ...data,
    mesh,
    recordings: [...learnt.map((r) => carryRecording(r, data.mesh, mesh)), ...tests],
    split: { train: data.split.train, validation: [], test: sites.map((s) => s.recording) },
  };
}

/** A twin on another mesh: the same numbers, fields of the nearest node. */
export function carryTwin({ spec, values }: Twin, from: Mesh, to: Mesh): Twin {
  if (from === to) return { spec, values };
  const places = nearestPlaces(from, everyNode(from), to);
  const fields = Object.fromEntries(
    Object.entries(values.fields).map(([name, field]) => [
      name,
      Float64Array.from(places, (i) => field[i]),
    ]),
  );
  return { spec, values: { ...values, fields } };
}
