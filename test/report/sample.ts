import { createRandom } from "../../src/core/random.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import { boundarySurface } from "../../src/mesh/surface.js";
import type { ReportCandidate, ReportData, Trace } from "../../src/report/data.js";
import type { Score } from "../../src/twin/spec.js";

export const score = (mse: number, at_mae_ms: number): Score => ({
  mse,
  scc: 1 - 4 * mse,
  tcc: 1 - 5 * mse,
  at_mae_ms,
  at_rmse_ms: 1.4 * at_mae_ms,
  at_r: 1 - at_mae_ms / 200,
  activation_agreement: 1,
  rt_mae_ms: 1.8 * at_mae_ms,
});

/** Waves from single nodes, slowed by a scar, with a smooth error: looks like the real thing. */
export function sampleReport(mesh: Mesh = ellipsoid(1119)): ReportData {
  const random = createRandom(7);
  const nodes = mesh.points.length / 3;
  const distance = (a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((k) => mesh.points[3 * a + k] - mesh.points[3 * b + k]));
  const scar = Math.floor(nodes / 3);
  const slow = Float64Array.from({ length: nodes }, (_, i) =>
    Math.exp(-((distance(i, scar) / 9) ** 2)),
  );
  const maps = [0.1, 0.35, 0.6, 0.9].map((share, k) => {
    const pacing = Math.floor(share * nodes);
    const truth = Float64Array.from(
      slow,
      (s, i) => (distance(i, pacing) / 0.6) * (1 + 0.6 * s) + 3,
    );
    const prediction = truth.map(
      (t, i) => t + 1.2 * Math.sin(i / 90 + k) * (t / 60) + 1.5 * slow[i],
    );
    const electrodes = Array.from({ length: 60 }, () => random.integer(nodes));
    return {
      recording: `test-${k + 1}`,
      truth_ms: k === 1 ? truth.map((t, i) => (slow[i] > 0.6 ? Number.NaN : t)) : truth,
      prediction_ms: prediction,
      uncertainty_ms: k === 3 ? truth.map((t) => 0.2 + t / 50) : undefined,
      pacingNodes: [pacing],
      electrodeNodes: electrodes,
    };
  });
  return {
    title: "Synthetic heart with scar: an Aliev-Panfilov twin",
    case: {
      name: "synthetic-hard-1",
      source: "leads synth --preset hard --reaction aliev-panfilov --seed 1",
      facts: [
        ["Nodes", String(nodes)],
        ["Recordings", "20 train, 6 validation, 6 test"],
        ["Observed", "30 % of nodes, 5 % noise"],
      ],
    },
    run: {
      agent: "expert",
      seed: 1,
      started: "2026-01-05T09:30:00Z",
      seconds: 241,
      evaluations: 6,
      stopReason: "no action promises an improvement",
      versions: [
        ["leads-ep", "0.1.0"],
        ["node", "v20.20.2"],
      ],
      hashes: [["case.json", "sha256:3b1f0c9b5d4e8a77a1f4"]],
    },
    best: 4,
    twin: {
      train: score(2.3e-6, 0.31),
      validation: score(2.9e-6, 0.38),
      test: score(3.1e-6, 0.42),
    },
    predictors: [
      { name: "zero", train: null, validation: score(0.31, 38), test: score(0.3, 37) },
      {
        name: "spatial mean",
        train: null,
        validation: score(0.061, 14.2),
        test: score(0.058, 13.9),
      },
      {
        name: "nearest pacing site",
        train: null,
        validation: score(0.0121, 6.2),
        test: score(0.0118, 5.9),
      },
    ],
    surface: { points: mesh.points, triangles: boundarySurface(mesh).triangles },
    maps,
    fields: [
      {
        name: "Conductivity",
        unit: "mm\u00b2/ms",
        values: slow.map((s) => 0.12 * (1 - 0.92 * s)),
        scale: "log",
      },
      {
        name: "Its uncertainty",
        unit: "%",
        values: slow.map((s, i) => 3 + 20 * s + 3 * Math.sin(i / 70)),
        scale: "linear",
      },
    ],
    candidates: candidates(),
    steps: steps(),
    parameters: parameters(),
    checks: [
      { name: "rest", passed: true, detail: "largest |du/dt| at rest 1.3e-12 per ms" },
      { name: "conduction", passed: true, detail: "100 % of nodes activate from every site" },
      {
        name: "half-step",
        passed: false,
        detail: "activation times move by 0.21 ms at half the step, limit 0.2 ms",
      },
    ],
    traces: [120, 480, 900].map((node) => trace(node % nodes)),
    notes: [
      "The data cannot tell mu1 from single beats: its value is the published one within its error.",
      "Inside the dense scar the twin is no better than the interpolation.",
    ],
    commands: [
      "leads synth --preset hard --reaction aliev-panfilov --seed 1 --out case",
      "leads discover case --agent expert --seed 1 --out run",
      "leads report run",
    ],
  };
}

export const ellipsoid = (nodes: number): Mesh =>
  ellipsoidShell({ semiAxes_mm: [18, 15, 26], nodes, open: false });

function candidates(): ReportCandidate[] {
  const make = (
    parent: number | null,
    names: readonly [reaction: string, diffusion: string],
    mse: number,
  ): ReportCandidate => ({
    parent,
    reaction: names[0],
    diffusion: names[1],
    parameterCount: 6 + 40 * (parent ?? 0),
    status: "fitted",
    reason: "",
    train: score(0.8 * mse, 60 * Math.sqrt(mse)),
    validation: score(mse, 75 * Math.sqrt(mse)),
    excess: mse * 0.9,
    seconds: 34.2,
    curves: ["times", "potential", "fields"].map((phase, k) => ({
      phase,
      train: Array.from({ length: 14 + 8 * k }, (_, i) => mse + Math.exp(-i / 2 - 2 * k)),
      validation: Array.from(
        { length: 14 + 8 * k },
        (_, i) => 1.3 * mse + Math.exp(-i / 2.3 - 2 * k),
      ),
    })),
  });
  return [
    make(null, ["mitchell-schaeffer", "fem-isotropic"], 8.1e-3),
    make(0, ["rogers-mcculloch", "fem-isotropic"], 2.2e-3),
    make(1, ["aliev-panfilov", "fem-isotropic"], 6.4e-4),
    {
      ...make(2, ["aliev-panfilov", "mean-aggregation"], 1),
      status: "rejected",
      reason: "does not conduct: 41 % of nodes never activate",
      train: null,
      validation: null,
      excess: null,
      curves: [],
    },
    make(2, ["aliev-panfilov", "nodal-field (smoothness 1)"], 2.9e-6),
    make(4, ["aliev-panfilov", "neural-field (width 16, layers 2, fibres)"], 3.4e-6),
  ];
}

const steps = (): ReportData["steps"] => [
  {
    thought:
      "No candidate yet: the plainest conductivity shows which reaction the action potential asks for.",
    action: "set_reaction",
    arguments: { name: "mitchell-schaeffer" },
    candidate: 0,
    outcome: "Validation MSE 8.10e-3; 74 % of the error sits in the recovery.",
  },
  {
    thought: "The recovery is wrong everywhere, early and late: the reaction, not the tissue.",
    action: "set_reaction",
    arguments: { name: "rogers-mcculloch" },
    candidate: 1,
    outcome: "Validation MSE 2.20e-3, better.",
  },
  {
    thought:
      "Still the tail of the recovery. Aliev-Panfilov's recovery rate depends on the potential.",
    action: "set_reaction",
    arguments: { name: "aliev-panfilov" },
    candidate: 2,
    outcome: "Validation MSE 6.40e-4, best so far; the errors of activation times cluster (0.81).",
  },
  {
    thought: "Would something simpler do?",
    action: "simplify_diffusion",
    arguments: { to: "mean-aggregation" },
    candidate: 3,
    outcome: "Rejected: does not conduct.",
  },
  {
    thought: "Try a wider network at once.",
    action: "refine_diffusion",
    arguments: { width: 4096 },
    candidate: null,
    outcome: "Refused: width goes from 4 to 64.",
  },
  {
    thought:
      "Clustered errors of one sign are slow tissue: let the conductivity vary from node to node.",
    action: "select_diffusion",
    arguments: { name: "nodal-field", options: { smoothness: 1 } },
    candidate: 4,
    outcome: "Validation MSE 2.90e-6, best so far, within 1.1 of the noise floor.",
  },
  {
    thought: "Ask whether fibres and a network explain the same with less.",
    action: "select_diffusion",
    arguments: { name: "neural-field", options: { width: 16, layers: 2 } },
    candidate: 5,
    outcome: "Validation MSE 3.40e-6: no gain.",
  },
];

const parameters = (): ReportData["parameters"] => [
  {
    name: "reaction.k",
    unit: "",
    value: 8.03,
    bounds: [2, 20],
    atBound: false,
    relativeError: 0.004,
    identified: "identified",
    truth: 8,
  },
  {
    name: "reaction.a",
    unit: "",
    value: 0.1496,
    bounds: [0.01, 0.3],
    atBound: false,
    relativeError: 0.011,
    identified: "identified",
    truth: 0.15,
  },
  {
    name: "reaction.mu1",
    unit: "",
    value: 0.27,
    bounds: [0.02, 1],
    atBound: false,
    relativeError: 0.46,
    identified: "weak",
    truth: 0.2,
  },
  {
    name: "reaction.time_scale",
    unit: "ms",
    value: 12.87,
    bounds: [4, 40],
    atBound: false,
    relativeError: 0.003,
    identified: "identified",
    truth: 12.9,
  },
  {
    name: "reaction.epsilon0",
    unit: "",
    value: 0.002,
    bounds: [0.0005, 0.01],
    atBound: false,
    relativeError: null,
    identified: "fixed",
    truth: 0.002,
  },
  {
    name: "diffusion.smoothness_mm",
    unit: "mm",
    value: 10,
    bounds: [1, 10],
    atBound: true,
    relativeError: 0.2,
    identified: "weak",
    truth: null,
  },
];

function trace(node: number): Trace {
  const times = Float64Array.from({ length: 117 }, (_, k) => 4 * k);
  const wave = (t: number, at: number) =>
    1 / (1 + Math.exp(-(t - at) / 2)) / (1 + Math.exp((t - at - 230) / 25));
  const at = 20 + (node % 60);
  return {
    recording: "test-1",
    node,
    times_ms: times,
    measured: times.map((t, k) => wave(t, at) + 0.04 * Math.sin(17 * k * k)),
    predicted: times.map((t) => wave(t, at + 0.8)),
    unit: "u",
  };
}
